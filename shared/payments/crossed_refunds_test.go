package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
)

// Each was wrong once: what the bank says of one call was taken for another's.
func TestCrossedRefunds(t *testing.T) {
	t.Parallel()
	begun := banks.News{Status: banks.Paid, Underway: true}
	t.Run("RefusalOfARepetitionProvesNothingOfTheFirstCall", func(t *testing.T) {
		t.Parallel()
		for _, class := range []banks.Class{banks.Unavailable, banks.Conflict, banks.BadRequest, banks.NotFound, banks.DeclinedNow} {
			w := refunding(t, bought(t), 50_000) // and the process died
			now := start.Add(2 * time.Minute)
			again, ok := payments.SendRefund(w, 1, now)
			require.True(t, ok)
			w = payments.RefundRefused(again.After, 1, class, banks.Decline{}, now).After
			require.False(t, refundStatus(w, 1).Final(), class.String())
			left := leftAt(banks.PartlyRefunded, total.Amount-50_000)
			w = payments.RefundTold(w, 1, left, now).After
			require.Equal(t, payments.RefundSucceeded, refundStatus(w, 1), class.String())
			require.EqualValues(t, 50_000, w.State.Refunded)
		}
	})
	t.Run("DeniedWithNothingGoneHasFailed", func(t *testing.T) {
		t.Parallel()
		w := payments.RefundLost(refunding(t, bought(t), 50_000), 1, start).After
		why := banks.Decline{Code: "1013"}
		out := payments.RefundDenied(w, 1, leftAt(banks.Paid, total.Amount), why, start.Add(time.Minute))
		lawful(t, out)
		r, _ := out.After.Refund(1)
		require.Equal(t, payments.RefundFailed, r.Status)
		require.Equal(t, why, r.Decline)
		out = payments.RefundDenied(w, 1, leftAt(banks.PartlyRefunded, total.Amount-50_000), why, start.Add(time.Minute))
		lawful(t, out)
		require.Equal(t, payments.RefundSucceeded, refundStatus(out.After, 1))
		out = payments.RefundDenied(w, 1, leftAt(banks.PartlyRefunded, total.Amount-10_000), why, start.Add(time.Minute))
		require.Equal(t, payments.RefundUnknown, refundStatus(out.After, 1), "something is gone, and it may be on its way")
	})
	t.Run("AMissBeforeARepetitionDoesNotCount", func(t *testing.T) {
		t.Parallel()
		nothing := leftAt(banks.Paid, total.Amount)
		w := payments.RefundLost(refunding(t, bought(t), 50_000), 1, start).After
		w = payments.RefundTold(w, 1, nothing, start.Add(time.Minute)).After
		now := start.Add(4 * time.Minute)
		again, ok := payments.SendRefund(w, 1, now)
		require.True(t, ok)
		w = payments.RefundLost(again.After, 1, now.Add(20*time.Second)).After
		w = payments.RefundTold(w, 1, nothing, now.Add(30*time.Second)).After
		require.Equal(t, payments.RefundUnknown, refundStatus(w, 1), "ten seconds after the last call was lost")
	})
	t.Run("ALateSuccessOfAFailedOneIsAskedAbout", func(t *testing.T) {
		t.Parallel()
		w := payments.RefundRefused(refunding(t, bought(t), 50_000), 1, banks.DeclinedNow, banks.Decline{}, start).After
		require.Equal(t, payments.RefundFailed, refundStatus(w, 1))
		out := payments.RefundAnswered(w, 1, leftAt(banks.PartlyRefunded, total.Amount-50_000), start.Add(time.Minute))
		lawful(t, out)
		p, _ := out.After.Payment(1)
		require.True(t, p.Suspect)
	})
	t.Run("AnAnswerThatShowsMoreGoneIsAskedAbout", func(t *testing.T) {
		t.Parallel()
		out := payments.RefundAnswered(refunding(t, bought(t), 50_000), 1, leftAt(banks.PartlyRefunded, 10_000), start)
		lawful(t, out)
		p, _ := out.After.Payment(1)
		require.True(t, p.Suspect)
	})
	t.Run("OfTwoBegunOneDoneTheEqualSumIsToldOnce", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, refunding(t, bought(t), 50_000), 40_000)
		w = payments.RefundAnswered(payments.RefundAnswered(w, 1, begun, start).After, 2, begun, start).After
		left := leftAt(banks.PartlyRefunded, w.Order.Total.Amount-50_000)
		now := start
		for range 60 {
			for k := 1; k <= 2; k++ {
				if refundStatus(w, k).Final() {
					continue
				}
				now = now.Add(12 * time.Hour)
				if again, ok := payments.SendRefund(w, k, now); ok { // under its key the bank tells them apart
					if k == 1 {
						w = payments.RefundAnswered(again.After, k, left, now).After
					} else {
						w = payments.RefundDenied(payments.RefundLost(again.After, k, now).After, k, left, banks.Decline{Code: "1"}, now).After
					}
					continue
				}
				out := payments.RefundTold(w, k, left, now)
				if out.Empty() {
					out = payments.RefundLooked(w, k, now)
				}
				w = out.After
			}
		}
		require.Equal(t, payments.RefundSucceeded, refundStatus(w, 1))
		require.Equal(t, payments.RefundFailed, refundStatus(w, 2))
		require.EqualValues(t, 50_000, w.State.Refunded)
	})
	t.Run("WhatIsUnderwayMayBeAnother", func(t *testing.T) {
		t.Parallel()
		w := refunding(t, refunding(t, bought(t), 50_000), 40_000)
		w = payments.RefundLost(w, 1, start).After
		w = payments.RefundAnswered(w, 2, begun, start).After
		w = payments.RefundTold(w, 1, begun, start.Add(time.Minute)).After
		_, ok := payments.SendRefund(w, 1, start.Add(3*time.Minute))
		require.True(t, ok, "nobody said that the first was begun")
	})
	t.Run("NotGivenBackByItselfEndsWithAnOperator", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		w = payments.Apply(payments.Cancel(w, "", "", start).After, 1, news(1, banks.Paid), payments.Told, start).After
		require.True(t, w.Unwanted(1))
		for i := range w.Alarms {
			w.Alarms[i].ClosedAt = start.Add(time.Minute)
		}
		now, tries := start.Add(time.Hour), 0
		for ; w.Unwanted(1) && tries < 100; now = now.Add(48 * time.Hour) {
			out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Source: payments.BySystem, Keyed: true}, now)
			require.NoError(t, err)
			w = payments.RefundRefused(out.After, int(r.N), banks.DeclinedNow, banks.Decline{}, now).After
			tries++
		}
		require.Equal(t, payments.MaxReturnTries, tries)
		require.Contains(t, openAlarms(w), payments.StuckRefund)
	})
}

func openAlarms(w payments.Whole) (kinds []payments.AlarmKind) {
	for _, a := range w.Alarms {
		if a.IsOpen() {
			kinds = append(kinds, a.Kind)
		}
	}
	return kinds
}
