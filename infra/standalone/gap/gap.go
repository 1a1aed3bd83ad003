// Package gap asks the banks what happened between a backup and its restore. It needs the module's store and teller, and a
// list of orders, and so works on one machine and on AWS alike. Nobody may be served meanwhile.
package gap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
)

// Found is what asking came to.
type Found struct {
	Orders  int // that something may have happened to
	Asked   int // attempts of theirs that a bank was asked about
	Moved   int // of them: those that stand otherwise now
	Known   int // attempts that were opened after the backup, and are known again
	Back    int // refunds that the data did not know, made after the backup
	Silent  int // questions that no bank answered: ask again
	Reasons []string
}

// The bounds of asking: how many orders at once, how many attempts beyond the last one we know are looked for before we
// believe that there are none, and how many reasons of silence are told in words. One wish to pay is offered to MaxProviders
// accounts and to one of them twice, and a bank that refused to open its page does not know the attempt.
const (
	askersAtOnce = 4
	lookAhead    = payments.MaxProviders + 1
	maxReasons   = 20
)

// Order names an order.
type Order struct {
	Mode ids.Mode
	ID   ids.ID
}

// Asker asks on behalf of a module that serves nobody.
type Asker struct {
	Store  *store.Store
	Teller *teller.Teller
	Clock  clock.Clock
}

// refundsBack is how long before the backup a payment may have been taken for a refund of it to be looked for.
const refundsBack = payments.MaxLife

// Ask asks the banks about those of the orders that may have changed after since: about each attempt that the data knows,
// final or not, for a payment that was declined may have been paid by the payer's next try, and one that was paid may have
// been given back; and, while an order takes payments, about attempts that the data does not know. What the banks say is
// applied by the ordinary rules. Due keys of what is still open are set to now, so that the first sweep goes on asking. It
// may be repeated.
func (a Asker) Ask(ctx context.Context, orders []Order, since time.Time) (Found, error) {
	tally := &tally{}
	var all sync.WaitGroup
	turns := make(chan Order)
	for range askersAtOnce {
		all.Go(func() {
			for o := range turns {
				if ctx.Err() == nil {
					tally.fail(a.order(ctx, o, since, tally))
				}
			}
		})
	}
	for _, o := range orders {
		turns <- o
	}
	close(turns)
	all.Wait()
	return tally.Found, errors.Join(tally.failed, ctx.Err())
}

// order asks about one order, if a bank may know more of it than we do.
func (a Asker) order(ctx context.Context, o Order, since time.Time, found *tally) error {
	w, err := a.Store.Load(ctx, o.Mode, o.ID)
	if err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	if !couldChange(w, since) {
		return nil
	}
	found.add(func(f *Found) { f.Orders++ })
	return a.all(ctx, w, found)
}

// tally is a Found that several askers add to.
type tally struct {
	mu sync.Mutex
	Found
	failed error // the first error of our own side
}

func (t *tally) add(change func(*Found)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.Found)
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
	}
}

// silent notes a question without an answer.
func (t *tally) silent(reference string, err error) {
	t.add(func(f *Found) {
		f.Silent++
		if len(f.Reasons) < maxReasons {
			f.Reasons = append(f.Reasons, fmt.Sprintf("%s: %v", reference, err))
		}
	})
}

// couldChange reports an order of which a bank may know more than we do: one that changed lately, that could still be paid
// lately, or that has an attempt which is not final, or a payment which a partner or the bank may have given back lately.
func couldChange(w payments.Whole, since time.Time) bool {
	if !w.UpdatedAt().Before(since) || !w.Closed() && !w.Order.ExpiresAt.Before(since) {
		return true
	}
	for _, p := range w.Payments {
		if p.Asked() || w.Refundable(p.N) > 0 && !p.UpdatedAt.Before(since.Add(-refundsBack)) {
			return true
		}
	}
	return false
}

// all asks about one order. A silent bank is noted and is no error.
func (a Asker) all(ctx context.Context, w payments.Whole, found *tally) error {
	quiet := false
	for n := 1; n <= len(w.Payments); n++ {
		after, answered, err := a.attempt(ctx, w, n, found)
		if err != nil {
			return err
		}
		w, quiet = after, quiet || !answered
	}
	if !quiet && !w.Closed() {
		var err error
		if w, err = a.findLost(ctx, w, found); err != nil {
			return err
		}
	}
	return a.dueNow(ctx, w)
}

// attempt asks about attempt n; answered is false where its bank was silent.
func (a Asker) attempt(ctx context.Context, w payments.Whole, n int, found *tally) (after payments.Whole, answered bool, err error) {
	was, _ := w.Payment(n)
	if w, err = a.suspect(ctx, w, n); err != nil {
		return w, false, err
	}
	after, err = a.Teller.Ask(ctx, w, n)
	if errors.Is(err, teller.ErrBankSilent) {
		found.silent(was.Reference(), err)
		return w, false, nil
	}
	if err != nil {
		return w, false, fmt.Errorf("attempt %s: %w", was.ID, err)
	}
	is, _ := after.Payment(n)
	found.add(func(f *Found) {
		f.Asked++
		f.Back += len(after.Refunds) - len(w.Refunds)
		if is.Status != was.Status {
			f.Moved++
		}
	})
	return after, true, nil
}

// suspect says that money of a paid attempt may have gone back without our knowing, for the row of its refund may be lost.
// The bank's answer clears it; should the bank be silent, its due key goes on asking, whatever becomes of this run.
func (a Asker) suspect(ctx context.Context, w payments.Whole, n int) (payments.Whole, error) {
	out := payments.Suspected(w, n, a.Clock.Now().Truncate(time.Millisecond))
	if err := a.Store.Save(ctx, out); err != nil {
		return w, fmt.Errorf("order %s: %w", w.Order.ID, err)
	}
	return out.After, nil
}

// findLost looks for attempts that were opened after the backup. One that a bank knows takes its old number again, as an
// attempt whose opening was lost; the numbers before it that no bank knows are filled in the same way.
func (a Asker) findLost(ctx context.Context, w payments.Whole, found *tally) (payments.Whole, error) {
	for misses, n := 0, len(w.Payments)+1; n <= ids.MaxAttempts && misses < lookAhead; n++ {
		through, known, err := a.knows(ctx, w.Order, n)
		if err != nil {
			found.silent(ids.Reference(w.Order.Mode, w.Order.ID, n), err)
			return w, nil
		}
		if !known {
			misses++
			continue
		}
		misses = 0
		for len(w.Payments) < n {
			if w, err = a.beginAgain(ctx, w, through); err != nil {
				return w, err
			}
		}
		if w, err = a.Teller.Ask(ctx, w, n); err != nil {
			found.silent(ids.Reference(w.Order.Mode, w.Order.ID, n), err)
			return w, nil
		}
		found.add(func(f *Found) { f.Known++ })
	}
	return w, nil
}

// knows asks every bank that the order could be paid through whether it has attempt n.
func (a Asker) knows(ctx context.Context, o payments.Order, n int) (payments.Through, bool, error) {
	t := a.Teller
	all, err := t.Accounts.Candidates(ctx, o.Mode, o.Partner)
	if err != nil {
		return payments.Through{}, false, err
	}
	for _, c := range all {
		bank, ok := t.Bank(c.Provider)
		if !ok {
			continue
		}
		account, err := t.Accounts.Account(ctx, o.Mode, c.Account)
		if err != nil {
			return payments.Through{}, false, err
		}
		_, err = bank.Ask(ctx, account, banks.Ref{Reference: ids.Reference(o.Mode, o.ID, n), Amount: o.Total})
		if err == nil {
			return payments.Through{Account: c.Account, Provider: c.Provider, Fiscal: c.Fiscal}, true, nil
		}
		if banks.ClassOf(err) != banks.NotFound {
			return payments.Through{}, false, err
		}
	}
	return payments.Through{}, false, nil
}

// beginAgain writes the next attempt as it stood before its bank was called. Nobody waits for that call any more, so the
// bank's answer decides at once. How the payer paid is not known: the order's first way, or by card.
func (a Asker) beginAgain(ctx context.Context, w payments.Whole, through payments.Through) (payments.Whole, error) {
	method := banks.Card
	if len(w.Order.Methods) > 0 {
		method = w.Order.Methods[0]
	}
	past := a.Clock.Now().Truncate(time.Millisecond).Add(-2 * payments.OpenTimeout)
	out, _ := payments.Begin(w, method, through, "", nil, past)
	if err := a.Store.Save(ctx, out); err != nil {
		return w, fmt.Errorf("order %s: %w", w.Order.ID, err)
	}
	return out.After, nil
}

// dueNow lets the next sweep look at whatever of an order has a look to come.
func (a Asker) dueNow(ctx context.Context, w payments.Whole) error {
	now := a.Clock.Now().Truncate(time.Millisecond)
	look := func(child ids.ID, at time.Time) error {
		if at.IsZero() || !at.After(now) {
			return nil
		}
		if _, err := a.Store.MoveDue(ctx, store.Due{Mode: w.Order.Mode, Order: w.Order.ID, Child: child, At: at}, now); err != nil {
			return fmt.Errorf("%s: %w", child, err)
		}
		return nil
	}
	for _, pay := range w.Payments {
		if err := look(pay.ID, pay.Due); err != nil {
			return err
		}
	}
	for _, r := range w.Refunds {
		if err := look(r.ID, r.Due); err != nil {
			return err
		}
	}
	return nil
}

// Print tells an operator what came of asking.
func (f Found) Print(out io.Writer, since time.Time) {
	fmt.Fprintf(out, "%d orders may have changed since %s: %d attempts asked about, %d of them moved, %d attempts known again, %d refunds found, %d questions without an answer\n",
		f.Orders, since.UTC().Format(time.RFC3339), f.Asked, f.Moved, f.Known, f.Back, f.Silent)
	for _, reason := range f.Reasons {
		fmt.Fprintln(out, "  "+reason)
	}
}
