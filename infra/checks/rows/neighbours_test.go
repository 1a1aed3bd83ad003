package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	qengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/table"
	tengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/receipts"
)

var quiet = slog.New(slog.DiscardHandler)

var contract = banks.Account{ID: account, Provider: tbank.Provider, Mode: ids.Test, Terminal: "RowDEMO", Password: "secret",
	Address: "http://bank.test", Fiscal: true, Taxation: "usn_income"}

// street is one table and one bank with two processes before them: today's code and its newer neighbour.
type street struct {
	t     *testing.T
	clock *clock.Manual
	table *tengine.Engine
	queue *qengine.Engine
	bank  *simulator.Bank
	procs [2]*process // today's, the newer one
	turn  int         // whose door the bank's notifications come to
}

type process struct {
	teller  *teller.Teller
	worker  *jobs.Worker
	sweeper *jobs.Sweeper
}

func neighbours(t *testing.T) *street {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	s := &street{t: t, clock: clock.At(start)}
	s.table, err = tengine.New(f, tengine.Options{})
	require.NoError(t, err)
	s.queue, err = qengine.New(f, s.clock, qengine.Options{})
	require.NoError(t, err)
	s.bank, err = simulator.New(simulator.Config{
		Terminals: []simulator.Terminal{{Key: contract.Terminal, Password: contract.Password, NotificationURL: "http://us.test/a2c", Fiscal: true}},
		Clock:     s.clock, Random: rand.NewChaCha8([32]byte{5}), BaseURL: contract.Address, Deliver: s, NoMagicAmounts: true, Log: quiet,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.bank.Close()) })
	line, err := outbound.New(outbound.Options{Transport: s.bank.Transport()})
	require.NoError(t, err)
	driver := banks.New(tbank.New(line), banks.Limits{}).Using(s.clock, quiet)
	for i := range s.procs {
		var rows table.Table = stamped.New(limits.New(s.table), stamped.Options{Rand: rand.NewChaCha8([32]byte{byte(i)})})
		if i == 1 {
			rows = newer{rows}
		}
		st := store.New(rows)
		te := teller.New(teller.Config{
			Store: st, Accounts: oneContract{}, Queue: s.queue, Clock: s.clock, Random: rand.NewChaCha8([32]byte{byte(i), 1}), Log: quiet,
			BaseURL: "http://us.test", Notify: func(string) string { return "http://us.test/a2c" },
			Bank: func(p string) (teller.Bank, bool) { return driver, p == tbank.Provider },
		})
		s.procs[i] = &process{te, &jobs.Worker{Store: st, Teller: te, Clock: s.clock}, &jobs.Sweeper{
			Store: st, Queue: s.queue, Posted: posted, Clock: s.clock, Log: quiet}}
	}
	return s
}

// RoundTrip takes the bank's notifications to the process whose turn it is.
func (s *street) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := s.procs[s.turn].teller.Notice(r.Context(), tbank.Provider, raw, r.Header); err != nil {
		return nil, err
	}
	_, answer := s.procs[s.turn].teller.Answer(tbank.Provider)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(answer))), Header: http.Header{}, Request: r}, nil
}

// posted is a ledger that holds everything: its rows are not these.
func posted(_ context.Context, _ ids.Mode, entries ...string) (map[string]bool, error) {
	held := map[string]bool{}
	for _, entry := range entries {
		held[entry] = true
	}
	return held, nil
}

type oneContract struct{}

func (oneContract) Candidates(context.Context, ids.Mode, ids.ID) ([]payments.Candidate, error) {
	return []payments.Candidate{{Account: contract.ID, Provider: contract.Provider, On: true, Fiscal: true, Currencies: []money.Currency{money.RUB},
		Methods: []payments.MethodTerms{{Method: banks.Card, On: true}, {Method: banks.SBP, On: true}}}}, nil
}

func (oneContract) Account(_ context.Context, _ ids.Mode, id ids.ID) (banks.Account, error) {
	if id != contract.ID {
		return banks.Account{}, errors.New("no such account")
	}
	return contract, nil
}

func (oneContract) Terms(context.Context, payments.Payment) (ledger.Terms, error) {
	return ledger.Terms{}, nil
}

func (oneContract) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) { return nil, nil }

func (oneContract) RefundLimit(context.Context, ids.Mode, ids.ID) (int64, error) { return 100_000, nil }

func (oneContract) ByTerminal(_ context.Context, m ids.Mode, _, terminal string) (banks.Account, bool, error) {
	return contract, m == contract.Mode && terminal == contract.Terminal, nil
}

// press is a payer's press of «pay».
func (s *street) press(p *process, o payments.Order, m banks.Method) payments.Payment {
	s.t.Helper()
	w, err := p.teller.LoadLink(s.t.Context(), o.Link())
	require.NoError(s.t, err)
	_, got, err := p.teller.Open(s.t.Context(), w, teller.Wish{Method: m})
	require.NoError(s.t, err)
	require.Equal(s.t, payments.Pending, got.Status)
	return got
}

// giveBack is a partner's refund of a third of the only line, which SBP carries out after its answer.
func (s *street) giveBack(p *process, o payments.Order) {
	s.t.Helper()
	w, err := p.teller.LoadLink(s.t.Context(), o.Link())
	require.NoError(s.t, err)
	_, r, _, err := p.teller.Refund(s.t.Context(), w, w.State.Winner, payments.RefundWish{Amount: 50_000, Source: payments.ByPartner, Author: "token", Key: "key", Hash: "hash"})
	require.NoError(s.t, err)
	require.Equal(s.t, int64(50_000), r.Amount.Amount)
}

// sweep lets a process look after whatever is due, for a day and a half.
func (s *street) sweep(p *process, o payments.Order) {
	s.t.Helper()
	for _, step := range []time.Duration{3 * time.Minute, 2 * time.Hour, 12 * time.Hour, 24 * time.Hour} {
		s.clock.Advance(step)
		require.NoError(s.t, s.bank.Tick(s.t.Context()))
		_, err := p.sweeper.Sweep(s.t.Context(), ids.Test, int(o.ID[0])%store.Shards)
		require.NoError(s.t, err)
		_, err = queue.Work(s.t.Context(), s.queue, queue.WebhookRetries, 10, p.worker.Do, quiet)
		require.NoError(s.t, err)
	}
}

// TestNeighbours plays the road of a payment in every mixture of today's code and its newer neighbour: who creates the order,
// opens the attempt, opens another, takes the notice, takes the receipt, gives a part back, and sweeps.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	const steps = 7
	for mixture := range 1 << steps {
		t.Run(fmt.Sprintf("Mixture%0*b", steps, mixture), func(t *testing.T) {
			t.Parallel()
			s, ctx := neighbours(t), t.Context()
			who := func(step int) *process { s.turn = mixture >> step & 1; return s.procs[s.turn] }
			o, _, err := who(0).teller.CreateOrder(ctx, ids.Test, partner, payments.Draft{Project: "Школа", Email: "buyer@example.com",
				Items: []payments.Item{{Name: "Консультация", Price: money.Of(150_000, money.RUB), Quantity: 1000}}}, "key", "hash")
			require.NoError(t, err)
			s.press(who(1), o, banks.Card)
			p := s.press(who(2), o, banks.SBP) // the payer changes his mind: the first attempt makes room
			who(3)
			_, err = s.bank.Pay(ctx, p.BankID, simulator.Attempt{Method: "sbp", Outcome: "success"})
			require.NoError(t, err)
			require.NoError(t, s.bank.Tick(ctx))
			who(4)
			s.clock.Advance(time.Minute)
			require.NoError(t, s.bank.Tick(ctx))
			s.giveBack(who(5), o)
			s.clock.Advance(time.Minute)
			require.NoError(t, s.bank.Tick(ctx))
			s.sweep(who(6), o)

			for _, p := range s.procs {
				w, err := p.teller.LoadLink(ctx, o.Link())
				require.NoError(t, err)
				require.Equal(t, payments.OrderPartiallyRefunded, w.Status())
				require.Equal(t, int64(150_000), w.State.Paid)
				require.Equal(t, int64(50_000), w.State.Refunded)
				require.Len(t, w.Receipts, 2)
				require.Empty(t, w.Alarms)
				require.Empty(t, w.Refunds[0].Due)
				require.Empty(t, w.Payments[0].Due)
				require.Empty(t, w.Payments[1].Due)
			}
			s.requireKept(mixture)
		})
	}
}

// requireKept goes through every write of the road: what the newer code wrote stays, whoever writes the row afterwards.
func (s *street) requireKept(mixture int) {
	s.t.Helper()
	changes, err := s.table.Changes(s.t.Context(), 1000)
	require.NoError(s.t, err)
	marked := 0
	for _, c := range changes {
		require.True(s.t, c.NewExists)
		if c.New.Attrs[unknownAttr].Text() != "" {
			marked++
		}
		if !c.OldExists {
			continue
		}
		require.GreaterOrEqual(s.t, c.New.Attrs["sv"].Number(), c.Old.Attrs["sv"].Number(), "%s looks older than it is", c.Key())
		if was := c.Old.Attrs[unknownAttr]; !was.IsAbsent() {
			require.Equal(s.t, was, c.New.Attrs[unknownAttr], "%s lost what the newer code wrote", c.Key())
		}
	}
	require.Equal(s.t, mixture != 0, marked > 0)
}
