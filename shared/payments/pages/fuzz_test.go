package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
)

// FuzzLink: no path but the right one opens the order, and none breaks the server.
func FuzzLink(f *testing.F) {
	w := setup(f)
	right := w.order.Link()
	for _, seed := range []string{right, strings.ToUpper(right), right[:49] + "a", "", ".", "..", "%2e%2e", "a/b", "\x00", "t" + strings.Repeat("a", 49), "привет", right + "/wait"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, link string) {
		r := httptest.NewRequest(http.MethodGet, base+"/", nil)
		r.URL = &url.URL{Scheme: "https", Host: "pay.giberno.example", Path: "/p/" + link}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		require.Less(t, rec.Code, 500)
		own := link == right || strings.HasPrefix(link, right+"/")
		if !own {
			require.NotContains(t, rec.Body.String(), "Консультация")
			require.GreaterOrEqual(t, rec.Code, 300)
		}
	})
}

// FuzzForm: nothing that a stranger posts breaks the server. The attempt that is open is the only one that can be, so that
// no run changes the world of the next.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"method=card", "method=sbp&method=card", "method=%zz", "method=card;x", "", "=&=", "method[]=card", "method=card&method=card"} {
		f.Add(seed, "en;q=0.9", "lang=xx&n=1")
	}
	w := setup(f)
	w.takes(banks.Card)
	w.post(w.link, "card")
	f.Fuzz(func(t *testing.T, body, languages, query string) {
		r := httptest.NewRequest(http.MethodPost, base+w.link, strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", languages)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		require.Less(t, rec.Code, 500)
		require.Equal(t, 1, w.bank.opened)
	})
}

// FuzzReceipt: no address but the right one opens the receipt, and none breaks the server.
func FuzzReceipt(f *testing.F) {
	w := setup(f)
	w.paid()
	w.prints(nil)
	right := strings.TrimPrefix(w.receipt("0301"), "/r/")
	link := w.order.Link()
	for _, seed := range []string{right, strings.ToUpper(right), link, link + "-", link + "-301", link + "-03010", link + "-0300", link + "-0399", link + "-0101", link + "-0001",
		link + "-9999", link + "-+301", link + "_0301", link + "-０３０１", "-0301", "0301", "", ".", "%2e%2e", right + "/x", "\x00-0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, segment string) {
		r := httptest.NewRequest(http.MethodGet, base+"/", nil)
		r.URL = &url.URL{Scheme: "https", Host: "pay.giberno.example", Path: "/r/" + segment}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		require.Less(t, rec.Code, 500)
		if segment != right {
			require.NotContains(t, rec.Body.String(), "Консультация")
			require.GreaterOrEqual(t, rec.Code, 300)
		}
	})
}
