package world

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
)

// Coverage counts what a world has seen.
type Coverage struct {
	Boots, Crashes, Nights, FeedStops, Revived, Letters int

	Moves       map[string]int
	Calls       map[string]int // port and call
	Faults      map[string]int // call × fault
	Pairs       map[string]int // move × fault
	Transitions map[string]int // of payments and orders
	FaultyEdges map[string]int // transition × the fault of the call that made it
	Answers     map[string]int // of the doors
	Notices     map[string]int
	Bank        map[string]int // what payers and the bank's own people did
	Events      map[string]int // what partners were told, and what became of it
	Alarms      map[string]int
	last        fate // of the call that is under way
}

// NewCoverage is one that has seen nothing.
func NewCoverage() *Coverage {
	return &Coverage{Moves: map[string]int{}, Calls: map[string]int{}, Faults: map[string]int{}, Pairs: map[string]int{},
		Transitions: map[string]int{}, FaultyEdges: map[string]int{}, Answers: map[string]int{}, Notices: map[string]int{},
		Bank: map[string]int{}, Events: map[string]int{}, Alarms: map[string]int{}}
}

func (c *Coverage) move(name string)   { c.Moves[name]++ }
func (c *Coverage) notice(fate string) { c.Notices[fate]++ }
func (c *Coverage) event(what string)  { c.Events[what]++ }

func (c *Coverage) call(port, call string, f fate) {
	c.Calls[port+" "+call]++
	c.last = f
}

func (c *Coverage) fault(move, call string, f fate) {
	c.Faults[call+" × "+f.String()]++
	c.Pairs[move+" × "+f.String()]++
}

func (c *Coverage) answer(door string, a answer) {
	name := fmt.Sprintf("%s %d", door, a.status)
	if code, ok := fieldsOf(a.body)["code"].(string); ok && a.status >= 400 {
		name += " " + code
	}
	c.Answers[name]++
}

func (c *Coverage) atBank(what string, err error) {
	if err != nil {
		what += ", refused"
	}
	c.Bank[what]++
}

// transitions counts the edges that an order and its attempts have taken.
func (c *Coverage) transitions(l *look) {
	edge := func(name string) {
		c.Transitions[name]++
		if c.last != fine {
			c.FaultyEdges[name+" × "+c.last.String()]++
		}
	}
	if !l.was.Order.ID.IsZero() && l.was.Status() != l.is.Status() {
		edge(fmt.Sprintf("order %s → %s", l.was.Status(), l.is.Status()))
	}
	for _, p := range l.is.Payments {
		before, _ := l.was.Payment(p.N)
		if before.Status != p.Status {
			edge(fmt.Sprintf("payment %s → %s", cmp.Or(before.Status, "·"), p.Status))
		}
		if before.Call.Op != p.Call.Op && p.Call.Op != "" {
			edge(fmt.Sprintf("call %s of a %s payment", p.Call.Op, p.Status))
		}
	}
	for _, r := range l.is.Refunds {
		if before, _ := l.was.Refund(r.N); before.Status != r.Status {
			edge(fmt.Sprintf("refund by %s %s → %s", r.Source, cmp.Or(before.Status, "·"), r.Status))
		}
	}
	for _, r := range l.is.Receipts {
		if before, _ := l.was.ReceiptOf(r.ID); before.Status != r.Status {
			edge(fmt.Sprintf("receipt of %s %s → %s", r.Operation, cmp.Or(before.Status, "·"), r.Status))
		}
	}
	for _, a := range l.is.Alarms {
		if !slices.ContainsFunc(l.was.Alarms, func(b payments.Alarm) bool { return a.Kind == b.Kind && a.Object == b.Object }) {
			c.Alarms[string(a.Kind)]++
		}
	}
}

// settled counts what became of settlements.
func (c *Coverage) settled(s ledger.Settlement, known bool) {
	word := "settlement " + string(s.Status)
	switch {
	case known:
	case s.Payout > 0:
		word += ", to be paid out"
	case s.CarriedForward < 0:
		word += ", a debt"
	}
	c.Transitions[word]++
}

// tables are the counts with their headings, in the order in which they are shown.
func (c *Coverage) tables() []struct {
	name   string
	counts map[string]int
} {
	return []struct {
		name   string
		counts map[string]int
	}{
		{"moves", c.Moves}, {"calls", c.Calls}, {"call × fault", c.Faults}, {"transitions", c.Transitions},
		{"transition × fault", c.FaultyEdges}, {"move × fault", c.Pairs}, {"notices", c.Notices}, {"at the bank", c.Bank},
		{"events", c.Events}, {"alarms", c.Alarms}, {"answers", c.Answers},
	}
}

// Add puts two coverages together.
func (c *Coverage) Add(o *Coverage) {
	c.Boots, c.Crashes, c.Nights = c.Boots+o.Boots, c.Crashes+o.Crashes, c.Nights+o.Nights
	c.FeedStops, c.Revived, c.Letters = c.FeedStops+o.FeedStops, c.Revived+o.Revived, c.Letters+o.Letters
	theirs := o.tables()
	for i, mine := range c.tables() {
		for name, n := range theirs[i].counts {
			mine.counts[name] += n
		}
	}
}

// Write shows the coverage as tables.
func (c *Coverage) Write(out io.Writer) error {
	_, err := fmt.Fprintf(out, "processes %d, crashes %d, nights %d, stops of the feed %d, dead letters revived %d, letters to payers %d\n", c.Boots, c.Crashes, c.Nights, c.FeedStops, c.Revived, c.Letters)
	for _, t := range c.tables() {
		if err == nil {
			_, err = fmt.Fprintf(out, "\n%s (%d kinds)\n", t.name, len(t.counts))
		}
		for _, name := range slices.Sorted(maps.Keys(t.counts)) {
			if err == nil {
				_, err = fmt.Fprintf(out, "  %9d  %s\n", t.counts[name], name)
			}
		}
	}
	return err
}
