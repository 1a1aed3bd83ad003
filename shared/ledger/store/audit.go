package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// MaxBreaches is how many breaches an Audit tells in words; the others it only counts.
const MaxBreaches = 200

// World is where a sum must be zero.
type World struct {
	Mode     ids.Mode
	Currency currency
}

// Audit is what an Auditor found: what there is, and what does not hold.
type Audit struct {
	Entries, Books, Days int
	Due                  int                       // rows that stand in the index of due keys
	Sums                 map[World]ledger.Balances // rebuilt from the entries, over all partners
	Breaches             []string
	More                 int // breaches beyond MaxBreaches
}

// Auditor rebuilds every balance from the entries and holds what is stored against it: sums are zero in every mode and
// currency, stored balances are rebuilt ones, numbers have no gaps, closed days are what their entries say. It reads no
// table: the rows are handed to it, in any order, all as they stood at one moment (of a table at rest, or a backup). It keeps
// a bit for each entry and the sums of each book and day.
type Auditor struct {
	audit Audit
	books map[ledger.Book]*audited
}

// audited is what is known of one book.
type audited struct {
	entries map[ledger.Day]*[Shards]moved // rebuilt
	numbers [Shards]numbers
	shards  map[int]shard // stored
	days    map[ledger.Day]Closed
}

// NewAuditor makes an auditor that has seen nothing yet.
func NewAuditor() *Auditor {
	return &Auditor{audit: Audit{Sums: map[World]ledger.Balances{}}, books: map[ledger.Book]*audited{}}
}

// Add takes one row. Rows of other domains are passed over.
func (a *Auditor) Add(row table.Row) {
	if !strings.HasPrefix(row.Key.PK, Prefix) {
		return
	}
	if sv := row.Attrs["sv"].Number(); sv < 1 || sv > schemaVersion+1 { // its own, older ones and the next, as two versions run side by side
		a.breach(row.Key, "its schema version %d is not known", sv)
	}
	if !row.Second.IsZero() {
		a.audit.Due++
	}
	b, isBook := bookOf(row.Key.PK)
	switch sk := row.Key.SK; {
	case strings.HasPrefix(row.Key.PK, Prefix+"ENTRY#"):
		a.entry(row)
	case isBook && strings.HasPrefix(sk, shardsSK):
		a.shard(b, row)
	case isBook && strings.HasPrefix(sk, daysSK):
		a.day(b, row)
	default:
		a.breach(row.Key, "no row of the ledger has such a key")
	}
}

// bookOf reads the partition of a book.
func bookOf(pk string) (b ledger.Book, ok bool) {
	text, found := strings.CutPrefix(pk, Prefix+"BOOK#")
	parts := strings.Split(text, "#")
	if !found || len(parts) != 3 {
		return b, false
	}
	partner, err := ids.Parse(parts[1])
	b = ledger.Book{Mode: ids.Mode(parts[0]), Partner: partner, Currency: currency(parts[2])}
	return b, err == nil && b.Valid() && bookPK(b) == pk
}

func (a *Auditor) breach(key table.Key, format string, args ...any) {
	if len(a.audit.Breaches) >= MaxBreaches {
		a.audit.More++
		return
	}
	a.audit.Breaches = append(a.audit.Breaches, fmt.Sprintf("%s %s: ", key.PK, key.SK)+fmt.Sprintf(format, args...))
}

func (a *Auditor) book(b ledger.Book) *audited {
	known, found := a.books[b]
	if !found {
		known = &audited{entries: map[ledger.Day]*[Shards]moved{}, shards: map[int]shard{}, days: map[ledger.Day]Closed{}}
		a.books[b] = known
	}
	return known
}

func (a *Auditor) entry(row table.Row) {
	r, err := readEntry(row)
	if err == nil {
		err = r.Validate()
	}
	if err == nil && (r.Shard < 0 || r.Shard >= Shards || r.Seq < 1 || !r.Day.Valid() || r.PostedAt.IsZero()) {
		err = fmt.Errorf("it stands nowhere in its book")
	}
	if err != nil {
		a.breach(row.Key, "%v", err)
		return
	}
	a.audit.Entries++
	if row.First != entryPlace(r) || !row.Second.IsZero() {
		a.breach(row.Key, "it stands in the indexes at %q and %q, and belongs to %q", row.First, row.Second, entryPlace(r))
	}
	book := a.book(r.Book)
	day := book.entries[r.Day]
	if day == nil {
		day = &[Shards]moved{}
		book.entries[r.Day] = day
	}
	one := moved{count: 1, facts: r.Facts, balances: ledger.Balances{}}
	for _, p := range r.Postings {
		p.From, p.To = p.From.InBook(), p.To.InBook()
		if err := one.balances.Post(p); err != nil {
			a.breach(row.Key, "%v", err)
		}
	}
	if err := day[r.Shard].add(one); err != nil {
		a.breach(row.Key, "the day's sums: %v", err)
	}
	if !book.numbers[r.Shard].note(r.Seq) {
		a.breach(row.Key, "its number %d in shard %d is taken by another entry", r.Seq, r.Shard)
	}
}

func (a *Auditor) shard(b ledger.Book, row table.Row) {
	s, err := readShard(b, row)
	if err != nil {
		a.breach(row.Key, "%v", err)
		return
	}
	a.book(b).shards[s.n] = s
	waits, placed := s.days[s.open].count > 0, !row.Second.IsZero()
	d, ok := readDue(b.Mode, row.Second.SK)
	right := ok && d.Book == b && d.Day == s.open && d.Over && row.Second == duePlace(b, s.open, row.Key.SK, d.At)
	if waits != placed || placed && !right || !row.First.IsZero() {
		a.breach(row.Key, "its due key is %q: a day that something was posted in is due when it is over", row.Second)
	}
}

func (a *Auditor) day(b ledger.Book, row table.Row) {
	c, err := readDay(row)
	if err != nil {
		a.breach(row.Key, "%v", err)
		return
	}
	a.audit.Days++
	a.book(b).days[c.Day] = c
	d, ok := readDue(b.Mode, row.Second.SK)
	right := ok && d.Book == b && d.Day == c.Day && !d.At.Before(c.At.Truncate(time.Millisecond)) && row.Second == duePlace(b, c.Day, row.Key.SK, d.At)
	if !row.Second.IsZero() && !right || row.Second.IsZero() && !c.Done() || !row.First.IsZero() {
		a.breach(row.Key, "its due key is %q, and should be %q or later", row.Second, duePlace(b, c.Day, row.Key.SK, c.At))
	}
}

// Done gives the result once every row has been added.
func (a *Auditor) Done() Audit {
	books := slices.SortedFunc(maps.Keys(a.books), func(x, y ledger.Book) int { return cmp.Compare(x.String(), y.String()) })
	for _, b := range books {
		a.audit.Books++
		a.hold(b, a.books[b])
	}
	for world, sums := range a.audit.Sums {
		if !sums.Balanced() {
			a.breach(table.Key{}, "the sums of mode %s and %s are not zero: %v", world.Mode, world.Currency, sums)
		}
	}
	return a.audit
}
