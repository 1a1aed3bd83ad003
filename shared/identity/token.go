package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// TokenKind is the prefix of a token's secret, and tells two worlds and ourselves apart at a glance.
type TokenKind string

// The kinds of token.
const (
	TestToken     TokenKind = "gb_test_"
	LiveToken     TokenKind = "gb_live_"
	OperatorToken TokenKind = "gb_ops_"
)

// Mode is the world of a partner's token; "" for an operator's.
func (k TokenKind) Mode() ids.Mode {
	switch k {
	case TestToken:
		return ids.Test
	case LiveToken:
		return ids.Live
	}
	return ""
}

// PartnerToken is the kind of a partner's token in a mode.
func PartnerToken(m ids.Mode) TokenKind {
	if m == ids.Live {
		return LiveToken
	}
	return TestToken
}

// Token is what we keep of a token: never its secret. The JSON names are those of its row.
type Token struct {
	ID        string    `json:"id"` // public name, of the hash's first bytes
	Hash      [32]byte  `json:"-"`  // SHA-256 of the secret
	Kind      TokenKind `json:"kind"`
	Holder    ids.ID    `json:"holder"` // the partner or the operator
	Name      string    `json:"name"`   // what it is for, in the holder's words
	Scopes    []string  `json:"scopes"`
	CreatedAt time.Time `json:"created_at"`
	RevokedAt time.Time `json:"-"` // zero: good
	LastUsed  time.Time `json:"-"` // a day; zero: never
}

const (
	secretLen   = 32              // random bytes
	bodyLen     = (8*32 + 4) / 5  // its characters in base32
	checksumLen = 6               // a letter-group that catches typing errors without asking the table
	tokenIDLen  = 20              // hex characters
	longestText = 8 + bodyLen + 6 // prefix, body, checksum
)

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ErrTokenForm is a text that was never a token of ours.
var ErrTokenForm = fault.Unauthorized("invalid_token", "This is not a token of ours.")

// NewSecret draws the secret of a token: prefix, 256 random bits, checksum.
func NewSecret(kind TokenKind, random io.Reader) (string, error) {
	var raw [secretLen]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fault.Internal(err)
	}
	text := string(kind) + tokenText.EncodeToString(raw[:])
	return text + checksum(text), nil
}

// ParseSecret reads a secret and tells its kind. It fails with ErrTokenForm for everything that NewSecret cannot have made.
func ParseSecret(text string) (TokenKind, error) {
	if len(text) > longestText {
		return "", ErrTokenForm
	}
	for _, kind := range []TokenKind{TestToken, LiveToken, OperatorToken} {
		rest, ok := strings.CutPrefix(text, string(kind))
		if !ok || len(rest) != bodyLen+checksumLen {
			continue
		}
		raw, err := tokenText.DecodeString(rest[:bodyLen])
		if err != nil || tokenText.EncodeToString(raw) != rest[:bodyLen] {
			return "", ErrTokenForm
		}
		if checksum(text[:len(text)-checksumLen]) != rest[bodyLen:] {
			return "", ErrTokenForm
		}
		return kind, nil
	}
	return "", ErrTokenForm
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte("giberno token checksum\x00" + text))
	return tokenText.EncodeToString(sum[:])[:checksumLen]
}

// HashSecret is all that is kept of a secret. The secret has 256 random bits, so that a plain hash cannot be guessed back.
func HashSecret(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// TokenID is the public name of the token with that hash.
func TokenID(hash [32]byte) string { return hex.EncodeToString(hash[:])[:tokenIDLen] }

// ValidTokenID reports the form of a public name.
func ValidTokenID(id string) bool {
	if len(id) != tokenIDLen || strings.ToLower(id) != id {
		return false
	}
	_, err := hex.DecodeString(id)
	return err == nil
}
