package checks

import (
	"go/ast"
	"strings"
)

// clocks are the calls that read or wait for the machine's time.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// readsNoClock are the packages whose time is handed in. The port of banks waits for a turn in a bank's limits with a
// timer; that is waiting, not deciding.
var readsNoClock = []string{
	"shared/core/...", "shared/payments/...", "shared/shop/...", "shared/consult/...", "shared/treasury/...",
	"shared/identity/...", "shared/ledger/...", "shared/receipts/...", "shared/notify/...", "shared/banks/...",
}

// ownClock are those that may.
var ownClock = []string{"shared/core/clock"}

// Clocks finds decisions by the machine's clock.
func (t *Tree) Clocks() []Breach {
	var breaches []Breach
	for _, f := range production(t.In(readsNoClock...)) {
		if anyMatches(ownClock, f.Dir()) || strings.HasSuffix(f.Dir(), "test") {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for _, name := range clocks {
				waits := name != "Now" && name != "Since" && name != "Until"
				if selects(s, "time", name) && !(waits && f.Dir() == "shared/banks") {
					breaches = append(breaches, Breach{t.at(n.Pos()), "reads the machine's clock by time." + name,
						"a demonstration turns the clock, a simulation owns it, and a test needs the same answer tomorrow",
						"take the time as an argument, or a clock.Clock"})
				}
			}
			return true
		})
	}
	return breaches
}
