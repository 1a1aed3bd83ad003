package payments_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

// basket is an order of several lines: 3 × 333.33, 1 × 100.00, 0.5 × 19.99, and a present.
func basket(d *payments.Draft) {
	line := func(name string, price int64, q money.Quantity) payments.Item {
		return payments.Item{Name: name, Price: money.Of(price, money.RUB), Quantity: q}
	}
	d.Items = []payments.Item{line("a", 33_333, 3000), line("b", 10_000, 1000), line("c", 1_999, 500), line("d", 0, 1000)}
}

// bought is a basket that attempt 1 paid.
func bought(t testing.TB, edit ...func(*payments.Draft)) payments.Whole {
	t.Helper()
	w := opened(fresh(t, edit...), banks.Card, start)
	n := news(1, banks.Paid)
	n.Amount = &w.Order.Total
	return payments.Apply(w, 1, n, payments.Told, start).After
}

func begin(t testing.TB, w payments.Whole, wish payments.RefundWish) (payments.Whole, payments.Refund) {
	t.Helper()
	out, r, err := payments.BeginRefund(w, 1, wish, start)
	require.NoError(t, err)
	lawful(t, out)
	return out.After, r
}

func refusal(w payments.Whole, wish payments.RefundWish) error {
	_, _, err := payments.BeginRefund(w, 1, wish, start)
	return err
}

// leftAt is the bank's answer that so much is left of a payment.
func leftAt(s banks.Status, minor int64) banks.News {
	left := money.Of(minor, money.RUB)
	return banks.News{Status: s, Word: string(s), Left: &left}
}

func refundStatus(w payments.Whole, k int) payments.RefundStatus {
	r, _ := w.Refund(k)
	return r.Status
}

func TestBeginRefund(t *testing.T) {
	t.Parallel()
	t.Run("AllThatIsLeft", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t, basket), payments.RefundWish{Source: payments.ByPartner, Keyed: true})
		require.Equal(t, w.Order.Total, r.Amount)
		require.Equal(t, w.Order.ID.Child(ids.Refund, 1), r.ID)
		require.Equal(t, payments.RefundPending, r.Status)
		require.True(t, r.Sent)
		require.Equal(t, []payments.Returned{{Line: 1, Quantity: 3000, Amount: 99_999}, {Line: 2, Quantity: 1000, Amount: 10_000},
			{Line: 3, Quantity: 500, Amount: 1_000}, {Line: 4, Quantity: 1000}}, r.Items)
		require.Zero(t, w.Refundable(1))
		require.Equal(t, payments.OrderPaid, w.Status(), "until the bank did it")
	})
	t.Run("SixtyTwiceOfAHundred", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t), payments.RefundWish{Amount: 90_000, Keyed: true})
		require.ErrorIs(t, refusal(w, payments.RefundWish{Amount: 90_000, Keyed: true}), payments.ErrExceedsRefundable)
		require.Equal(t, int64(60_000), w.Refundable(1))
	})
	t.Run("WhatFailedMayGoBackAgain", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t), payments.RefundWish{Keyed: true})
		out := payments.RefundRefused(w, 1, banks.DeclinedNow, banks.Decline{Code: banks.Generic, Message: "no"}, start)
		lawful(t, out)
		require.Equal(t, payments.RefundFailed, refundStatus(out.After, 1))
		require.Equal(t, total.Amount, out.After.Refundable(1))
		begin(t, out.After, payments.RefundWish{Keyed: true})
	})
	t.Run("ErrNotPaid", func(t *testing.T) {
		t.Parallel()
		for _, s := range payments.Statuses {
			if s != payments.Paid {
				require.ErrorIs(t, refusal(at(t, s, ""), payments.RefundWish{}), payments.ErrNotRefundable, s)
			}
		}
		require.ErrorIs(t, refusal(fresh(t), payments.RefundWish{}), payments.ErrPaymentNotFound)
	})
	t.Run("ErrAmounts", func(t *testing.T) {
		t.Parallel()
		w := bought(t)
		require.ErrorIs(t, refusal(w, payments.RefundWish{Amount: total.Amount + 1}), payments.ErrExceedsRefundable)
		require.ErrorIs(t, refusal(w, payments.RefundWish{Amount: 1 << 62}), payments.ErrExceedsRefundable)
		require.Error(t, refusal(w, payments.RefundWish{Amount: -1}))
	})
	t.Run("ErrOneAtATimeWithoutKeys", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t), payments.RefundWish{Amount: 1})
		require.ErrorIs(t, refusal(w, payments.RefundWish{Amount: 1}), payments.ErrRefundInProgress)
		w = succeeded(t, w, 1)
		begin(t, w, payments.RefundWish{Amount: 1})
	})
	t.Run("ErrExhausted", func(t *testing.T) {
		t.Parallel()
		w := bought(t)
		for k := 1; k <= ids.MaxChild; k++ {
			w, _ = begin(t, w, payments.RefundWish{Amount: 1, Keyed: true})
		}
		require.ErrorIs(t, refusal(w, payments.RefundWish{Amount: 1, Keyed: true}), payments.ErrRefundsExhausted)
	})
	t.Run("TheBankKeyNamesItForEver", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t), payments.RefundWish{Amount: 1, Keyed: true})
		require.Equal(t, w.Payments[0].Reference()+"r01"+strconv.FormatInt(start.Unix(), 36), r.BankKey())
		again := r
		again.CreatedAt = start.Add(time.Hour)
		require.NotEqual(t, r.BankKey(), again.BankKey(), "a number that a restored backup forgot is another refund")
		require.LessOrEqual(t, len(r.BankKey()), 40)
	})
}

func TestRefundByLines(t *testing.T) {
	t.Parallel()
	byLine := func(line int, q money.Quantity) payments.RefundWish {
		return payments.RefundWish{Keyed: true, Parts: []payments.Part{{Line: line, Quantity: q}}}
	}
	t.Run("ThirdsNeverAddUpToMoreThanTheWhole", func(t *testing.T) {
		t.Parallel()
		w := bought(t, func(d *payments.Draft) {
			d.Items = []payments.Item{{Name: "a", Price: money.Of(5, money.RUB), Quantity: 1000}}
		})
		var amounts []int64
		for _, q := range []money.Quantity{333, 333, 334} {
			var r payments.Refund
			w, r = begin(t, w, byLine(1, q))
			amounts = append(amounts, r.Amount.Amount)
		}
		require.Equal(t, []int64{2, 1, 2}, amounts)
	})
	t.Run("ErrMoreThanIsLeft", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, bought(t, basket), byLine(1, 2000))
		require.ErrorContains(t, refusal(w, byLine(1, 1001)), "validation")
		_, r := begin(t, w, byLine(1, 1000))
		require.Equal(t, int64(33_333), r.Amount.Amount)
	})
	t.Run("ErrLines", func(t *testing.T) {
		t.Parallel()
		w := bought(t, basket)
		require.Error(t, refusal(w, byLine(5, 1)))
		require.Error(t, refusal(w, byLine(1, 0)))
		require.Error(t, refusal(w, byLine(1, -5)))
		require.Error(t, refusal(w, payments.RefundWish{Parts: []payments.Part{{1, 1000}, {1, 1000}}}), "a line twice")
		require.Error(t, refusal(w, payments.RefundWish{Amount: 1, Parts: []payments.Part{{1, 1000}}}), "another amount than the lines come to")
		require.ErrorIs(t, refusal(w, byLine(4, 1000)), payments.ErrExceedsRefundable, "a present gives nothing back")
	})
	t.Run("OnlyLinesThatWereCaptured", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t, hold, basket), banks.Card, start)
		w = payments.Apply(w, 1, banks.News{BankID: bankID(1), Status: banks.Held}, payments.Told, start).After
		item := w.Order.Items[0]
		item.Line, item.Quantity, item.Amount.Amount = 1, 1000, 33_333
		out, err := payments.BeginCapture(w, 1, 0, []payments.Item{item}, "", "", start)
		require.NoError(t, err)
		w = payments.Apply(out.After, 1, banks.News{BankID: bankID(1), Status: banks.Paid}, payments.Asked, start).After
		require.Equal(t, int64(33_333), w.Refundable(1))
		require.Error(t, refusal(w, byLine(2, 1000)))
		require.Error(t, refusal(w, byLine(1, 1001)))
		_, r := begin(t, w, byLine(1, 500))
		require.Equal(t, int64(16_667), r.Amount.Amount)
	})
	t.Run("OfAPartWithoutLines", func(t *testing.T) {
		t.Parallel()
		w := at(t, payments.Paid, "")
		w.Payments[0].Captured, w.State.Paid = 100, 100
		require.ErrorContains(t, refusal(w, byLine(1, 1)), "validation")
		_, r := begin(t, w, payments.RefundWish{Amount: 40})
		require.Empty(t, r.Items)
	})
	t.Run("AnAmountIsSpreadByLargestRemainder", func(t *testing.T) {
		t.Parallel()
		w, r := begin(t, bought(t, basket), payments.RefundWish{Amount: 10_000, Keyed: true})
		// 10 000 over 99 999, 10 000 and 1 000 of 110 999: 9 009.0, 900.9…, 90.09…
		require.Equal(t, []payments.Returned{{Line: 1, Amount: 9_009}, {Line: 2, Amount: 901}, {Line: 3, Amount: 90}}, r.Items)
		var sum int64
		for _, i := range r.Items {
			sum += i.Amount
		}
		require.Equal(t, int64(10_000), sum)
		lines := w.ReturnedLines(r)
		for _, l := range lines {
			exact, err := money.Line(l.Price, l.Quantity)
			require.NoError(t, err)
			require.Equal(t, l.Amount, exact, "a till accepts price × quantity = amount only")
		}
	})
}

// TestEveryLineGivesBackWhatItTook: whatever is given back by lines and by amounts, each line's parts add up to at most
// what the line cost, all of them to what the payment took, and every receipt line is price × quantity.
func TestEveryLineGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := draft()
		d.Items = nil
		for range rapid.IntRange(1, 6).Draw(rt, "lines") {
			d.Items = append(d.Items, payments.Item{Name: "a", Price: money.Of(rapid.Int64Range(0, 100_000).Draw(rt, "price"), money.RUB),
				Quantity: money.Quantity(rapid.Int64Range(1, 5000).Draw(rt, "quantity"))})
		}
		d.Items[0].Price.Amount += 1000
		d.Items[0].Quantity += 1000
		o, err := payments.NewOrder(d, ids.FromParts("o"), ids.Test, partner, start)
		require.NoError(rt, err)
		w := opened(payments.Whole{Order: o}, banks.Card, start)
		n := news(1, banks.Paid)
		n.Amount = &w.Order.Total
		w = payments.Apply(w, 1, n, payments.Told, start).After
		for range 12 {
			wish := payments.RefundWish{Keyed: true}
			switch rapid.IntRange(0, 2).Draw(rt, "how") {
			case 0:
				wish.Amount = rapid.Int64Range(1, max(w.Refundable(1), 1)).Draw(rt, "amount")
			case 1:
				line := rapid.IntRange(1, len(o.Items)).Draw(rt, "line")
				wish.Parts = []payments.Part{{line, money.Quantity(rapid.Int64Range(1, int64(o.Items[line-1].Quantity)).Draw(rt, "part"))}}
			}
			out, r, err := payments.BeginRefund(w, 1, wish, start)
			if err != nil {
				continue
			}
			lawful(rt, out)
			w = out.After
			var sum int64
			for _, l := range w.ReturnedLines(r) {
				exact, err := money.Line(l.Price, l.Quantity)
				require.NoError(rt, err)
				require.Equal(rt, l.Amount, exact)
				sum += l.Amount.Amount
			}
			require.Equal(rt, r.Amount.Amount, sum, "the receipt is over the refund")
			if rapid.Bool().Draw(rt, "fails") {
				w = payments.RefundRefused(w, r.N, banks.DeclinedNow, banks.Decline{}, start).After
			}
		}
		gone, amount := map[int]money.Quantity{}, map[int]int64{}
		for _, r := range w.Refunds {
			for _, i := range r.Items {
				if r.Status != payments.RefundFailed {
					gone[i.Line] += i.Quantity
					amount[i.Line] += i.Amount
				}
			}
		}
		for i, item := range o.Items {
			require.LessOrEqual(rt, gone[i+1], item.Quantity)
			require.LessOrEqual(rt, amount[i+1], item.Amount.Amount)
		}
	})
}

func TestRefundOutcomes(t *testing.T) {
	t.Parallel()
	later := start.Add(10 * time.Minute)
	pending := func(t testing.TB, keyed bool) payments.Whole {
		t.Helper()
		w, _ := begin(t, bought(t), payments.RefundWish{Amount: 50_000, Keyed: keyed, Source: payments.ByPartner})
		return w
	}
	t.Run("SucceededOnce", func(t *testing.T) {
		t.Parallel()
		out := payments.RefundAnswered(pending(t, true), 1, leftAt(banks.PartlyRefunded, 100_000), later)
		lawful(t, out)
		require.Equal(t, payments.OrderPartiallyRefunded, out.After.Status())
		require.Equal(t, int64(50_000), out.After.State.Refunded)
		require.True(t, payments.RefundAnswered(out.After, 1, leftAt(banks.PartlyRefunded, 100_000), later).Empty())
		r, _ := out.After.Refund(1)
		require.Equal(t, payments.Status("succeeded"), r.First.Status)
	})
	t.Run("AllOfItMakesTheOrderRefunded", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, succeeded(t, pending(t, true), 1), payments.RefundWish{Keyed: true})
		require.Equal(t, payments.OrderRefunded, succeeded(t, w, 2).Status())
	})
	t.Run("ALostAnswerIsUnknown", func(t *testing.T) {
		t.Parallel()
		out := payments.RefundLost(pending(t, false), 1, later)
		lawful(t, out)
		require.Equal(t, payments.RefundUnknown, refundStatus(out.After, 1))
		_, again := payments.SendRefund(out.After, 1, later)
		require.False(t, again, "never repeated blindly")
		require.Equal(t, int64(100_000), out.After.Refundable(1), "and its amount stays promised")
		keyed, again := payments.SendRefund(payments.RefundLost(pending(t, true), 1, later).After, 1, later)
		require.True(t, again, "under its key the bank does it once")
		require.Equal(t, payments.RefundUnknown, refundStatus(keyed.After, 1), "until the bank answers it is not known")
	})
	t.Run("AWordThatIsNoAnswerProvesNothing", func(t *testing.T) {
		t.Parallel()
		for _, s := range []banks.Status{banks.Paid, banks.Cancelled, banks.Reversed, banks.Unrecognised, banks.Pending} {
			out := payments.RefundAnswered(pending(t, true), 1, banks.News{Status: s}, later)
			require.Equal(t, payments.RefundUnknown, refundStatus(out.After, 1), s)
		}
	})
	t.Run("FoundDoneByWhatIsLeft", func(t *testing.T) {
		t.Parallel()
		out := payments.RefundTold(payments.RefundLost(pending(t, false), 1, start).After, 1, leftAt(banks.PartlyRefunded, 100_000), later)
		lawful(t, out)
		require.Equal(t, payments.RefundSucceeded, refundStatus(out.After, 1))
		require.Empty(t, raised(out))
	})
	t.Run("FoundDoneBesideOneOfTheBanks", func(t *testing.T) {
		t.Parallel()
		out := payments.RefundTold(payments.RefundLost(pending(t, false), 1, start).After, 1, leftAt(banks.PartlyRefunded, 70_000), later)
		lawful(t, out)
		require.Equal(t, payments.RefundSucceeded, refundStatus(out.After, 1))
		r, _ := out.After.Refund(2)
		require.Equal(t, payments.ByBank, r.Source)
		require.Equal(t, int64(30_000), r.Amount.Amount)
		require.Equal(t, []payments.AlarmKind{payments.RefundedAtBank}, raised(out))
	})
	t.Run("NoTraceCountsTwiceTwoMinutesApart", func(t *testing.T) {
		t.Parallel()
		w := payments.RefundLost(pending(t, false), 1, start).After
		none := leftAt(banks.Paid, total.Amount)
		once := payments.RefundTold(w, 1, none, later)
		lawful(t, once)
		require.Equal(t, payments.RefundUnknown, refundStatus(once.After, 1))
		soon := payments.RefundTold(once.After, 1, none, later.Add(payments.MissApart-time.Second))
		require.Equal(t, payments.RefundUnknown, refundStatus(soon.After, 1))
		twice := payments.RefundTold(once.After, 1, none, later.Add(payments.MissApart))
		lawful(t, twice)
		require.Equal(t, payments.RefundFailed, refundStatus(twice.After, 1))
		require.Equal(t, total.Amount, twice.After.Refundable(1))
		r, _ := twice.After.Refund(1)
		require.Equal(t, payments.NotCarriedOut, r.Decline.Code)
	})
	t.Run("AnOldRefusalIsNoProofAboutALostOne", func(t *testing.T) {
		t.Parallel()
		refused := leftAt(banks.Paid, total.Amount)
		refused.Decline = banks.Decline{Code: banks.SBPRefused}
		out := payments.RefundTold(payments.RefundLost(pending(t, false), 1, start).After, 1, refused, later)
		require.Equal(t, payments.RefundUnknown, refundStatus(out.After, 1))
	})
	t.Run("WhatTheBankHadBegunFailsAtOnce", func(t *testing.T) {
		t.Parallel()
		begun := payments.RefundAnswered(pending(t, false), 1, banks.News{Status: banks.Paid, Underway: true}, start)
		lawful(t, begun)
		require.Equal(t, payments.RefundPending, refundStatus(begun.After, 1))
		require.True(t, payments.RefundTold(begun.After, 1, banks.News{Status: banks.Paid, Underway: true}, later).Empty())
		refused := leftAt(banks.Paid, total.Amount)
		refused.Decline = banks.Decline{Code: banks.SBPRefused, Message: "Счёт получателя не найден"}
		out := payments.RefundTold(begun.After, 1, refused, later)
		lawful(t, out)
		r, _ := out.After.Refund(1)
		require.Equal(t, payments.RefundFailed, r.Status)
		require.Equal(t, banks.SBPRefused, r.Decline.Code)
		require.Equal(t, payments.Status("pending"), r.First.Status, "what the creating call was told stays")
	})
	t.Run("WhileSomebodyWaitsNothingIsConcluded", func(t *testing.T) {
		t.Parallel()
		require.True(t, payments.RefundTold(pending(t, false), 1, leftAt(banks.PartlyRefunded, 100_000), start.Add(time.Second)).Empty())
	})
	t.Run("ABankThatMayDoItLaterIsTriedAgain", func(t *testing.T) {
		t.Parallel()
		for _, class := range []banks.Class{banks.Unavailable, banks.Config} {
			out := payments.RefundRefused(pending(t, false), 1, class, banks.Decline{}, start)
			lawful(t, out)
			require.Equal(t, payments.RefundPending, refundStatus(out.After, 1))
			_, again := payments.SendRefund(out.After, 1, later)
			require.True(t, again, "it is proven not to have happened")
			given := payments.RefundRefused(out.After, 1, class, banks.Decline{}, start.Add(payments.RefundPatience))
			lawful(t, given)
			require.Equal(t, payments.RefundFailed, refundStatus(given.After, 1))
		}
	})
	t.Run("ABankThatIsAwayProvesNothingOfALostCall", func(t *testing.T) {
		t.Parallel()
		for _, class := range []banks.Class{banks.Unavailable, banks.Config, banks.BadRequest, banks.NotFound} {
			w := payments.RefundLost(pending(t, true), 1, start).After
			out := payments.RefundRefused(w, 1, class, banks.Decline{}, start.Add(payments.RefundPatience+time.Hour))
			lawful(t, out)
			r, _ := out.After.Refund(1)
			require.Equal(t, payments.RefundUnknown, r.Status)
			require.True(t, r.Sent)
			require.Equal(t, []payments.AlarmKind{payments.StuckRefund}, raised(out))
		}
	})
	t.Run("OneWhoseProcessDiedIsUnknownWhateverTheNextCallIsTold", func(t *testing.T) {
		t.Parallel()
		out, again := payments.SendRefund(pending(t, true), 1, later)
		require.True(t, again)
		require.Equal(t, payments.RefundUnknown, refundStatus(out.After, 1))
		for _, class := range []banks.Class{banks.Unavailable, banks.Config, banks.Conflict, banks.NotFound} {
			refused := payments.RefundRefused(out.After, 1, class, banks.Decline{}, later)
			lawful(t, refused)
			r, _ := refused.After.Refund(1)
			require.Equal(t, payments.RefundUnknown, r.Status)
			require.True(t, r.Sent)
			require.Equal(t, int64(100_000), refused.After.Refundable(1))
		}
	})
	t.Run("WhatTheBankHasBegunIsOnlyAsked", func(t *testing.T) {
		t.Parallel()
		begun := payments.RefundAnswered(pending(t, true), 1, banks.News{Status: banks.Paid, Underway: true}, start).After
		_, again := payments.SendRefund(begun, 1, later)
		require.False(t, again)
		missed := payments.RefundTold(begun, 1, leftAt(banks.Paid, total.Amount), later)
		lawful(t, missed)
		require.Equal(t, payments.RefundUnknown, refundStatus(missed.After, 1), "it may still be on its way")
		failed := payments.RefundTold(missed.After, 1, leftAt(banks.Paid, total.Amount), later.Add(payments.MissApart))
		lawful(t, failed)
		require.Equal(t, payments.RefundFailed, refundStatus(failed.After, 1))
	})
	t.Run("WhatTheBankHasBegunAndRefusesHasFailed", func(t *testing.T) {
		t.Parallel()
		begun := payments.RefundAnswered(pending(t, true), 1, banks.News{Status: banks.Paid, Underway: true}, start).After
		no := leftAt(banks.Paid, total.Amount)
		no.Decline = banks.Decline{Code: "1051", Message: "too little on the account"}
		failed := payments.RefundTold(begun, 1, no, later)
		lawful(t, failed)
		require.Equal(t, payments.RefundFailed, refundStatus(failed.After, 1))
	})
	t.Run("OfTwoOnTheirWayOneThatWentThroughIsNobodysYet", func(t *testing.T) {
		t.Parallel()
		w, _ := begin(t, pending(t, true), payments.RefundWish{Amount: 50_000, Keyed: true})
		w = payments.RefundLost(payments.RefundLost(w, 1, start).After, 2, start).After
		require.True(t, payments.RefundTold(w, 1, leftAt(banks.PartlyRefunded, 100_000), later).Empty())
		both := payments.RefundTold(w, 1, leftAt(banks.PartlyRefunded, 50_000), later)
		lawful(t, both)
		require.Equal(t, payments.RefundSucceeded, refundStatus(both.After, 1))
	})
	t.Run("AnUnexpectedStateMakesUsAskWhatWentBack", func(t *testing.T) {
		t.Parallel()
		out := payments.RefundRefused(pending(t, true), 1, banks.Conflict, banks.Decline{}, start)
		lawful(t, out)
		require.True(t, out.After.Payments[0].Suspect)
		duties, _ := payments.OwedByPayment(out.After, 1, start)
		require.Contains(t, duties, payments.DutyAsk)
		found := payments.Apply(out.After, 1, leftAt(banks.Refunded, 0), payments.Asked, later)
		lawful(t, found)
		require.False(t, found.After.Payments[0].Suspect)
		require.Equal(t, payments.OrderRefunded, found.After.Status())
		require.Equal(t, []payments.AlarmKind{payments.RefundedAtBank}, raised(found))
	})
	t.Run("WhileOursAreUnderWayAGapIsOnlySuspected", func(t *testing.T) {
		t.Parallel()
		out := payments.Apply(pending(t, true), 1, leftAt(banks.PartlyRefunded, 70_000), payments.Asked, start)
		lawful(t, out)
		require.Len(t, out.After.Refunds, 1)
		require.True(t, out.After.Payments[0].Suspect)
		w := succeeded(t, out.After, 1)
		found := payments.Apply(w, 1, leftAt(banks.PartlyRefunded, 70_000), payments.Asked, later)
		lawful(t, found)
		require.Equal(t, int64(80_000), found.After.State.Refunded)
	})
	t.Run("ErrTheBankHasMoreLeftThanWeThink", func(t *testing.T) {
		t.Parallel()
		w := succeeded(t, pending(t, true), 1)
		require.Equal(t, []payments.AlarmKind{payments.RefundMismatch}, raised(payments.Apply(w, 1, leftAt(banks.Paid, total.Amount), payments.Asked, later)))
	})
}
