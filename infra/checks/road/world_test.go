package road

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	qengine "giberno.ru/shared/platform/queue/boltengine"
	tengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	total   = money.Of(150_000, money.RUB)
	quiet   = slog.New(slog.DiscardHandler)
	account = banks.Account{ID: ids.FromParts("account"), Provider: tbank.Provider, Mode: ids.Test, Terminal: "RoadDEMO", Password: "secret",
		Address: "http://bank.test/sim", Fiscal: true, Taxation: "usn_income"}
)

// world is everything that outlives a process: the file with table and queues, the bank, the clock.
type world struct {
	t      testing.TB
	clock  *clock.Manual
	line   *line
	table  *tengine.Engine
	queue  *qengine.Engine
	bank   *simulator.Bank
	random io.Reader
	shards []int // of the due keys that orders of this world have

	mu   sync.Mutex // one notification at a time, and the process they go to
	proc *process
}

// process is what a crash takes away.
type process struct {
	teller  *teller.Teller
	store   *store.Store
	worker  *jobs.Worker
	sweeper *jobs.Sweeper
	queue   queueLine
}

type options struct {
	noFeed bool
	at     int
	how    damage
}

func setup(t testing.TB, o options) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	w := &world{t: t, clock: clock.At(start), random: rand.NewChaCha8([32]byte{3})}
	w.line = &line{clock: w.clock, at: o.at, how: o.how}
	if o.how == none {
		w.line.at = -1
	}
	w.table, err = tengine.New(f, tengine.Options{NoFeed: o.noFeed})
	require.NoError(t, err)
	w.queue, err = qengine.New(f, w.clock, qengine.Options{})
	require.NoError(t, err)
	w.bank, err = simulator.New(simulator.Config{
		Terminals: []simulator.Terminal{{Key: account.Terminal, Password: account.Password, NotificationURL: "http://us.test/a2c", Fiscal: true}},
		Clock:     w.clock, Random: rand.NewChaCha8([32]byte{5}), BaseURL: account.Address, Deliver: w, NoMagicAmounts: true, Log: quiet,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.bank.Close()) })
	w.boot()
	return w
}

// boot starts a new process on what the old one left behind.
func (w *world) boot() {
	bank := banks.New(tbank.New(bankLine{w.line, w.bank.Transport()}), banks.Limits{InFlight: 1000}).Using(w.clock, quiet)
	under := tableLine{w.line, limits.New(w.table)}
	s := store.New(stamped.New(under, stamped.Options{Rand: &shared{Reader: w.random}, Sleep: func(context.Context, time.Duration) error { return nil }}))
	q := queueLine{w.line, w.queue}
	t := teller.New(teller.Config{
		Store: s, Accounts: contracts{}, Queue: q, Clock: w.clock, Random: &shared{Reader: w.random}, Log: quiet, BaseURL: "http://us.test",
		Notify: func(string) string { return "http://us.test/a2c" },
		Bank:   func(p string) (teller.Bank, bool) { return bank, p == tbank.Provider },
	})
	w.proc = &process{teller: t, store: s, queue: q,
		worker:  &jobs.Worker{Store: s, Teller: t, Clock: w.clock},
		sweeper: &jobs.Sweeper{Store: s, Queue: q, Clock: w.clock, Log: quiet}}
}

// shared lets several goroutines draw from one source.
type shared struct {
	mu sync.Mutex
	io.Reader
}

func (s *shared) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Reader.Read(p)
}

// alive runs a step of the process. If it dies on the way, a new one is started and ok is false.
func (w *world) alive(step func(*process)) (ok bool) {
	defer func() {
		switch dead := recover(); {
		case dead == nil:
		case dead == any(faulty.Crash):
			w.boot()
		default:
			panic(dead)
		}
	}()
	step(w.proc)
	return true
}

// RoundTrip is our door for the bank's notifications.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	status, body := http.StatusOK, ""
	alive := w.alive(func(p *process) {
		if err := p.teller.Notice(r.Context(), tbank.Provider, raw, r.Header); err != nil {
			status = http.StatusInternalServerError
			if fault.As(err).Kind == fault.KindForbidden {
				status = http.StatusForbidden
			}
			return
		}
		_, answer := p.teller.Answer(tbank.Provider)
		body = string(answer)
	})
	if !alive {
		return nil, errors.New("the door fell down")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
}

// contracts is the one account that everybody may use.
type contracts struct{}

func (contracts) Candidates(context.Context, ids.Mode, ids.ID) ([]payments.Candidate, error) {
	c := payments.Candidate{Account: account.ID, Provider: account.Provider, On: true, Fiscal: true, Currencies: []money.Currency{money.RUB}}
	for _, m := range []banks.Method{banks.SBP, banks.Card} {
		c.Methods = append(c.Methods, payments.MethodTerms{Method: m, On: true, FeeBP: 190})
	}
	return []payments.Candidate{c}, nil
}

func (contracts) Account(_ context.Context, _ ids.Mode, id ids.ID) (banks.Account, error) {
	if id != account.ID {
		return banks.Account{}, errors.New("no such account")
	}
	return account, nil
}

func (contracts) ByTerminal(_ context.Context, m ids.Mode, provider, terminal string) (banks.Account, bool, error) {
	return account, m == account.Mode && provider == account.Provider && terminal == account.Terminal, nil
}

// around lets the platform's own work go on for a moment: relay, sweeper, worker, bank.
func (w *world) around(ctx context.Context) {
	require.NoError(w.t, w.bank.Tick(ctx))
	w.alive(func(p *process) { w.relay(ctx, p) })
	for _, shard := range w.shards {
		w.alive(func(p *process) { _, _ = p.sweeper.Sweep(ctx, ids.Test, shard) })
	}
	for range 20 {
		worked := 0
		w.alive(func(p *process) { worked, _ = queue.Work(ctx, p.queue, queue.WebhookRetries, 10, p.worker.Do, quiet) })
		if worked == 0 {
			return
		}
	}
}

// relay sends the jobs that follow from the table's changes, and forgets a change only once they are sent.
func (w *world) relay(ctx context.Context, p *process) {
	changes, err := w.table.Changes(ctx, 100)
	require.NoError(w.t, err)
	for _, c := range changes {
		if follow := jobs.FromChange(c); len(follow) > 0 {
			if err := p.queue.Send(ctx, queue.WebhookRetries, 0, follow...); err != nil {
				return
			}
		}
		require.NoError(w.t, w.table.Done(ctx, c.Seq))
	}
}

// settle lets days go by, first in small steps.
func (w *world) settle(ctx context.Context) {
	for range 12 {
		w.clock.Advance(time.Minute)
		w.around(ctx)
	}
	for range 12 {
		w.clock.Advance(20 * time.Minute)
		w.around(ctx)
	}
	for range 5 {
		w.clock.Advance(12 * time.Hour)
		w.around(ctx)
	}
}
