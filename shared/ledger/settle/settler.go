package settle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/store"
)

// DefaultPace is how many entries one job counts: some 500 round trips.
const DefaultPace = 25_000

// DefaultDebtLimit is the DebtLimit of a house that sets none of its own: 1 000.00 in whatever currency. A partner below it
// earns it back with his next payments; payouts wait for any debt, whether it rings or not.
const DefaultDebtLimit = 100_000

// Settler closes days, settles them and books what follows. It may be used by many goroutines.
type Settler struct {
	Store    *store.Store
	Poster   Poster
	Partners Partners
	Alarms   Alarms
	Events   Events // nil: nobody is told
	Clock    clock.Clock
	// DebtLimit is the debt, in minor units, beyond which carrying it forward raises an alarm. 0: any debt does.
	DebtLimit int64
	Pace      int // entries that one Close counts at most; 0: DefaultPace
}

func (s *Settler) now() time.Time { return s.Clock.Now().UTC().Truncate(time.Millisecond) }

// Close closes a business day that is over, and settles it behind all days before it. done is false when so many entries
// were counted that the rest should be another job's: what was counted is kept. A day in which nothing was posted is done. It
// fails with ErrDayNotOver and ErrMismatch; after any other error the same call may be made again.
func (s *Settler) Close(ctx context.Context, b ledger.Book, day ledger.Day) (done bool, err error) {
	partner, err := s.Partners.Partner(ctx, b.Partner)
	if err != nil {
		return false, err
	}
	now := s.now()
	today := ledger.DayOf(now, partner.Zone)
	if day >= today {
		return false, ErrDayNotOver
	}
	_, err = s.Store.CloseDay(ctx, b, day, today, now)
	if errors.Is(err, store.ErrNoDay) || errors.Is(err, store.ErrDayAhead) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	chain, err := s.Store.Chain(ctx, b)
	if err != nil {
		return false, err
	}
	if chain.Day >= day { // settled before; perhaps whoever did it died before he had finished
		return true, s.finishAgain(ctx, b, day, partner.Zone)
	}
	days, err := s.Store.Unsettled(ctx, b, chain, day)
	if err != nil {
		return false, err
	}
	run := &run{Settler: s, zone: partner.Zone, chain: chain, left: s.Pace}
	if run.left <= 0 {
		run.left = DefaultPace
	}
	for _, c := range days {
		if done, err = run.day(ctx, c); err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

// run is one Close on its way through the days of a book.
type run struct {
	*Settler
	zone  *time.Location
	chain store.Chain
	left  int // entries that may still be counted
}

// day settles one day and finishes it.
func (r *run) day(ctx context.Context, c store.Closed) (done bool, err error) {
	if !c.Done() {
		if c, err = r.Store.CloseDay(ctx, c.Book, c.Day, c.Next, r.now()); err != nil {
			return false, err
		}
	}
	if c.Entries() == 0 {
		if err := r.Store.SkipDay(ctx, r.chain, c); err != nil {
			return false, err
		}
		r.chain.Day, r.chain.Tally, r.chain.Version = c.Day, ledger.Tally{}, r.chain.Version+1
		return true, r.Store.Settled(ctx, c.Book, c.Day)
	}
	tally, err := r.count(ctx, c)
	if err != nil {
		return false, err
	}
	if tally.Entries < c.Entries() {
		r.chain, err = r.Store.KeepTally(ctx, r.chain, tally)
		return false, err
	}
	if err := r.held(ctx, c, tally); err != nil {
		return false, err
	}
	made, err := ledger.Settle(r.chain.Head, tally, r.now())
	if err != nil {
		return false, err
	}
	if err := r.Store.Settle(ctx, r.chain, made); err != nil {
		return false, err
	}
	r.chain = store.Chain{Head: made.Head(), Version: r.chain.Version + 1}
	return true, r.finish(ctx, made, r.zone)
}

// count goes on with the tally of a day, until its end or until enough was counted.
func (r *run) count(ctx context.Context, c store.Closed) (ledger.Tally, error) {
	tally := r.chain.Tally
	if tally.Day != c.Day {
		tally = ledger.Tally{Book: c.Book, Day: c.Day}
	}
	for entry, err := range r.Store.Counting(ctx, c, tally) {
		if err != nil {
			return tally, err
		}
		if r.left == 0 {
			return tally, nil
		}
		if err := tally.Add(entry); err != nil {
			return tally, err
		}
		r.left--
	}
	if tally.Entries >= c.Entries() || r.left == 0 {
		return tally, nil
	}
	// The list was whole behind what had been counted, so that was not: it is counted anew.
	if _, err := r.Store.KeepTally(ctx, r.chain, ledger.Tally{Book: c.Book, Day: c.Day}); err != nil {
		return tally, err
	}
	return tally, store.ErrBehind
}

// held holds the entries of a day against the sums that were kept when it was closed.
func (r *run) held(ctx context.Context, c store.Closed, t ledger.Tally) error {
	facts, err := t.Facts.Plus(t.Own)
	if err != nil {
		return err
	}
	moved, err := money.Of(t.Earned, c.Book.Currency).Add(money.Of(t.Aside, c.Book.Currency))
	if err != nil {
		return err
	}
	if t.Entries == c.Entries() && facts == c.Facts && moved.Amount == c.Moved[ledger.Payable] {
		return nil
	}
	id := ledger.SettlementID(c.Book, c.Day)
	detail := fmt.Sprintf("%s of %s: the entries say %d entries, %+v and %d payable; its sums say %d, %+v and %d",
		c.Day, c.Book, t.Entries, facts, moved.Amount, c.Entries(), c.Facts, c.Moved[ledger.Payable])
	if err := r.Alarms.Raise(ctx, c.Book.Mode, SettlementMismatch, id.String(), detail); err != nil {
		return err
	}
	return ErrMismatch
}

// A day that cannot be settled is looked at again after as long as it has waited already, within these bounds.
const (
	leastWait = time.Hour
	mostWait  = 24 * time.Hour
)

// putOff has a day that cannot be settled come again later: its operator needs hours, and each look ends as a dead letter.
func (s *Settler) putOff(ctx context.Context, b ledger.Book, day ledger.Day) error {
	c, err := s.Store.Closed(ctx, b, day)
	if err != nil {
		return err
	}
	now := s.now()
	return s.Store.PutOff(ctx, c, now.Add(min(max(now.Sub(c.At), leastWait), mostWait)))
}

// OverdueAfter is how long a day may be over without being settled before an operator is called. Whatever passes by itself, as
// an index that is behind, has passed by then.
const OverdueAfter = 6 * time.Hour

// overdue calls an operator for a day that still cannot be settled long after its end.
func (s *Settler) overdue(ctx context.Context, b ledger.Book, day ledger.Day, why error) error {
	partner, err := s.Partners.Partner(ctx, b.Partner)
	if err != nil {
		return err
	}
	ends, err := day.Next().Begins(partner.Zone)
	if err != nil || s.now().Sub(ends) < OverdueAfter {
		return err
	}
	detail := fmt.Sprintf("%s of %s ended at %s and is not settled: %v", day, b, ends.Format(time.RFC3339), why)
	return s.Alarms.Raise(ctx, b.Mode, SettlementOverdue, ledger.SettlementID(b, day).String(), detail)
}

// finishAgain finishes a day that was settled before.
func (s *Settler) finishAgain(ctx context.Context, b ledger.Book, day ledger.Day, zone *time.Location) error {
	made, err := s.Store.Settlement(ctx, b.Mode, ledger.SettlementID(b, day))
	if errors.Is(err, ledger.ErrSettlementNotFound) { // the day had no entries
		return s.Store.Settled(ctx, b, day)
	}
	if err != nil {
		return err
	}
	return s.finish(ctx, made, zone)
}

// finish does what a settlement owes: the alarm, its entries, the partner's event; then the day is let go of. All of it may be
// done again.
func (s *Settler) finish(ctx context.Context, made ledger.Settlement, zone *time.Location) error {
	if made.TooDeep(s.DebtLimit) {
		object := made.Partner.String() + ":" + string(made.Currency)
		detail := "At the end of " + string(made.Day) + " the partner owes " + money.Of(-made.CarriedForward, made.Currency).String()
		if err := s.Alarms.Raise(ctx, made.Mode, NegativePayable, object, detail); err != nil {
			return err
		}
	}
	if err := s.book(ctx, made, zone); err != nil {
		return err
	}
	if s.Events != nil {
		if err := s.Events.Ready(ctx, made); err != nil {
			return err
		}
	}
	return s.Store.Settled(ctx, made.Book, made.Day)
}

// book posts the entries that a settlement makes.
func (s *Settler) book(ctx context.Context, made ledger.Settlement, zone *time.Location) error {
	entries, err := made.Movements()
	if err != nil || len(entries) == 0 {
		return err
	}
	if err := errors.Join(s.Poster.Post(ctx, made.Book, zone, entries)...); err != nil {
		return err
	}
	if made.Status != ledger.SettlementPaidOut {
		return nil
	}
	return s.Store.PayoutBooked(ctx, made)
}
