package teller

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/receipts"
)

// Capture takes a held amount, whole (amount 0 and no items) or in part. A lost answer leaves the payment unknown and is
// no error. The same key gives the same answer.
func (t *Teller) Capture(ctx context.Context, w payments.Whole, n int, amount int64, items []payments.Item, key, hash string) (_ payments.Whole, replayed bool, err error) {
	p, _ := w.Payment(n)
	if replayed, err := repeats(p, p.Capture, payments.CallCapture, key, hash, t.now()); replayed || err != nil {
		return w, replayed, err
	}
	ctx = context.WithoutCancel(ctx)
	out, err := payments.BeginCapture(w, n, amount, items, key, hash, t.now())
	if err != nil {
		return w, false, err
	}
	bank, account, err := t.bankOf(ctx, p)
	if err != nil {
		return w, false, err
	}
	if !bank.CanCapture() {
		return w, false, payments.ErrNotSupported
	}
	if w, err = t.begun(ctx, out); err != nil {
		return w, false, err
	}
	p, _ = w.Payment(n)
	news, err := t.callCapture(ctx, w, p, bank, account)
	w, err = t.called(ctx, w, n, news, err)
	return w, false, forgiveUnknown(err, w, n)
}

func (t *Teller) callCapture(ctx context.Context, w payments.Whole, p payments.Payment, bank Bank, account banks.Account) (banks.News, error) {
	var receipt *receipts.Document
	if p.Fiscal {
		var err error
		if receipt, err = t.document(ctx, p, w.Order, p.Call.Items, account); err != nil {
			return banks.News{}, &banks.Error{Class: banks.Unavailable, Cause: err} // nothing was sent
		}
	}
	ctx, cancel := context.WithTimeout(ctx, payments.CallTimeout)
	defer cancel()
	return bank.Capture(ctx, account, p.Ref(), money.Of(p.Call.Amount, p.Amount.Currency), receipt)
}

// Void releases a held payment. A lost answer leaves it unknown and is no error.
func (t *Teller) Void(ctx context.Context, w payments.Whole, n int, key, hash string) (_ payments.Whole, replayed bool, err error) {
	p, _ := w.Payment(n)
	if replayed, err := repeats(p, p.Void, payments.CallVoid, key, hash, t.now()); replayed || err != nil {
		return w, replayed, err
	}
	w, err = t.void(context.WithoutCancel(ctx), w, n, key, hash)
	return w, false, forgiveUnknown(err, w, n)
}

func (t *Teller) void(ctx context.Context, w payments.Whole, n int, key, hash string) (payments.Whole, error) {
	p, _ := w.Payment(n)
	bank, account, err := t.bankOf(ctx, p)
	if err != nil {
		return w, err
	}
	if !bank.CanCancel() {
		return w, payments.ErrNotSupported
	}
	out, err := payments.BeginVoid(w, n, key, hash, t.now())
	if err != nil {
		return w, err
	}
	if w, err = t.begun(ctx, out); err != nil {
		return w, err
	}
	return t.callCancel(ctx, w, n, bank, account)
}

func (t *Teller) begun(ctx context.Context, out payments.Outcome) (payments.Whole, error) {
	w, err := t.save(ctx, out)
	if errors.Is(err, store.ErrRaced) {
		err = payments.ErrPaymentInProgress.After(time.Second)
	}
	return w, err
}

// repeats tells a replay by its key: answered before, still in flight, or with another request.
func repeats(p payments.Payment, a payments.Answered, op payments.CallOp, key, hash string, now time.Time) (bool, error) {
	seen := payments.Answered{}
	switch {
	case key == "":
		return false, nil
	case a.Key == key:
		seen = a
	case p.Call.Op == op && p.Call.Key == key:
		seen = payments.Answered{Key: key, Hash: p.Call.Hash}
	default:
		return false, nil
	}
	switch {
	case seen.Hash != hash:
		return false, payments.ErrKeyMismatch
	case seen.At.IsZero() && p.Waiting(now):
		return false, payments.ErrKeyInFlight
	case seen.At.IsZero():
		return false, payments.ErrPaymentUnknown.After(time.Minute)
	}
	return true, nil
}

// forgiveUnknown turns a lost answer into the payment's own status, which the door answers with 202.
func forgiveUnknown(err error, w payments.Whole, n int) error {
	if p, _ := w.Payment(n); err != nil && errors.Is(err, ErrBankSilent) && p.Status == payments.Unknown {
		return nil
	}
	return err
}
