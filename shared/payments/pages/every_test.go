package pages_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
)

// everyPage leads to each page that a payer can see; each gives the address to open.
var everyPage = map[string]func(*world) string{
	"Choosing": func(w *world) string { return w.link },
	"Nothing":  func(w *world) string { w.takes(); return w.link },
	"WhoseCard": func(w *world) string {
		w.takes(banks.Card, banks.CardForeign, banks.Instalments)
		w.country = "KZ"
		return w.link
	},
	"Declined": func(w *world) string {
		w.bank.refuses(banks.DeclinedNow, banks.CardExpired)
		w.post(w.link, "card")
		return w.link
	},
	"Preparing": func(w *world) string {
		begun, _ := payments.Begin(w.whole(), banks.Card, payments.Through{Provider: "tbank"}, "", nil, w.clock.Now())
		require.NoError(w.t, w.store.Save(context.Background(), begun))
		return w.link + "/wait?prepared=1"
	},
	"AtBank":   func(w *world) string { w.post(w.link, "card"); return w.link + "/wait" },
	"Ready":    func(w *world) string { w.post(w.link, "card"); return w.link + "/wait?prepared=1" },
	"Unknown":  func(w *world) string { w.loseCancel(); return w.link + "/wait" },
	"Paid":     func(w *world) string { w.post(w.link, "card"); w.apply(1, banks.Paid); return w.link + "/result" },
	"Stopped":  func(w *world) string { w.post(w.link, "card"); w.apply(1, banks.Cancelled); return w.link + "/result" },
	"Lapsed":   func(w *world) string { w.post(w.link, "card"); w.apply(1, banks.Expired); return w.link + "/result" },
	"Refused":  func(w *world) string { w.post(w.link, "card"); w.apply(1, banks.Declined); return w.link + "/result" },
	"Expired":  func(w *world) string { w.clock.Advance(25 * time.Hour); return w.link },
	"NotFound": func(w *world) string { return w.link + "x" },
	"Broken":   func(w *world) string { w.accounts.err = errors.New("secret of the inside"); return w.link },
	"Cancelled": func(w *world) string {
		require.NoError(w.t, w.store.Save(context.Background(), payments.Cancel(w.whole(), "", "", w.clock.Now())))
		return w.link
	},
	"Receipt":        func(w *world) string { w.paid(); w.prints(nil); return w.receipt("0301") },
	"ReceiptPending": func(w *world) string { w.paid(); w.fulfils(); return w.receipt("0501") },
	"ReceiptFailed": func(w *world) string {
		w.paid()
		w.fulfils()
		require.NoError(w.t, w.store.Save(context.Background(), payments.ReceiptRefused(w.whole(), w.order.ID.Child(ids.FulfilmentReceipt, 1), "no till", w.clock.Now())))
		return w.receipt("0501")
	},
	"NoReceipt": func(w *world) string { w.paid(); return w.receipt("0301") },
	"Silent": func(w *world) string {
		w.bank.open = func(banks.Charge) (banks.Opened, error) { return banks.Opened{}, errors.New("reset") }
		w.post(w.link, "card")
		return w.link + "/wait"
	},
}

// TestEveryPage holds what is true of all pages, in each language.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, lead := range everyPage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.pages.Support = func(context.Context, payments.Order) string { return "help@shop.example" }
			at := lead(w)
			joint := "?"
			if strings.Contains(at, "?") {
				joint = "&"
			}
			heads := map[string]bool{}
			for _, lang := range []string{"ru", "kk", "en"} {
				a := w.get(at + joint + "lang=" + lang)
				require.Equal(t, lang, attr(a.one("html"), "lang"))
				heads[text(a.one("title"))] = true
				a.one("main")
				a.one("h1")
				a.one("footer")
				require.NotContains(t, a.text, "ZgotmplZ")
				require.NotContains(t, a.text, "no value")
				require.NotContains(t, a.text, " style=")
				require.Empty(t, a.all("script"))
				require.Empty(t, a.all("img"))
				require.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'")
				require.Equal(t, "no-store", a.header.Get("Cache-Control"))
				require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"))
				requireWhole(t, a)
			}
			require.Len(t, heads, 3, "each language has its own title")
		})
	}
}

// requireWhole: every id is one, every label points at something, every button and link says something.
func requireWhole(t *testing.T, a answer) {
	t.Helper()
	seen := map[string]bool{}
	for n := range a.dom.Descendants() {
		if id := attr(n, "id"); n.Type == html.ElementNode && id != "" {
			require.False(t, seen[id], "two elements are %q", id)
			seen[id] = true
		}
	}
	for _, name := range []string{"section", "div", "nav"} {
		for _, n := range a.all(name) {
			if label := attr(n, "aria-labelledby"); label != "" {
				require.True(t, seen[label], "nothing is %q", label)
			}
		}
	}
	for _, n := range append(a.all("a"), a.all("button")...) {
		require.NotEmpty(t, text(n))
		require.True(t, n.Data == "button" || attr(n, "href") != "")
	}
}

func TestTrouble(t *testing.T) {
	t.Parallel()

	t.Run("TheInsideStaysInside", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.accounts.err = errors.New("secret of the inside")
		a := w.get(w.link)
		require.Equal(t, http.StatusInternalServerError, a.status)
		require.Equal(t, "Что-то пошло не так", a.head())
		require.NotContains(t, a.text, "secret of the inside")
		require.Equal(t, http.StatusInternalServerError, w.post(w.link, "card").status)
	})

	t.Run("BusyIsUnavailable", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, err := range []error{fault.Unavailable("busy", "Busy."), fmt.Errorf("store: %w", table.ErrUnavailable)} {
			w.accounts.err = err
			require.Equal(t, http.StatusServiceUnavailable, w.get(w.link).status)
		}
	})
}
