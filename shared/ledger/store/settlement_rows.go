package store

import (
	"fmt"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

func digest[T any](name string, at func(*T) *ledger.Hash) field[T] {
	return field[T]{name,
		func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.S(at(t).String())
		},
		func(t *T, v table.Value) error { return at(t).UnmarshalText([]byte(v.Text())) }}
}

func noFacts(f *ledger.Facts) bool { return *f == ledger.Facts{} }

// whenPaidOut are the fields that a payout adds.
var whenPaidOut = []field[ledger.Settlement]{
	text("st", func(s *ledger.Settlement) *ledger.SettlementStatus { return &s.Status }),
	text("prf", func(s *ledger.Settlement) *string { return &s.Reference }),
	text("pby", func(s *ledger.Settlement) *string { return &s.PaidOutBy }),
	instant("pot", func(s *ledger.Settlement) *time.Time { return &s.PaidOutAt }),
}

var settlementFields = append([]field[ledger.Settlement]{
	uuid("sid", func(s *ledger.Settlement) *ids.ID { return &s.ID }),
	text("md", func(s *ledger.Settlement) *ids.Mode { return &s.Mode }),
	uuid("pid", func(s *ledger.Settlement) *ids.ID { return &s.Partner }),
	text("cur", func(s *ledger.Settlement) *currency { return &s.Currency }),
	text("bd", func(s *ledger.Settlement) *ledger.Day { return &s.Day }),
	number("cnt", func(s *ledger.Settlement) *int64 { return &s.Entries }),
	document("fct", func(s *ledger.Settlement) *ledger.Facts { return &s.Facts }, noFacts),
	document("ofc", func(s *ledger.Settlement) *ledger.Facts { return &s.Own }, noFacts),
	number("ern", func(s *ledger.Settlement) *int64 { return &s.Earned }),
	number("chg", func(s *ledger.Settlement) *int64 { return &s.Charge }),
	number("crd", func(s *ledger.Settlement) *int64 { return &s.Carried }),
	number("pyo", func(s *ledger.Settlement) *int64 { return &s.Payout }),
	number("fwd", func(s *ledger.Settlement) *int64 { return &s.CarriedForward }),
	digest("dig", func(s *ledger.Settlement) *ledger.Hash { return &s.Digest }),
	digest("prv", func(s *ledger.Settlement) *ledger.Hash { return &s.Previous }),
	digest("hsh", func(s *ledger.Settlement) *ledger.Hash { return &s.Hash }),
	instant("cat", func(s *ledger.Settlement) *time.Time { return &s.ClosedAt }),
}, whenPaidOut...)

// settlementRow is the row of a settlement that was just closed. One with a payout waits for it.
func settlementRow(s ledger.Settlement) table.Row {
	row := table.Row{Key: settlementKey(s.Mode, s.ID), First: settlementPlace(s), Attrs: encode(settlementFields, &s)}
	if s.Payout > 0 {
		row.Second = payoutPlace(s)
	}
	return row
}

func readSettlement(row table.Row) (s ledger.Settlement, err error) {
	if err = decode(settlementFields, row.Attrs, &s); err != nil {
		return s, err
	}
	known := s.Status == ledger.SettlementClosed || s.Status == ledger.SettlementPaidOut
	if settlementKey(s.Mode, s.ID) != row.Key || s.ID != ledger.SettlementID(s.Book, s.Day) || !known {
		return s, fmt.Errorf("store: the row %s is no settlement", row.Key)
	}
	return s, nil
}

// Chain is how far a book is settled.
type Chain struct {
	ledger.Head
	Tally   ledger.Tally // of the day behind Head.Day, as far as it is counted
	Version int64        // 0: nothing was settled yet
}

var chainFields = []field[Chain]{
	text("bd", func(c *Chain) *ledger.Day { return &c.Day }),
	uuid("sid", func(c *Chain) *ids.ID { return &c.ID }),
	digest("hsh", func(c *Chain) *ledger.Hash { return &c.Hash }),
	number("fwd", func(c *Chain) *int64 { return &c.CarriedForward }),
	document("tly", func(c *Chain) *ledger.Tally { return &c.Tally }, func(t *ledger.Tally) bool { return t.Entries == 0 }),
	number("ver", func(c *Chain) *int64 { return &c.Version }),
}

// chainPut writes how far a book is settled now, if it was settled as far as before says.
func chainPut(b ledger.Book, before, now Chain) table.Action {
	now.Version = before.Version + 1
	return table.Put(table.Row{Key: headKey(b), Attrs: encode(chainFields, &now)}).If(table.Version(before.Version))
}
