//go:build wire

package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
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
	"giberno.ru/shared/ledger"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	queuefaulty "giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/queue/sqsengine"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/receipts"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	total   = money.Of(150_000, money.RUB)
	quiet   = slog.New(slog.DiscardHandler)
	account = banks.Account{ID: ids.FromParts("account"), Provider: tbank.Provider, Mode: ids.Test, Terminal: "RoadDEMO", Password: "secret",
		Address: "http://bank.test/sim", Fiscal: true, Taxation: "usn_income"}
)

// world is everything that outlives a process: table and queues on their servers, the bank, the clock. It is the world of
// infra/checks/road on the engines of the wire; there the whole matrix of roads and faults is played on the embedded ones.
type world struct {
	t      testing.TB
	name   string // of the table
	clock  *clock.Manual
	lens   *timeLens
	table  *feed
	under  table.Table // what the process writes to: the table, perhaps in bad weather
	queue  *sqsengine.Engine
	bank   *simulator.Bank
	random io.Reader
	shard  int // of the order's due keys

	at    int // the external call that breaks; -1: none
	how   faulty.Fault
	calls atomic.Int64

	mu   sync.Mutex // one notification at a time, and the process they go to
	proc *process
}

// process is what a crash takes away.
type process struct {
	teller  *teller.Teller
	worker  *jobs.Worker
	sweeper *jobs.Sweeper
	ledger  *ledgerjobs.Worker
	queue   queue.Queue
}

// queues are those that have work on the road.
var queues = []string{queue.WebhookRetries, queue.Receipts, queue.Settlements}

var worlds atomic.Int64

func newWorld(t testing.TB, at int, how faulty.Fault) *world {
	t.Helper()
	n := worlds.Add(1)
	name := fmt.Sprintf("road-%d-%d-", time.Now().UnixMilli(), n)
	createTable(t, name+"table")
	w := &world{t: t, clock: clock.At(start), at: at, how: how}
	// A chance of its own: request tokens, which are made from it, must not meet on the server that the worlds share.
	w.random = &shared{inner: rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})}
	w.name = name + "table"
	w.table = openFeed(t, w.name)
	w.under = w.table
	w.lens = &timeLens{inner: direct(), plain: sqsClient(t), hidden: map[string]hiding{}}
	w.queue = openQueues(t, createQueues(t, name, queues...), w.lens)
	var err error
	w.bank, err = simulator.New(simulator.Config{
		Terminals: []simulator.Terminal{{Key: account.Terminal, Password: account.Password, NotificationURL: "http://us.test/a2c", Fiscal: true}},
		Clock:     w.clock, Random: rand.NewChaCha8([32]byte{5}), BaseURL: account.Address, Deliver: w, NoMagicAmounts: true, Log: quiet,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.bank.Close()) })
	w.boot()
	return w
}

// next numbers the external calls of the process and says how this one ends.
func (w *world) next() faulty.Fault {
	if n := int(w.calls.Add(1)) - 1; n == w.at {
		return w.how
	}
	return faulty.None
}

// boot starts a new process on what the old one left behind.
func (w *world) boot() {
	under := faulty.New(limits.New(w.under), func(faulty.Call) faulty.Fault { return w.next() })
	q := queuefaulty.New(w.queue, func(queuefaulty.Call) faulty.Fault { return w.next() })
	bank := banks.New(tbank.New(bankLine{w}), banks.Limits{InFlight: 1000}).Using(w.clock, quiet)
	rows := stamped.New(under, stamped.Options{Rand: w.random, Sleep: briefly})
	s, book := store.New(rows), ledgerstore.New(rows)
	t := teller.New(teller.Config{
		Store: s, Accounts: contracts{}, Queue: q, Clock: w.clock, Random: w.random, Log: quiet, BaseURL: "http://us.test",
		Notify: func(string) string { return "http://us.test/a2c" },
		Bank:   func(p string) (teller.Bank, bool) { return bank, p == tbank.Provider },
	})
	c := cashier.New(cashier.Config{Store: s, Clock: w.clock, Log: quiet}) // the bank's till prints, and nobody writes letters
	w.proc = &process{teller: t, queue: q, worker: &jobs.Worker{Store: s, Teller: t, Cashier: c, Queue: q, Clock: w.clock},
		sweeper: &jobs.Sweeper{Store: s, Queue: q, Posted: book.Posted, Clock: w.clock, Log: quiet},
		ledger: &ledgerjobs.Worker{Poster: book.NewPoster(w.clock, w.random), Log: quiet,
			Zones: func(context.Context, ids.ID) (*time.Location, error) { return time.UTC, nil }}}
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

// bankLine is the way to the bank.
type bankLine struct{ w *world }

func (b bankLine) Do(r *http.Request) (a outbound.Answer, err error) {
	broken := errors.New("the connection broke")
	err = faulty.Apply(b.w.next(), func() error {
		answer, err := b.w.bank.Transport().RoundTrip(r)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		a.Status, a.Header = answer.StatusCode, answer.Header
		a.Body, err = io.ReadAll(answer.Body)
		return err
	}, faulty.Errors{Unavailable: broken, Conflict: broken, Throttled: broken})
	return a, err
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

func (contracts) RefundLimit(context.Context, ids.Mode, ids.ID) (int64, error) { return 0, nil }

func (contracts) Terms(_ context.Context, p payments.Payment) (ledger.Terms, error) {
	return ledger.Terms{Account: p.Account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}}, nil
}

func (contracts) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) { return nil, nil }

func (contracts) ByTerminal(_ context.Context, m ids.Mode, provider, terminal string) (banks.Account, bool, error) {
	return account, m == account.Mode && provider == account.Provider && terminal == account.Terminal, nil
}

// shared lets several goroutines draw from one source.
type shared struct {
	mu    sync.Mutex
	inner io.Reader
}

func (s *shared) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inner.Read(p)
}
