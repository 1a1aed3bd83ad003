package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

// history is what T-Bank truly says of one payment, in our words, and where it has to end. after is where our row stands
// when the first message can come.
type history struct {
	name   string
	after  func(testing.TB) payments.Whole
	told   []banks.News
	want   payments.Status
	order  payments.OrderStatus
	taken  int64
	alarms []payments.AlarmKind // one of these is raised
	back   []int64              // the refunds in the end, in minor units, in any order
}

func histories(t testing.TB) []history {
	t.Helper()
	say := func(words ...banks.Status) (told []banks.News) {
		for _, s := range words {
			told = append(told, news(1, s))
		}
		return told
	}
	part := money.Of(50_000, money.RUB)
	partly := news(1, banks.Paid)
	partly.Amount = &part
	oneStage := func(t testing.TB) payments.Whole { t.Helper(); return opened(fresh(t), banks.Card, start) }
	unopened := func(t testing.TB) payments.Whole { t.Helper(); return begun(fresh(t), banks.Card, start) }
	twoStage := func(t testing.TB) payments.Whole { t.Helper(); return opened(fresh(t, hold), banks.Card, start) }
	capturing := func(t testing.TB) payments.Whole {
		t.Helper()
		items := []payments.Item{{Name: "a", Price: part, Quantity: 1000, Amount: part}}
		out, err := payments.BeginCapture(held(t), 1, 0, items, "", "", start)
		require.NoError(t, err)
		return payments.CallLost(out.After, 1, start).After
	}
	voiding := func(t testing.TB) payments.Whole {
		t.Helper()
		out, err := payments.BeginVoid(held(t), 1, "", "", start)
		require.NoError(t, err)
		return payments.CallLost(out.After, 1, start).After
	}
	expired := func(t testing.TB) payments.Whole {
		t.Helper()
		w := opened(fresh(t), banks.Card, start)
		w = payments.Apply(w, 1, news(1, banks.Expired), payments.Told, start).After
		return payments.Expire(w, w.Order.ExpiresAt).After
	}
	cancelling := func(t testing.TB) payments.Whole {
		t.Helper()
		return payments.CallLost(payments.BeginCancel(opened(fresh(t), banks.Card, start), 1, start).After, 1, start).After
	}
	// paid is a payment of which refunds of ours were begun; each one is answered at once (+), or its answer was lost under a
	// key (k) or without one (u).
	paid := func(refunds ...string) func(testing.TB) payments.Whole {
		return func(t testing.TB) payments.Whole {
			t.Helper()
			w := payments.Apply(oneStage(t), 1, news(1, banks.Paid), payments.Told, start).After
			for i, how := range refunds {
				out, r, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: 50_000, Keyed: how != "u"}, start)
				require.NoError(t, err)
				w = payments.RefundLost(out.After, r.N, start).After
				if how == "+" {
					w = payments.RefundAnswered(out.After, i+1, banks.News{Status: banks.PartlyRefunded}, start).After
				}
			}
			return w
		}
	}
	all := total.Amount
	tell := func(left ...int64) (told []banks.News) {
		for _, minor := range left {
			n := leftAt(banks.PartlyRefunded, minor)
			switch minor {
			case 0:
				n = leftAt(banks.Refunded, 0)
			case all:
				n = leftAt(banks.Paid, all)
			}
			n.BankID = bankID(1)
			told = append(told, n)
		}
		return told
	}
	third := []int64{50_000, 50_000, 50_000}
	byBank := []payments.AlarmKind{payments.RefundedAtBank}
	return append([]history{
		{"TwoPartsAndTheRest", paid("+", "+", "+"), tell(all, 100_000, 50_000, 0), payments.Paid, payments.OrderRefunded, all, nil, third},
		{"APartAndAnotherWhoseAnswerWasLost", paid("+", "u"), tell(all, 100_000, 50_000), payments.Paid, payments.OrderPartiallyRefunded, all, nil, third[:2]},
		{"ThreeAtOnceUnderKeys", paid("k", "k", "k"), tell(all, 100_000, 50_000, 0), payments.Paid, payments.OrderRefunded, all, nil, third},
		{"LostAndNeverDone", paid("u"), append(say(banks.Held, banks.Paid), tell(all)...), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"TwoPartsAndTheRestInTheBanksCabinet", oneStage, append(say(banks.Held), tell(all, 100_000, 50_000, 0)...), payments.Paid, payments.OrderRefunded, all, byBank, nil},
		{"OursLostAndTwoOfTheBanks", paid("u"), tell(all, 100_000, 70_000, 0), payments.Paid, payments.OrderRefunded, all, byBank, nil},
		{"OursUnderAKeyAndTwoOfTheBanks", paid("k"), tell(all, 100_000, 70_000, 0), payments.Paid, payments.OrderRefunded, all, byBank, nil},
	}, []history{
		{"Paid", oneStage, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"PaidBeforeTheBankAnswered", unopened, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"FailedTryThenPaid", oneStage, say(banks.Pending, banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"DeclinedThenPaid", oneStage, say(banks.Declined, banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"Declined", oneStage, say(banks.Pending, banks.Declined), payments.Declined, payments.OrderPending, 0, nil, nil},
		{"HeldAndCaptured", twoStage, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"HeldAndCapturedInPart", capturing, append(say(banks.Held), partly), payments.Paid, payments.OrderPaid, part.Amount, nil, nil},
		{"HeldAndVoided", voiding, say(banks.Held, banks.Reversed), payments.Cancelled, payments.OrderPending, 0, nil, nil},
		{"HeldAndLapsed", twoStage, say(banks.Held, banks.Reversed), payments.Expired, payments.OrderPending, 0, nil, nil},
		{"Expired", oneStage, say(banks.Pending, banks.Expired), payments.Expired, payments.OrderPending, 0, nil, nil},
		{"PaidOnAnExpiredOrder", expired, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil, nil},
		{"PaidAndGivenBack", oneStage, say(banks.Held, banks.Paid, banks.Refunded), payments.Paid, payments.OrderRefunded, all,
			[]payments.AlarmKind{payments.RefundedAtBank}, []int64{all}},
		{"CancelMetAPaidPayment", cancelling, say(banks.Held, banks.Paid, banks.Refunded), payments.Paid, payments.OrderRefunded, all,
			[]payments.AlarmKind{payments.CancelWasRefund, payments.RefundedAtBank}, []int64{all}},
	}...)
}

// TestEverySequenceOfNotices enumerates every sequence that has each true message at least once and is at most two longer
// than the history, the bank answering its final truth when asked.
func TestEverySequenceOfNotices(t *testing.T) {
	t.Parallel()
	for _, h := range histories(t) {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			begin, seen := h.after(t), 0
			sequences(len(h.told), len(h.told)+2, func(seq []int) {
				seen++
				w := begin
				now := start.Add(time.Minute)
				for _, i := range seq {
					now = now.Add(time.Second)
					w = hear(t, w, h.told[i], h.told[len(h.told)-1], now)
				}
				w = atRest(t, w, h.told[len(h.told)-1], now)
				p := w.Payments[0]
				require.Equal(t, h.want, p.Status, "%v", seq)
				require.Equal(t, h.order, w.Status(), "%v", seq)
				require.Equal(t, h.taken, w.State.Paid, "%v", seq)
				require.Equal(t, h.taken, p.Captured, "%v", seq)
				requireBack(t, h, w, seq)
				require.Equal(t, len(h.alarms) > 0, len(w.Alarms) > 0, "%v", seq)
				for _, a := range w.Alarms {
					require.Contains(t, h.alarms, a.Kind, "%v", seq)
				}
			})
			require.GreaterOrEqual(t, seen, 20)
		})
	}
}

// hear applies one notification, and asks the bank where it cannot decide.
func hear(t testing.TB, w payments.Whole, told, truth banks.News, now time.Time) payments.Whole {
	t.Helper()
	out := payments.Apply(w, 1, told, payments.Told, now)
	lawful(t, out)
	if out.Ask {
		out = payments.Apply(w, 1, truth, payments.Asked, now)
		lawful(t, out)
		require.False(t, out.Ask)
	}
	return out.After
}

// atRest lets the due keys do their work: refunds are carried on, and the bank is asked what is left.
func atRest(t testing.TB, w payments.Whole, truth banks.News, now time.Time) payments.Whole {
	t.Helper()
	for round := range 3 {
		now = now.Add(10 * time.Minute)
		for _, r := range w.Refunds {
			if r.Status.Final() {
				continue
			}
			out := payments.RefundTold(w, r.N, truth, now)
			if r.Keyed {
				out = payments.RefundAnswered(w, r.N, banks.News{Status: banks.PartlyRefunded}, now)
			}
			lawful(t, out)
			w = out.After
		}
		if p := w.Payments[0]; p.Suspect {
			out := payments.Apply(w, 1, truth, payments.Asked, now)
			lawful(t, out)
			w = out.After
		}
		require.False(t, round == 2 && w.Payments[0].Suspect, "it is suspected for ever")
	}
	return w
}

// requireBack holds the refunds at the end: all that the bank gave back, and each of ours once.
func requireBack(t testing.TB, h history, w payments.Whole, seq []int) {
	t.Helper()
	var sum int64
	var each []int64
	for _, r := range w.Refunds {
		require.True(t, r.Status.Final(), "%v", seq)
		if r.Status == payments.RefundSucceeded {
			sum += r.Amount.Amount
			each = append(each, r.Amount.Amount)
		}
	}
	if truth := h.told[len(h.told)-1]; truth.Left != nil {
		require.Equal(t, h.taken-truth.Left.Amount, sum, "%v", seq)
	}
	if h.back != nil {
		require.ElementsMatch(t, h.back, each, "%v", seq)
	}
}

// sequences gives every sequence over 0 … n-1 of n … most places that has each number.
func sequences(n, most int, give func([]int)) {
	seq := make([]int, 0, most)
	var grow func(missing uint)
	grow = func(missing uint) {
		if missing == 0 {
			give(seq)
		}
		if len(seq) == most {
			return
		}
		for i := range n {
			seq = append(seq, i)
			grow(missing &^ (1 << i))
			seq = seq[:len(seq)-1]
		}
	}
	grow(1<<n - 1)
}

// TestNoSequenceOfDecisionsBreaksALaw walks an order at random: payers, banks, partners and the sweeper do what they like.
func TestNoSequenceOfDecisionsBreaksALaw(t *testing.T) {
	t.Parallel()
	base := fresh(t, hold)
	rapid.Check(t, func(t *rapid.T) {
		w, now := base, start
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute, 5 * time.Minute, 6 * time.Hour}).Draw(t, "wait"))
			out := step(t, w, now)
			lawful(t, out)
			for _, n := range out.Changed() {
				again, _ := out.After.Payment(n.N)
				require.Equal(t, n, again)
			}
			w = out.After
			oneRoad(t, w)
		}
	})
}

func oneRoad(t require.TestingT, w payments.Whole) {
	for _, p := range w.Payments {
		if p.Status == payments.Created || p.Status == payments.Pending {
			require.Equal(t, p.N, w.State.Open, "attempt %d is open beside the order's road", p.N)
		}
		duties, again := payments.OwedByPayment(w, p.N, p.Due)
		if p.Watched() {
			require.Contains(t, duties, payments.DutyAsk)
			require.False(t, again.IsZero())
		}
		if len(duties) > 0 {
			require.True(t, again.After(p.Due), "a duty is looked at again later")
		}
	}
}

func step(t *rapid.T, w payments.Whole, now time.Time) payments.Outcome {
	n := rapid.IntRange(1, max(1, len(w.Payments))).Draw(t, "attempt")
	told := news(n, rapid.SampledFrom(newsWords).Draw(t, "news"))
	switch rapid.IntRange(0, 15).Draw(t, "who") {
	case 0, 1:
		m := rapid.SampledFrom(banks.Methods).Draw(t, "method")
		if p, err := payments.OpenAttempt(w, m, "", now); err == nil && p.Open {
			out, _ := payments.Begin(w, m, via, "", nil, now)
			return out
		}
	case 2:
		return payments.Opened(w, n, banks.Opened{BankID: bankID(n), PageURL: "https://bank.example"}, now)
	case 3:
		return payments.Refused(w, n, banks.DeclinedNow, banks.Decline{}, now)
	case 4:
		return payments.Lost(w, n, now)
	case 5, 6:
		return payments.Apply(w, n, told, payments.Told, now)
	case 7:
		return payments.Apply(w, n, told, payments.Asked, now)
	case 8:
		return payments.NotFound(w, n, now)
	case 9:
		return payments.Looked(w, n, now)
	case 10:
		return moneyCall(t, w, n, now)
	case 11:
		return orderCall(t, w, now)
	case 12, 13:
		wish := payments.RefundWish{Amount: rapid.Int64Range(0, total.Amount).Draw(t, "back"), Keyed: rapid.Bool().Draw(t, "keyed"),
			ApproveAbove: rapid.SampledFrom([]int64{0, 50_000}).Draw(t, "limit"), Source: payments.ByPartner, Author: "a"}
		if out, _, err := payments.BeginRefund(w, n, wish, now); err == nil {
			return out
		}
	case 14, 15:
		return refundCall(t, w, now)
	}
	return payments.Outcome{Before: w, After: w}
}

// refundCall is what becomes of a refund: at its bank, by operators, by the sweeper.
func refundCall(t *rapid.T, w payments.Whole, now time.Time) payments.Outcome {
	k := rapid.IntRange(1, max(1, len(w.Refunds))).Draw(t, "refund")
	told := leftAt(rapid.SampledFrom([]banks.Status{banks.Paid, banks.PartlyRefunded, banks.Refunded, banks.Cancelled}).Draw(t, "word"),
		rapid.Int64Range(0, total.Amount).Draw(t, "left"))
	told.Underway = rapid.IntRange(0, 4).Draw(t, "underway") == 0
	var out payments.Outcome
	var err error
	switch rapid.IntRange(0, 8).Draw(t, "what") {
	case 0:
		out = payments.RefundAnswered(w, k, told, now)
	case 1:
		out = payments.RefundLost(w, k, now)
	case 2:
		class := rapid.SampledFrom([]banks.Class{banks.DeclinedNow, banks.Unavailable, banks.Conflict}).Draw(t, "class")
		out = payments.RefundRefused(w, k, class, banks.Decline{}, now)
	case 3, 4:
		out = payments.RefundTold(w, k, told, now)
	case 5:
		out, _ = payments.SendRefund(w, k, now)
	case 6:
		out, err = payments.ApproveRefund(w, k, "b", now)
	case 7:
		out, err = payments.RejectRefund(w, k, "b", "", now)
	case 8:
		out = payments.ExpireApproval(w, k, now)
	}
	if err != nil {
		return payments.Outcome{Before: w, After: w}
	}
	return out
}

func moneyCall(t *rapid.T, w payments.Whole, n int, now time.Time) payments.Outcome {
	var out payments.Outcome
	var err error
	switch rapid.IntRange(0, 4).Draw(t, "call") {
	case 0:
		out, err = payments.BeginCapture(w, n, 0, nil, "k", "h", now)
	case 1:
		out, err = payments.BeginVoid(w, n, "k", "h", now)
	case 2:
		out = payments.BeginCancel(w, n, now)
	case 3:
		out = payments.CallLost(w, n, now)
	case 4:
		out = payments.CallRefused(w, n, now)
	}
	if err != nil {
		return payments.Outcome{Before: w, After: w}
	}
	return out
}

func orderCall(t *rapid.T, w payments.Whole, now time.Time) payments.Outcome {
	if rapid.Bool().Draw(t, "expire") {
		return payments.Expire(w, now)
	}
	if first, err := payments.CancelOrder(w, now); err == nil && len(first) == 0 && w.Status() != payments.OrderCancelled {
		return payments.Cancel(w, "k", "h", now)
	}
	return payments.Outcome{Before: w, After: w}
}
