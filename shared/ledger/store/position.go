package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/ledger"
)

// Position is where a page of a list ended: how far each shard was shown, for what is posted behind it may carry an earlier
// time than what was shown of another shard. Balance is the account's after it.
type Position struct {
	Day     ledger.Day
	Balance int64
	marks   [Shards]mark
}

// mark is the last entry of a shard's day that was passed; the zero mark before its first.
type mark struct {
	seq    int64
	posted int64 // unix milliseconds, as its place in the index has them
}

// Past is the position once r was passed, which follows it in its list.
func (p Position) Past(r ledger.Recorded) Position {
	if r.Day != p.Day {
		p = Position{Day: r.Day, Balance: p.Balance}
	}
	p.marks[r.Shard] = mark{r.Seq, r.PostedAt.UnixMilli()}
	return p
}

// String writes a position for a cursor: "2026-03-02/-5/3.7.mm9z3c00,…", its last part shard, number and time of each mark in
// base 36.
func (p Position) String() string {
	var marks []string
	for shard, m := range p.marks {
		if m != (mark{}) {
			marks = append(marks, digits(int64(shard))+"."+digits(m.seq)+"."+digits(m.posted))
		}
	}
	return string(p.Day) + "/" + strconv.FormatInt(p.Balance, 10) + "/" + strings.Join(marks, ",")
}

func digits(n int64) string { return strconv.FormatInt(n, 36) }

// ErrPosition is the fault of a text that is no position.
var ErrPosition = fault.Invalid("invalid_cursor", "The cursor does not belong to this list.")

// ParsePosition reads String back, or fails with ErrPosition.
func ParsePosition(text string) (p Position, err error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 || !ledger.Day(parts[0]).Valid() {
		return Position{}, ErrPosition
	}
	p.Day = ledger.Day(parts[0])
	if p.Balance, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return Position{}, ErrPosition.Because(err)
	}
	for _, one := range strings.SplitN(parts[2], ",", Shards+1) {
		numbers := [3]int64{}
		fields := strings.Split(one, ".")
		if len(fields) != len(numbers) {
			return Position{}, ErrPosition
		}
		for i, field := range fields {
			if numbers[i], err = strconv.ParseInt(field, 36, 64); err != nil {
				return Position{}, ErrPosition.Because(err)
			}
		}
		if shard := numbers[0]; shard < 0 || shard >= Shards || numbers[1] < 1 || numbers[2] < 1 || numbers[2] > lastMilli {
			return Position{}, ErrPosition
		}
		p.marks[numbers[0]] = mark{numbers[1], numbers[2]}
	}
	if p.String() != text {
		return Position{}, ErrPosition
	}
	return p, nil
}

// lastMilli is the last moment that a place in an index can name.
var lastMilli = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli()

// behind narrows the spans of a day to what stands behind a position. Each begins with the number that follows the last one
// that was passed, so that a list which the index does not show whole is noticed there, too.
func behind(spans []span, after *Position) (left []span) {
	if after == nil || len(spans) == 0 || spans[0].day != after.Day {
		return spans
	}
	for _, of := range spans {
		if of = of.behind(after.marks[of.shard]); of.first <= of.last {
			left = append(left, of)
		}
	}
	return left
}

// behind is what a span has left behind a mark.
func (of span) behind(m mark) span {
	if m.seq >= of.first {
		of.first, of.after = m.seq+1, entrySK(time.UnixMilli(m.posted), m.seq)
	}
	return of
}

// span is the part of a shard's list that is asked for: the numbers of one day, behind a place in the index.
type span struct {
	book        ledger.Book
	day         ledger.Day
	shard       int
	first, last int64  // numbers, both included
	after       string // sort key of the number before first; "" where the day begins with first
}

// spanOf is the whole day of a shard that has n entries of it, last the number of the last one.
func spanOf(b ledger.Book, day ledger.Day, shard int, n, last int64) span {
	return span{book: b, day: day, shard: shard, first: last - n + 1, last: last}
}

// spans lists what the shards hold of a closed day.
func (c Closed) spans() (spans []span) {
	for n := range Shards {
		if c.Counts[n] > 0 {
			spans = append(spans, spanOf(c.Book, c.Day, n, c.Counts[n], c.Last[n]))
		}
	}
	return spans
}

// spans lists what the shards hold of a day.
func (all shards) spans(b ledger.Book, day ledger.Day) (spans []span) {
	for _, one := range all {
		if n := one.days[day].count; n > 0 {
			spans = append(spans, spanOf(b, day, one.n, n, one.lastOf(day)))
		}
	}
	return spans
}

// firstMissing is the earliest day from … to that some shards still hold sums of, and that rows do not tell of; "" for none.
func (all shards) firstMissing(rows []Closed, from, to ledger.Day) ledger.Day {
	for _, day := range all.unfolded() {
		_, there := slices.BinarySearchFunc(rows, day, func(c Closed, day ledger.Day) int { return cmp.Compare(c.Day, day) })
		if day >= from && day <= to && !there {
			return day
		}
	}
	return ""
}
