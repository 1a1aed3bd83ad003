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
	all := total.Amount
	return []history{
		{"Paid", oneStage, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil},
		{"PaidBeforeTheBankAnswered", unopened, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil},
		{"FailedTryThenPaid", oneStage, say(banks.Pending, banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil},
		{"DeclinedThenPaid", oneStage, say(banks.Declined, banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil},
		{"Declined", oneStage, say(banks.Pending, banks.Declined), payments.Declined, payments.OrderPending, 0, nil},
		{"HeldAndCaptured", twoStage, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil},
		{"HeldAndCapturedInPart", capturing, append(say(banks.Held), partly), payments.Paid, payments.OrderPaid, part.Amount, nil},
		{"HeldAndVoided", voiding, say(banks.Held, banks.Reversed), payments.Cancelled, payments.OrderPending, 0, nil},
		{"HeldAndLapsed", twoStage, say(banks.Held, banks.Reversed), payments.Expired, payments.OrderPending, 0, nil},
		{"Expired", oneStage, say(banks.Pending, banks.Expired), payments.Expired, payments.OrderPending, 0, nil},
		{"PaidOnAnExpiredOrder", expired, say(banks.Held, banks.Paid), payments.Paid, payments.OrderPaid, all, nil},
		{"PaidAndGivenBack", oneStage, say(banks.Held, banks.Paid, banks.Refunded), payments.Paid, payments.OrderPaid, all,
			[]payments.AlarmKind{payments.RefundedAtBank}},
		{"CancelMetAPaidPayment", cancelling, say(banks.Held, banks.Paid, banks.Refunded), payments.Paid, payments.OrderPaid, all,
			[]payments.AlarmKind{payments.CancelWasRefund, payments.RefundedAtBank}},
	}
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
				p := w.Payments[0]
				require.Equal(t, h.want, p.Status, "%v", seq)
				require.Equal(t, h.order, w.Status(), "%v", seq)
				require.Equal(t, h.taken, w.State.Paid, "%v", seq)
				require.Equal(t, h.taken, p.Captured, "%v", seq)
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
	switch rapid.IntRange(0, 11).Draw(t, "who") {
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
	}
	return payments.Outcome{Before: w, After: w}
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
