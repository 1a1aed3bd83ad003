package calls

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func engine(t *testing.T) table.Table {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	rows, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	return rows
}

// refunded makes an order that was paid by SBP and half given back.
func refunded(t *testing.T, s *store.Store, name string) (payment, refund ids.ID) {
	t.Helper()
	o, err := payments.NewOrder(payments.Draft{Project: "p", Email: "a@b.ru", ExternalID: name,
		Items: []payments.Item{{Name: "a", Price: money.Of(1000, money.RUB), Quantity: 1000}}}, ids.FromParts(name), ids.Test, ids.FromParts("partner"), start)
	require.NoError(t, err)
	_, _, err = s.Create(t.Context(), o)
	require.NoError(t, err)
	save := func(out payments.Outcome) payments.Whole {
		require.NoError(t, s.Save(t.Context(), out))
		return out.After
	}
	out, p := payments.Begin(payments.Whole{Order: o}, banks.SBP, payments.Through{Provider: "tbank"}, "", nil, start)
	w := save(payments.Opened(save(out), 1, banks.Opened{BankID: "1", PageURL: "https://bank.example"}, start))
	w = save(payments.Apply(w, 1, banks.News{Status: banks.Paid, BankID: "1"}, payments.Told, start))
	out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: 500, Source: payments.ByPartner}, start)
	require.NoError(t, err)
	save(out)
	return p.ID, r.ID
}

func TestOrdersBehindARegister(t *testing.T) {
	t.Parallel()
	t.Run("PaymentsAndRefundsNameTheirOrderAndMethod", func(t *testing.T) {
		t.Parallel()
		s := store.New(engine(t))
		payment, refund := refunded(t, s, "A-1")
		other, _ := refunded(t, s, "A-2")
		stranger := ids.FromParts("nobody").Child(ids.Payment, 1)
		got, err := ordersOf(s)(t.Context(), ids.Test, payment, refund, other, stranger)
		require.NoError(t, err)
		require.Len(t, got, 3, "an order that is gone is left out")
		for id, number := range map[ids.ID]string{payment: "A-1", refund: "A-1", other: "A-2"} {
			require.Equal(t, number, got[id].ExternalID)
			require.Equal(t, "sbp", got[id].Method)
		}
	})
	t.Run("TestAndLiveNeverMeet", func(t *testing.T) {
		t.Parallel()
		s := store.New(engine(t))
		payment, _ := refunded(t, s, "A-1")
		got, err := ordersOf(s)(t.Context(), ids.Live, payment)
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("ErrSilentTable", func(t *testing.T) {
		t.Parallel()
		s := store.New(faulty.New(engine(t), func(faulty.Call) faulty.Fault { return faulty.ErrorBefore }))
		_, err := ordersOf(s)(t.Context(), ids.Test, ids.FromParts("a"), ids.FromParts("b"))
		require.ErrorIs(t, err, table.ErrUnavailable, "a register without its numbers would look like one without orders")
	})
	t.Run("NoneAreNone", func(t *testing.T) {
		t.Parallel()
		got, err := ordersOf(store.New(engine(t)))(t.Context(), ids.Test)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}
