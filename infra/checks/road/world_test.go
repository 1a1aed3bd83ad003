package road

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
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
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
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
	"giberno.ru/shared/receipts"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	moscow  = time.FixedZone("MSK", 3*60*60)
	total   = money.Of(150_000, money.RUB)
	quiet   = slog.New(slog.DiscardHandler)
	account = banks.Account{ID: ids.FromParts("account"), Provider: tbank.Provider, Mode: ids.Test, Terminal: "RoadDEMO", Password: "secret",
		Address: "http://bank.test/sim", Fiscal: true, Taxation: "usn_income"}
)

// world is everything that outlives a process: the file with table and queues, the bank, the clock.
type world struct {
	t        testing.TB
	clock    *clock.Manual
	line     *line
	table    *tengine.Engine
	queue    *qengine.Engine
	bank     *simulator.Bank
	random   io.Reader
	shards   []int // of the due keys that orders of this world have
	orders   []payments.Order
	accounts contracts
	alike    bool           // two refunds of this world are of one amount: the bank's receipt may be of either
	letters  map[string]int // that reached the payer, by receipt
	hearers  *hearers

	mu   sync.Mutex // one notification at a time, and the process they go to
	proc *process
}

// process is what a crash takes away.
type process struct {
	teller  *teller.Teller
	store   *store.Store
	worker  *jobs.Worker
	sweeper *jobs.Sweeper
	ledger  *ledgerjobs.Worker
	queue   queueLine
}

// options of a world. Its faults befall the calls of the line, counted from 0.
type options struct {
	noFeed bool
	limit  int64 // above which a refund waits for a second operator, in minor units
	faults []stroke
}

func setup(t testing.TB, o options) *world {
	t.Helper()
	f := openFile(t)
	w := &world{t: t, clock: clock.At(start), random: rand.NewChaCha8([32]byte{3}), accounts: contracts{o.limit}, letters: map[string]int{}, hearers: newHearers()}
	w.line = &line{clock: w.clock, faults: o.faults}
	var err error
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

// openFile makes the file of one world.
func openFile(t testing.TB) *file.File {
	t.Helper()
	path := filepath.Join(folder, strconv.FormatInt(files.Add(1), 10))
	f, err := file.Open(path, file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(f.Close(), os.Remove(path))) })
	return f
}

// folder is where the files of all worlds lie, in memory where the machine offers that; files counts them.
var (
	folder string
	files  atomic.Int64
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // thousands of short lives
	os.Exit(inFolder(m.Run))
}

func inFolder(run func() int) int {
	var err error
	if folder, err = os.MkdirTemp("/dev/shm", "road"); err != nil {
		folder, err = os.MkdirTemp("", "road")
	}
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	return run()
}

// boot starts a new process on what the old one left behind.
func (w *world) boot() {
	bank := banks.New(tbank.New(bankLine{w.line, w.bank.Transport()}), banks.Limits{InFlight: 1000}).Using(w.clock, quiet)
	under := tableLine{w.line, limits.New(w.table)}
	rows := stamped.New(under, stamped.Options{Rand: &shared{Reader: w.random}, Sleep: func(context.Context, time.Duration) error { return nil }})
	s := store.New(rows)
	q := queueLine{w.line, w.queue}
	t := teller.New(teller.Config{
		Store: s, Accounts: w.accounts, Queue: q, Clock: w.clock, Random: &shared{Reader: w.random}, Log: quiet, BaseURL: "http://us.test",
		Notify: func(string) string { return "http://us.test/a2c" },
		Bank:   func(p string) (teller.Bank, bool) { return bank, p == tbank.Provider },
	})
	c := cashier.New(cashier.Config{Store: s, Mail: mailLine{w.line, w}, Letter: letter, Clock: w.clock, Log: quiet})
	book := ledgerstore.New(rows)
	w.proc = &process{teller: t, store: s, queue: q,
		worker:  &jobs.Worker{Store: s, Teller: t, Cashier: c, Queue: q, Events: w.hearers, Clock: w.clock},
		sweeper: &jobs.Sweeper{Store: s, Queue: q, Posted: book.Posted, Told: w.hearers.Told, Clock: w.clock, Log: quiet},
		ledger: &ledgerjobs.Worker{Poster: book.NewPoster(w.clock, &shared{Reader: w.random}), Log: quiet,
			Zones: func(context.Context, ids.ID) (*time.Location, error) { return moscow, nil }}}
}

// letter is about one receipt, by whose id it is known.
func letter(w payments.Whole, receipt ids.ID) (mail.Message, error) {
	return mail.Message{To: w.Order.Email, Subject: "Чек", Text: "Чек готов.", Key: receipt.String()}, nil
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

// contracts is the one account that everybody may use, and the limit that every partner has.
type contracts struct{ refundLimit int64 }

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

func (c contracts) RefundLimit(context.Context, ids.Mode, ids.ID) (int64, error) {
	return c.refundLimit, nil
}

func (contracts) Terms(_ context.Context, p payments.Payment) (ledger.Terms, error) {
	return ledger.Terms{Account: p.Account, Ours: ledger.Fee{BP: 250}, Theirs: ledger.Fee{BP: 190}}, nil
}

func (contracts) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) { return nil, nil }

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
		retried, written, posted := 0, 0, 0
		w.alive(func(p *process) { retried, _ = queue.Work(ctx, p.queue, queue.WebhookRetries, 10, p.worker.Do, quiet) })
		w.alive(func(p *process) { written, _ = queue.Work(ctx, p.queue, queue.Receipts, 10, p.worker.Do, quiet) })
		w.alive(func(p *process) { posted, _ = p.ledger.Work(ctx, p.queue) })
		if retried+written+posted == 0 {
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
			if _, err := queue.SendAll(ctx, p.queue, jobs.QueueOf, follow...); err != nil {
				return
			}
		}
		require.NoError(w.t, w.table.Done(ctx, c.Seq))
	}
}
