package world

import (
	"net/http"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// Plant is a defect put in on purpose, around the ports of a process: code of production stays as it is. What is nil is left
// alone.
type Plant struct {
	Name, Why string
	Table     func(table.Table) table.Table
	Queue     func(queue.Queue) queue.Queue
	Bank      func(outbound.Doer) outbound.Doer
	Driver    func(*tbank.Driver) banks.Driver
	Handler   func(http.Handler) http.Handler
	Clock     func(clock.Clock) clock.Clock
	Mail      func(mail.Sender) mail.Sender
	Fiscal    func(cashier.Service) cashier.Service
	Shops     func(outbound.Doer) outbound.Doer
	Follow    func([]queue.Job) []queue.Job // what the relay makes of a change
}

// around puts a decorator around a port, if there is one.
func around[T any](decorate func(T) T, inner T) T {
	if decorate == nil {
		return inner
	}
	return decorate(inner)
}

func (p *Plant) table(t table.Table) table.Table     { return around(p.Table, t) }
func (p *Plant) queue(q queue.Queue) queue.Queue     { return around(p.Queue, q) }
func (p *Plant) bank(d outbound.Doer) outbound.Doer  { return around(p.Bank, d) }
func (p *Plant) shops(d outbound.Doer) outbound.Doer { return around(p.Shops, d) }
func (p *Plant) handler(h http.Handler) http.Handler { return around(p.Handler, h) }
func (p *Plant) clock(c clock.Clock) clock.Clock     { return around(p.Clock, c) }
func (p *Plant) mail(s mail.Sender) mail.Sender      { return around(p.Mail, s) }
func (p *Plant) fiscal(s cashier.Service) cashier.Service {
	return around(p.Fiscal, s)
}
func (p *Plant) follow(jobs []queue.Job) []queue.Job { return around(p.Follow, jobs) }

// driver is the bank's driver, or what the plant makes of it.
func (p *Plant) driver(d *tbank.Driver) banks.Driver {
	if p.Driver == nil {
		return d
	}
	return p.Driver(d)
}

// findIn is how many steps a world has in which a plant is looked for.
const findIn = 20_000

// Find plays worlds with a plant until one of them fails, at most so many steps. It gives the failure, nil if there was none,
// and how many steps were played.
func Find(p Plant, most int) (found *Failure, steps int, err error) {
	for seed := uint64(1); steps < most; seed++ {
		r, err := Run(Options{Seed: seed, Steps: min(findIn, most-steps), Plant: &p})
		steps += r.Steps
		if err != nil || r.Failure != nil {
			return r.Failure, steps, err
		}
	}
	return nil, steps, nil
}
