package checks

import (
	"fmt"
	"slices"
	"strings"
)

// Breach is one place where a rule is broken. It says what, where, why the rule exists and what to do.
type Breach struct {
	Where string // a package, or file:line
	What  string
	Why   string
	Do    string
}

func (b Breach) String() string {
	return fmt.Sprintf("%s: %s.\n\tWhy it matters: %s.\n\tWhat to do: %s.", b.Where, b.What, b.Why, b.Do)
}

// Report joins breaches into one message, in the order of their places; "" when there is none.
func Report(breaches []Breach) string {
	texts := make([]string, len(breaches))
	for i, b := range breaches {
		texts[i] = b.String()
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), "\n")
}
