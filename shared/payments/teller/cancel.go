package teller

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/banks"
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
	if errors.Is(err, ErrBankSilent) {
		if p, _ := w.Payment(n); p.Call.Op == "" {
			return w, errStays
		}
		return w, payments.ErrPaymentUnknown.After(time.Minute)
	}
	return w, err
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
		after, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
			return payments.Apply(noLongerWaiting(w, n), n, news, payments.Asked, t.now())
		})
		return after, err
	case class == banks.Unknown:
		t.fellSilent(p.Account)
		after, _, saveErr := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.CallLost(w, n, t.now()) })
		return after, errors.Join(saveErr, ErrBankSilent.Because(err))
	default:
		if class == banks.Config {
			t.raiseHouse(ctx, p.Mode, payments.BankConfig, p.Account.String(), "a call was refused: "+err.Error())
		}
		after, _, saveErr := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.CallRefused(w, n, t.now()) })
		if saveErr != nil {
			return after, saveErr
		}
		if class == banks.Conflict { // its state is another than we thought
			return t.Ask(ctx, after, n)
		}
		return after, ErrBankSilent.Because(err)
	}
}

// noLongerWaiting lets the caller himself apply the answer that he was waiting for.
func noLongerWaiting(w payments.Whole, n int) payments.Whole {
	w.Payments = append([]payments.Payment(nil), w.Payments...)
	w.Payments[n-1].Call.Until = time.Time{}
	return w
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
	for range races {
		first, err := payments.CancelOrder(w, t.now())
		if err != nil || w.Status() == payments.OrderCancelled {
			return w, false, err
		}
		for _, p := range first {
			if w, err = t.closeAttempt(ctx, w, p.N); err != nil && !errors.Is(err, errStays) {
				return w, false, err
			}
			if p, _ := w.Payment(p.N); p.Status == payments.Held {
				return w, false, payments.ErrPaymentInProgress
			}
		}
		if w.State.Winner != 0 {
			return w, false, payments.ErrOrderPaid
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
// holds are released. What cannot be closed is watched on.
func (t *Teller) Tidy(ctx context.Context, w payments.Whole) error {
	if !w.Closed() {
		return nil
	}
	var left error
	for _, p := range w.Payments {
		if !p.Watched() || p.N == w.State.Winner {
			continue
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
	if left == nil || w.State.Winner == 0 {
		return nil
	}
	_, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Retried(w, w.State.Winner, t.now()) })
	return err
}
