package store

import (
	"fmt"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

func digest[T any](name string, at func(*T) *ledger.Hash) fields.Of[T] {
	return fields.Of[T]{Name: name,
		Get: func(t *T) table.Value {
			if at(t).IsZero() {
				return table.Value{}
			}
			return table.S(at(t).String())
		},
		Set: func(t *T, v table.Value) error { return at(t).UnmarshalText([]byte(v.Text())) }}
}

func noFacts(f *ledger.Facts) bool { return *f == ledger.Facts{} }

// whenPaidOut are the fields that a payout adds.
var whenPaidOut = []fields.Of[ledger.Settlement]{
	fields.Text("st", func(s *ledger.Settlement) *ledger.SettlementStatus { return &s.Status }),
	fields.Text("prf", func(s *ledger.Settlement) *string { return &s.Reference }),
	fields.Text("pby", func(s *ledger.Settlement) *string { return &s.PaidOutBy }),
	fields.Instant("pot", func(s *ledger.Settlement) *time.Time { return &s.PaidOutAt }),
}

var settlementFields = append([]fields.Of[ledger.Settlement]{
	fields.UUID("sid", func(s *ledger.Settlement) *ids.ID { return &s.ID }),
	fields.Text("md", func(s *ledger.Settlement) *ids.Mode { return &s.Mode }),
	fields.UUID("pid", func(s *ledger.Settlement) *ids.ID { return &s.Partner }),
	fields.Text("cur", func(s *ledger.Settlement) *currency { return &s.Currency }),
	fields.Text("bd", func(s *ledger.Settlement) *ledger.Day { return &s.Day }),
	fields.Number("cnt", func(s *ledger.Settlement) *int64 { return &s.Entries }),
	fields.Document("fct", func(s *ledger.Settlement) *ledger.Facts { return &s.Facts }, noFacts),
	fields.Document("ofc", func(s *ledger.Settlement) *ledger.Facts { return &s.Own }, noFacts),
	fields.Number("ern", func(s *ledger.Settlement) *int64 { return &s.Earned }),
	fields.Number("chg", func(s *ledger.Settlement) *int64 { return &s.Charge }),
	fields.Number("crd", func(s *ledger.Settlement) *int64 { return &s.Carried }),
	fields.Number("pyo", func(s *ledger.Settlement) *int64 { return &s.Payout }),
	fields.Number("fwd", func(s *ledger.Settlement) *int64 { return &s.CarriedForward }),
	digest("dig", func(s *ledger.Settlement) *ledger.Hash { return &s.Digest }),
	digest("prv", func(s *ledger.Settlement) *ledger.Hash { return &s.Previous }),
	digest("hsh", func(s *ledger.Settlement) *ledger.Hash { return &s.Hash }),
	fields.Instant("cat", func(s *ledger.Settlement) *time.Time { return &s.ClosedAt }),
}, whenPaidOut...)

// settlementRow is the row of a settlement that was just closed. One with a payout waits for it.
func settlementRow(s ledger.Settlement) table.Row {
	row := table.Row{Key: settlementKey(s.Mode, s.ID), First: settlementPlace(s), Attrs: fields.New(schemaVersion, settlementFields, &s)}
	if s.Payout > 0 {
		row.Second = payoutPlace(s)
	}
	return row
}

func readSettlement(row table.Row) (s ledger.Settlement, err error) {
	if err = fields.Read(settlementFields, row.Attrs, &s); err != nil {
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

var chainFields = []fields.Of[Chain]{
	fields.Text("bd", func(c *Chain) *ledger.Day { return &c.Day }),
	fields.UUID("sid", func(c *Chain) *ids.ID { return &c.ID }),
	digest("hsh", func(c *Chain) *ledger.Hash { return &c.Hash }),
	fields.Number("fwd", func(c *Chain) *int64 { return &c.CarriedForward }),
	fields.Document("tly", func(c *Chain) *ledger.Tally { return &c.Tally }, func(t *ledger.Tally) bool { return t.Entries == 0 }),
	fields.Number("ver", func(c *Chain) *int64 { return &c.Version }),
}

// chainPut writes how far a book is settled now, if it was settled as far as before says.
func chainPut(b ledger.Book, before, now Chain) table.Action {
	now.Version = before.Version + 1
	return table.Put(table.Row{Key: headKey(b), Attrs: fields.New(schemaVersion, chainFields, &now)}).If(table.Version(before.Version))
}
