package teller

import (
	"context"
	"errors"
	"slices"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
)

// errStays says that the attempt cannot be closed at its bank, which is proven to have done nothing: it is superseded
// and watched.
var errStays = errors.New("teller: the attempt stays open at its bank")

// makeRoom closes an unpaid attempt for another one. An attempt that turns out to be paid or held keeps the road.
func (t *Teller) makeRoom(ctx context.Context, w payments.Whole, n int) (payments.Whole, error) {
	w, err := t.closeAttempt(ctx, w, n)
	if err != nil {
		return w, err
	}
	if p, _ := w.Payment(n); p.Status == payments.Held {
		return w, payments.ErrPaymentInProgress
	}
	return w, nil
}

// closeAttempt asks the bank first and cancels only what is unpaid, for at several banks the cancel of a paid payment
// gives the money back. The answer is read all the same.
func (t *Teller) closeAttempt(ctx context.Context, w payments.Whole, n int) (payments.Whole, error) {
	w, err := t.Ask(ctx, w, n)
	if err != nil {
		return w, err
	}
	p, _ := w.Payment(n)
	if !p.Watched() || p.Status == payments.Held {
		return w, nil
	}
	if p.Waiting(t.now()) {
		return w, payments.ErrPaymentInProgress.After(p.Call.Until.Sub(t.now()))
	}
	if p.Call.Op != "" {
		return w, payments.ErrPaymentUnknown.After(time.Minute)
	}
	bank, account, err := t.bankOf(ctx, p)
	if err != nil {
		return w, err
	}
	if !bank.CanCancel() || p.BankID == "" {
		return w, errStays
	}
	if w, err = t.save(ctx, payments.BeginCancel(w, n, t.now())); err != nil {
		if errors.Is(err, store.ErrRaced) {
			err = payments.ErrPaymentInProgress.After(time.Second)
		}
		return w, err
	}
	w, err = t.callCancel(ctx, w, n, bank, account)
	return w, closing(w, n, err)
}

// closing says what became of an attempt whose cancel was tried: nil once it has ended or is held, errStays if the bank
// did not act, unknown while its answer is lost. A bank that refuses because the payer is paying just now is in progress.
func closing(w payments.Whole, n int, err error) error {
	p, _ := w.Payment(n)
	switch {
	case err != nil && !errors.Is(err, ErrBankSilent):
		return err
	case p.Call.Op != "":
		return payments.ErrPaymentUnknown.After(time.Minute)
	case !p.Watched() || p.Status == payments.Held:
		return nil
	case err != nil:
		return errStays
	}
	return payments.ErrPaymentInProgress.After(time.Minute)
}

// callCancel carries out a cancel or a void whose intent is written. A lost answer leaves the payment unknown and is
// ErrBankSilent; so is a bank that proved not to have done it, which leaves the payment where it was.
func (t *Teller) callCancel(ctx context.Context, w payments.Whole, n int, bank Bank, account banks.Account) (payments.Whole, error) {
	p, _ := w.Payment(n)
	call, cancel := context.WithTimeout(ctx, payments.CallTimeout)
	defer cancel()
	news, err := bank.Cancel(call, account, p.Ref())
	return t.called(ctx, w, n, news, err)
}

// called writes the outcome of a call that moves money.
func (t *Teller) called(ctx context.Context, w payments.Whole, n int, news banks.News, err error) (payments.Whole, error) {
	p, _ := w.Payment(n)
	switch class := banks.ClassOf(err); {
	case err == nil:
		answered := func(alone payments.Whole) payments.Outcome {
			if call := &alone.Payments[n-1].Call; call.Op == "" {
				*call = p.Call // a notification was faster, and yet this is what our call did
				call.Until = time.Time{}
			}
			return payments.Apply(alone, n, news, payments.Asked, t.now())
		}
		after, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return patient(w, n, answered) })
		return after, err
	case class == banks.Unknown:
		t.fellSilent(ctx, p)
		return t.lost(ctx, w, n, err)
	case class == banks.Conflict: // its state is another than we thought, and may be what an earlier call of ours made of it
		if after, _, err := t.ask(ctx, w, n, true); err == nil {
			after, _, err = t.settle(ctx, after, func(w payments.Whole) payments.Outcome { return payments.CallRefused(w, n, t.now()) })
			return after, err
		}
		return t.lost(ctx, w, n, err)
	default:
		if class == banks.Config {
			t.RaiseHouse(ctx, p.Mode, payments.BankConfig, p.Account.String(), "a call was refused: "+err.Error())
		}
		after, _, saveErr := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.CallRefused(w, n, t.now()) })
		if saveErr != nil {
			return after, saveErr
		}
		return after, ErrBankSilent.Because(err)
	}
}

// lost writes that nobody knows what became of a call.
func (t *Teller) lost(ctx context.Context, w payments.Whole, n int, cause error) (payments.Whole, error) {
	after, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.CallLost(w, n, t.now()) })
	return after, errors.Join(err, ErrBankSilent.Because(cause))
}

// patient makes a decision for the caller who was himself waiting for the attempt's call: nobody waits any more. What is
// written still starts from the row as it stands.
func patient(w payments.Whole, n int, decide func(payments.Whole) payments.Outcome) payments.Outcome {
	alone := w
	alone.Payments = slices.Clone(w.Payments)
	alone.Payments[n-1].Call.Until = time.Time{}
	out := decide(alone)
	out.Before = w
	if !slices.ContainsFunc(out.Changed(), func(p payments.Payment) bool { return p.N == n }) {
		out.After.Payments[n-1] = w.Payments[n-1]
	}
	return out
}

// CancelOrder cancels an order that is neither paid, held nor unknown; its open attempts are closed at their banks first.
// The same key gives the same answer.
func (t *Teller) CancelOrder(ctx context.Context, w payments.Whole, key, hash string) (_ payments.Whole, replayed bool, err error) {
	if c := w.State.Cancel; key != "" && c.Key == key {
		if c.Hash != hash {
			return w, false, payments.ErrKeyMismatch
		}
		return w, true, nil
	}
	ctx = context.WithoutCancel(ctx)
	stays := map[int]bool{}
	for range races + ids.MaxAttempts {
		first, err := payments.CancelOrder(w, t.now())
		if err != nil || w.Status() == payments.OrderCancelled {
			return w, false, err
		}
		if i := slices.IndexFunc(first, func(p payments.Payment) bool { return !stays[p.N] }); i >= 0 {
			// What closing one attempt found out is looked at before the next step.
			stays[first[i].N] = true
			if w, err = t.closeAttempt(ctx, w, first[i].N); err != nil && !errors.Is(err, errStays) {
				return w, false, err
			}
			continue
		}
		after, err := t.save(ctx, payments.Cancel(w, key, hash, t.now()))
		if !errors.Is(err, store.ErrRaced) {
			return after, false, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, false, err
		}
	}
	return w, false, payments.ErrPaymentInProgress.After(time.Second)
}

// Tidy closes what the bank may still let succeed on an order that takes no more attempts: unpaid pages are cancelled,
// holds are released. What cannot be closed is watched on, and tried again for the sake of payment n, which was taken.
func (t *Teller) Tidy(ctx context.Context, w payments.Whole, n int) error {
	if !w.Closed() {
		return nil
	}
	var left error
	for _, p := range w.Payments {
		if p, _ = w.Payment(p.N); !p.Watched() {
			continue // as closing another one found out
		}
		after, err := t.closeAttempt(ctx, w, p.N)
		if p, _ := after.Payment(p.N); err == nil && p.Status == payments.Held {
			after, err = t.void(ctx, after, p.N, "", "")
		}
		if err != nil {
			t.Log.InfoContext(ctx, "an attempt could not be closed yet", "payment", p.ID.String(), "error", err.Error())
			left = err
		}
		w = after
	}
	if p, ok := w.Payment(n); left == nil || !ok || p.Status != payments.Paid {
		return nil // a hold is looked at as every open attempt is
	}
	_, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Retried(w, n, t.now()) })
	return err
}
