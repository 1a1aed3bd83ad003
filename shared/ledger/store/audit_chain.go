package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// Chains proves settlements from the entries: every day's digest and sums are those of its entries, every settlement follows
// the one before it, what it set aside and paid out is in the ledger, the chain ends where the book says, and a day behind its
// end is due. Like an Auditor it is handed rows in any order, all as they stood
// at one moment; it keeps a hash for each entry, and the two that a settlement makes.
type Chains struct {
	books    map[ledger.Book]*chained
	breaches []string
}

type chained struct {
	head    Chain
	settled map[ledger.Day]ledger.Settlement
	entries map[ledger.Day]*linked
	days    map[ledger.Day]bool     // closed ones; whether they are due
	unpaid  map[ledger.Day]bool     // settlements of which the payout is still to be booked
	made    map[string]ledger.Entry // what settlements set aside and paid out, by id
}

// linked is what is known of a day's entries.
type linked struct {
	sums  ledger.Sums
	links []link
}

type link struct {
	shard int
	seq   int64
	hash  ledger.Hash
}

// NewChains makes one that has seen nothing yet.
func NewChains() *Chains { return &Chains{books: map[ledger.Book]*chained{}} }

// IsOfChain reports a row that belongs to the chain of settlements alone: a settlement, or where the chain of a book ends.
func IsOfChain(key table.Key) bool {
	b, isBook := bookOf(key.PK)
	return isBook && key == headKey(b) || strings.HasPrefix(key.PK, Prefix+"SETTLEMENT#")
}

// Add takes one row. Rows that say nothing about settlements are passed over.
func (c *Chains) Add(row table.Row) {
	switch {
	case strings.HasPrefix(row.Key.PK, Prefix+"ENTRY#"):
		r, err := readEntry(row)
		if err != nil {
			return // the Auditor tells of it
		}
		day := c.day(r.Book, r.Day)
		if err := day.sums.Add(r.Entry); err != nil {
			c.breach(row.Key, "%v", err)
		}
		day.links = append(day.links, link{r.Shard, r.Seq, r.Digest()})
		if r.Kind == ledger.KindReserved || r.Kind == ledger.KindPaidOut {
			c.book(r.Book).made[r.ID] = r.Entry
		}
	case !IsOfChain(row.Key):
		b, isBook := bookOf(row.Key.PK)
		if closed, err := readDay(row); isBook && strings.HasPrefix(row.Key.SK, daysSK) && err == nil {
			c.book(b).days[closed.Day] = !row.Second.IsZero()
		}
	case row.Key.SK == settlementSK:
		made, err := readSettlement(row)
		if err != nil {
			c.breach(row.Key, "%v", err)
			return
		}
		c.book(made.Book).settled[made.Day] = made
		c.book(made.Book).unpaid[made.Day] = strings.HasPrefix(row.Second.PK, Prefix+"DUE#")
		if row.First != settlementPlace(made) {
			c.breach(row.Key, "it stands in the list at %q", row.First)
		}
	default:
		b, _ := bookOf(row.Key.PK)
		if err := fields.Read(chainFields, row.Attrs, &c.book(b).head); err != nil {
			c.breach(row.Key, "%v", err)
		}
	}
}

func (c *Chains) breach(key table.Key, format string, args ...any) {
	c.breaches = append(c.breaches, fmt.Sprintf("%s %s: ", key.PK, key.SK)+fmt.Sprintf(format, args...))
}

func (c *Chains) book(b ledger.Book) *chained {
	known, found := c.books[b]
	if !found {
		known = &chained{settled: map[ledger.Day]ledger.Settlement{}, entries: map[ledger.Day]*linked{},
			days: map[ledger.Day]bool{}, unpaid: map[ledger.Day]bool{}, made: map[string]ledger.Entry{}}
		c.books[b] = known
	}
	return known
}

func (c *Chains) day(b ledger.Book, day ledger.Day) *linked {
	book := c.book(b)
	known, found := book.entries[day]
	if !found {
		known = &linked{}
		book.entries[day] = known
	}
	return known
}

// Done gives the number of settlements and what does not hold, once every row has been added.
func (c *Chains) Done() (settlements int, breaches []string) {
	books := slices.SortedFunc(maps.Keys(c.books), func(x, y ledger.Book) int { return cmp.Compare(x.String(), y.String()) })
	for _, b := range books {
		book := c.books[b]
		var end ledger.Head
		for _, day := range slices.Sorted(maps.Keys(book.settled)) {
			made := book.settled[day]
			settlements++
			key := settlementKey(made.Mode, made.ID)
			if wrong := made.Follows(end); wrong != "" {
				c.breach(key, "%s", wrong)
			}
			if wrong := book.entries[day].proves(made); wrong != "" {
				c.breach(key, "%s", wrong)
			}
			c.holdMovements(book, made)
			end = made.Head()
		}
		for _, id := range slices.Sorted(maps.Keys(book.made)) {
			c.breach(entryKey(b.Mode, id), "no settlement says so")
		}
		c.holdHead(b, book, end)
	}
	return settlements, c.breaches
}

// holdHead holds that the chain ends with the last settlement, and that no day up to its end was left out.
func (c *Chains) holdHead(b ledger.Book, book *chained, end ledger.Head) {
	head := book.head.Head
	for _, day := range slices.Sorted(maps.Keys(book.entries)) {
		if _, settled := book.settled[day]; !settled && day <= head.Day {
			c.breach(headKey(b), "the chain has passed %s, and its entries are not settled", day)
		}
	}
	for _, day := range slices.Sorted(maps.Keys(book.days)) {
		if !book.days[day] && day > head.Day {
			c.breach(dayKey(b, day), "it is not settled, and nothing is due")
		}
	}
	if head.Day < end.Day {
		c.breach(headKey(b), "the chain ends at %q, before the settlement of %s", head.Day, end.Day)
	}
	end.Day = head.Day // days without entries move it on
	if head != end {
		c.breach(headKey(b), "the chain ends with %+v, the last settlement says %+v", head, end)
	}
}

// holdMovements holds that what a settlement set aside and paid out is in the ledger, unless it is still due, and takes it from
// what is left to explain.
func (c *Chains) holdMovements(book *chained, made ledger.Settlement) {
	key := settlementKey(made.Mode, made.ID)
	entries, err := made.Movements()
	if err != nil {
		c.breach(key, "%v", err)
	}
	for _, e := range entries {
		found, there := book.made[e.ID]
		delete(book.made, e.ID)
		due := book.days[made.Day] || book.unpaid[made.Day]
		switch {
		case !there && !due:
			c.breach(key, "its entry %s is not in the ledger, and nothing is due", e.ID)
		case there && !found.SameAs(e):
			c.breach(key, "its entry %s says something else", e.ID)
		}
	}
}

// proves tells what a settlement says against the entries of its day; "" for nothing.
func (l *linked) proves(made ledger.Settlement) string {
	if l == nil {
		l = &linked{}
	}
	slices.SortFunc(l.links, func(x, y link) int { return cmp.Or(cmp.Compare(x.shard, y.shard), cmp.Compare(x.seq, y.seq)) })
	var digest ledger.Hash
	for _, one := range l.links {
		digest = digest.Then(one.hash)
	}
	s := l.sums
	switch {
	case int64(len(l.links)) != made.Entries:
		return fmt.Sprintf("it has %d entries, there are %d", made.Entries, len(l.links))
	case digest != made.Digest:
		return "its digest is not that of its entries: one of them was changed"
	case s.Facts != made.Facts || s.Own != made.Own || s.Earned != made.Earned || s.Charge != made.Charge:
		return fmt.Sprintf("its sums are not those of its entries: %+v", s)
	}
	return ""
}
