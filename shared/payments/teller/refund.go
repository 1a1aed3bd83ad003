package teller

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/receipts"
)

// Refund gives money of attempt n back: it writes the intent, which promises the amount, calls the bank, and writes the
// outcome. A refund above the partner's limit waits for a second operator instead. A lost answer leaves the refund unknown
// and is no error. The same key gives the refund that was made first, with replayed set once it has a first outcome.
func (t *Teller) Refund(ctx context.Context, w payments.Whole, n int, wish payments.RefundWish) (_ payments.Whole, r payments.Refund, replayed bool, err error) {
	ctx = context.WithoutCancel(ctx)
	p, _ := w.Payment(n)
	var bank Bank
	for range races {
		if r, replayed, err = t.refundedBefore(w, wish); err != nil || r.N > 0 {
			return w, r, replayed, err
		}
		if bank == nil { // a replay needs no bank
			if bank, err = t.refunder(ctx, p, &wish); err != nil {
				return w, r, false, err
			}
		}
		out, begun, err := payments.BeginRefund(w, n, wish, t.now())
		if err != nil {
			return w, r, false, err
		}
		after, err := t.save(ctx, out)
		if err == nil && begun.Status == payments.RefundAwaitsApproval {
			return after, begun, false, nil
		}
		if err == nil {
			w, err = t.giveBack(ctx, after, begun.N)
			r, _ = w.Refund(begun.N)
			return w, r, false, err
		}
		if !errors.Is(err, store.ErrRaced) {
			return w, r, false, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, r, false, err
		}
	}
	return w, r, false, payments.ErrRefundInProgress.After(time.Second)
}

// refundedBefore finds the refund that a key made. One that is still with the bank has no first outcome yet.
func (t *Teller) refundedBefore(w payments.Whole, wish payments.RefundWish) (r payments.Refund, replayed bool, err error) {
	r, known := w.RefundByKey(wish.Key)
	switch {
	case !known:
		return payments.Refund{}, false, nil
	case r.Key.Hash != wish.Hash:
		return payments.Refund{}, false, payments.ErrKeyMismatch
	case r.First.At.IsZero() && r.Waiting(t.now()):
		return payments.Refund{}, false, payments.ErrKeyInFlight
	}
	return r, !r.First.At.IsZero(), nil
}

// refunder finds the bank of a payment and completes the wish with what the bank and the partner's contract allow.
func (t *Teller) refunder(ctx context.Context, p payments.Payment, wish *payments.RefundWish) (Bank, error) {
	if p.N == 0 {
		return nil, payments.ErrPaymentNotFound
	}
	bank, ok := t.Bank(p.Provider)
	if !ok || !bank.CanRefund() {
		return nil, payments.ErrNotSupported
	}
	wish.Keyed = bank.RefundsByKey(p.Method)
	if wish.Source == payments.BySystem {
		return bank, nil
	}
	limit, err := t.Accounts.RefundLimit(ctx, p.Mode, p.Partner)
	wish.ApproveAbove = limit
	return bank, err
}

// giveBack calls the bank for refund k, whose intent is written.
func (t *Teller) giveBack(ctx context.Context, w payments.Whole, k int) (payments.Whole, error) {
	r, _ := w.Refund(k)
	p, _ := w.Payment(r.Payment)
	bank, account, err := t.bankOf(ctx, p)
	give := banks.Return{Key: r.BankKey(), Amount: r.Amount, Method: p.Method}
	if lines := w.ReturnedLines(r); err == nil && p.Fiscal && len(lines) > 0 && (r.Amount.Amount != p.Captured || r.Closed()) {
		give.Receipt, err = t.document(ctx, p, w.Order, lines, account)
	}
	if err != nil { // nothing was sent: it is tried again as its due key comes
		w, _, saveErr := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
			return payments.RefundRefused(w, k, banks.Unavailable, banks.Decline{}, t.now())
		})
		return w, saveErr
	}
	call, cancel := context.WithTimeout(ctx, payments.CallTimeout)
	defer cancel()
	news, err := bank.Refund(call, account, p.Ref(), give)
	return t.gaveBack(ctx, w, k, news, err)
}

// gaveBack writes what became of the call. That the bank's answer did not come, or was a refusal, is no error of ours.
func (t *Teller) gaveBack(ctx context.Context, w payments.Whole, k int, news banks.News, err error) (payments.Whole, error) {
	ctx = context.WithoutCancel(ctx) // the outcome is written whoever waits
	r, _ := w.Refund(k)
	p, _ := w.Payment(r.Payment)
	class, repeated := banks.ClassOf(err), r.Status == payments.RefundUnknown
	decide := func(w payments.Whole) payments.Outcome { return payments.RefundAnswered(w, k, news, t.now()) }
	why := banks.Decline{}
	switch {
	case err == nil:
	case class == banks.Unknown:
		t.fellSilent(ctx, p)
		decide = func(w payments.Whole) payments.Outcome { return payments.RefundLost(w, k, t.now()) }
	default:
		t.Log.WarnContext(ctx, "the bank refused a refund", "refund", r.ID.String(), "class", class.String(), "error", err.Error())
		if class == banks.Config {
			_ = t.RaiseHouse(ctx, p.Mode, payments.BankConfig, p.Account.String(), "a refund was refused: "+err.Error())
		}
		why.Message = err.Error()
		var bankError *banks.Error
		if errors.As(err, &bankError) {
			why = bankError.Decline
		}
		decide = func(w payments.Whole) payments.Outcome { return payments.RefundRefused(w, k, class, why, t.now()) }
	}
	w, _, saveErr := t.settle(ctx, w, decide)
	if saveErr != nil || err == nil || !repeated || class != banks.Conflict && class != banks.DeclinedNow {
		return w, saveErr
	}
	// What we repeated may have been done before; what is left of the payment tells.
	w, err = t.askRefund(ctx, w, k, func(w payments.Whole, news banks.News) payments.Outcome {
		return payments.RefundDenied(w, k, news, why, t.now())
	})
	if errors.Is(err, ErrBankSilent) {
		err = nil // its due key asks again
	}
	return w, err
}

// askRefund asks the bank how the last return of the payment ended.
func (t *Teller) askRefund(ctx context.Context, w payments.Whole, k int, decide func(payments.Whole, banks.News) payments.Outcome) (payments.Whole, error) {
	r, _ := w.Refund(k)
	p, _ := w.Payment(r.Payment)
	bank, account, err := t.bankOf(ctx, p)
	if err != nil {
		return w, err
	}
	call, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	news, err := bank.AskRefund(call, account, p.Ref(), p.Method)
	if err != nil {
		return w, ErrBankSilent.Because(err)
	}
	// The answer is the truth about the rows as they were read before; what changed meanwhile is asked about again later.
	after, err := t.save(ctx, decide(w, news))
	if errors.Is(err, store.ErrRaced) {
		return w, nil
	}
	return after, err
}

// RefundDuty carries refund k on: it lets an approval expire, calls the bank again where that is safe, and asks otherwise.
func (t *Teller) RefundDuty(ctx context.Context, w payments.Whole, k int) error {
	r, ok := w.Refund(k)
	switch {
	case !ok || r.Status.Final() || r.Waiting(t.now()):
		return nil
	case r.Status == payments.RefundAwaitsApproval:
		_, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.ExpireApproval(w, k, t.now()) })
		return err
	}
	out, send := payments.SendRefund(w, k, t.now())
	if send {
		w, err := t.save(ctx, out)
		if errors.Is(err, store.ErrRaced) {
			return nil // somebody else carries it on
		}
		if err == nil {
			_, err = t.giveBack(ctx, w, k)
		}
		return err
	}
	after, err := t.askRefund(ctx, w, k, func(w payments.Whole, news banks.News) payments.Outcome {
		return payments.RefundTold(w, k, news, t.now())
	})
	if err != nil && !errors.Is(err, ErrBankSilent) {
		return err
	}
	if now, _ := after.Refund(k); err == nil && now.Version != r.Version {
		return nil
	}
	_, _, err = t.settle(ctx, after, func(w payments.Whole) payments.Outcome { return payments.RefundLooked(w, k, t.now()) })
	return err
}

// ReturnUnwanted gives back what is left of a success that the order does not keep. An operator was called by the alarm
// that came with it.
func (t *Teller) ReturnUnwanted(ctx context.Context, w payments.Whole, n int) error {
	if !w.Unwanted(n) {
		return nil
	}
	_, _, _, err := t.Refund(ctx, w, n, payments.RefundWish{Source: payments.BySystem, Author: "system", Reason: "the order does not keep this payment"})
	if err == nil {
		return nil
	}
	t.Log.WarnContext(ctx, "an unwanted success could not be given back yet", "payment", w.Order.ID.Child(ids.Payment, n).String(), "error", err.Error())
	_, _, err = t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Retried(w, n, t.now()) })
	return err
}

// Approve lets a refund above the limit be carried out: by is the operator, who is not its author.
func (t *Teller) Approve(ctx context.Context, w payments.Whole, k int, by string) (payments.Whole, error) {
	ctx = context.WithoutCancel(ctx)
	for range races {
		out, err := payments.ApproveRefund(w, k, by, t.now())
		if err != nil {
			return w, err
		}
		after, err := t.save(ctx, out)
		if err == nil {
			return t.giveBack(ctx, after, k)
		}
		if !errors.Is(err, store.ErrRaced) {
			return w, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, err
		}
	}
	return w, payments.ErrRefundInProgress.After(time.Second)
}

// Reject lets go of a refund above the limit.
func (t *Teller) Reject(ctx context.Context, w payments.Whole, k int, by, why string) (payments.Whole, error) {
	var refusal error
	w, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
		out, err := payments.RejectRefund(w, k, by, why, t.now())
		if refusal = err; err != nil {
			return payments.Outcome{Before: w, After: w}
		}
		return out
	})
	return w, errors.Join(refusal, err)
}

// End ends, by an operator's word, a refund of which the bank has had none for days.
func (t *Teller) End(ctx context.Context, w payments.Whole, k int, word payments.Word) (payments.Whole, error) {
	var refusal error
	w, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
		out, err := payments.EndRefund(w, k, word, t.now())
		if refusal = err; err != nil {
			return payments.Outcome{Before: w, After: w}
		}
		return out
	})
	return w, errors.Join(refusal, err)
}

// Fulfil closes a prepaid order: the bank's till makes the receipt of full settlement. The receipt that comes back is
// pending until the till tells of it; a lost answer is waited for, never repeated. The same key gives the same answer.
func (t *Teller) Fulfil(ctx context.Context, w payments.Whole, parts []payments.Part, key, hash string) (_ payments.Whole, r payments.Receipt, replayed bool, err error) {
	ctx = context.WithoutCancel(ctx)
	for range races {
		if r, known := w.ReceiptByKey(payments.OfFulfilment, key); known {
			switch {
			case r.Key.Hash != hash:
				return w, r, false, payments.ErrKeyMismatch
			case r.Status == payments.ReceiptPending && t.now().Before(r.Until):
				return w, r, false, payments.ErrKeyInFlight
			}
			return w, r, true, nil
		}
		out, r, err := payments.BeginFulfil(w, parts, key, hash, t.now())
		if err != nil {
			return w, r, false, err
		}
		p, _ := w.Payment(w.State.Winner)
		if bank, ok := t.Bank(p.Provider); p.Till.IsZero() && (!ok || !bank.CanClose()) {
			return w, r, false, payments.ErrNotSupported
		}
		after, err := t.save(ctx, out)
		if err == nil && !p.Till.IsZero() {
			return after, r, false, nil // a job has our till make it
		}
		if err == nil {
			return t.close(ctx, after, p, r)
		}
		if !errors.Is(err, store.ErrRaced) {
			return w, r, false, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, r, false, err
		}
	}
	return w, r, false, payments.ErrPaymentInProgress.After(time.Second)
}

func (t *Teller) close(ctx context.Context, w payments.Whole, p payments.Payment, r payments.Receipt) (payments.Whole, payments.Receipt, bool, error) {
	err := t.callClose(ctx, w, p, r)
	if err == nil || banks.ClassOf(err) == banks.Unknown {
		// The till tells when it has printed; if it never does, an operator is called.
		w, _, err = t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.ReceiptSent(w, r.ID, t.now()) })
		return w, r, false, err
	}
	w, _, saveErr := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.ReceiptRefused(w, r.ID, err.Error(), t.now()) })
	if saveErr != nil {
		return w, r, false, saveErr
	}
	if class := banks.ClassOf(err); class == banks.Unavailable || class == banks.Config {
		return w, r, false, ErrBankSilent.Because(err)
	}
	return w, r, false, payments.ErrNotFulfillable.Because(err)
}

func (t *Teller) callClose(ctx context.Context, w payments.Whole, p payments.Payment, r payments.Receipt) error {
	bank, account, err := t.bankOf(ctx, p)
	var document *receipts.Document
	if err == nil {
		document, err = t.document(ctx, p, w.Order, r.Items, account)
	}
	if err != nil {
		return &banks.Error{Class: banks.Unavailable, Cause: err} // nothing was sent
	}
	call, cancel := context.WithTimeout(ctx, payments.CallTimeout)
	defer cancel()
	return bank.CloseReceipt(call, account, p.Ref(), document)
}
