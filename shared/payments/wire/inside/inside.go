// Package inside puts the module together without its doors: what workers need, and what the doors stand in front of. It
// stands apart from wire, so that a worker does not carry the web with it.
package inside

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/table"
)

// Parts are what the module needs from its surroundings.
type Parts struct {
	Table     table.Table
	Queue     teller.Sender
	Contracts *identitystore.Store
	Banks     *banks.Registry
	Clock     clock.Clock
	Random    io.Reader
	Log       *slog.Logger
	BaseURL   string // of the platform as payers and banks reach it, without a closing slash
	CursorKey []byte // of the lists behind the doors
}

// Module is the payment module without its doors.
type Module struct {
	Store   *store.Store
	Teller  *teller.Teller
	Worker  *jobs.Worker
	Sweeper *jobs.Sweeper
}

// notifyPaths are the addresses that banks notify, below BaseURL.
var notifyPaths = map[string]string{"tbank": "/api/a2c/notifications"}

// New puts the module together.
func New(p Parts) *Module {
	s := store.New(p.Table)
	t := teller.New(teller.Config{
		Store: s, Accounts: contracts{p.Contracts}, Bank: bankOf(p.Banks), Queue: p.Queue, Clock: p.Clock, Random: p.Random,
		Log: p.Log, BaseURL: p.BaseURL, Notify: func(provider string) string { return p.BaseURL + notifyPaths[provider] },
	})
	return &Module{
		Store: s, Teller: t,
		Worker:  &jobs.Worker{Store: s, Teller: t, Clock: p.Clock},
		Sweeper: &jobs.Sweeper{Store: s, Queue: p.Queue, Clock: p.Clock, Log: p.Log},
	}
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
	for _, a := range all {
		if a.UsableBy(partner) {
			usable = append(usable, candidate(a))
		}
	}
	return usable, nil
}

func candidate(a identity.Account) payments.Candidate {
	c := payments.Candidate{Account: a.ID, Provider: a.Provider, On: a.On, Fiscal: a.Fiscal, Currencies: a.Currencies}
	for _, m := range a.Methods {
		c.Methods = append(c.Methods, payments.MethodTerms{Method: m.Code, On: m.On, FeeBP: m.FeeBP, FeeFixed: m.FeeFixed,
			Min: m.MinMinor, Max: m.MaxMinor, Countries: m.Countries})
	}
	return c
}

func (c contracts) Account(ctx context.Context, m ids.Mode, id ids.ID) (banks.Account, error) {
	a, err := c.store.Account(ctx, m, id)
	if err != nil {
		return banks.Account{}, err
	}
	return c.store.Unsealed(ctx, a)
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
