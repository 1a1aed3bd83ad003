package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

func plan(w payments.Whole, m banks.Method, now time.Time) (payments.Plan, error) {
	return payments.OpenAttempt(w, m, "", now)
}

func TestOpenAttempt(t *testing.T) {
	t.Parallel()
	soon := start.Add(time.Minute)
	t.Run("FirstAttemptOpens", func(t *testing.T) {
		t.Parallel()
		p, err := plan(fresh(t), banks.Card, start)
		require.NoError(t, err)
		require.Equal(t, payments.Plan{Open: true}, p)
	})
	t.Run("SameMethodKeepsTheAddress", func(t *testing.T) {
		t.Parallel()
		p, err := plan(opened(fresh(t), banks.Card, start), banks.Card, soon)
		require.NoError(t, err)
		require.False(t, p.Open)
		require.Equal(t, 1, p.Keep.N)
	})
	t.Run("OtherMethodAsksTheBankToCancelFirst", func(t *testing.T) {
		t.Parallel()
		p, err := plan(opened(fresh(t), banks.Card, start), banks.SBP, soon)
		require.NoError(t, err)
		require.True(t, p.Open)
		require.Equal(t, 1, p.Cancel.N)
	})
	t.Run("OtherProviderMakesRoomToo", func(t *testing.T) {
		t.Parallel()
		p, err := payments.OpenAttempt(opened(fresh(t), banks.Card, start), banks.Card, "sber", soon)
		require.NoError(t, err)
		require.Equal(t, 1, p.Cancel.N)
	})
	t.Run("ErrInProgressWhileTheCallerWaits", func(t *testing.T) {
		t.Parallel()
		_, err := plan(begun(fresh(t), banks.Card, start), banks.Card, start.Add(time.Second))
		require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		require.Equal(t, 24*time.Second, fault.As(err).RetryAfter)
	})
	t.Run("CrashAfterTheIntentIsAskedAbout", func(t *testing.T) {
		t.Parallel()
		p, err := plan(begun(fresh(t), banks.Card, start), banks.SBP, soon)
		require.NoError(t, err)
		require.Equal(t, 1, p.AskFirst.N)
		require.False(t, p.Open)
	})
	t.Run("LostOpeningIsAskedAbout", func(t *testing.T) {
		t.Parallel()
		w := payments.Lost(begun(fresh(t), banks.Card, start), 1, start).After
		p, err := plan(w, banks.Card, start)
		require.NoError(t, err)
		require.Equal(t, 1, p.AskFirst.N)
	})
	t.Run("UnknownBlocksUntilTheBankIsAsked", func(t *testing.T) {
		t.Parallel()
		for _, op := range []payments.CallOp{payments.CallCapture, payments.CallVoid, payments.CallCancel} {
			_, err := plan(at(t, payments.Unknown, op), banks.SBP, soon)
			require.ErrorIs(t, err, payments.ErrPaymentUnknown)
			require.Positive(t, fault.As(err).RetryAfter)
		}
	})
	t.Run("ErrInProgressWhileHeld", func(t *testing.T) {
		t.Parallel()
		_, err := plan(held(t), banks.Card, soon)
		require.ErrorIs(t, err, payments.ErrPaymentInProgress)
	})
	t.Run("AHoldThatLostItsRoadStillBlocks", func(t *testing.T) {
		t.Parallel()
		w := opened(opened(fresh(t, hold), banks.Card, start), banks.CardForeign, soon)
		w = payments.Apply(w, 1, news(1, banks.Held), payments.Asked, soon).After
		require.Equal(t, payments.Held, status(w, 1))
		require.Equal(t, 2, w.State.Open)
		_, err := plan(w, banks.CardForeign, soon)
		require.ErrorIs(t, err, payments.ErrPaymentInProgress)
		w = payments.CallLost(mustCapture(t, w, 1), 1, soon).After
		_, err = plan(w, banks.CardForeign, soon)
		require.ErrorIs(t, err, payments.ErrPaymentUnknown)
	})
	t.Run("AClosingPageIsAskedAbout", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t, func(d *payments.Draft) { d.ExpiresAt = start.Add(72 * time.Hour) }), banks.Card, start)
		p, err := plan(w, banks.Card, start.Add(24*time.Hour-time.Minute))
		require.NoError(t, err)
		require.Equal(t, 1, p.AskFirst.N)
	})
	t.Run("NobodyPaysInTheLastTwoMinutes", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		_, err := plan(w, banks.Card, w.Order.ExpiresAt.Add(-payments.LastCall))
		require.NoError(t, err)
		_, err = plan(w, banks.Card, w.Order.ExpiresAt.Add(-payments.LastCall+time.Millisecond))
		require.ErrorIs(t, err, payments.ErrOrderExpired)
	})
	t.Run("ErrClosedOrders", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		_, err := plan(at(t, payments.Paid, ""), banks.Card, soon)
		require.ErrorIs(t, err, payments.ErrOrderPaid)
		_, err = plan(payments.Cancel(w, "", "", start).After, banks.Card, soon)
		require.ErrorIs(t, err, payments.ErrOrderCancelled)
		_, err = plan(payments.Expire(w, w.Order.ExpiresAt).After, banks.Card, soon)
		require.ErrorIs(t, err, payments.ErrOrderExpired)
	})
	t.Run("ErrMethodThePartnerDoesNotOffer", func(t *testing.T) {
		t.Parallel()
		_, err := plan(fresh(t, func(d *payments.Draft) { d.Methods = []banks.Method{banks.SBP} }), banks.Card, start)
		require.ErrorIs(t, err, payments.ErrMethod)
	})
	t.Run("ErrAttemptsExhausted", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		for range ids.MaxAttempts {
			p, err := plan(w, banks.Card, start)
			require.NoError(t, err)
			require.True(t, p.Open)
			w = begun(w, banks.Card, start)
			w = payments.Refused(w, w.State.Attempts, banks.DeclinedNow, banks.Decline{}, start).After
		}
		_, err := plan(w, banks.Card, start)
		require.ErrorIs(t, err, payments.ErrAttemptsExhausted)
	})
}

func mustCapture(t testing.TB, w payments.Whole, n int) payments.Whole {
	t.Helper()
	out, err := payments.BeginCapture(w, n, 0, nil, "key", "hash", start)
	require.NoError(t, err)
	return out.After
}

func TestBegin(t *testing.T) {
	t.Parallel()
	t.Run("TakesTheRoadInOneWriteWithTheLock", func(t *testing.T) {
		t.Parallel()
		w := fresh(t)
		key := payments.Answered{Key: "k", Hash: "h"}
		out, p := payments.Begin(w, banks.Card, via, "https://shop.example", []payments.Answered{key}, start)
		require.True(t, out.StateChanged())
		require.Equal(t, []payments.Payment{p}, out.Changed())
		require.Equal(t, payments.Created, p.Status)
		require.Equal(t, w.Order.ID.Child(ids.Payment, 1), p.ID)
		require.Equal(t, total, p.Amount)
		require.Equal(t, int64(1), p.Version)
		require.Equal(t, payments.State{Version: 1, Status: payments.OrderPending, Attempts: 1, Open: 1, UpdatedAt: start}, out.After.State)
		require.True(t, p.Waiting(start.Add(payments.OpenTimeout)))
		require.Equal(t, start.Add(payments.FeedFirst), p.Due)
		got, used, ok := out.After.ByKey("k")
		require.True(t, ok)
		require.Equal(t, key, used)
		require.Equal(t, 1, got.N)
		_, _, ok = out.After.ByKey("other")
		require.False(t, ok)
	})
	t.Run("SupersedesTheOpenAttemptAndKeepsWatchingIt", func(t *testing.T) {
		t.Parallel()
		w := opened(fresh(t), banks.Card, start)
		out, p := payments.Begin(w, banks.SBP, via, "", nil, start.Add(time.Minute))
		require.Equal(t, 2, p.N)
		require.Equal(t, payments.Superseded, status(out.After, 1))
		require.False(t, out.After.Payments[0].Due.IsZero())
		require.Equal(t, 2, out.After.State.Open)
	})
	t.Run("SBPHasOneStage", func(t *testing.T) {
		t.Parallel()
		require.False(t, begun(fresh(t, hold), banks.SBP, start).Payments[0].Hold)
		require.True(t, begun(fresh(t, hold), banks.Card, start).Payments[0].Hold)
	})
	t.Run("ThePageClosesWithTheOrderAndAfterADayAtTheLatest", func(t *testing.T) {
		t.Parallel()
		short, long := fresh(t), fresh(t, func(d *payments.Draft) { d.ExpiresAt = start.Add(90 * 24 * time.Hour) })
		require.Equal(t, short.Order.ExpiresAt, payments.Deadline(short.Order, start.Add(time.Hour)))
		require.Equal(t, start.Add(25*time.Hour), payments.Deadline(long.Order, start.Add(time.Hour)))
	})
}

func TestOpened(t *testing.T) {
	t.Parallel()
	page := banks.Opened{BankID: "701", PageURL: "https://bank.example/1", QR: "https://qr.nspk.ru/1"}
	t.Run("Pending", func(t *testing.T) {
		t.Parallel()
		p := payments.Opened(begun(fresh(t), banks.Card, start), 1, page, start).After.Payments[0]
		require.Equal(t, payments.Pending, p.Status)
		require.Empty(t, p.Call)
		require.Equal(t, page, banks.Opened{BankID: p.BankID, PageURL: p.PageURL, QR: p.QR})
		require.Equal(t, payments.First{Status: payments.Pending, At: start}, p.First)
	})
	t.Run("FasterNewsIsKept", func(t *testing.T) {
		t.Parallel()
		w := begun(fresh(t), banks.Card, start)
		w = payments.Apply(w, 1, news(1, banks.Paid), payments.Told, start).After
		w = payments.Opened(w, 1, page, start).After
		require.Equal(t, payments.Paid, status(w, 1))
		require.Equal(t, page.PageURL, w.Payments[0].PageURL)
		require.Equal(t, payments.OrderPaid, w.Status())
	})
	t.Run("TooLateForTheRoad", func(t *testing.T) {
		t.Parallel()
		w := payments.NotFound(begun(fresh(t), banks.Card, start), 1, start.Add(time.Minute)).After
		w = payments.Opened(w, 1, page, start.Add(time.Minute)).After
		require.Equal(t, payments.Superseded, status(w, 1))
		require.Equal(t, page.BankID, w.Payments[0].BankID, "so that it can be closed")
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class banks.Class
		want  payments.Status
	}{
		"Declined":    {banks.DeclinedNow, payments.Declined},
		"Unavailable": {banks.Unavailable, payments.Failed},
		"Config":      {banks.Config, payments.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := payments.Refused(begun(fresh(t), banks.Card, start), 1, c.class, banks.Decline{}, start)
			p := out.After.Payments[0]
			require.Equal(t, c.want, p.Status)
			require.Equal(t, c.want, p.First.Status)
			require.Equal(t, banks.Generic, p.Decline.Code)
			require.Equal(t, c.want == payments.Failed, p.Due.IsZero(), "a decline is due until the partner is told")
			require.Zero(t, out.After.State.Open)
			lawful(t, out)
		})
	}
	t.Run("AProofEndsEvenASupersededAttempt", func(t *testing.T) {
		t.Parallel()
		w := payments.NotFound(begun(fresh(t), banks.Card, start), 1, start.Add(time.Minute)).After
		require.Equal(t, payments.Failed, status(payments.Refused(w, 1, banks.BadRequest, banks.Decline{}, start).After, 1))
	})
	t.Run("APendingAttemptIsNotRefused", func(t *testing.T) {
		t.Parallel()
		require.True(t, payments.Refused(opened(fresh(t), banks.Card, start), 1, banks.DeclinedNow, banks.Decline{}, start).Empty())
	})
}

func TestLost(t *testing.T) {
	t.Parallel()
	out := payments.Lost(begun(fresh(t), banks.Card, start), 1, start)
	p := out.After.Payments[0]
	require.Equal(t, payments.Unknown, p.Status)
	require.False(t, p.Waiting(start))
	require.Empty(t, p.First, "it answers nobody")
	require.Equal(t, start.Add(time.Minute), p.Due)
	require.True(t, payments.Lost(opened(fresh(t), banks.Card, start), 1, start).Empty())
}

func TestAlsoAnswers(t *testing.T) {
	t.Parallel()
	w := opened(fresh(t), banks.Card, start)
	for i := range payments.MaxKeys + 2 {
		w = payments.AlsoAnswers(w, 1, payments.Answered{Key: string(rune('a' + i))}).After
	}
	require.Len(t, w.Payments[0].Keys, payments.MaxKeys)
	w.Payments[0].Keys = w.Payments[0].Keys[:1]
	require.True(t, payments.AlsoAnswers(w, 1, payments.Answered{Key: "a"}).Empty(), "a key stands once")
}
