package pages_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
)

const teller5s = teller.LookEvery

func TestWait(t *testing.T) {
	t.Parallel()

	t.Run("NothingBegunLeadsToTheChoice", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, "Школа «Понимаю»", w.follow(w.get(w.link+"/wait")).head())
		require.Equal(t, "Школа «Понимаю»", w.follow(w.get(w.link+"/result")).head())
	})

	t.Run("ComingBackOnlyAsks", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		before := w.whole().Payments[0]
		a := w.get(w.link + "/wait")
		require.Equal(t, "Ждём ответа банка", a.head())
		require.Equal(t, "3; url="+w.link+"/wait?n=1", attr(a.one("meta", "http-equiv", "refresh"), "content"))
		require.Equal(t, w.link+"/wait", attr(a.one("a", "id", "check"), "href"))
		require.Equal(t, w.link+"?choose=1", attr(a.one("a", "id", "other"), "href"))
		require.Contains(t, attr(a.one("a", "id", "bank"), "href"), bankURL)
		require.Empty(t, a.all("form"))
		require.Equal(t, before, w.whole().Payments[0])
	})

	t.Run("AsksTheBankEveryFiveSecondsAtMost", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		for range 10 {
			w.get(w.link + "/wait")
		}
		require.Equal(t, 1, w.bank.asked)
		w.clock.Advance(teller5s)
		w.get(w.link + "/wait")
		require.Equal(t, 2, w.bank.asked)
	})

	t.Run("PaidLeadsToTheResult", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.bank.says(banks.Paid, "")
		a := w.get(w.link + "/wait")
		require.Equal(t, w.link+"/result", a.header.Get("Location"))
		require.Equal(t, "Оплачено", w.follow(a).head())
	})

	t.Run("DeclinedLeadsToTheResult", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.bank.says(banks.Declined, banks.LimitExceeded)
		a := w.follow(w.get(w.link + "/wait"))
		require.Equal(t, "Платёж не прошёл", a.head())
		require.Contains(t, a.text, "Превышен лимит")
		require.Equal(t, w.link, attr(a.one("a", "id", "again"), "href"))
	})

	t.Run("PaidOnThePageThatHadToMakeRoom", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		first := w.whole().Payments[0].Reference()
		w.bank.ask = func(r banks.Ref) (banks.News, error) {
			if r.Reference == first && len(w.whole().Payments) == 2 {
				return banks.News{Reference: r.Reference, BankID: r.BankID, Status: banks.Paid}, nil
			}
			return banks.News{Reference: r.Reference, BankID: r.BankID, Status: banks.Pending}, nil
		}
		begun, _ := payments.Begin(w.whole(), banks.SBP, payments.Through{Provider: "tbank"}, "", nil, w.clock.Now())
		require.NoError(t, w.store.Save(context.Background(), begun))
		require.Equal(t, payments.Superseded, w.whole().Payments[0].Status)
		require.Equal(t, "Оплачено", w.follow(w.get(w.link+"/wait")).head())
	})

	t.Run("ACrashWhileOpeningIsFoundOut", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		begun, _ := payments.Begin(w.whole(), banks.Card, payments.Through{Provider: "tbank"}, "", nil, w.clock.Now())
		require.NoError(t, w.store.Save(context.Background(), begun))
		require.Equal(t, "Готовим оплату", w.get(w.link+"/wait?prepared=1").head())
		require.Zero(t, w.bank.asked, "whoever opens it is still waiting")
		w.clock.Advance(payments.OpenTimeout + 5*time.Second)
		require.Equal(t, "Банк не отвечает", w.get(w.link+"/wait?prepared=1").head())
	})

	t.Run("AnAttemptThatLostTheRoadAndIsUnknownBlocks", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Hold = true })
		w.post(w.link, "card")
		begun, _ := payments.Begin(w.whole(), banks.SBP, payments.Through{Provider: "tbank"}, "", nil, w.clock.Now())
		require.NoError(t, w.store.Save(context.Background(), begun))
		w.apply(1, banks.Held)
		require.Equal(t, "Платёж подтверждён", w.get(w.link).head())
		require.Equal(t, w.link+"/result", w.get(w.link+"/wait").header.Get("Location"))
	})

	t.Run("UnknownSaysNotToPayAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.loseCancel()
		a := w.get(w.link + "/wait")
		require.Equal(t, "Банк ещё не сообщил результат", a.head())
		require.Contains(t, text(a.one("section")), "Пожалуйста, не платите второй раз.")
		require.Empty(t, a.all("a", "id", "other"))
		require.Empty(t, a.all("form"))
		a.one("meta", "http-equiv", "refresh")
		require.Equal(t, w.link+"/wait?prepared=1", w.get(w.link).header.Get("Location"))
		require.Equal(t, w.link+"/wait?prepared=1", w.get(w.link+"?choose=1").header.Get("Location"))
		require.Equal(t, w.link+"/wait", w.get(w.link+"/result").header.Get("Location"))
		require.Equal(t, w.link+"/wait?prepared=1", w.post(w.link, "card").header.Get("Location"))
	})

	t.Run("AsksLessAndLessAndThenStops", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		at, last, steps := w.link+"/wait", 0, 0
		for ; steps < 100; steps++ {
			metas := w.get(at).all("meta", "http-equiv", "refresh")
			if len(metas) == 0 {
				break
			}
			seconds, url, ok := strings.Cut(attr(metas[0], "content"), "; url=")
			require.True(t, ok)
			n, err := strconv.Atoi(seconds)
			require.NoError(t, err)
			require.GreaterOrEqual(t, n, last)
			require.LessOrEqual(t, n, 30)
			at, last = url, n
		}
		require.Equal(t, 60, steps)
		require.Equal(t, http.StatusOK, w.get(at).status)
		w.get(at).one("a", "id", "check")
	})

	t.Run("StandsStillWhenAsked", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		a := w.get(w.link + "/wait")
		a = w.get(attr(a.one("a", "id", "stop"), "href"))
		require.Empty(t, a.all("meta", "http-equiv", "refresh"))
		require.Equal(t, w.link+"/wait?still=1", attr(a.one("a", "id", "check"), "href"))
	})

	t.Run("AStrangeCounterIsTheFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		for _, n := range []string{"-1", "99999999999999999999", "x", "%00"} {
			a := w.get(w.link + "/wait?n=" + n)
			require.Equal(t, "3; url="+w.link+"/wait?n=1", attr(a.one("meta", "http-equiv", "refresh"), "content"))
		}
	})
}

// loseCancel leaves the one attempt with a cancel that nobody knows the outcome of.
func (w *world) loseCancel() {
	w.post(w.link, "card")
	require.NoError(w.t, w.store.Save(context.Background(), payments.BeginCancel(w.whole(), 1, w.clock.Now())))
	require.NoError(w.t, w.store.Save(context.Background(), payments.CallLost(w.whole(), 1, w.clock.Now())))
	w.bank.isSilent()
}
