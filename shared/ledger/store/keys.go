// Package store keeps the ledger: the only place that knows its keys and conditions.
//
// A book (mode, partner, currency) is kept in sixteen shards. Each is one row with the open business day, the number of
// entries written into it, and what the accounts hold. Entries are written in batches: each entry a row of its own, which
// must not exist, and one update of one shard. So one busy partner is written to in sixteen places at once, and as fast as
// many.
//
// A shard counts twice: what every account held before the open day ("b_…"), and what each later day moved ("d{day}_…").
// Closing a day first moves the open day of all shards in one transaction, after which the closed day's sums cannot change
// any more; then they are read, added to what was held before, and kept on the day's own row.
package store

import (
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/platform/table"
)

// Prefix begins every key that this domain writes, index keys included.
const Prefix = "LED#"

const (
	// Shards is over how many rows a book is spread.
	Shards = 16
	// DueShards is over how many partitions the due keys of a mode are spread.
	DueShards = 16
)

// entryKey is an entry by its id: what exists cannot be written again.
func entryKey(m ids.Mode, entry string) table.Key {
	return table.Key{PK: Prefix + "ENTRY#" + string(m) + "#" + entry, SK: "E"}
}

// bookPK is the partition of a book.
func bookPK(b ledger.Book) string {
	return Prefix + "BOOK#" + string(b.Mode) + "#" + b.Partner.String() + "#" + string(b.Currency)
}

const shardsSK = "S#"

// shardKey is one shard of a book.
func shardKey(b ledger.Book, shard int) table.Key {
	return table.Key{PK: bookPK(b), SK: fmt.Sprintf(shardsSK+"%02d", shard)}
}

const daysSK = "D#"

// dayKey is a day of a book that was closed.
func dayKey(b ledger.Book, day ledger.Day) table.Key {
	return table.Key{PK: bookPK(b), SK: daysSK + string(day)}
}

const stampForm = "2006-01-02T15:04:05.000Z"

// stamp writes a time so that texts sort as times do.
func stamp(t time.Time) string { return t.UTC().Format(stampForm) }

// entriesPK is the list of the entries of one shard and business day.
func entriesPK(b ledger.Book, day ledger.Day, shard int) string {
	return fmt.Sprintf(Prefix+"DAY#%s#%s#%s#%s#%02d", b.Mode, b.Partner, b.Currency, day, shard)
}

func entrySK(posted time.Time, seq int64) string { return fmt.Sprintf("%s#%012d", stamp(posted), seq) }

// entryPlace is where an entry is found by its day.
func entryPlace(r ledger.Recorded) table.Key {
	return table.Key{PK: entriesPK(r.Book, r.Day, r.Shard), SK: entrySK(r.PostedAt, r.Seq)}
}

// duePK is one shard of the due keys: {domain}#DUE#{mode}#{shard}.
func duePK(m ids.Mode, shard int) string { return fmt.Sprintf(Prefix+"DUE#%s#%02d", m, shard) }

// duePlace is where the sweeper finds a day that is over, or one that was closed and is not settled. what is the row's sort
// key.
func duePlace(b ledger.Book, day ledger.Day, what string, at time.Time) table.Key {
	return table.Key{PK: duePK(b.Mode, int(b.Partner[0])%DueShards),
		SK: stamp(at) + "#" + b.Partner.String() + "#" + string(b.Currency) + "#" + string(day) + "#" + what}
}

// readDue reads a due place back.
func readDue(m ids.Mode, sk string) (d Due, ok bool) {
	parts := strings.SplitN(sk, "#", 5)
	if len(parts) != 5 {
		return Due{}, false
	}
	at, err := time.Parse(stampForm, parts[0])
	partner, err2 := ids.Parse(parts[1])
	d = Due{At: at, Day: ledger.Day(parts[3]), Over: strings.HasPrefix(parts[4], shardsSK)}
	d.Book.Mode, d.Book.Partner = m, partner
	d.Book.Currency = currency(parts[2])
	return d, err == nil && err2 == nil && d.Book.Valid() && d.Day.Valid()
}

// headKey is where the chain of a book's settlements ends.
func headKey(b ledger.Book) table.Key { return table.Key{PK: bookPK(b), SK: "HEAD"} }

// settlementSK is the sort key of a settlement. In the index of due keys it says what is owed: booking its payout.
const settlementSK = "T"

// settlementKey is a settlement by its id.
func settlementKey(m ids.Mode, id ids.ID) table.Key {
	return table.Key{PK: Prefix + "SETTLEMENT#" + string(m) + "#" + id.String(), SK: settlementSK}
}

// settlementsPK lists the settlements of a partner.
func settlementsPK(m ids.Mode, partner ids.ID) string {
	return Prefix + "SETTLED#" + string(m) + "#" + partner.String()
}

// settlementPlace is where a settlement stands among its partner's, by day.
func settlementPlace(s ledger.Settlement) table.Key {
	return table.Key{PK: settlementsPK(s.Mode, s.Partner), SK: string(s.Day) + "#" + string(s.Currency) + "#" + s.ID.String()}
}

// payoutsPK lists the settlements of a mode whose payout nobody has told yet.
func payoutsPK(m ids.Mode) string { return Prefix + "PAYOUT#" + string(m) }

// payoutPlace is where a settlement waits for its payout.
func payoutPlace(s ledger.Settlement) table.Key {
	return table.Key{PK: payoutsPK(s.Mode), SK: stamp(s.ClosedAt) + "#" + s.ID.String()}
}

// breakKey is a break by its id.
func breakKey(m ids.Mode, id ids.ID) table.Key {
	return table.Key{PK: Prefix + "BREAK#" + string(m) + "#" + id.String(), SK: "B"}
}

// breaksPK lists the breaks of a mode that are in a state.
func breaksPK(m ids.Mode, state reconcile.State) string {
	return Prefix + "BREAKS#" + string(m) + "#" + string(state)
}

// breakPlace is where a break stands among all of its state, by age.
func breakPlace(b Break) table.Key {
	return table.Key{PK: breaksPK(b.Mode(), b.State), SK: stamp(b.FirstSeen) + "#" + b.ID.String()}
}

// keptPK lists the breaks that the next run of a side has to know.
func keptPK(side string) string { return Prefix + "KEPT#" + side }

const (
	aliveSK    = "A#" // in transit or open
	vanishedSK = "V#" // by the period of the run that no longer found them
)

// keptPlace is where a break waits for the next run of its side.
func keptPlace(b Break) table.Key { return table.Key{PK: keptPK(b.Account), SK: keptSK(b)} }

func keptSK(b Break) string {
	if alive(b.State) {
		return aliveSK + b.ID.String()
	}
	return vanishedSK + stamp(b.VanishedIn) + "#" + b.ID.String()
}

// runsPK lists the reconciliations of a side.
func runsPK(side string) string { return Prefix + "RUNS#" + side }

const runsSK = "R#"

// runKey is the reconciliation of a side's period.
func runKey(r Run) table.Key {
	return table.Key{PK: runsPK(r.Side), SK: runsSK + stamp(r.From) + "#" + stamp(r.To)}
}

// breaksHeadKey counts the breaks of a side that are alive.
func breaksHeadKey(side string) table.Key { return table.Key{PK: runsPK(side), SK: "HEAD"} }
