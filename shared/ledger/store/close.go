package store

import (
	"context"
	"time"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

type dayStatus string

// A day is closing from the moment that nothing can be posted into it until its sums are kept on its row.
const (
	closing dayStatus = "closing"
	closed  dayStatus = "closed"
)

// Closed is a business day that nothing will ever be added to.
type Closed struct {
	Book     ledger.Book
	Day      ledger.Day
	Next     ledger.Day // the day that was opened in its place; between them nothing was posted
	At       time.Time
	Facts    ledger.Facts
	Counts   [Shards]int64   // entries by shard: what a complete list must show
	Last     [Shards]int64   // the number of the last entry of each shard, of this day or before
	Moved    ledger.Balances // what the day did to each account
	Balances ledger.Balances // what each account held at its end
	status   dayStatus
	own      ledger.Facts // of Facts, and of what Moved says of the payable, what a settlement counts apart
	aside    int64
}

// Sums are those of the day's entries as its settlement will have them; of a day that an earlier version closed, the partner's
// own accounts are not told apart.
func (c Closed) Sums() (ledger.Sums, error) {
	return moved{facts: c.Facts, balances: c.Moved, own: c.own, aside: c.aside}.split()
}

// Entries is how many entries the day has.
func (c Closed) Entries() (sum int64) {
	for _, n := range c.Counts {
		sum += n
	}
	return sum
}

// CloseDay closes the business day of a book and opens next (later than day) in its place, all shards in one transaction:
// from then on entries fall into next. Closing a day again gives the same answer, and finishes what a crash left undone; so
// it does for a day that a posting closed. A day that was never open is ErrNoDay, one that is still to come ErrDayAhead. Its
// row stays in the index of due keys until Settled. Two queries, one read and two writes for each day that is
// not summed up yet.
func (s *Store) CloseDay(ctx context.Context, b ledger.Book, day, next ledger.Day, now time.Time) (Closed, error) {
	if !day.Valid() || !next.Valid() || next <= day {
		return Closed{}, ledger.ErrDay
	}
	for range maxTries {
		all, err := s.shards(ctx, b)
		if err != nil {
			return Closed{}, err
		}
		switch open := all.open(); {
		case open == "":
			return Closed{}, ErrNoDay
		case open < day:
			return Closed{}, ErrDayAhead
		case open == day:
			if err := s.advance(ctx, b, day, next, now); err != nil && !table.IsRefused(err) {
				return Closed{}, err
			}
			continue // the sums are read after the day has moved, not before
		}
		done, again, err := s.sumUp(ctx, b, day, all)
		if err != nil || !again {
			return done, err
		}
	}
	return Closed{}, ErrBusy
}

// advance moves the open day of all shards, and makes the closed day's row.
func (s *Store) advance(ctx context.Context, b ledger.Book, day, next ledger.Day, now time.Time) error {
	actions := make([]table.Action, 0, Shards+1)
	for n := range Shards {
		actions = append(actions, table.Update(shardKey(b, n)).If(table.Equals(openAttr, table.S(string(day)))).
			Set(openAttr, table.S(string(next))).PlaceSecond(table.Key{}))
	}
	begun := Closed{Book: b, Day: day, Next: next, At: now, status: closing}
	return s.table.Write(ctx, append(actions, table.Put(dayRow(begun)).If(table.Absent))...)
}

// dayRow is the row of a day that is being closed. It is due at once: it waits to be summed up, and then to be settled.
func dayRow(c Closed) table.Row {
	key := dayKey(c.Book, c.Day)
	return table.Row{Key: key, Second: duePlace(c.Book, c.Day, key.SK, c.At), Attrs: fields.New(schemaVersion, dayFields, &c)}
}

// sumUp takes the sums of a day, and first of all earlier ones, out of the shards and keeps them on the day's row. again says
// that somebody else did the same meanwhile.
func (s *Store) sumUp(ctx context.Context, b ledger.Book, day ledger.Day, all shards) (c Closed, again bool, err error) {
	if c, err = s.Closed(ctx, b, day); err != nil || c.status == closed {
		return c, false, err
	}
	for _, earlier := range all.unfolded() {
		if earlier < day {
			_, err := s.CloseDay(ctx, b, earlier, earlier.Next(), c.At)
			return Closed{}, true, err
		}
	}
	sum, err := all.of(day)
	if err != nil {
		return Closed{}, false, err
	}
	if c.Balances, err = all.before(day.Next()); err != nil {
		return Closed{}, false, err
	}
	c.Facts, c.Moved, c.own, c.aside, c.status = sum.facts, sum.balances, sum.own, sum.aside, closed
	var actions []table.Action
	for _, one := range all {
		c.Counts[one.n], c.Last[one.n] = one.days[day].count, one.lastOf(day)
		if codes := one.codes[day]; len(codes) > 0 {
			actions = append(actions, one.fold(b, day, codes))
		}
	}
	kept := table.Update(dayKey(b, day)).If(table.Equals("st", table.S(string(closing)))).SetAll(fields.Attrs(dayFields, &c))
	err = s.table.Write(ctx, append(actions, kept)...)
	return c, table.IsRefused(err), notRefused(err)
}

func notRefused(err error) error {
	if table.IsRefused(err) {
		return nil
	}
	return err
}

// fold adds what a closed day moved to what was held before it. What this version does not know is carried along.
func (s shard) fold(b ledger.Book, day ledger.Day, codes map[string]int64) table.Action {
	a := table.Update(shardKey(b, s.n)).If(table.Exists)
	for code, amount := range codes {
		a = a.Remove(movedPrefix(day) + code)
		if amount != 0 && !counts(code) {
			a = a.Add(heldPrefix+code, amount)
		}
	}
	return a
}

// Closed reads a closed day, or ErrNoDay. Until its sums are kept (Done is false) only Book, Day, Next and At are set:
// CloseDay finishes it. One round trip.
func (s *Store) Closed(ctx context.Context, b ledger.Book, day ledger.Day) (Closed, error) {
	row, found, err := s.table.Get(ctx, dayKey(b, day))
	if err != nil {
		return Closed{}, err
	}
	if !found {
		return Closed{}, ErrNoDay
	}
	return readDay(row)
}

// Done reports whether the day's sums are kept.
func (c Closed) Done() bool { return c.status == closed }

// PutOff has a closed day that cannot be settled looked at again only from a time on. One round trip.
func (s *Store) PutOff(ctx context.Context, c Closed, until time.Time) error {
	key := dayKey(c.Book, c.Day)
	return s.table.Write(ctx, table.Update(key).If(table.Exists).PlaceSecond(duePlace(c.Book, c.Day, key.SK, until)))
}

// Settled takes a closed day out of the index of due keys, once its settlement is durable. One round trip.
func (s *Store) Settled(ctx context.Context, b ledger.Book, day ledger.Day) error {
	err := s.table.Write(ctx, table.Update(dayKey(b, day)).If(table.Equals("st", table.S(string(closed)))).PlaceSecond(table.Key{}))
	if table.IsRefused(err) {
		return ErrNoDay
	}
	return err
}
