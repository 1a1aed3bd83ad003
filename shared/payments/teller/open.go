package teller

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/receipts"
)

// Wish is a payer's or a partner's wish to pay.
type Wish struct {
	Method    banks.Method
	Provider  string            // "" any
	Country   string            // of the payer, a hint
	ReturnURL string            // overrides the order's
	Key       payments.Answered // Key is "" without an Idempotency-Key
}

// patience is how long one request goes on opening attempts; a lost opening may use it up.
const patience = payments.OpenTimeout - 5*time.Second

// Open opens an attempt to pay, or keeps the one that is open. The payment that comes back is pending with the bank's
// page, declined or failed by a proof, or unknown. Two calls at once: one wins, the other is payment_in_progress.
func (t *Teller) Open(ctx context.Context, w payments.Whole, wish Wish) (payments.Whole, payments.Payment, error) {
	began := t.now()
	ctx = context.WithoutCancel(ctx) // a payer who closes the window must not cut the road between intent and outcome
	asked, stays := 0, 0             // attempts that the bank was asked about, and that cannot be closed there
	for range races {
		plan, err := payments.OpenAttempt(w, wish.Method, wish.Provider, t.now())
		if err != nil {
			return w, payments.Payment{}, err
		}
		switch {
		case plan.Keep != nil:
			return t.keep(ctx, w, *plan.Keep, wish)
		case plan.AskFirst != nil:
			if asked == plan.AskFirst.N {
				return w, payments.Payment{}, payments.ErrPaymentInProgress.After(time.Minute) // the bank, asked, has not closed it yet
			}
			asked = plan.AskFirst.N
			if w, err = t.Ask(ctx, w, asked); err != nil {
				return w, payments.Payment{}, unknownWhile(err, w, asked)
			}
		case plan.Cancel != nil && plan.Cancel.N != stays:
			if _, err := t.route(ctx, w.Order, wish); err != nil {
				return w, payments.Payment{}, err // nobody takes the new way: the old one stays
			}
			w, err = t.makeRoom(ctx, w, plan.Cancel.N)
			if errors.Is(err, errStays) {
				stays, err = plan.Cancel.N, nil // the next plan may begin beside it
			}
			if err != nil {
				return w, payments.Payment{}, err
			}
		default:
			return t.attempt(ctx, w, wish, began)
		}
	}
	return w, payments.Payment{}, payments.ErrPaymentInProgress.After(time.Second)
}

// unknownWhile tells the caller of a silent bank what is left open.
func unknownWhile(err error, w payments.Whole, n int) error {
	if p, ok := w.Payment(n); ok && errors.Is(err, ErrBankSilent) && p.Status == payments.Unknown {
		return payments.ErrPaymentUnknown.After(time.Minute)
	}
	return err
}

func (t *Teller) keep(ctx context.Context, w payments.Whole, p payments.Payment, wish Wish) (payments.Whole, payments.Payment, error) {
	if wish.Key.Key == "" {
		return w, p, nil
	}
	w, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.AlsoAnswers(w, p.N, wish.Key) })
	if err != nil {
		return w, p, err
	}
	p, _ = w.Payment(p.N)
	if _, _, kept := w.ByKey(wish.Key.Key); !kept { // it answers all the keys that it can
		return w, p, payments.ErrPaymentInProgress.After(time.Minute)
	}
	return w, p, nil
}

// attempt offers the wish to one account after the other, until one takes it or proves that it will not be paid.
func (t *Teller) attempt(ctx context.Context, w payments.Whole, wish Wish, began time.Time) (payments.Whole, payments.Payment, error) {
	accounts, err := t.route(ctx, w.Order, wish)
	if err != nil {
		return w, payments.Payment{}, err
	}
	var last payments.Payment
	retried := false
	for tries := 0; len(accounts) > 0 && tries < payments.MaxProviders; tries++ {
		if last.N != 0 && !t.stillOpen(w, wish) {
			break // somebody else took the road meanwhile, or there is no time left
		}
		var again bool
		w, last, again, err = t.attemptAt(ctx, w, accounts[0], wish)
		if err != nil || !again {
			return w, last, err
		}
		if t.now().Sub(began) > patience {
			break
		}
		if last.Status == payments.Superseded && !retried {
			retried = true // nobody holds the address of the lost page: the same bank may be tried once more
			continue
		}
		accounts = accounts[1:]
	}
	if last.Status == payments.Superseded {
		return w, last, ErrBankSilent.After(time.Second)
	}
	return w, last, nil
}

// stillOpen reports that nothing stands in the way of one more attempt.
func (t *Teller) stillOpen(w payments.Whole, wish Wish) bool {
	plan, err := payments.OpenAttempt(w, wish.Method, wish.Provider, t.now())
	return err == nil && plan.Open && plan.Cancel == nil
}

func (t *Teller) route(ctx context.Context, o payments.Order, wish Wish) ([]payments.Candidate, error) {
	all, err := t.candidates(ctx, o)
	if err != nil {
		return nil, err
	}
	routed := payments.Route(all, payments.Wish{Method: wish.Method, Amount: o.Total, Country: wish.Country, Provider: wish.Provider, Hold: o.Hold}, t.now())
	switch {
	case len(routed) > 0:
		return routed, nil
	case wish.Provider != "":
		return nil, payments.ErrProvider
	default:
		return nil, payments.ErrNoProvider
	}
}

// attemptAt opens one attempt at one account. again says that the next account may be tried: this attempt is proven not
// to take any money, or nobody holds its address.
func (t *Teller) attemptAt(ctx context.Context, w payments.Whole, c payments.Candidate, wish Wish) (_ payments.Whole, p payments.Payment, again bool, err error) {
	bank, ok := t.Bank(c.Provider)
	if !ok {
		return w, p, false, fault.Internal(errors.New("teller: no driver for " + c.Provider))
	}
	account, err := t.Accounts.Account(ctx, w.Order.Mode, c.Account)
	if err != nil {
		return w, p, false, err
	}
	var keys []payments.Answered
	if wish.Key.Key != "" {
		keys = []payments.Answered{wish.Key}
	}
	through := payments.Through{Account: c.Account, Provider: c.Provider, Fiscal: c.Fiscal, Till: c.Till, TillMin: c.TillMin, Agent: c.Agent}
	out, p := payments.Begin(w, wish.Method, through, wish.ReturnURL, keys, t.now())
	if w, err = t.save(ctx, out); err != nil {
		if errors.Is(err, store.ErrRaced) {
			err = payments.ErrPaymentInProgress.After(time.Second)
		}
		return w, p, false, err
	}
	t.noteSupplier(ctx, p)
	opened, err := t.callOpen(ctx, bank, account, w.Order, p)
	if err != nil {
		return t.notOpened(ctx, w, p.N, err)
	}
	w, _, err = t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Opened(w, p.N, opened, t.now()) })
	p, _ = w.Payment(p.N)
	if err == nil && p.Status == payments.Superseded {
		err = payments.ErrPaymentInProgress.After(time.Second) // somebody asked and moved on while the bank was slow
	}
	return w, p, false, err
}

func (t *Teller) callOpen(ctx context.Context, bank Bank, account banks.Account, o payments.Order, p payments.Payment) (opened banks.Opened, err error) {
	ctx, cancel := context.WithTimeout(ctx, payments.OpenTimeout)
	defer cancel()
	charge := banks.Charge{
		Reference: p.Reference(), Amount: p.Amount, Method: p.Method, Description: description(o), Hold: p.Hold,
		Deadline: p.Deadline, NotifyURL: t.Notify(p.Provider), ReturnURL: t.BaseURL + "/p/" + o.Link() + "/wait", Locale: o.Locale,
	}
	if p.Fiscal {
		if charge.Receipt, err = t.document(ctx, p, o, o.Items, account); err != nil {
			return banks.Opened{}, &banks.Error{Class: banks.Unavailable, Cause: err} // nothing was sent
		}
	}
	return bank.Open(ctx, account, charge)
}

// document is the receipt of some items for the bank's till. On an account of the platform's the partner is the supplier,
// for whom the platform takes the money as his agent.
func (t *Teller) document(ctx context.Context, p payments.Payment, o payments.Order, items []payments.Item, account banks.Account) (*receipts.Document, error) {
	d := o.Document(items, account.Taxation)
	if !p.Agent {
		return d, nil
	}
	supplier, err := t.Accounts.Supplier(ctx, p.Partner)
	if err != nil {
		return nil, err
	}
	return d.ForSupplier(supplier), nil
}

// noteSupplier calls an operator, once a process, for a partner whom the platform's receipts cannot name: tags 1225, 1226 and
// 1171 want his name, tax number and phone.
func (t *Teller) noteSupplier(ctx context.Context, p payments.Payment) {
	if !p.Agent || !p.Fiscal && p.Till.IsZero() {
		return
	}
	t.mu.Lock()
	told := t.nameless[p.Partner]
	t.mu.Unlock()
	if told {
		return
	}
	if supplier, err := t.Accounts.Supplier(ctx, p.Partner); err != nil || supplier != nil {
		return
	}
	if t.RaiseHouse(ctx, p.Mode, payments.SupplierUnknown, p.Partner.String(), "his INN or phone is missing: receipts are printed as if the platform sold its own") == nil {
		t.mu.Lock()
		t.nameless[p.Partner] = true
		t.mu.Unlock()
	}
}

func description(o payments.Order) string {
	if o.Description != "" {
		return o.Description
	}
	return o.Project
}

// notOpened deals with an opening that failed: a proof ends the attempt; silence is asked about once.
func (t *Teller) notOpened(ctx context.Context, w payments.Whole, n int, cause error) (payments.Whole, payments.Payment, bool, error) {
	class := banks.ClassOf(cause)
	p, _ := w.Payment(n)
	t.Log.WarnContext(ctx, "bank did not open", "payment", p.ID.String(), "class", int(class), "error", cause.Error())
	switch class {
	case banks.Unavailable, banks.Unknown:
		t.fellSilent(ctx, p)
	case banks.Config: // one alarm for the account, not one for every payer who meets it
		t.RaiseHouse(ctx, p.Mode, payments.BankConfig, p.Account.String(), "opening was refused: "+cause.Error())
	}
	if class != banks.Unknown {
		var bankError *banks.Error
		_ = errors.As(cause, &bankError)
		w, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
			return payments.Refused(w, n, class, bankError.Decline, t.now())
		})
		p, _ = w.Payment(n)
		return w, p, class != banks.DeclinedNow, err
	}
	w, _, askErr := t.ask(ctx, w, n, true)
	p, _ = w.Payment(n)
	if askErr == nil {
		return w, p, p.Status == payments.Superseded, nil
	}
	w, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Lost(w, n, t.now()) })
	p, _ = w.Payment(n)
	return w, p, false, err
}
