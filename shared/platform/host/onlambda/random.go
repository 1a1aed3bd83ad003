package onlambda

import (
	"crypto/rand"
	"io"
)

// Random is the machine's randomness: all chance of a function comes through here.
var Random io.Reader = rand.Reader
