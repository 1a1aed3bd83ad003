package gap_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/infra/standalone/gap"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/receipts"
)

var (
	start    = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner  = ids.FromParts("partner")
	total    = money.Of(150_000, money.RUB)
	quiet    = slog.New(slog.DiscardHandler)
	contract = banks.Account{ID: ids.FromParts("account"), Provider: tbank.Provider, Mode: ids.Test, Terminal: "GapDEMO", Password: "secret", Address: "http://bank.test"}
)

// world is restored data and a bank that lived on.
type world struct {
	t      *testing.T
	clock  *clock.Manual
	bank   *simulator.Bank
	silent bool // the bank cannot be reached
	driver *banks.Bank
	asker  gap.Asker
}

func setup(t *testing.T) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	rows, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	w := &world{t: t, clock: clock.At(start)}
	w.bank, err = simulator.New(simulator.Config{Terminals: []simulator.Terminal{{Key: contract.Terminal, Password: contract.Password}},
		Clock: w.clock, Random: rand.NewChaCha8([32]byte{5}), BaseURL: contract.Address, NoMagicAmounts: true, Log: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.bank.Close()) })
	line, err := outbound.New(outbound.Options{Transport: w})
	require.NoError(t, err)
	w.driver = banks.New(tbank.New(line), banks.Limits{}).Using(w.clock, quiet)
	s := store.New(rows)
	w.asker = gap.Asker{Store: s, Clock: w.clock, Teller: teller.New(teller.Config{
		Store: s, Accounts: w, Clock: w.clock, Random: rand.NewChaCha8([32]byte{1}), Log: quiet, BaseURL: "http://us.test",
		Bank: func(p string) (teller.Bank, bool) { return w.driver, p == tbank.Provider }, Notify: func(string) string { return "http://us.test/a2c" },
	})}
	return w
}

// RoundTrip is the road to the bank.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.silent {
		return nil, errors.New("no road")
	}
	return w.bank.Transport().RoundTrip(r)
}

// Candidates, Account and ByTerminal are the one contract with the bank.
func (w *world) Candidates(context.Context, ids.Mode, ids.ID) ([]payments.Candidate, error) {
	return []payments.Candidate{{Account: contract.ID, Provider: contract.Provider, On: true, Currencies: []money.Currency{money.RUB},
		Methods: []payments.MethodTerms{{Method: banks.Card, On: true}}}}, nil
}

func (w *world) Account(context.Context, ids.Mode, ids.ID) (banks.Account, error) {
	return contract, nil
}

func (w *world) Terms(context.Context, payments.Payment) (ledger.Terms, error) {
	return ledger.Terms{}, nil
}

func (w *world) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) { return nil, nil }

func (w *world) RefundLimit(context.Context, ids.Mode, ids.ID) (int64, error) { return 0, nil }

func (w *world) ByTerminal(context.Context, ids.Mode, string, string) (banks.Account, bool, error) {
	return contract, true, nil
}

// order makes an order, with an open attempt if known.
func (w *world) order(name string, known bool) payments.Order {
	w.t.Helper()
	o, _, err := w.asker.Teller.CreateOrder(w.t.Context(), ids.Test, partner, payments.Draft{Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000}}}, name, name)
	require.NoError(w.t, err)
	if known {
		_, p, err := w.asker.Teller.Open(w.t.Context(), payments.Whole{Order: o}, teller.Wish{Method: banks.Card})
		require.NoError(w.t, err)
		require.Equal(w.t, payments.Pending, p.Status)
	}
	return o
}

// elsewhere opens attempt n at the bank, as the lost platform did.
func (w *world) elsewhere(o payments.Order, n int) (bankID string) {
	w.t.Helper()
	opened, err := w.driver.Open(w.t.Context(), contract, banks.Charge{Reference: ids.Reference(ids.Test, o.ID, n), Amount: total, Method: banks.Card,
		Description: "Школа", Deadline: start.Add(time.Hour), NotifyURL: "http://us.test/a2c", ReturnURL: "http://us.test/p", Locale: "ru"})
	require.NoError(w.t, err)
	return opened.BankID
}

func (w *world) pay(bankID string) {
	w.t.Helper()
	_, err := w.bank.Pay(w.t.Context(), bankID, simulator.Attempt{Outcome: "success"})
	require.NoError(w.t, err)
}

// paid makes an order whose first attempt is paid, as the data knows.
func (w *world) paid(name string) payments.Order {
	w.t.Helper()
	o := w.order(name, true)
	w.pay(ids.Reference(ids.Test, o.ID, 1))
	_, whole := w.ask(o, start)
	require.Equal(w.t, payments.OrderPaid, whole.Status())
	return o
}

func (w *world) ask(o payments.Order, since time.Time) (gap.Found, payments.Whole) {
	w.t.Helper()
	found, err := w.asker.Ask(w.t.Context(), []gap.Order{{Mode: o.Mode, ID: o.ID}}, since)
	require.NoError(w.t, err)
	whole, err := w.asker.Store.Load(w.t.Context(), o.Mode, o.ID)
	require.NoError(w.t, err)
	return found, whole
}

func TestAsk(t *testing.T) {
	t.Parallel()
	t.Run("AnOpenAttemptThatWasPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("a", true)
		w.pay(ids.Reference(ids.Test, o.ID, 1))
		found, whole := w.ask(o, start)
		require.Equal(t, gap.Found{Orders: 1, Asked: 1, Moved: 1}, found)
		require.Equal(t, payments.OrderPaid, whole.Status())
	})
	t.Run("AnOpenAttemptThatWasNotIsDueNow", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("a", true)
		found, whole := w.ask(o, start)
		require.Equal(t, gap.Found{Orders: 1, Asked: 1}, found)
		require.Equal(t, start, whole.Payments[0].Due)
	})
	t.Run("NumbersThatNoBankKnowsAreFilled", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("a", false)
		w.pay(w.elsewhere(o, 3)) // the bank had refused to open 1 and 2
		found, whole := w.ask(o, start)
		require.Equal(t, gap.Found{Orders: 1, Known: 1}, found)
		require.Equal(t, 3, whole.State.Winner)
		require.Len(t, whole.Payments, 3)
		for _, p := range whole.Payments[:2] {
			require.Equal(t, payments.Superseded, p.Status)
			require.False(t, p.Due.IsZero(), "it ends by the ordinary looks")
		}
		require.Equal(t, start, whole.Payments[2].Due, "its receipt and the closing of the others are looked after at once")
	})
	t.Run("APageThatIsStillOpenMayBePaidLater", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("a", true)
		bankID := w.elsewhere(o, 2)
		_, whole := w.ask(o, start)
		require.Equal(t, payments.Superseded, whole.Payments[1].Status)
		require.True(t, whole.Payments[1].Watched())
		w.pay(bankID)
		_, whole = w.ask(o, start)
		require.Equal(t, 2, whole.State.Winner)
	})
	t.Run("AttemptsOutOfSightAreNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("a", false)
		w.elsewhere(o, payments.MaxProviders+2)
		found, whole := w.ask(o, start)
		require.Zero(t, found.Known)
		require.Empty(t, whole.Payments)
	})
	t.Run("ARefundWhoseRowIsLostIsFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.paid("a")
		w.clock.Advance(24 * time.Hour) // it was paid long before the backup
		_, err := w.bank.Refund(t.Context(), ids.Reference(ids.Test, o.ID, 1), 50_000)
		require.NoError(t, err)
		found, whole := w.ask(o, start.Add(12*time.Hour))
		require.Equal(t, gap.Found{Orders: 1, Asked: 1, Back: 1}, found)
		require.Len(t, whole.Refunds, 1)
		require.Equal(t, payments.ByBank, whole.Refunds[0].Source)
		require.Equal(t, payments.RefundSucceeded, whole.Refunds[0].Status)
		require.True(t, whole.Raised(payments.RefundedAtBank, whole.Payments[0].ID.String()))
		require.False(t, whole.Payments[0].Suspect)
		require.Equal(t, int64(100_000), whole.Refundable(1), "what went back cannot go back again")
		_, _, err = payments.BeginRefund(whole, 1, payments.RefundWish{Amount: 100_001, Source: payments.ByPartner, Author: "token", Key: "again", Hash: "again"}, w.clock.Now())
		require.ErrorIs(t, err, payments.ErrExceedsRefundable)

		found, again := w.ask(o, start.Add(12*time.Hour))
		require.Zero(t, found.Back, "asking again finds nothing more")
		require.Equal(t, whole.Refunds, again.Refunds)
	})
	t.Run("ARefundOfAllIsFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.paid("a")
		_, err := w.bank.Refund(t.Context(), ids.Reference(ids.Test, o.ID, 1), 0)
		require.NoError(t, err)
		_, whole := w.ask(o, start)
		require.True(t, whole.Raised(payments.RefundedAtBank, whole.Payments[0].ID.String()))
		require.Equal(t, payments.OrderRefunded, whole.Status())
		require.Zero(t, whole.Refundable(1))
	})
	t.Run("ASilentBankLeavesAPaidAttemptSuspected", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.paid("a")
		_, err := w.bank.Refund(t.Context(), ids.Reference(ids.Test, o.ID, 1), 50_000)
		require.NoError(t, err)
		w.silent = true
		found, whole := w.ask(o, start)
		require.Equal(t, 1, found.Silent)
		require.True(t, whole.Payments[0].Suspect, "should this run be given up, its due key goes on asking")
		require.Equal(t, start, whole.Payments[0].Due)
		w.silent = false
		require.NoError(t, w.asker.Teller.AskDuty(t.Context(), whole, 1))
		_, whole = w.ask(o, start)
		require.Len(t, whole.Refunds, 1)
	})
	t.Run("APaidAttemptThatNothingWentBackOfIsClear", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.paid("a")
		found, whole := w.ask(o, start)
		require.Equal(t, gap.Found{Orders: 1, Asked: 1}, found)
		require.False(t, whole.Payments[0].Suspect)
		require.Empty(t, whole.Alarms)
		require.Equal(t, total.Amount, whole.Refundable(1))
	})
	t.Run("ASilentBankIsNotedAndChangesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		known, unknown := w.order("a", true), w.order("b", false)
		w.silent = true
		for _, o := range []payments.Order{known, unknown} {
			before, err := w.asker.Store.Load(t.Context(), o.Mode, o.ID)
			require.NoError(t, err)
			found, whole := w.ask(o, start)
			require.Equal(t, 1, found.Silent)
			require.Len(t, found.Reasons, 1)
			require.Equal(t, before.State, whole.State)
			require.Len(t, whole.Payments, len(before.Payments))
		}
	})
	t.Run("OrdersThatNothingCanHaveHappenedToAreLeftAlone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.paid("a")
		found, _ := w.ask(o, start.Add(payments.MaxLife+time.Minute))
		require.Zero(t, found.Orders, "a refund of so old a payment is the register's to find")
		_, err := w.bank.Refund(t.Context(), ids.Reference(ids.Test, o.ID, 1), 0)
		require.NoError(t, err)
		w.ask(o, start)
		found, _ = w.ask(o, start.Add(time.Minute))
		require.Zero(t, found.Orders, "nothing is left of it")
	})
	t.Run("ErrNoSuchOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.asker.Ask(t.Context(), []gap.Order{{Mode: ids.Test, ID: ids.FromParts("nobody")}}, start)
		require.ErrorIs(t, err, payments.ErrOrderNotFound)
	})
	t.Run("ItEndsWithItsContext", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("a", true)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.asker.Ask(ctx, []gap.Order{{Mode: o.Mode, ID: o.ID}}, start)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	gap.Found{Orders: 3, Silent: 1, Reasons: []string{"t01: no road"}}.Print(&out, start)
	require.Contains(t, out.String(), "3 orders may have changed since 2026-03-02T09:00:00Z")
	require.Contains(t, out.String(), "0 refunds found")
	require.Contains(t, out.String(), "t01: no road")
}
