package tills

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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/outbox"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	qengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/secret"
	tengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/receipts/atol"
)

const (
	base      = "http://127.0.0.1:8080"
	atolBase  = "http://127.0.0.1:8080/sim/atol"
	tillINN   = "7707083893"
	ourFee    = 250 // basis points
	theirFee  = 190
	loginV4   = "shop-v4"
	loginV5   = "shop-v5"
	passwords = "pässword"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	quiet   = slog.New(slog.DiscardHandler)
	partner = identity.Partner{ID: ids.FromParts("partner"), Name: "Ромашка", LegalName: "ООО «Ромашка»", INN: "7728168971", Phone: "+74951234567",
		Taxation: "usn_income", Country: "RU", TimeZone: "Europe/Moscow", FeeBP: ourFee, CreatedAt: start}
	account = identity.Account{ID: ids.FromParts("account"), Provider: "alfa", Mode: ids.Test, Terminal: "NoTill", Address: "https://bank.example",
		Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, CreatedAt: start,
		Methods: []identity.MethodTerms{{Code: banks.Card, On: true, FeeBP: theirFee}}}
)

// tillAccount is the platform's contract with the fiscal service.
func tillAccount(version string) identity.Account {
	return identity.Account{ID: ids.FromParts("till"), Provider: identity.TillProvider, Mode: ids.Test, Terminal: "group_" + version,
		Address: atolBase + "/possystem", Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true,
		Taxation: "usn_income", CreatedAt: start, Options: map[string]string{
			identity.TillVersion: version, identity.TillLogin: "shop-" + version, identity.TillINN: tillINN,
			identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"}}
}

// world is everything that outlives a process: the file with table and queues, the fiscal service, the outbox, the clock.
type world struct {
	t      testing.TB
	clock  *clock.Manual
	line   *line
	table  *tengine.Engine
	queue  *qengine.Engine
	atol   *simulator.Service
	outbox *outbox.Outbox
	keys   *secret.KeyFile
	random io.Reader
	refuse error // the mail server's word about every letter

	mu   sync.Mutex // one notice at a time, and the process they go to
	proc *process
}

// process is what a crash takes away.
type process struct {
	*inside.Module
	books *books.Books
	queue queueLine
}

type options struct {
	noFeed  bool
	version string // of the fiscal service's protocol; "": v5
	at      int    // the call to damage
	how     damage
}

func setup(t testing.TB, o options) *world {
	t.Helper()
	f := openFile(t)
	w := &world{t: t, clock: clock.At(start), random: &source{src: rand.NewChaCha8([32]byte{3})}, keys: keyFile(t)}
	w.line = &line{clock: w.clock, at: o.at, how: o.how, dead: map[string]bool{}}
	var err error
	w.table, err = tengine.New(f, tengine.Options{NoFeed: o.noFeed})
	require.NoError(t, err)
	w.queue, err = qengine.New(f, w.clock, qengine.Options{})
	require.NoError(t, err)
	w.outbox, err = outbox.Open(outbox.Options{Clock: w.clock})
	require.NoError(t, err)
	w.atol, err = simulator.New(simulator.Config{Clock: w.clock, Random: rand.NewChaCha8([32]byte{5}), BaseURL: atolBase, Deliver: w, Log: quiet,
		Accounts: []simulator.Account{
			{Login: loginV4, Password: passwords, Group: "group_v4", INN: tillINN, Version: "v4"},
			{Login: loginV5, Password: passwords, Group: "group_v5", INN: tillINN, Version: "v5"},
		}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.atol.Close()) })
	w.boot()
	w.line.calmly(func() {
		ctx, contracts := context.Background(), w.contracts()
		_, err := contracts.CreatePartner(ctx, partner, identitystore.Once{})
		require.NoError(t, err)
		_, err = contracts.CreateAccount(ctx, account, "secret", identitystore.Once{})
		require.NoError(t, err)
		version := o.version
		if version == "" {
			version = "v5"
		}
		till := tillAccount(version)
		require.NoError(t, till.Check())
		_, err = contracts.CreateAccount(ctx, till, passwords, identitystore.Once{})
		require.NoError(t, err)
	})
	w.forget(context.Background())
	return w
}

// source lets several goroutines draw from one.
type source struct {
	mu  sync.Mutex
	src io.Reader
}

func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.src.Read(p)
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

// keyFile holds the keys of all worlds; making one costs more than a world.
func keyFile(t testing.TB) *secret.KeyFile {
	t.Helper()
	keys, err := oneKey()
	require.NoError(t, err)
	return keys
}

var oneKey = sync.OnceValues(func() (*secret.KeyFile, error) {
	return secret.CreateKeyFile(filepath.Join(folder, "keys"), rand.NewChaCha8([32]byte{9}))
})

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
	if folder, err = os.MkdirTemp("/dev/shm", "tills"); err != nil {
		folder, err = os.MkdirTemp("", "tills")
	}
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	return run()
}

// contracts is identity's store of a new process; its rows lie beside the others.
func (w *world) contracts() *identitystore.Store {
	return identitystore.New(limits.New(w.table), secret.NewKeeper(w.keys, w.random), w.clock, w.random)
}

// boot starts a new process on what the old one left behind.
func (w *world) boot() {
	under := tableLine{w.line, limits.New(w.table)}
	q := queueLine{w.line, w.queue}
	parts := inside.Parts{
		Table:     stamped.New(under, stamped.Options{Rand: w.random, Sleep: func(context.Context, time.Duration) error { return nil }}),
		Queue:     q,
		Contracts: w.contracts(), Banks: banks.NewRegistry(nil), Fiscal: atol.New(atolLine{w.line, w.atol.Transport()}, w.clock),
		Clock: w.clock, Random: w.random, Log: quiet, BaseURL: base, Mail: mailLine{w.line, w},
		Letter: func(whole payments.Whole, id ids.ID) (mail.Message, error) {
			return pages.ReceiptLetter(base, whole, id)
		},
	}
	w.proc = &process{Module: inside.New(parts), books: books.New(parts), queue: q}
}

// Send is the mail server.
func (w *world) Send(ctx context.Context, m mail.Message) error {
	if w.refuse != nil {
		return w.refuse
	}
	return w.outbox.Send(ctx, m)
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

// RoundTrip is our door for the service's notices.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	status := http.StatusOK
	alive := w.alive(func(p *process) {
		if err := p.Cashier.Notice(r.Context(), raw); err != nil {
			status = http.StatusInternalServerError
			if fault.As(err).Kind == fault.KindMalformed {
				status = http.StatusBadRequest
			}
		}
	})
	if !alive {
		return nil, errors.New("the door fell down")
	}
	return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

// forget takes away the changes so far, as if their jobs had been done.
func (w *world) forget(ctx context.Context) {
	w.t.Helper()
	changes, err := w.table.Changes(ctx, 100)
	require.NoError(w.t, err)
	for _, c := range changes {
		require.NoError(w.t, w.table.Done(ctx, c.Seq))
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
