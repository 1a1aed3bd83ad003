// Package wire puts the module together: the one place that knows all its rooms and what they need from other domains.
package wire

import (
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/payments/wire/inside"
)

// Parts are what the module needs from its surroundings.
type Parts = inside.Parts

// Module is the payment module without its pages, which payer adds: a JSON function must not carry templates.
type Module struct {
	Parts
	Store   *store.Store
	Teller  *teller.Teller
	Cashier *cashier.Cashier
	Service *api.Service
	Worker  *jobs.Worker
	Sweeper *jobs.Sweeper
}

// New puts the module together.
func New(p Parts) *Module {
	m := inside.New(p)
	return &Module{
		Parts: p, Store: m.Store, Teller: m.Teller, Cashier: m.Cashier, Worker: m.Worker, Sweeper: m.Sweeper,
		Service: &api.Service{Teller: m.Teller, Cashier: m.Cashier, Store: m.Store, Clock: p.Clock, Cursors: page.Signer{Key: p.CursorKey}, BaseURL: p.BaseURL},
	}
}
