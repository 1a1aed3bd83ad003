//go:build wire

package wire

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/table/faulty"
)

// The other scenes of the demonstration, once each on the engines of the wire, with nothing broken but what the scene breaks.
// Every fault at every call of them is played on the embedded engines by infra/checks/road.
func TestWays(t *testing.T) {
	t.Parallel()
	for name, scene := range map[string]func(*world, context.Context, payments.Order) payments.Status{
		"DeclinedThenSBP":   declinedThenSBP,
		"ChangeOfMind":      changeOfMind,
		"LostInit":          lostInit,
		"HeldAndCaptured":   heldAndCaptured,
		"HeldAndVoided":     heldAndVoided,
		"CancelledByShop":   cancelledByShop,
		"NobodyPaysInTime":  nobodyPays,
		"PaidAfterADecline": paidAfterADecline,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			w := newWorld(t, -1, faulty.None)
			o, _, err := w.proc.teller.CreateOrder(ctx, ids.Test, partner, payments.Draft{
				Project: "Школа", Email: "buyer@example.com", ExpiresAt: start.Add(2 * time.Hour), Hold: name == "HeldAndCaptured" || name == "HeldAndVoided",
				Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000, Subject: "service"}},
			}, "key", "hash")
			require.NoError(t, err)
			w.shard = int(o.ID[0]) % store.Shards
			want := scene(w, ctx, o)
			w.settle(ctx)
			require.Empty(t, w.alarms(ctx))
			if want == payments.Paid {
				w.requirePaidOnce(ctx, o)
				return
			}
			whole := w.read(ctx, o)
			require.True(t, whole.Closed() || want == payments.Cancelled && whole.Status() == payments.OrderExpired, "%s", whole.Status())
			require.Zero(t, whole.State.Paid)
			for _, p := range whole.Payments {
				require.Equal(t, want, p.Status)
			}
			for _, p := range w.bank.Payments(10) {
				require.Zero(t, p.Captured)
			}
		})
	}
}

func (w *world) read(ctx context.Context, o payments.Order) payments.Whole {
	w.t.Helper()
	whole, err := store.New(w.table).Load(ctx, ids.Test, o.ID)
	require.NoError(w.t, err)
	return whole
}

// choose is the payer's choice of a method, which has to lead to a page at once.
func (w *world) choose(ctx context.Context, o payments.Order, m banks.Method) payments.Payment {
	w.t.Helper()
	_, p, err := w.proc.teller.Open(ctx, w.read(ctx, o), teller.Wish{Method: m})
	require.NoError(w.t, err)
	require.Equal(w.t, payments.Pending, p.Status)
	return p
}

func (w *world) attempt(ctx context.Context, p payments.Payment, a simulator.Attempt) {
	w.t.Helper()
	_, err := w.bank.Pay(ctx, p.BankID, a)
	require.NoError(w.t, err)
	w.around(ctx)
}

func declinedThenSBP(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.attempt(ctx, w.choose(ctx, o, banks.Card), simulator.Attempt{Outcome: "insufficient_funds"})
	require.Equal(w.t, banks.InsufficientFunds, w.read(ctx, o).Payments[0].Decline.Code)
	w.attempt(ctx, w.choose(ctx, o, banks.SBP), simulator.Attempt{Method: "sbp"})
	return payments.Paid
}

func changeOfMind(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.choose(ctx, o, banks.Card)
	w.attempt(ctx, w.choose(ctx, o, banks.SBP), simulator.Attempt{Method: "sbp"})
	require.Equal(w.t, payments.Cancelled, w.read(ctx, o).Payments[0].Status)
	return payments.Paid
}

func lostInit(w *world, ctx context.Context, o payments.Order) payments.Status {
	require.NoError(w.t, w.bank.SetFault(simulator.Fault{Call: "Init", Fault: simulator.FaultLostAnswer}))
	p := w.choose(ctx, o, banks.Card)
	require.Equal(w.t, 2, p.N)
	w.attempt(ctx, p, simulator.Attempt{})
	return payments.Paid
}

func heldAndCaptured(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.attempt(ctx, w.choose(ctx, o, banks.Card), simulator.Attempt{})
	_, _, err := w.proc.teller.Capture(ctx, w.read(ctx, o), 1, 0, nil, "capture", "hash")
	require.NoError(w.t, err)
	return payments.Paid
}

func heldAndVoided(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.attempt(ctx, w.choose(ctx, o, banks.Card), simulator.Attempt{})
	_, _, err := w.proc.teller.Void(ctx, w.read(ctx, o), 1, "void", "hash")
	require.NoError(w.t, err)
	return payments.Cancelled
}

func cancelledByShop(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.choose(ctx, o, banks.Card)
	whole, _, err := w.proc.teller.CancelOrder(ctx, w.read(ctx, o), "cancel", "hash")
	require.NoError(w.t, err)
	require.Equal(w.t, payments.OrderCancelled, whole.Status())
	return payments.Cancelled
}

func nobodyPays(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.choose(ctx, o, banks.Card)
	return payments.Expired
}

func paidAfterADecline(w *world, ctx context.Context, o payments.Order) payments.Status {
	w.attempt(ctx, w.choose(ctx, o, banks.Card), simulator.Attempt{Outcome: "insufficient_funds", TryAgain: true})
	w.attempt(ctx, w.read(ctx, o).Payments[0], simulator.Attempt{})
	return payments.Paid
}
