package teller

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
)

// LookEvery is how often the payer's browser can make us ask the bank about one payment.
const LookEvery = 5 * time.Second

// Ask asks the bank about attempt n and applies its answer. The answer is the truth about the row as it was read before;
// if the row changed meanwhile, the bank is asked again. A silent bank is ErrBankSilent.
func (t *Teller) Ask(ctx context.Context, w payments.Whole, n int) (payments.Whole, error) {
	w, _, err := t.ask(ctx, w, n, false)
	return w, err
}

// ask is Ask; mine says that the caller is the one who was waiting for the attempt's call, and has given up.
func (t *Teller) ask(ctx context.Context, w payments.Whole, n int, mine bool) (payments.Whole, payments.Outcome, error) {
	for range 3 {
		p, ok := w.Payment(n)
		if !ok {
			return w, payments.Outcome{}, payments.ErrPaymentNotFound
		}
		news, err := t.callAsk(ctx, p)
		if err != nil && banks.ClassOf(err) != banks.NotFound {
			return w, payments.Outcome{}, err
		}
		decide := func(w payments.Whole) payments.Outcome { return payments.Apply(w, n, news, payments.Asked, t.now()) }
		if err != nil {
			decide = func(w payments.Whole) payments.Outcome { return payments.NotFound(w, n, t.now()) }
		}
		out := decide(w)
		if mine {
			out = patient(w, n, decide)
		}
		after, err := t.save(ctx, out)
		if !errors.Is(err, store.ErrRaced) {
			return after, out, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, payments.Outcome{}, err
		}
	}
	return w, payments.Outcome{}, payments.ErrPaymentInProgress.After(time.Second)
}

func (t *Teller) callAsk(ctx context.Context, p payments.Payment) (banks.News, error) {
	bank, account, err := t.bankOf(ctx, p)
	if err != nil {
		return banks.News{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	news, err := bank.Ask(ctx, account, p.Ref())
	switch {
	case err == nil && news.Status == banks.Unrecognised: // what was to be learnt is still open, as if nobody had answered
		return news, ErrBankSilent.Because(errors.New("the bank answered a word that nobody knows: " + news.Word))
	case err == nil || banks.ClassOf(err) == banks.NotFound:
		return news, err
	case banks.ClassOf(err) == banks.Config:
		t.RaiseHouse(ctx, p.Mode, payments.BankConfig, p.Account.String(), "asking was refused: "+err.Error())
	}
	return news, ErrBankSilent.Because(err)
}

// Look asks the bank because the payer's browser came by. It never fails: what is known is shown.
func (t *Teller) Look(ctx context.Context, w payments.Whole, n int) payments.Whole {
	p, ok := w.Payment(n)
	if !ok || !p.Watched() || p.Waiting(t.now()) {
		return w
	}
	claimed, err := t.Store.ClaimLook(ctx, p, t.now(), LookEvery)
	if err != nil || !claimed {
		return w
	}
	after, err := t.Ask(context.WithoutCancel(ctx), w, n)
	if err != nil {
		t.Log.InfoContext(ctx, "a look at the bank found nothing", "payment", p.ID.String(), "error", err.Error())
	}
	return after
}

// AskDuty is the scheduled look at the bank: when nothing new comes of it, the next one is further away.
func (t *Teller) AskDuty(ctx context.Context, w payments.Whole, n int) error {
	p, ok := w.Payment(n)
	if !ok || !p.Asked() {
		return nil
	}
	after, out, err := t.ask(ctx, w, n, false)
	if err != nil && !errors.Is(err, ErrBankSilent) {
		return err
	}
	if err == nil && len(out.Changed()) > 0 {
		return nil
	}
	_, _, err = t.settle(ctx, after, func(w payments.Whole) payments.Outcome { return payments.Looked(w, n, t.now()) })
	return err
}

// Expire ends an order whose time is over.
func (t *Teller) Expire(ctx context.Context, w payments.Whole) error {
	_, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Expire(w, t.now()) })
	return err
}

// MissReceipt calls an operator for a receipt of a payment, a refund or a fulfilment that did not come.
func (t *Teller) MissReceipt(ctx context.Context, w payments.Whole, child ids.ID) error {
	_, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.MissReceipt(w, child, t.now()) })
	return err
}
