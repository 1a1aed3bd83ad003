package teller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

// What follows are defects that the simulated world found (infra/world), each in the smallest scene that shows it.

// Seed 4: a replay with an absolute expiry was refused as invalid while the table was away, although the order existed.
func TestAReplayIsNotRefusedBecauseTheTableIsAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	d := draft()
	d.ExpiresAt = start.Add(10 * time.Minute)
	_, _, err := w.CreateOrder(t.Context(), ids.Test, partner, d, "k", "h")
	require.NoError(t, err)
	w.clock.Advance(8 * time.Minute) // by now the same expiry would be too near
	w.table.SetPlan(faulty.Nth(0, faulty.ErrorBefore))
	_, _, err = w.CreateOrder(t.Context(), ids.Test, partner, d, "k", "h")
	require.ErrorIs(t, err, table.ErrUnavailable)
	_, replayed, err := w.CreateOrder(t.Context(), ids.Test, partner, d, "k", "h")
	require.NoError(t, err)
	require.True(t, replayed)
}

// Seed 22: a notice of money given back came before that of the payment, while the bank was silent; the job that was to ask
// found the payment paid, and nobody ever heard of the refund.
func TestANoticeOfARefundIsNotLostBeforeThePaymentsOwn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o, p := w.open(w.order(), banks.Card)
	w.bank.set(p.Reference(), banks.PartlyRefunded)
	w.bank.next("ask", trouble{before: errLost})
	require.NoError(t, w.tell(p, banks.PartlyRefunded))
	require.NoError(t, w.tell(p, banks.Paid))
	require.Equal(t, payments.OrderPaid, w.load(o.Order.ID).Status())
	w.pass(10 * time.Minute)
	require.Equal(t, payments.OrderPartiallyRefunded, w.load(o.Order.ID).Status())
	require.Equal(t, []payments.AlarmKind{payments.RefundedAtBank}, w.alarms())
}
