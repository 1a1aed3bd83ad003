package store

import (
	"maps"
	"slices"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// numbers are the numbers of a shard's entries, a bit for each.
type numbers struct {
	seen    map[int64]uint64
	n, last int64
}

// note reports whether the number is new.
func (s *numbers) note(number int64) bool {
	if s.seen == nil {
		s.seen = map[int64]uint64{}
	}
	at, bit := number/64, uint64(1)<<(number%64)
	if s.seen[at]&bit != 0 {
		return false
	}
	s.seen[at] |= bit
	s.n, s.last = s.n+1, max(s.last, number)
	return true
}

// hold holds a book's stored rows against its entries.
func (a *Auditor) hold(b ledger.Book, book *audited) {
	if len(book.shards) != Shards {
		a.breach(table.Key{PK: bookPK(b), SK: shardsSK}, "it has %d shards that can be read, not %d", len(book.shards), Shards)
		return
	}
	all := make(shards, 0, Shards)
	for n := range Shards {
		one := book.shards[n]
		if all = append(all, one); one.open != all.open() {
			a.breach(shardKey(b, n), "its open day is %s, that of the first shard is %s", one.open, all.open())
		}
		if seen := book.numbers[n]; seen.n != one.count || seen.last != one.count {
			a.breach(shardKey(b, n), "it counts %d entries; there are %d, the last number is %d", one.count, seen.n, seen.last)
		}
	}
	a.holdDays(b, book, all)
	stored, err := all.before("")
	if err != nil {
		a.breach(shardKey(b, 0), "the balances: %v", err)
	}
	rebuilt := ledger.Balances{}
	for _, day := range book.entries {
		for _, m := range day {
			if err := rebuilt.Add(m.balances); err != nil {
				a.breach(shardKey(b, 0), "the rebuilt balances: %v", err)
			}
		}
	}
	if !maps.Equal(stored, rebuilt) {
		a.breach(shardKey(b, 0), "the stored balances are %v, the entries say %v", stored, rebuilt)
	}
	if !rebuilt.Balanced() {
		a.breach(shardKey(b, 0), "the sum of its accounts is not zero: %v", rebuilt)
	}
	world := World{b.Mode, b.Currency}
	if a.audit.Sums[world] == nil {
		a.audit.Sums[world] = ledger.Balances{}
	}
	if err := a.audit.Sums[world].Add(rebuilt); err != nil {
		a.breach(shardKey(b, 0), "the sum over all partners: %v", err)
	}
}

// holdDays holds each day's sums, where they stand by now, against its entries, and the days against each other.
func (a *Auditor) holdDays(b ledger.Book, book *audited, all shards) {
	days := map[ledger.Day]bool{all.open(): true}
	for day := range book.entries {
		days[day] = true
	}
	for day := range book.days {
		days[day] = true
	}
	for _, one := range all {
		for day := range one.days {
			days[day] = true
		}
	}
	running, next := ledger.Balances{}, ledger.Day("")
	for _, day := range slices.Sorted(maps.Keys(days)) {
		entries := book.entries[day]
		if entries == nil {
			entries = &[Shards]moved{}
		}
		c, known := book.days[day]
		if next != "" && next != day {
			a.breach(dayKey(b, day), "the day before it was followed by %s", next)
		}
		if next = c.Next; known == (day == all.open()) {
			a.breach(dayKey(b, day), "the open day is %s, and the day's own row says otherwise", all.open())
		}
		var sum moved
		for n, m := range entries {
			_ = sum.add(m) // an overflow was told where the entries were read
			stored, there := all[n].days[day]
			if c.Done() && (there || c.Counts[n] != m.count) || !c.Done() && !stored.equals(m) {
				a.breach(shardKey(b, n), "of %s it holds %v, the entries say %v", day, stored, m)
			}
		}
		_ = running.Add(sum.balances)
		if c.Done() && !(sum.equals(moved{count: c.Entries(), facts: c.Facts, balances: c.Moved}) && maps.Equal(running, c.Balances)) {
			a.breach(dayKey(b, day), "its sums are %v %v %v, the entries say %v %v", c.Facts, c.Moved, c.Balances, sum, running)
		}
		a.holdNumbers(b, c, all)
	}
	if next != "" {
		a.breach(dayKey(b, all.open()), "the last day was followed by %s", next)
	}
}

// holdNumbers holds that the last numbers of a closed day do not go beyond what the shards count.
func (a *Auditor) holdNumbers(b ledger.Book, c Closed, all shards) {
	for n, last := range c.Last {
		if last < c.Counts[n] || last > all[n].count {
			a.breach(dayKey(b, c.Day), "shard %d ended it with number %d of %d", n, last, all[n].count)
		}
	}
}

// equals reports whether two sums are the same.
func (m moved) equals(o moved) bool {
	return m.count == o.count && m.facts == o.facts && maps.Equal(m.balances, o.balances)
}
