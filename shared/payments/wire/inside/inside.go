// Package inside puts the module together without its doors: what workers need, and what the doors stand in front of. It
// stands apart from wire, so that a worker does not carry the web with it.
package inside

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/notify/mail"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

// Parts are what the module needs from its surroundings.
type Parts struct {
	Table     table.Table
	Queue     queue.Sender
	Contracts *identitystore.Store
	Events    *notifystore.Store // nil: nobody is told what happens
	Banks     *banks.Registry
	Fiscal    cashier.Service // where the platform's own tills stand
	Clock     clock.Clock
	Random    io.Reader
	Log       *slog.Logger
	BaseURL   string // of the platform as payers and banks reach it, without a closing slash
	CursorKey []byte // of the lists behind the doors

	// Of the receipts' worker alone; nil elsewhere, for letters are templates.
	Mail   mail.Sender
	Letter func(payments.Whole, ids.ID) (mail.Message, error)
}

// Module is the payment module without its doors.
type Module struct {
	Store   *store.Store
	Teller  *teller.Teller
	Cashier *cashier.Cashier
	Worker  *jobs.Worker
	Sweeper *jobs.Sweeper
}

// notifyPaths are the addresses that banks notify, below BaseURL.
var notifyPaths = map[string]string{"tbank": "/api/a2c/notifications", "atol": "/api/atol/notifications"}

// New puts the module together.
func New(p Parts) *Module {
	s := store.New(p.Table)
	t := teller.New(teller.Config{
		Store: s, Accounts: contracts{p.Contracts}, Bank: bankOf(p.Banks), Queue: p.Queue, Clock: p.Clock, Random: p.Random,
		Log: p.Log, BaseURL: p.BaseURL, Notify: func(provider string) string { return p.BaseURL + notifyPaths[provider] },
	})
	c := cashier.New(cashier.Config{Store: s, Accounts: contracts{p.Contracts}, Service: p.Fiscal, Mail: p.Mail, Letter: p.Letter,
		NotifyURL: p.BaseURL + notifyPaths["atol"], Clock: p.Clock, Log: p.Log})
	m := &Module{
		Store: s, Teller: t, Cashier: c,
		Worker:  &jobs.Worker{Store: s, Teller: t, Cashier: c, Queue: p.Queue, Clock: p.Clock, BaseURL: p.BaseURL},
		Sweeper: &jobs.Sweeper{Store: s, Queue: p.Queue, Posted: ledgerstore.New(p.Table).Posted, Clock: p.Clock, Log: p.Log},
	}
	if p.Events != nil {
		m.Worker.Events, m.Sweeper.Told = events{p.Events}, events{p.Events}.Told
	}
	return m
}

func bankOf(r *banks.Registry) func(string) (teller.Bank, bool) {
	return func(provider string) (teller.Bank, bool) {
		b, err := r.Bank(provider)
		if err != nil {
			return nil, false
		}
		return b, true
	}
}

// contracts is identity's store as the teller sees it.
type contracts struct{ store *identitystore.Store }

func (c contracts) Candidates(ctx context.Context, m ids.Mode, partner ids.ID) ([]payments.Candidate, error) {
	all, err := c.store.Accounts(ctx, m)
	if err != nil {
		return nil, err
	}
	var usable []payments.Candidate
	till := tillOf(all, partner)
	for _, a := range all {
		if a.UsableBy(partner) && !a.IsTill() {
			usable = append(usable, candidate(a, till))
		}
	}
	return usable, nil
}

// tillOf is the till that makes a partner's receipts where the bank has none: his own one first. The zero account: nobody does.
func tillOf(all []identity.Account, partner ids.ID) (till identity.Account) {
	for _, a := range all {
		switch {
		case !a.IsTill() || !a.On || !a.UsableBy(partner):
		case a.Owner == partner:
			return a
		case till.ID.IsZero() || slices.Compare(a.ID[:], till.ID[:]) < 0:
			till = a
		}
	}
	return till
}

func candidate(a, till identity.Account) payments.Candidate {
	c := payments.Candidate{Account: a.ID, Provider: a.Provider, On: a.On, Fiscal: a.Fiscal, Agent: a.Pays().IsZero(), Currencies: a.Currencies}
	switch {
	case a.Fiscal:
		c.TillMin = tillMin(a)
	case slices.Contains(a.Currencies, money.RUB):
		c.Till, c.TillMin = till.ID, tillMin(till)
	}
	for _, m := range a.Methods {
		c.Methods = append(c.Methods, payments.MethodTerms{Method: m.Code, On: m.On, FeeBP: m.FeeBP, FeeFixed: m.FeeFixed,
			Min: m.MinMinor, Max: m.MaxMinor, Countries: m.Countries})
	}
	return c
}

// tillMin is how many minutes a till may take; 0 where that is the usual time, which payments do not write down.
func tillMin(a identity.Account) int {
	if a.ReceiptWithin == identity.DefaultReceiptWithin {
		return 0
	}
	return a.ReceiptWithin
}

func (c contracts) Account(ctx context.Context, m ids.Mode, id ids.ID) (banks.Account, error) {
	a, err := c.store.Account(ctx, m, id)
	if err != nil {
		return banks.Account{}, err
	}
	return c.store.Unsealed(ctx, a)
}

// Terms are the fees of a payment as they are agreed now: ours with the partner, the provider's with the account's owner.
// Where the provider pays a partner, nothing of it is owed to him by us.
func (c contracts) Terms(ctx context.Context, p payments.Payment) (ledger.Terms, error) {
	partner, err := c.store.Partner(ctx, p.Partner)
	if err != nil {
		return ledger.Terms{}, err
	}
	a, err := c.store.Account(ctx, p.Mode, p.Account)
	if err != nil {
		return ledger.Terms{}, err
	}
	terms := ledger.Terms{
		Account: a.ID, Own: !a.Pays().IsZero(),
		Ours: ledger.Fee{BP: partner.FeeBP, Fixed: partner.FeeFixed, Returned: partner.RefundOurFee},
	}
	for _, m := range a.Methods {
		if m.Code == p.Method {
			terms.Theirs = ledger.Fee{BP: m.FeeBP, Fixed: m.FeeFixed, Returned: a.ReturnsFee}
		}
	}
	return terms, nil
}

// Supplier is the partner as receipts name him. Tag 1171 wants his phone: without it, or without a tax number, there is no
// supplier to name.
func (c contracts) Supplier(ctx context.Context, partner ids.ID) (*receipts.Supplier, error) {
	p, err := c.store.Partner(ctx, partner)
	if err != nil || p.INN == "" || p.Phone == "" || p.Country != "RU" {
		return nil, err
	}
	return &receipts.Supplier{Name: p.LegalName, INN: p.INN, Phone: p.Phone}, nil
}

// Till gives a till with its password in clear. On a till of the platform's the partner is the supplier.
func (c contracts) Till(ctx context.Context, m ids.Mode, till, partner ids.ID) (cashier.Till, error) {
	a, err := c.store.Account(ctx, m, till)
	if err != nil {
		return cashier.Till{}, err
	}
	open, err := c.store.Unsealed(ctx, a)
	if err != nil {
		return cashier.Till{}, err
	}
	out := cashier.Till{
		Account: atol.Account{Address: a.Address, Version: atol.Version(a.Options[identity.TillVersion]), Group: a.Terminal,
			Login: a.Options[identity.TillLogin], Password: open.Password},
		Company: receipts.Company{INN: a.Options[identity.TillINN], Email: a.Options[identity.TillEmail],
			PaymentAddress: a.Options[identity.TillAddress]},
		Taxation: a.Taxation,
	}
	if a.Owner != partner {
		out.Supplier, err = c.Supplier(ctx, partner)
	}
	return out, err
}

func (c contracts) RefundLimit(ctx context.Context, _ ids.Mode, partner ids.ID) (int64, error) {
	p, err := c.store.Partner(ctx, partner)
	return p.RefundLimit, err
}

func (c contracts) ByTerminal(ctx context.Context, m ids.Mode, provider, terminal string) (banks.Account, bool, error) {
	a, err := c.store.AccountByTerminal(ctx, provider, m, terminal)
	if errors.Is(err, identitystore.ErrAccountNotFound) {
		return banks.Account{}, false, nil
	}
	if err != nil {
		return banks.Account{}, false, err
	}
	out, err := c.store.Unsealed(ctx, a)
	return out, err == nil, err
}
