package store

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// schemaVersion is written on every row as "sv".
const schemaVersion = 1

type currency = money.Currency

var entryFields = []fields.Of[ledger.Recorded]{
	fields.Text("eid", func(r *ledger.Recorded) *string { return &r.ID }),
	fields.Text("md", func(r *ledger.Recorded) *ids.Mode { return &r.Mode }),
	fields.UUID("pid", func(r *ledger.Recorded) *ids.ID { return &r.Partner }),
	fields.Text("cur", func(r *ledger.Recorded) *currency { return &r.Currency }),
	fields.Text("knd", func(r *ledger.Recorded) *ledger.Kind { return &r.Kind }),
	fields.UUID("obj", func(r *ledger.Recorded) *ids.ID { return &r.Object }),
	fields.UUID("acc", func(r *ledger.Recorded) *ids.ID { return &r.Through }),
	fields.Text("rfr", func(r *ledger.Recorded) *string { return &r.Reference }),
	fields.Instant("hat", func(r *ledger.Recorded) *time.Time { return &r.At }),
	fields.Document("pst", func(r *ledger.Recorded) *[]ledger.Posting { return &r.Postings }, func(p *[]ledger.Posting) bool { return len(*p) == 0 }),
	fields.Number("xp", func(r *ledger.Recorded) *int64 { return &r.Facts.Paid }),
	fields.Number("xr", func(r *ledger.Recorded) *int64 { return &r.Facts.Refunded }),
	fields.Number("xo", func(r *ledger.Recorded) *int64 { return &r.Facts.OurFee }),
	fields.Number("xf", func(r *ledger.Recorded) *int64 { return &r.Facts.ProviderFee }),
	fields.Text("opr", func(r *ledger.Recorded) *string { return &r.By }),
	fields.Text("nte", func(r *ledger.Recorded) *string { return &r.Note }),
	fields.Text("bd", func(r *ledger.Recorded) *ledger.Day { return &r.Day }),
	fields.Number("shd", func(r *ledger.Recorded) *int { return &r.Shard }),
	fields.Number("sq", func(r *ledger.Recorded) *int64 { return &r.Seq }),
	fields.Instant("pat", func(r *ledger.Recorded) *time.Time { return &r.PostedAt }),
}

func entryRow(r ledger.Recorded) table.Row {
	return table.Row{Key: entryKey(r.Mode, r.ID), First: entryPlace(r), Attrs: fields.New(schemaVersion, entryFields, &r)}
}

func readEntry(row table.Row) (r ledger.Recorded, err error) {
	if err = fields.Read(entryFields, row.Attrs, &r); err != nil {
		return r, err
	}
	if entryKey(r.Mode, r.ID) != row.Key {
		return r, fmt.Errorf("store: the row %s holds the entry %q", row.Key, r.ID)
	}
	return r, nil
}

var dayFields = []fields.Of[Closed]{
	fields.Text("md", func(c *Closed) *ids.Mode { return &c.Book.Mode }),
	fields.UUID("pid", func(c *Closed) *ids.ID { return &c.Book.Partner }),
	fields.Text("cur", func(c *Closed) *currency { return &c.Book.Currency }),
	fields.Text("bd", func(c *Closed) *ledger.Day { return &c.Day }),
	fields.Text("nxt", func(c *Closed) *ledger.Day { return &c.Next }),
	fields.Text("st", func(c *Closed) *dayStatus { return &c.status }),
	fields.Instant("cat", func(c *Closed) *time.Time { return &c.At }),
	fields.Number("xp", func(c *Closed) *int64 { return &c.Facts.Paid }),
	fields.Number("xr", func(c *Closed) *int64 { return &c.Facts.Refunded }),
	fields.Number("xo", func(c *Closed) *int64 { return &c.Facts.OurFee }),
	fields.Number("xf", func(c *Closed) *int64 { return &c.Facts.ProviderFee }),
	fields.Document("ofc", func(c *Closed) *ledger.Facts { return &c.own }, noFacts),
	fields.Number("asd", func(c *Closed) *int64 { return &c.aside }),
	fields.Document("cnt", func(c *Closed) *[Shards]int64 { return &c.Counts }, func(n *[Shards]int64) bool { return *n == [Shards]int64{} }),
	fields.Document("lst", func(c *Closed) *[Shards]int64 { return &c.Last }, func(n *[Shards]int64) bool { return *n == [Shards]int64{} }),
	fields.Document("mvd", func(c *Closed) *ledger.Balances { return &c.Moved }, func(b *ledger.Balances) bool { return len(*b) == 0 }),
	fields.Document("bal", func(c *Closed) *ledger.Balances { return &c.Balances }, func(b *ledger.Balances) bool { return len(*b) == 0 }),
}

func readDay(row table.Row) (c Closed, err error) {
	c.Moved, c.Balances = ledger.Balances{}, ledger.Balances{}
	if err = fields.Read(dayFields, row.Attrs, &c); err != nil {
		return c, err
	}
	if dayKey(c.Book, c.Day) != row.Key || c.status != closing && c.status != closed {
		return c, fmt.Errorf("store: the row %s is not a day of its book", row.Key)
	}
	return c, nil
}

// Attributes of a shard beside its sums.
const (
	openAttr  = "opn" // the open business day
	countAttr = "sq"  // how many entries were ever written into it; the number of the last one
	lastAttr  = "lst" // when that was, unix milliseconds
)

// The sums of a shard are attributes of their own, so that an update adds to them: a prefix that says of when, and a code
// that says of what.
const (
	heldPrefix   = "b_"
	entriesCode  = "xn"
	paidCode     = "xp"
	refundedCode = "xr"
	ourFeeCode   = "xo"
	bankFeeCode  = "xf"

	ownPaidCode     = "xwp"
	ownRefundedCode = "xwr"
	ownFeeCode      = "xwo"
	asideCode       = "xa"
)

// movedPrefix begins the names of what a day moved.
func movedPrefix(day ledger.Day) string { return "d" + strings.ReplaceAll(string(day), "-", "") + "_" }

// splitSum takes the name of a sum apart; day is "" for what was held before. ok is false for every other attribute.
func splitSum(name string) (day ledger.Day, code string, ok bool) {
	if code, ok = strings.CutPrefix(name, heldPrefix); ok {
		return "", code, true
	}
	if len(name) < 11 || name[0] != 'd' || name[9] != '_' {
		return "", "", false
	}
	day = ledger.Day(name[1:5] + "-" + name[5:7] + "-" + name[7:9])
	return day, name[10:], day.Valid()
}

var codeOf = map[ledger.Account]string{
	ledger.Payable: "p", ledger.Reserved: "r", ledger.Receivable: "rc", ledger.PlatformFees: "pf", ledger.Suspense: "s",
	ledger.BankSettlement: "bs", ledger.WriteOff: "w", "available": "ua", "held": "uh",
}

var codeOfKind = map[string]string{"clearing": "c", "provider_fees": "f"}

// accountCode is the short name of an account, as a book counts it, in the names of sums.
func accountCode(a ledger.Account) string {
	if code, ok := codeOf[a]; ok {
		return code
	}
	kind, of := a.Split()
	return codeOfKind[kind] + hex.EncodeToString(of[:])
}

// accountOf reads accountCode back. An account that this version does not know keeps its code, and the sum stays whole.
func accountOf(code string) ledger.Account {
	for account, c := range codeOf {
		if c == code {
			return account
		}
	}
	var of ids.ID
	for kind, c := range codeOfKind {
		if text, found := strings.CutPrefix(code, c); found && len(text) == 2*len(of) {
			if _, err := hex.Decode(of[:], []byte(text)); err == nil {
				return ledger.Account(kind + ":" + of.String())
			}
		}
	}
	return ledger.Account("unknown:" + code)
}
