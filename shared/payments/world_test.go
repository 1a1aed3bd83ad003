package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// What follows are defects that the simulated world found (infra/world), each in the smallest scene that shows it.

// Seed 222: an attempt that had lost the road became held without the order's lock, and another one began beside its money.
func TestAHoldThatCameLateIsUnderTheOrdersLock(t *testing.T) {
	t.Parallel()
	w := opened(opened(fresh(t, hold), banks.Card, start), banks.CardForeign, start)
	require.Equal(t, payments.Superseded, status(w, 1))
	out := payments.Apply(w, 1, news(1, banks.Held), payments.Asked, start)
	lawful(t, out)
	require.Equal(t, payments.Held, status(out.After, 1))
	require.True(t, out.StateChanged(), "whoever begins an attempt meanwhile has to decide anew")
}

// Seed 233: a mismatch was written without the payment, so that a notice of a capture that was changing meanwhile raised a
// false alarm.
func TestAMismatchIsJudgedOverTheRowAsItStands(t *testing.T) {
	t.Parallel()
	part := money.Of(50_000, money.RUB)
	for _, s := range []banks.Status{banks.Paid, banks.Held} {
		n := news(1, s)
		n.Amount = &part
		out := payments.Apply(opened(fresh(t, hold), banks.Card, start), 1, n, payments.Told, start)
		lawful(t, out)
		require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, raised(out))
		require.Len(t, out.Changed(), 1, "the write is on condition of the payment's version")
		require.True(t, payments.Apply(out.After, 1, n, payments.Told, start).Empty(), "and happens once")
	}
}

// Seed 113: two parts went back at the bank before we knew of the payment. While the second was under way the bank said «paid» and
// what the first had left, and an operator was called for an amount that was never another.
func TestWhatIsLeftWhileARefundRunsIsNoOtherAmount(t *testing.T) {
	t.Parallel()
	w := opened(fresh(t), banks.SBP, start)
	left := money.Of(1_000, money.RUB)
	running := news(1, banks.Paid)
	running.Underway, running.Amount = true, &left
	for _, how := range []payments.Evidence{payments.Told, payments.Asked} {
		out := payments.Apply(w, 1, running, how, start)
		lawful(t, out)
		require.Empty(t, raised(out))
		require.Equal(t, payments.Pending, status(out.After, 1), "its end will tell")
		w = out.After
	}
	out := payments.Apply(w, 1, leftAt(banks.PartlyRefunded, left.Amount), payments.Asked, start)
	require.Equal(t, payments.Paid, status(out.After, 1))
	require.Equal(t, []payments.AlarmKind{payments.RefundedAtBank}, raised(out))

	more := money.Of(w.Order.Total.Amount+1, money.RUB)
	running.Amount = &more
	require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, raised(payments.Apply(w, 1, running, payments.Asked, start)), "nothing leaves more")
}

// Seed 30: an unwanted success whose refund the bank refused lay where it was, for its due key had gone.
func TestAnUnwantedSuccessIsTriedAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	w := payments.Cancel(opened(fresh(t), banks.Card, start), "", "", start).After
	w = payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start).After
	w.Payments[0].Due = time.Time{} // the sweeper let it go while the refund was on its way
	out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Source: payments.BySystem, Keyed: true}, start)
	require.NoError(t, err)
	out = payments.RefundRefused(out.After, r.N, banks.DeclinedNow, banks.Decline{}, start)
	lawful(t, out)
	require.False(t, out.After.Payments[0].Due.IsZero())
	duties, _ := payments.OwedByPayment(out.After, 1, start)
	require.Contains(t, duties, payments.DutyReturn)
}

// Seed 200: the paper of a return in the bank's cabinet came while a refund of ours was on its way, and was refused with a
// false alarm.
func TestAReturnsPaperWaitsWhileRefundsAreOnTheirWay(t *testing.T) {
	t.Parallel()
	w, _ := begin(t, bought(t), payments.RefundWish{Amount: 50_000, Keyed: true})
	f := fiscal(9)
	f.Kind, f.Total = receipts.IncomeReturn, money.Of(30_000, money.RUB)
	out := payments.AddReceipt(w, w.Payments[0], f, false, payments.Asked, start)
	require.True(t, out.Ask)
	require.Empty(t, raised(out))
	w = payments.Apply(succeeded(t, w, 1), 1, leftAt(banks.PartlyRefunded, 70_000), payments.Asked, start).After
	out = payments.AddReceipt(w, w.Payments[0], f, false, payments.Asked, start)
	require.Len(t, out.ChangedReceipts(), 1, "now it has a refund that it belongs to")
}

// Seed 291: a word that we do not know, about an attempt that had ended, was passed over, and nobody ever asked what it meant.
func TestAnUnknownWordAboutAnEndedAttemptIsAskedAbout(t *testing.T) {
	t.Parallel()
	w := at(t, payments.Paid, "")
	require.True(t, payments.Apply(w, 1, news(1, banks.Unrecognised), payments.Told, start).Ask)
	require.False(t, payments.Apply(w, 1, news(1, banks.Unrecognised), payments.Asked, start).Ask)
	require.False(t, payments.Apply(opened(fresh(t), banks.Card, start), 1, news(1, banks.Unrecognised), payments.Told, start).Ask,
		"one that is watched is asked about anyway")
}
