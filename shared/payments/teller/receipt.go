package teller

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/receipts"
)

// FindReceipt finds the order of a receipt by its address, or by the fiscal identity that its query names. An unknown one
// is attached to the paid order that the partner names; attached says so.
func (t *Teller) FindReceipt(ctx context.Context, m ids.Mode, partner ids.ID, url string, order *ids.ID) (w payments.Whole, r payments.Receipt, attached bool, err error) {
	address, err := receipts.ParseURL(url, m == ids.Test)
	if err != nil {
		return w, r, false, err
	}
	f := receipts.Fiscal{URL: address.URL}
	identity := ""
	if q := address.QR; q != nil {
		f.FN, f.FD, f.FP, identity = q.FN, q.FD, q.FP, q.Identity()
	}
	for range 2 {
		id, known, err := t.Store.Found(ctx, m, partner, address.URL, identity)
		if err != nil {
			return w, r, false, err
		}
		if known {
			w, err = t.Load(ctx, m, partner, id.Root())
			r, _ = w.ReceiptOf(id)
			return w, r, false, err
		}
		if order == nil {
			return w, r, false, payments.ErrReceiptUnknown
		}
		if w, err = t.Load(ctx, m, partner, *order); err != nil {
			return w, r, false, err
		}
		out, r, err := payments.AttachReceipt(w, f, t.now())
		if err != nil {
			return w, r, false, err
		}
		if w, err = t.save(ctx, out); !errors.Is(err, store.ErrRaced) {
			return w, r, true, err
		}
	}
	return w, r, false, payments.ErrPaymentInProgress
}

// Answer is what a bank wants to read once its notification is durable.
func (t *Teller) Answer(provider string) (contentType string, body []byte) {
	bank, ok := t.Bank(provider)
	if !ok {
		return "text/plain", nil
	}
	return bank.Answer()
}

// Correct begins a correction of what a till of ours told of an order; a job has the till make it. The same key gives the
// same correction.
func (t *Teller) Correct(ctx context.Context, w payments.Whole, wish payments.CorrectionWish) (_ payments.Whole, r payments.Receipt, replayed bool, err error) {
	for range races {
		if r, known := w.ReceiptByKey(payments.OfCorrection, wish.Key.Key); known {
			if r.Key.Hash != wish.Key.Hash {
				return w, r, false, payments.ErrKeyMismatch
			}
			return w, r, true, nil
		}
		out, r, err := payments.BeginCorrection(w, wish, t.now())
		if err != nil {
			return w, r, false, err
		}
		after, err := t.save(ctx, out)
		if !errors.Is(err, store.ErrRaced) {
			return after, r, false, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, r, false, err
		}
	}
	return w, r, false, payments.ErrPaymentInProgress.After(time.Second)
}
