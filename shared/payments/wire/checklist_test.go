package wire_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	identityapi "giberno.ru/shared/identity/api"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table/boltengine"
)

var (
	partner = ids.FromParts("partner")
	start   = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

// shop is a partner with his orders.
type shop struct {
	t     *testing.T
	store *store.Store
	made  int
}

func setup(t *testing.T) *shop {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	return &shop{t: t, store: store.New(engine)}
}

func (s *shop) order(m ids.Mode) payments.Whole {
	s.t.Helper()
	s.made++
	o, err := payments.NewOrder(payments.Draft{Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: money.Of(100, money.RUB), Quantity: 1000}}},
		ids.FromParts(string(m), fmt.Sprint(s.made)), m, partner, start.Add(time.Duration(s.made)*time.Second))
	require.NoError(s.t, err)
	_, _, err = s.store.Create(s.t.Context(), o)
	require.NoError(s.t, err)
	return payments.Whole{Order: o}
}

func (s *shop) save(out payments.Outcome) payments.Whole {
	s.t.Helper()
	require.NoError(s.t, s.store.Save(s.t.Context(), out))
	return out.After
}

func (s *shop) paid(m ids.Mode) payments.Whole {
	s.t.Helper()
	out, _ := payments.Begin(s.order(m), banks.Card, payments.Through{Provider: "tbank"}, "", nil, start)
	w := s.save(payments.Opened(s.save(out), 1, banks.Opened{BankID: "1", PageURL: "https://bank.example"}, start))
	return s.save(payments.Apply(w, 1, banks.News{Status: banks.Paid, BankID: "1"}, payments.Told, start))
}

// refunding begins a refund of a paid order.
func (s *shop) refunding(w payments.Whole, amount int64) payments.Whole {
	s.t.Helper()
	out, _, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: amount, Source: payments.ByPartner}, start)
	require.NoError(s.t, err)
	return s.save(out)
}

func TestChecklist(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		play           func(*shop)
		paid, refunded bool
	}{
		"NothingYet":      {func(*shop) {}, false, false},
		"OnlyOrdered":     {func(s *shop) { s.order(ids.Test) }, false, false},
		"OnlyPaid":        {func(s *shop) { s.paid(ids.Test) }, true, false},
		"LiveCountsNot":   {func(s *shop) { s.paid(ids.Live) }, false, false},
		"RefundOnItsWay":  {func(s *shop) { s.refunding(s.paid(ids.Test), 50) }, true, false},
		"RefundInPart":    {func(s *shop) { s.refunded(50) }, true, true},
		"RefundOfAll":     {func(s *shop) { s.refunded(100) }, true, true},
		"AmongManyOthers": {func(s *shop) { s.refunded(1); s.many(150) }, true, true},
		"TooLongAgo":      {func(s *shop) { s.refunded(1); s.many(501) }, false, false},
		"RefundThatFailed": {func(s *shop) {
			w := s.refunding(s.paid(ids.Test), 50)
			s.save(payments.RefundRefused(w, 1, banks.DeclinedNow, banks.Decline{}, start))
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			c.play(s)
			list := wire.Checklist{Store: s.store, Heard: func(_ context.Context, m ids.Mode, who ids.ID) (bool, error) {
				return m == ids.Test && who == partner, nil
			}}
			steps, err := list.Steps(t.Context(), partner)
			require.NoError(t, err)
			require.Equal(t, []identityapi.Step{{Code: "test_order_paid", Done: c.paid}, {Code: "test_order_refunded", Done: c.refunded},
				{Code: "test_event_delivered", Done: true}}, steps)
			steps, err = list.Steps(t.Context(), ids.FromParts("another"))
			require.NoError(t, err)
			require.False(t, steps[0].Done || steps[1].Done || steps[2].Done, "of another partner")
		})
	}
}

func (s *shop) refunded(amount int64) {
	s.t.Helper()
	s.save(payments.RefundAnswered(s.refunding(s.paid(ids.Test), amount), 1, banks.News{Status: banks.PartlyRefunded}, start))
}

func (s *shop) many(n int) {
	s.t.Helper()
	for range n {
		s.order(ids.Test)
	}
}
