package pages_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

func TestChoose(t *testing.T) {
	t.Parallel()

	t.Run("LeadsToTheBank", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.post(w.link, "sbp")
		require.Equal(t, http.StatusSeeOther, a.status)
		require.Equal(t, bankURL+"/pay/"+w.whole().Payments[0].Reference(), a.header.Get("Location"))
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
		require.Equal(t, banks.SBP, w.whole().Payments[0].Method)
	})

	t.Run("TwiceIsOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.post(w.link, "card").header.Get("Location")
		require.Equal(t, first, w.post(w.link, "card").header.Get("Location"))
		require.Equal(t, 1, w.bank.opened)
	})

	t.Run("AnotherWayMakesRoom", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.post(w.link, "sbp")
		require.Equal(t, payments.Cancelled, w.whole().Payments[0].Status)
		require.Equal(t, payments.Pending, w.whole().Payments[1].Status)
	})

	t.Run("DoubleClick", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		entered, leave := make(chan struct{}), make(chan struct{})
		w.bank.open = func(c banks.Charge) (banks.Opened, error) {
			close(entered)
			<-leave
			return banks.Opened{BankID: "1", PageURL: bankURL + "/pay/1"}, nil
		}
		var first answer
		var group sync.WaitGroup
		group.Go(func() { first = w.post(w.link, "card") })
		<-entered

		second := w.post(w.link, "card")
		require.Equal(t, w.link+"/wait?prepared=1", second.header.Get("Location"))
		page := w.follow(second)
		require.Equal(t, "Готовим оплату", page.head())
		require.Equal(t, "3; url="+w.link+"/wait?n=1&prepared=1", attr(page.one("meta", "http-equiv", "refresh"), "content"))
		require.Empty(t, page.all("a", "id", "other"), "nobody may choose anew while the bank is being asked")
		require.Equal(t, w.link+"/wait?prepared=1", w.get(w.link).header.Get("Location"))
		require.Equal(t, w.link+"/wait?prepared=1", w.get(w.link+"?choose=1").header.Get("Location"))

		close(leave)
		group.Wait()
		require.Equal(t, bankURL+"/pay/1", first.header.Get("Location"))
		page = w.follow(second)
		require.Equal(t, "Страница банка готова", page.head())
		require.Equal(t, bankURL+"/pay/1", attr(page.one("a", "id", "bank"), "href"))
		require.Empty(t, page.all("meta", "http-equiv", "refresh"))
		require.Equal(t, 1, w.bank.opened)
	})

	t.Run("ErrDeclined", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.refuses(banks.DeclinedNow, banks.InsufficientFunds)
		a := w.follow(w.post(w.link, "card"))
		require.Contains(t, text(a.one("div", "role", "alert")), "недостаточно денег")
		require.NotContains(t, a.text, "the bank's own words")
		require.Equal(t, []string{"sbp", "card"}, a.methods())
	})

	t.Run("ErrFailed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.refuses(banks.Config, "")
		a := w.follow(w.post(w.link, "card"))
		require.Contains(t, text(a.one("div", "role", "alert")), "Банк не провёл платёж")
	})

	t.Run("ErrBankSilent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.isSilent()
		a := w.follow(w.post(w.link, "card"))
		require.Equal(t, "Готовим оплату", a.head())
		require.Equal(t, payments.Unknown, w.whole().Payments[0].Status)

		w.bank.says(banks.Pending, "") // nobody holds the address of the page that was opened: the way is free
		w.clock.Advance(payments.OpenTimeout + teller5s)
		a = w.get(w.link + "/wait?n=1&prepared=1")
		require.Equal(t, "Банк не отвечает", a.head())
		require.Equal(t, []string{"card"}, a.methods())
		require.Contains(t, a.header.Get("Content-Security-Policy"), bankURL)
		require.Empty(t, a.all("meta", "http-equiv", "refresh"))

		w.bank.open = nil
		require.Contains(t, w.post(w.link, "card").header.Get("Location"), bankURL+"/pay/")
		require.Equal(t, payments.Superseded, w.whole().Payments[0].Status)
	})

	t.Run("ErrBankUnavailable", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.open = func(banks.Charge) (banks.Opened, error) { return banks.Opened{}, errors.New("reset") }
		a := w.follow(w.post(w.link, "card"))
		require.Equal(t, "Банк не отвечает", a.head())
		require.Contains(t, a.text, "Деньги не списаны.")
	})

	t.Run("ErrUnknownMethod", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, method := range []string{"", "cash", "CARD", strings.Repeat("x", 3000)} {
			a := w.post(w.link, method)
			require.Equal(t, http.StatusUnprocessableEntity, a.status)
			require.Equal(t, "Выберите один из способов оплаты ниже.", text(a.one("div", "role", "alert")))
			require.Equal(t, []string{"sbp", "card"}, a.methods())
		}
		require.Zero(t, w.bank.opened)
	})

	t.Run("ErrMethodNotOffered", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Methods = []banks.Method{banks.Card} })
		a := w.post(w.link, "sbp")
		require.Equal(t, http.StatusConflict, a.status)
		require.Contains(t, text(a.one("div", "role", "alert")), "Этот способ сейчас недоступен")
		require.Zero(t, w.bank.opened)
	})

	t.Run("ErrNoProvider", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.post(w.link, "instalments")
		require.Equal(t, http.StatusConflict, a.status)
		require.Equal(t, []string{"sbp", "card"}, a.methods())
	})

	t.Run("ErrAttemptsExhausted", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.refuses(banks.DeclinedNow, banks.Generic)
		for range ids.MaxAttempts {
			w.post(w.link, "card")
		}
		a := w.post(w.link, "card")
		require.Equal(t, http.StatusConflict, a.status)
		require.Contains(t, text(a.one("div", "role", "alert")), "Попыток оплаты было слишком много")
	})

	t.Run("ErrTooLarge", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.post(w.link, strings.Repeat("x", 10<<10))
		require.Equal(t, http.StatusRequestEntityTooLarge, a.status)
		require.Equal(t, w.link, attr(a.one("a", "id", "back"), "href"))
		require.Zero(t, w.bank.opened)
	})

	t.Run("AlreadyPaidLeadsToTheResult", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Paid)
		require.Equal(t, "Оплачено", w.follow(w.post(w.link, "sbp")).head())
		require.Equal(t, 1, w.bank.opened)
	})

	t.Run("HeldLeadsToTheResult", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Hold = true })
		w.post(w.link, "card")
		w.apply(1, banks.Held)
		a := w.follow(w.post(w.link, "sbp"))
		require.Equal(t, "Платёж подтверждён", w.follow(a).head())
		require.Equal(t, 1, w.bank.opened)
	})
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"ErrCrossSite":        {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, http.StatusForbidden},
		"ErrSameSite":         {[]string{"Sec-Fetch-Site", "same-site", "Origin", "https://evil.giberno.example"}, http.StatusForbidden},
		"ErrOriginOfAnother":  {[]string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, http.StatusForbidden},
		"ErrHiddenOrigin":     {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, http.StatusForbidden},
		"OurOwn":              {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, http.StatusSeeOther},
		"OldBrowser":          {[]string{"Sec-Fetch-Site", "", "Origin", "null"}, http.StatusSeeOther},
		"OldBrowserWithProxy": {[]string{"Sec-Fetch-Site", "", "Origin", base}, http.StatusSeeOther},
		"NoBrowser":           {[]string{"Sec-Fetch-Site", ""}, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			r := httptest.NewRequest(http.MethodPost, "http://inside.example"+w.link, strings.NewReader("method=card"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for i := 0; i < len(c.headers); i += 2 {
				if c.headers[i+1] != "" {
					r.Header.Set(c.headers[i], c.headers[i+1])
				}
			}
			a := w.send(r)
			require.Equal(t, c.status, a.status)
			if c.status == http.StatusForbidden {
				require.Zero(t, w.bank.opened)
				require.Equal(t, "Запрос отклонён", a.head())
			}
		})
	}
}
