package payments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

var newsWords = []banks.Status{banks.Pending, banks.Held, banks.Paid, banks.Declined, banks.Cancelled, banks.Expired, banks.Reversed,
	banks.PartlyRefunded, banks.Refunded, banks.Unrecognised}

// situations are what attempt 1 of an order can be in when news arrives: its status and the call whose answer was lost.
var situations = []struct {
	status payments.Status
	op     payments.CallOp
}{
	{payments.Created, payments.CallOpen}, {payments.Pending, ""}, {payments.Pending, payments.CallCancel}, {payments.Held, ""},
	{payments.Held, payments.CallCapture}, {payments.Held, payments.CallVoid}, {payments.Unknown, payments.CallOpen},
	{payments.Unknown, payments.CallCapture}, {payments.Unknown, payments.CallVoid}, {payments.Unknown, payments.CallCancel},
	{payments.Paid, ""}, {payments.Declined, ""}, {payments.Cancelled, ""}, {payments.Expired, ""}, {payments.Failed, ""},
	{payments.Superseded, ""}, {payments.Superseded, payments.CallCancel},
}

// told and asked are the whole rule: one line per situation, one word per news. «·» changes nothing, «?» asks the bank
// first, «again» keeps the status and sets the next look anew, a status is what the payment becomes, «+» is an alarm.
const told = `
situation          | pending held paid declined cancelled expired reversed partly_refunded refunded unrecognised
created/open       | · held paid declined cancelled expired expired ? ? ·
pending            | · held paid declined cancelled expired expired ? ? ·
pending/cancel     | · ? paid declined cancelled expired cancelled+cancel_was_void ? ? ·
held               | · · paid ? ? ? expired ? ? ·
held/capture       | · · paid ? ? ? ? ? ? ·
held/void          | · · paid ? ? ? cancelled ? ? ·
unknown/open       | · held paid declined cancelled expired expired ? ? ·
unknown/capture    | · · paid ? ? ? ? ? ? ·
unknown/void       | · · paid ? ? ? cancelled ? ? ·
unknown/cancel     | · ? paid declined cancelled expired cancelled+cancel_was_void ? ? ·
paid               | · · · · · · ? ? ? ?
declined           | · ? paid · · · · ? ? ?
cancelled          | · ? paid · · · · ? ? ?
expired            | · ? paid · · · · ? ? ?
failed             | · ? paid · · · · ? ? ?
superseded         | · ? paid declined cancelled expired expired ? ? ·
superseded/cancel  | · ? paid declined cancelled expired cancelled+cancel_was_void ? ? ·
`

const asked = `
situation          | pending held paid declined cancelled expired reversed partly_refunded refunded unrecognised
created/open       | superseded held paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
pending            | · held paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
pending/cancel     | again held paid declined cancelled expired cancelled+cancel_was_void paid+cancel_was_refund paid+cancel_was_refund ·
held               | · · paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
held/capture       | · unknown paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
held/void          | · unknown paid declined cancelled expired cancelled paid+cancel_was_refund paid+cancel_was_refund ·
unknown/open       | superseded held paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
unknown/capture    | · again paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
unknown/void       | · again paid declined cancelled expired cancelled paid+cancel_was_refund paid+cancel_was_refund ·
unknown/cancel     | pending held paid declined cancelled expired cancelled+cancel_was_void paid+cancel_was_refund paid+cancel_was_refund ·
paid               | · · · · · · ·+refunded_at_bank ·+refunded_at_bank ·+refunded_at_bank ·
declined           | · held paid · · · · paid+refunded_at_bank paid+refunded_at_bank ·
cancelled          | · held paid · · · · paid+refunded_at_bank paid+refunded_at_bank ·
expired            | · held paid · · · · paid+refunded_at_bank paid+refunded_at_bank ·
failed             | · held paid · · · · paid+refunded_at_bank paid+refunded_at_bank ·
superseded         | · held paid declined cancelled expired expired paid+refunded_at_bank paid+refunded_at_bank ·
superseded/cancel  | again held paid declined cancelled expired cancelled+cancel_was_void paid+cancel_was_refund paid+cancel_was_refund ·
`

func TestApply(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how  payments.Evidence
		want string
	}{"Told": {payments.Told, told}, "Asked": {payments.Asked, asked}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := "\nsituation          |"
			for _, s := range newsWords {
				got += " " + string(s)
			}
			for _, s := range situations {
				line := string(s.status)
				if s.op != "" {
					line += "/" + string(s.op)
				}
				line += strings.Repeat(" ", 19-len(line)) + "|"
				for _, word := range newsWords {
					line += " " + cell(t, at(t, s.status, s.op), word, c.how)
				}
				got += "\n" + line
			}
			require.Equal(t, c.want, got+"\n")
		})
	}
}

func cell(t *testing.T, w payments.Whole, word banks.Status, how payments.Evidence) string {
	t.Helper()
	now := start.Add(time.Minute)
	out := payments.Apply(w, 1, news(1, word), how, now)
	text := "·"
	if out.Ask {
		require.True(t, out.Empty(), "what asks first decides nothing")
		text = "?"
	}
	if is := status(out.After, 1); is != status(w, 1) {
		text = string(is)
	} else if len(out.Changed()) > 0 {
		text = "again" // stays, and is looked at anew
	}
	for _, kind := range raised(out) {
		text += "+" + string(kind)
	}
	lawful(t, out)
	twice := payments.Apply(out.After, 1, news(1, word), how, now)
	require.True(t, twice.Empty(), "the same news again changes nothing: %s", word)
	return text
}

func TestApplyFacts(t *testing.T) {
	t.Parallel()
	now := start.Add(time.Minute)
	t.Run("AuthorisedMeansNothingInOneStage", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		require.True(t, payments.Apply(w, 1, news(1, banks.Held), payments.Told, now).Empty())
		require.True(t, payments.Apply(w, 1, news(1, banks.Held), payments.Asked, now).Empty())
	})
	t.Run("PaidPaysTheOrder", func(t *testing.T) {
		t.Parallel()
		n := news(1, banks.Paid)
		n.Card = banks.CardMask{Pan: "430000******0777"}
		out := payments.Apply(opened(fresh(t), banks.Card, start), 1, n, payments.Told, now)
		p := out.After.Payments[0]
		require.Equal(t, payments.State{Version: 2, Status: payments.OrderPaid, Attempts: 1, Winner: 1, Paid: total.Amount, UpdatedAt: now,
			Marks: []payments.Mark{{Type: payments.EventOrderPaid, Version: 2, At: now}}}, out.After.State)
		require.Equal(t, total.Amount, p.Captured)
		require.Equal(t, total.Amount, out.After.Refundable(1))
		require.Equal(t, n.Card, p.Card)
		require.Equal(t, now, p.PaidAt)
		require.Equal(t, now.Add(payments.FeedFirst), p.Due)
	})
	t.Run("ErrAnotherAmountOrCurrencyConfirmsNothing", func(t *testing.T) {
		t.Parallel()
		for _, amount := range []money.Money{money.Of(total.Amount+100, money.RUB), money.Of(total.Amount, money.KZT), money.Of(0, money.RUB)} {
			for _, s := range []banks.Status{banks.Paid, banks.Held} {
				n := news(1, s)
				n.Amount = &amount
				out := payments.Apply(opened(fresh(t, hold), banks.Card, start), 1, n, payments.Told, now)
				require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, raised(out))
				require.Equal(t, payments.Pending, status(out.After, 1))
				require.Zero(t, out.After.Payments[0].Captured)
				require.True(t, payments.Apply(out.After, 1, n, payments.Told, now).Empty(), "one alarm")
			}
		}
	})
	t.Run("AnAmountThatTheBankDoesNotStateIsOurs", func(t *testing.T) {
		t.Parallel()
		n := banks.News{Status: banks.Paid}
		require.Equal(t, payments.Paid, status(payments.Apply(opened(fresh(t), banks.Card, start), 1, n, payments.Told, now).After, 1))
	})
	t.Run("SecondSuccess", func(t *testing.T) {
		t.Parallel()
		w := opened(opened(fresh(t), banks.Card, start), banks.SBP, start)
		w = payments.Apply(w, 1, news(1, banks.Paid), payments.Told, now).After
		require.Equal(t, 1, w.State.Winner)
		require.Equal(t, 2, w.State.Open, "it still holds a page")
		out := payments.Apply(w, 2, news(2, banks.Paid), payments.Told, now)
		lawful(t, out)
		require.Equal(t, []payments.AlarmKind{payments.SecondSuccess}, raised(out))
		require.Equal(t, 1, out.After.State.Winner)
		require.Equal(t, total.Amount, out.After.State.Paid)
		require.Equal(t, payments.Paid, status(out.After, 2))
	})
	t.Run("PaidAfterCancel", func(t *testing.T) {
		t.Parallel()
		w := payments.Cancel(opened(fresh(t), banks.Card, start), "", "", start).After
		out := payments.Apply(w, 1, news(1, banks.Paid), payments.Told, now)
		lawful(t, out)
		require.Equal(t, []payments.AlarmKind{payments.PaidAfterCancel}, raised(out))
		require.Equal(t, payments.OrderCancelled, out.After.Status())
		require.Zero(t, out.After.State.Winner)
	})
	t.Run("LateSuccessPaysAnExpiredOrder", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		later := w.Order.ExpiresAt.Add(time.Hour)
		w = payments.Apply(w, 1, news(1, banks.Expired), payments.Told, later).After
		w = payments.Expire(w, later).After
		require.Equal(t, payments.OrderExpired, w.Status())
		out := payments.Apply(w, 1, news(1, banks.Paid), payments.Told, later)
		require.Empty(t, raised(out))
		require.Equal(t, payments.OrderPaid, out.After.Status())
	})
	t.Run("AnotherPaymentOfTheBankUnderOurReference", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		for _, s := range newsWords {
			if s == banks.Paid {
				continue
			}
			require.True(t, payments.Apply(w, 1, news(2, s), payments.Asked, now).Empty(), s)
		}
		out := payments.Apply(w, 1, news(2, banks.Paid), payments.Told, now)
		require.Equal(t, payments.Paid, status(out.After, 1))
		require.Equal(t, bankID(2), out.After.Payments[0].BankID, "that is the one to give back")
		out = payments.Apply(out.After, 1, news(1, banks.Paid), payments.Told, now)
		require.Equal(t, []payments.AlarmKind{payments.SecondSuccess}, raised(out))
		require.Empty(t, out.Changed())
		out = payments.Apply(held(t), 1, news(2, banks.Paid), payments.Told, now)
		require.Equal(t, payments.Paid, status(out.After, 1))
		require.Equal(t, []payments.AlarmKind{payments.SecondSuccess}, raised(out), "the first one still holds money")
	})
	t.Run("ACaptureIsExpectedAtItsOwnAmount", func(t *testing.T) {
		t.Parallel()
		part := money.Of(50_000, money.RUB)
		items := []payments.Item{{Name: "a", Price: part, Quantity: 1000, Amount: part}}
		out, err := payments.BeginCapture(held(t), 1, 0, items, "key", "hash", now)
		require.NoError(t, err)
		n := news(1, banks.Paid)
		require.Equal(t, []payments.AlarmKind{payments.AmountMismatch}, raised(payments.Apply(out.After, 1, n, payments.Told, now)))
		n.Amount = &part
		w := payments.Apply(out.After, 1, n, payments.Told, now).After
		require.Equal(t, part.Amount, w.State.Paid)
		require.Equal(t, payments.Answered{Key: "key", Hash: "hash", At: now, Status: payments.Paid, Amount: part.Amount}, w.Payments[0].Capture)
	})
	t.Run("NobodyMovesWhatTheCallerWaitsFor", func(t *testing.T) {
		t.Parallel()
		w := begun(fresh(t), banks.Card, start)
		require.True(t, payments.Apply(w, 1, news(1, banks.Pending), payments.Asked, start).Empty())
		require.True(t, payments.NotFound(w, 1, start).Empty())
		w = payments.BeginCancel(opened(fresh(t, hold), banks.Card, start), 1, start).After
		require.True(t, payments.Apply(w, 1, news(1, banks.Held), payments.Told, start).Empty())
		require.True(t, payments.Apply(w, 1, news(1, banks.Held), payments.Asked, start).Empty())
	})
	t.Run("TheBanksNumberIsLearntByAsking", func(t *testing.T) {
		t.Parallel()
		w := payments.NotFound(begun(fresh(t), banks.Card, start), 1, now).After
		out := payments.Apply(w, 1, news(1, banks.Pending), payments.Asked, now)
		require.Equal(t, bankID(1), out.After.Payments[0].BankID)
		require.Equal(t, payments.Superseded, status(out.After, 1))
	})
	t.Run("AnOrderWithoutTheAttempt", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{-1, 0, 1, 99} {
			require.True(t, payments.Apply(fresh(t), n, news(1, banks.Paid), payments.Told, now).Empty())
			require.True(t, payments.NotFound(fresh(t), n, now).Empty())
			require.True(t, payments.Looked(fresh(t), n, now).Empty())
			require.True(t, payments.Retried(fresh(t), n, now).Empty())
			require.True(t, payments.Opened(fresh(t), n, banks.Opened{}, now).Empty())
		}
	})
}

func TestMissed(t *testing.T) {
	t.Parallel()
	ask := map[string]func(payments.Whole, time.Time) payments.Outcome{
		"StillHeld": func(w payments.Whole, now time.Time) payments.Outcome {
			return payments.Apply(w, 1, news(1, banks.Held), payments.Asked, now)
		},
		"NotFound": func(w payments.Whole, now time.Time) payments.Outcome { return payments.NotFound(w, 1, now) },
	}
	for name, look := range ask {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := payments.CallLost(mustCapture(t, held(t), 1), 1, start).After
			require.Equal(t, payments.Unknown, status(w, 1))
			first := start.Add(time.Minute)
			w = look(w, first).After
			require.Equal(t, payments.Unknown, status(w, 1), "once is nothing")
			require.False(t, w.Payments[0].Due.Before(first.Add(payments.MissApart)))
			require.True(t, look(w, first.Add(payments.MissApart-time.Second)).Empty(), "too soon to count")
			out := look(w, first.Add(payments.MissApart))
			lawful(t, out)
			require.Equal(t, payments.Held, status(out.After, 1))
			require.Empty(t, out.After.Payments[0].Call)
		})
	}
	t.Run("ACancelThatTheBankDoesNotKnow", func(t *testing.T) {
		t.Parallel()
		w := payments.CallLost(payments.BeginCancel(opened(fresh(t), banks.Card, start), 1, start).After, 1, start).After
		w = payments.NotFound(w, 1, start).After
		require.Equal(t, payments.Unknown, status(w, 1))
		w = payments.NotFound(w, 1, start.Add(payments.MissApart)).After
		require.Equal(t, payments.Pending, status(w, 1))
	})
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	later := start.Add(time.Minute)
	t.Run("ALostOpeningMakesRoom", func(t *testing.T) {
		t.Parallel()
		out := payments.NotFound(begun(fresh(t), banks.Card, start), 1, later)
		lawful(t, out)
		require.Equal(t, payments.Superseded, status(out.After, 1))
		require.Zero(t, out.After.State.Open)
		p, err := plan(out.After, banks.Card, later)
		require.NoError(t, err)
		require.True(t, p.Open)
	})
	t.Run("AndFailsOnceItsDeadlineIsOver", func(t *testing.T) {
		t.Parallel()
		w := payments.NotFound(begun(fresh(t), banks.Card, start), 1, later).After
		deadline := w.Payments[0].Deadline
		require.True(t, payments.NotFound(w, 1, deadline).Empty())
		out := payments.NotFound(w, 1, deadline.Add(payments.MissApart+time.Second))
		lawful(t, out)
		require.Equal(t, payments.Failed, status(out.After, 1))
		require.True(t, out.After.Payments[0].Due.IsZero())
	})
	t.Run("APageThatThePayerHasIsNotGivenUp", func(t *testing.T) {
		t.Parallel()
		require.True(t, payments.NotFound(opened(fresh(t), banks.Card, start), 1, start.Add(72*time.Hour)).Empty())
	})
}

// The bank's answer to a question names no card; the notification that comes later does.
func TestLateCardMask(t *testing.T) {
	t.Parallel()
	mask := banks.CardMask{Pan: "430000******0777", Brand: "visa", Expires: "12/28"}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	o, err := payments.NewOrder(payments.Draft{Project: "Shop", Email: "a@b.example", Items: []payments.Item{{Name: "Book", Price: money.Of(100, money.RUB), Quantity: 1000}}},
		ids.FromParts("late card"), ids.Test, ids.FromParts("partner"), now)
	require.NoError(t, err)
	out, _ := payments.Begin(payments.Whole{Order: o}, banks.Card, payments.Through{Provider: "tbank"}, "", nil, now)
	w := payments.Opened(out.After, 1, banks.Opened{BankID: "7", PageURL: "https://bank.example"}, now).After
	w = payments.Apply(w, 1, banks.News{BankID: "7", Status: banks.Paid}, payments.Asked, now).After

	w = payments.Apply(w, 1, banks.News{BankID: "7", Status: banks.Paid, Card: mask}, payments.Told, now).After
	require.Equal(t, mask, w.Payments[0].Card)
	again := payments.Apply(w, 1, banks.News{BankID: "7", Status: banks.Paid, Card: banks.CardMask{Pan: "520000******0001"}}, payments.Told, now)
	require.True(t, again.Empty(), "a mask that is known is not overwritten")
}
