package pages_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

func TestChoice(t *testing.T) {
	t.Parallel()

	t.Run("ShowsWhatIsPaidAndHow", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.get(w.link)
		require.Equal(t, http.StatusOK, a.status)
		require.Equal(t, "Школа «Понимаю»", a.head())
		require.Equal(t, "1 500,00 ₽", text(a.one("dd", "id", "total")))
		require.Equal(t, "Консультация 1 500,00 ₽", text(a.one("ul", "class", "lines")))
		require.Equal(t, "Оплатить можно до 23 ноября, 11:58 по Москве", text(a.one("time")))
		require.Equal(t, "2026-11-23T08:58:00Z", attr(a.one("time"), "datetime"))
		require.Contains(t, a.text, "Заказ № A-1047")
		require.Equal(t, []string{"sbp", "card"}, a.methods())
		require.Equal(t, "way best", attr(a.one("button", "value", "sbp"), "class"))
		require.Equal(t, "way", attr(a.one("button", "value", "card"), "class"))
		require.Equal(t, "post", attr(a.one("form"), "method"))
		require.Equal(t, w.link, attr(a.one("form"), "action"))
		require.Empty(t, a.all("script"))
	})

	t.Run("OneMethodIsOnePageWithOneButton", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.takes(banks.Card)
		a := w.get(w.link)
		require.Equal(t, []string{"card"}, a.methods())
		require.Equal(t, "way best", attr(a.one("button", "value", "card"), "class"))
		require.Equal(t, "Способ оплаты", text(a.one("h2")))
	})

	t.Run("OnlyWhatThePartnerOffers", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Methods = []banks.Method{banks.Card} })
		require.Equal(t, []string{"card"}, w.get(w.link).methods())
	})

	t.Run("NoMethodSaysWhatToDo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.accounts.candidates = nil
		a := w.get(w.link)
		require.Equal(t, http.StatusOK, a.status)
		require.Empty(t, a.all("form"))
		require.Equal(t, "Сейчас оплатить не получится", text(a.one("h2")))
		require.Contains(t, a.text, "Попробуйте позже или напишите в магазин")
	})

	t.Run("ManyLinesAreFolded", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) {
			for range 21 {
				d.Items = append(d.Items, payments.Item{Name: "Чай", Price: money.Of(100, money.RUB), Quantity: 500})
			}
		})
		a := w.get(w.link)
		require.Equal(t, "22 позиции в заказе", text(a.one("summary")))
		require.Contains(t, text(a.one("details")), "0,5 × 1,00 ₽")
	})

	t.Run("InKazakhstanFirstAsksWhoseCard", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.takes(banks.SBP, banks.Card, banks.CardForeign)
		w.country = "KZ"
		a := w.get(w.link)
		require.Equal(t, []string{"card", "card_foreign", "sbp"}, a.methods())
		require.Equal(t, "Карта российского или иностранного банка?", text(a.one("h2", "id", "ways")))
		require.Equal(t, "Оплатить можно до 23 ноября, 13:58 по Алматы", text(a.one("time")))
	})

	t.Run("ElsewhereNobodyAsks", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.takes(banks.SBP, banks.Card, banks.CardForeign)
		w.country = "RU"
		a := w.get(w.link)
		require.Equal(t, []string{"sbp", "card", "card_foreign"}, a.methods())
		require.Equal(t, "Выберите способ оплаты", text(a.one("h2")))
	})

	t.Run("InKazakhstanWithOneKindOfCardNobodyAsks", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.takes(banks.SBP, banks.CardForeign)
		w.country = "KZ"
		require.Equal(t, []string{"sbp", "card_foreign"}, w.get(w.link).methods())
	})

	t.Run("AnUnfinishedAttemptCanBeContinuedOrLeft", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		a := w.get(w.link)
		require.Contains(t, text(a.one("div", "role", "status")), "Вы уже начали оплату: Банковская карта.")
		require.Contains(t, attr(a.one("a", "id", "continue"), "href"), bankURL+"/pay/")
		require.Equal(t, []string{"sbp", "card"}, a.methods())
	})

	t.Run("HostileWordsStayWords", func(t *testing.T) {
		t.Parallel()
		evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
		w := setup(t, func(d *payments.Draft) {
			d.Project, d.Description, d.ExternalID = evil, `</title><style>*{}`, `'"&<b>`
			d.Items[0].Name = evil
		})
		w.pages.Support = func(_ context.Context, _ payments.Order) string { return `javascript:alert(1)` }
		a := w.get(w.link)
		require.Equal(t, strings.Join(strings.Fields(evil), " "), a.head())
		require.Empty(t, a.all("script"))
		require.Empty(t, a.all("img"))
		require.Empty(t, a.all("style"))
		require.Empty(t, a.all("a", "href", "javascript:alert(1)"))
		require.Contains(t, text(a.one("footer")), "javascript:alert(1)")
	})

	t.Run("TheShopCanBeAsked", func(t *testing.T) {
		t.Parallel()
		for contact, href := range map[string]string{
			"help@shop.example": "mailto:help@shop.example", "+79000000000": "tel:+79000000000", "https://shop.example/help": "https://shop.example/help",
		} {
			w := setup(t)
			w.pages.Support = func(context.Context, payments.Order) string { return contact }
			require.Equal(t, contact, text(w.get(w.link).one("a", "href", href)))
		}
	})

	t.Run("SaysThatATestIsATest", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Contains(t, text(w.get(w.link).one("header", "class", "banner")), "Тестовый платёж")
	})

	t.Run("SmallAndToItself", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.get(w.link)
		css := w.get(attr(a.one("link", "rel", "stylesheet"), "href"))
		require.Equal(t, "public, max-age=31536000, immutable", css.header.Get("Cache-Control"))
		require.Equal(t, "text/css; charset=utf-8", css.header.Get("Content-Type"))
		require.Less(t, len(a.text)+len(css.text), 20<<10)
		require.Equal(t, "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' "+bankURL+
			"; frame-ancestors 'none'; base-uri 'none'", a.header.Get("Content-Security-Policy"))
		require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"))
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.NotContains(t, css.text, "url(")
		require.NotContains(t, css.text, "@import")
		other := w.get("/assets/pages/look.000000000000.css")
		require.Equal(t, css.text, other.text)
		require.Equal(t, "no-store", other.header.Get("Cache-Control"))
		require.Equal(t, http.StatusNotFound, w.get("/assets/pages/else").status)
	})

	t.Run("HeadHasNoBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.send(httptest.NewRequest(http.MethodHead, base+w.link, nil))
		require.Equal(t, http.StatusOK, a.status)
		require.Empty(t, a.text)
	})
}

func TestChoiceOfAnOrderThatIsOver(t *testing.T) {
	t.Parallel()

	t.Run("Paid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Paid)
		a := w.get(w.link)
		require.Equal(t, http.StatusOK, a.status)
		require.Equal(t, "Оплачено", a.head())
		require.Equal(t, "https://shop.example/thanks", attr(a.one("a", "id", "shop"), "href"))
		require.Empty(t, a.all("form"))
	})

	t.Run("Expired", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.clock.Advance(25 * time.Hour)
		a := w.get(w.link)
		require.Equal(t, "Срок оплаты истёк", a.head())
		require.Empty(t, a.all("form"))
	})

	t.Run("NobodyStartsInTheLastTwoMinutes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.clock.Advance(payments.DefaultLife - time.Minute)
		require.Equal(t, "Срок оплаты истёк", w.get(w.link).head())
		require.Equal(t, w.link+"/result", w.post(w.link, "card").header.Get("Location"))
		require.Zero(t, w.bank.opened)
	})

	t.Run("Cancelled", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.store.Save(t.Context(), payments.Cancel(w.whole(), "", "", w.clock.Now())))
		require.Equal(t, "Заказ отменён", w.get(w.link).head())
		require.Equal(t, w.link+"/result", w.post(w.link, "card").header.Get("Location"))
		require.Zero(t, w.bank.opened)
	})
}

func TestWrongLink(t *testing.T) {
	t.Parallel()
	w := setup(t)
	right := w.order.Link()
	other := ids.Link(ids.Test, w.order.ID, ids.LinkKey{1})
	live := ids.Link(ids.Live, w.order.ID, w.order.LinkKey)
	for name, link := range map[string]string{
		"WrongSecret": other, "OtherMode": live, "NoLink": "x", "UpperCase": strings.ToUpper(right), "Longer": right + "a", "Shorter": right[:len(right)-1],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, page := range []string{"", "/wait", "/result"} {
				a := w.get("/p/"+link+page, "Accept-Language", "en")
				require.Equal(t, http.StatusNotFound, a.status)
				require.Equal(t, "There is no such link", a.head())
				require.NotContains(t, a.text, "Школа")
			}
			require.Equal(t, http.StatusNotFound, w.post("/p/"+link, "card").status)
		})
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, c := range map[string]struct{ header, query, lang, total string }{
		"RussianWhenNothingIsKnown": {"", "", "ru", "1 500,00 ₽"},
		"AsTheBrowserSays":          {"kk-KZ,kk;q=0.9,ru;q=0.8", "", "kk", "1 500,00 ₽"},
		"AsThePayerChooses":         {"kk", "?lang=en", "en", "₽1,500.00"},
		"EnglishForTheRestOfUs":     {"de-DE,de", "", "en", "₽1,500.00"},
		"AnUnknownChoiceIsIgnored":  {"ru", "?lang=xx", "ru", "1 500,00 ₽"},
		"NoLanguageAtAll":           {"*", "", "ru", "1 500,00 ₽"},
		"NonsenseIsRussian":         {strings.Repeat("en,", 500), "", "ru", "1 500,00 ₽"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := w.get(w.link+c.query, "Accept-Language", c.header)
			require.Equal(t, c.lang, attr(a.one("html"), "lang"))
			require.Equal(t, c.lang, a.header.Get("Content-Language"))
			require.Equal(t, c.total, text(a.one("dd", "id", "total")))
			require.Equal(t, c.lang, attr(a.one("a", "aria-current", "true"), "lang"))
		})
	}
	t.Run("TheOrderKnowsBetterThanTheBrowser", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Locale = "kk" })
		require.Equal(t, "kk", attr(w.get(w.link, "Accept-Language", "en").one("html"), "lang"))
	})
	t.Run("TheChoiceTravelsAlong", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.get(w.link + "?lang=en")
		require.Equal(t, w.link+"?lang=en", attr(a.one("form"), "action"))
		w.bank.isSilent()
		require.Equal(t, w.link+"/wait?lang=en&prepared=1", w.post(w.link+"?lang=en", "card").header.Get("Location"))
	})
}
