package identity

import (
	"regexp"
	"sync"
)

// onUse compiles an expression when it is first asked for: most processes that link this package never check a form, and all
// of them would wait for it when they start.
func onUse(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
