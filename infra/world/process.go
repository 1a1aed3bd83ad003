package world

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	identityapi "giberno.ru/shared/identity/api"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/settle"
	notifyapi "giberno.ru/shared/notify/api"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments/wire"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/books/calls"
	"giberno.ru/shared/payments/wire/books/matching"
	"giberno.ru/shared/payments/wire/deliveries"
	"giberno.ru/shared/payments/wire/onaws/letters"
	"giberno.ru/shared/payments/wire/payer"
	"giberno.ru/shared/payments/wire/providers"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/web"
	"giberno.ru/shared/receipts/atol"
)

// process is what a crash takes away: the platform as one process runs it, with its caches and everything that it knows by
// heart.
type process struct {
	world    *World
	dead     bool
	module   *wire.Module
	books    *books.Books
	events   *notifystore.Store
	hooks    *deliveries.Deliveries
	matching *reconciling.Reconciler
	identity *identitystore.Store
	queue    queue.Queue
	handler  http.Handler
	log      *slog.Logger
}

// baseURL is where payers and banks reach the platform.
const baseURL = "https://pay.giberno.test"

// boot starts a process on what the ones before it left behind. It is put together as the standalone platform is.
func (w *World) boot() *process {
	w.coverage.Boots++
	p := &process{world: w}
	p.log = slog.New(&ear{world: w})
	ticking := w.Plant.clock(ticking{p})
	keeper := secret.NewKeeper(rootKeys{}, w.random)
	rows := stamped.New(limits.New(w.Plant.table(tableLine{p})), stamped.Options{Rand: w.random, Sleep: p.sleep})
	p.queue = w.Plant.queue(queueLine{p})
	p.identity = identitystore.New(rows, keeper, ticking, w.random)
	p.events = notifystore.New(rows, keeper, ticking, w.random)
	registry := w.registry(w.Plant.bank(bankLine{p}), ticking, p.log)
	parts := wire.Parts{
		Table: rows, Queue: p.queue, Contracts: p.identity, Events: p.events, Clock: ticking, Random: w.random, Log: p.log, BaseURL: baseURL,
		Banks: registry, Fiscal: w.Plant.fiscal(&fiscal{of: p, clock: ticking, clients: map[*actor]*atol.Client{}}), CursorKey: make([]byte, secret.KeySize), Mail: w.Plant.mail(mailLine{p}),
	}
	parts.Letter = letters.LetterOf(parts)
	p.module, p.books, p.hooks = wire.New(parts), books.New(parts), deliveries.New(parts, w.Plant.shops(shopLine{p}))
	p.books.Worker.Aside = 0 // exactly one runs, and the seed picks the next
	ledger := calls.Of(parts, p.books, p.module.Service.Cursors)
	ledger.Registers = &settle.Registers{Store: p.books.Store} // orders would be looked up by several at once
	ledger.Leaving = calls.LeavingOf(p.module.Store, p.books.Store, 1)
	p.matching = matching.Of(parts, p.books, p.module.Service.Cursors, "").Reconciler
	admin := identityapi.New(identityapi.Config{Store: p.identity, Clock: ticking, Random: w.random,
		Signer: p.module.Service.Cursors, Providers: append(registry.Providers(), identity.TillProvider), Checklist: wire.Checklist{Store: p.module.Store, Heard: parts.Events.Delivered}})
	hooks := &notifyapi.Service{Store: p.events, Cursors: p.module.Service.Cursors}
	endpoints := slices.Concat(p.module.Service.Endpoints(), payer.Pages(p.module, nil).Endpoints(), admin.Endpoints(), ledger.Endpoints(), hooks.Endpoints())
	p.handler = w.Plant.handler(web.NewServer(web.Options{
		Auth: p.identity, Clock: ticking, Random: w.random, Log: p.log, Title: "Giberno", Version: "1",
	}, endpoints...))
	return p
}

// registry is the banks of production. A plant may have changed the driver, and in every second world the bank cannot
// cancel, as some cannot: there a payer may come back to a page that we have given up.
func (w *World) registry(out outbound.Doer, c clock.Clock, log *slog.Logger) *banks.Registry {
	if w.Plant.Driver == nil && w.cancels() {
		return providers.List(out, c, log)
	}
	driver := w.Plant.driver(tbank.New(out))
	if !w.cancels() {
		driver = stubborn{driver, driver.(banks.Capturer), driver.(banks.Refunder), driver.(banks.Closer), driver.(banks.Paged)}
	}
	return banks.NewRegistry(map[string]*banks.Bank{tbank.Provider: banks.New(driver, banks.Limits{}).Using(c, log)})
}

func (w *World) cancels() bool { return w.Seed%2 == 0 }

// stubborn is a bank that can do everything but cancel.
type stubborn struct {
	banks.Driver
	banks.Capturer
	banks.Refunder
	banks.Closer
	banks.Paged
}

// rootKeys are the keys under which this world's passwords are sealed.
type rootKeys struct{}

func (rootKeys) Unwrap(_ context.Context, name secret.KeyName) (key [secret.KeySize]byte, err error) {
	copy(key[:], name)
	return key, nil
}

// ticking is the clock as a process sees it: time passes while it works. It does not give the turn away, for a process may
// read it under a lock; the calls before and after do.
type ticking struct{ of *process }

func (t ticking) Now() time.Time {
	w := t.of.world
	switch n := w.fates.IntN(4096); {
	case w.Clear || w.running == nil:
	case n == 0:
		w.clock.Advance(w.fates.between(time.Second, 40*time.Second)) // the process stood still
		w.running.stood = w.clock.Now()
	case n < 2048:
		w.clock.Advance(time.Duration(n) * time.Microsecond)
	}
	return w.clock.Now()
}

// sleep is how a process waits between two tries.
func (p *process) sleep(_ context.Context, wait time.Duration) error {
	p.waitUntil(p.world.clock.Now().Add(wait))
	return nil
}

// waitUntil lets the others act until it is so late.
func (p *process) waitUntil(at time.Time) {
	p.breathes()
	w := p.world
	if w.running == nil {
		w.clock.Advance(max(0, at.Sub(w.clock.Now())))
		return
	}
	w.running.sleeps = at
	w.pause()
	p.breathes()
}

// house gives one of the two processes, or the one that has taken the place of a dead one.
func (w *World) house() *process {
	n := w.dice.IntN(len(w.houses))
	if w.houses[n] == nil || w.houses[n].dead {
		w.houses[n] = w.boot()
	}
	return w.houses[n]
}

// answer is what a caller of the platform got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request to one of the processes. ok is false where it died on the way, and nobody answered.
func (w *World) ask(req *http.Request) (a answer, ok bool) {
	p := w.house()
	out := httptest.NewRecorder()
	if !w.inside(func() { p.handler.ServeHTTP(out, req) }) {
		return answer{}, false
	}
	a = answer{out.Code, out.Header(), out.Body.Bytes()}
	w.trace.number(uint64(a.status))
	w.trace.bytes(a.body)
	return a, true
}

// ear hears what processes write into their logs, for what must never be heard.
type ear struct{ world *World }

func (*ear) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (e *ear) Handle(_ context.Context, r slog.Record) error {
	w := e.world
	r.Attrs(func(a slog.Attr) bool {
		if r.Message == "job not done" && a.Key == "reason" {
			w.complaint = a.Value.String()
		}
		if a.Key == "stack" || a.Key == "reason" && isPanic(a.Value.String()) {
			w.fail("NoPanic", w.atHand(), "%s: %s", r.Message, a.Value.String())
		}
		return true
	})
	return nil
}

func (e *ear) WithAttrs([]slog.Attr) slog.Handler { return e }
func (e *ear) WithGroup(string) slog.Handler      { return e }

// atHand is the order that the running actor is at.
func (w *World) atHand() ids.ID {
	if w.running == nil {
		return ids.ID{}
	}
	return w.running.order
}
