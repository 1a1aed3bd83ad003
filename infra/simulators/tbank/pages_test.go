package tbank

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// dom is a page as a browser sees it.
type dom struct {
	t      *testing.T
	root   *html.Node
	status int
	header http.Header
}

// visit opens a path of the bank as it stands in a page: under the prefix of BaseURL.
func (w *world) visit(method, path string, form url.Values) dom {
	w.t.Helper()
	body := strings.NewReader(form.Encode())
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, body)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	http.StripPrefix("/sim/tbank", w.bank.Handler()).ServeHTTP(rec, r)
	root, err := html.Parse(rec.Body)
	require.NoError(w.t, err)
	return dom{w.t, root, rec.Code, rec.Header()}
}

func (w *world) get(path string) dom { w.t.Helper(); return w.visit(http.MethodGet, path, nil) }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// find gives the element with this id, or fails.
func (d dom) find(id string) *html.Node {
	d.t.Helper()
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == id {
			return n
		}
	}
	require.FailNow(d.t, "no element #"+id)
	return nil
}

func (d dom) has(id string) bool {
	for n := range d.root.Descendants() {
		if attr(n, "id") == id {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func (d dom) text(id string) string { d.t.Helper(); return text(d.find(id)) }

// submit fills the form with this id and sends it.
func (w *world) submit(d dom, id string, more url.Values) dom {
	w.t.Helper()
	form := d.find(id)
	require.Equal(w.t, "form", form.Data)
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Data == "input" {
			values.Set(attr(n, "name"), attr(n, "value"))
		}
	}
	for name, v := range more {
		values[name] = v
	}
	return w.visit(http.MethodPost, attr(form, "action"), values)
}

// follow goes where the answer redirects.
func (w *world) follow(d dom) dom {
	w.t.Helper()
	require.Equal(w.t, http.StatusSeeOther, d.status)
	return w.get(d.header.Get("Location"))
}

// form opens a payment with addresses to return to and gives its form.
func (w *world) form(kopecks int64) (id string, d dom) {
	w.t.Helper()
	id = w.open("A-1047", kopecks, answer{
		"SuccessURL": "https://shop.test/thanks", "FailURL": "https://shop.test/sorry", "Description": "<b>Шкаф</b>",
	})
	return id, w.get("/sim/tbank/pay/" + w.payment(id).Page)
}

func card(pan string) url.Values { return url.Values{"pan": {pan}} }

func TestForm(t *testing.T) {
	t.Parallel()
	t.Run("ShowsWhatIsPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		require.Equal(t, http.StatusOK, d.status)
		require.Equal(t, "1499,00 ₽", d.text("amount"))
		require.Equal(t, "A-1047", d.text("order"))
		require.Contains(t, text(d.root), "<b>Шкаф</b>", "the shop's words are words")
		require.Equal(t, FormShowed, w.payment(id).Status)
		require.Contains(t, d.text("cards"), "недостаточно средств")
		csp := d.header.Get("Content-Security-Policy")
		require.NotContains(t, csp, "unsafe-inline")
		require.Contains(t, csp, "form-action 'self' https://shop.test")
		require.Equal(t, "no-referrer", d.header.Get("Referrer-Policy"))
	})
	t.Run("PaysAndGoesToTheShop", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		d = w.submit(d, "card", nil)
		require.Equal(t, http.StatusSeeOther, d.status)
		require.Equal(t, "https://shop.test/thanks", d.header.Get("Location"))
		require.Equal(t, Confirmed, w.payment(id).Status)
		again := w.get("/sim/tbank/pay/" + w.payment(id).Page)
		require.Equal(t, "Оплачено", again.text("status"))
		require.Equal(t, "https://shop.test/thanks", attr(again.find("back"), "href"))
	})
	t.Run("SecondClickPaysOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		w.submit(d, "card", nil)
		d = w.submit(d, "card", nil)
		require.Equal(t, "https://shop.test/thanks", d.header.Get("Location"))
		require.EqualValues(t, 149900, w.payment(id).Captured)
		require.Len(t, w.bank.Notices(id), 2)
	})
	t.Run("DeclineAsksAgainThreeTimes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		for range 2 {
			d = w.follow(w.submit(d, "card", card("5000000000000009")))
			require.Contains(t, text(d.root), "Недостаточно средств на карте. Попробуйте ещё раз")
			require.Equal(t, FormShowed, w.payment(id).Status)
		}
		d = w.submit(d, "card", card("5000000000000009"))
		require.Equal(t, "https://shop.test/sorry", d.header.Get("Location"))
		require.Equal(t, Rejected, w.payment(id).Status)
		w.tick()
		require.Equal(t, []string{"AUTH_FAIL", "AUTH_FAIL", "REJECTED"}, w.shop.statuses())
	})
	t.Run("DeclinedThenPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, d := w.form(149900)
		d = w.follow(w.submit(d, "card", card("5000000000000207")))
		w.submit(d, "card", nil)
		w.tick()
		require.Equal(t, []string{"AUTH_FAIL", "AUTHORIZED", "CONFIRMED"}, w.shop.statuses())
	})
	t.Run("DeclinedThenGivenUp", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		d = w.follow(w.submit(d, "card", card("5000000000000207")))
		d = w.submit(d, "cancel", nil)
		require.Equal(t, "https://shop.test/sorry", d.header.Get("Location"))
		require.Equal(t, Rejected, w.payment(id).Status)
	})
	t.Run("LeftUntouched", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		require.Equal(t, "https://shop.test/sorry", w.submit(d, "cancel", nil).header.Get("Location"))
		require.Equal(t, FormShowed, w.payment(id).Status, "the payer may come back")
	})
	t.Run("EveryTestCard", func(t *testing.T) {
		t.Parallel()
		for _, c := range TestCards {
			w := setup(t)
			id, d := w.form(149900)
			w.submit(d, "card", card(c.Pan))
			want := AuthFail
			if c.Outcome == "success" {
				want = Confirmed
			} else if strings.HasPrefix(c.Outcome, "3ds") {
				want = Checking3DS
			}
			require.Equal(t, want, w.payment(id).Status, c.Pan)
		}
	})
	t.Run("OddCards", func(t *testing.T) {
		t.Parallel()
		for code, v := range map[string]url.Values{
			"1014": {"pan": {"4111111111111112"}}, "1054": {"exp": {"02/26"}}, "1082": {"cvv": {"000"}},
			"0": {"pan": {"4111 1111 1111 1111"}, "exp": {"03/26"}},
		} {
			w := setup(t)
			id, d := w.form(149900)
			w.submit(d, "card", v)
			require.Equal(t, code, w.payment(id).ErrorCode)
		}
	})
	t.Run("Expired", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		w.clock.Advance(defaultLife)
		require.Equal(t, "https://shop.test/sorry", w.submit(d, "card", nil).header.Get("Location"))
		require.Equal(t, DeadlineExpired, w.payment(id).Status)
		require.Equal(t, "Срок оплаты истёк", w.get("/sim/tbank/pay/"+w.payment(id).Page).text("status"))
	})
	t.Run("OpenedTooOften", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, _ := w.form(149900)
		for range maxOpenings {
			w.get("/sim/tbank/pay/" + w.payment(id).Page)
		}
		require.Equal(t, AttemptsExpired, w.payment(id).Status)
	})
	t.Run("English", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, d := w.form(149900)
		var other string
		for n := range d.root.Descendants() {
			if attr(n, "hreflang") == "en" {
				other = attr(n, "href")
			}
		}
		require.Equal(t, "?lang=en", other)
		d = w.get("/sim/tbank/pay/" + w.payment("A-1047").Page + other)
		require.Contains(t, text(d.root), "Pay by card")
		require.NotRegexp(t, regexp.MustCompile(`[а-яё]{3}`), strings.ReplaceAll(strings.ReplaceAll(text(d.find("card")), "Шкаф", ""), "Русский", ""))
		d = w.follow(w.submit(d, "card", card("5000000000000009")))
		require.Contains(t, text(d.root), "Try again", "the language stays")
	})
	t.Run("ErrMissing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, path := range []string{"/pay/nothing", "/pay/nothing/3ds", "/pay/nothing/sbp", "/sbp/nothing", "/sbp", "/receipt?fn=1&i=2&fp=3", "/receipt/qr.svg", "/what"} {
			require.Equal(t, http.StatusNotFound, w.get("/sim/tbank"+path).status, path)
		}
	})
	t.Run("ErrCrossOrigin", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id, d := w.form(149900)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, strings.TrimPrefix(attr(d.find("card"), "action"), "/sim/tbank"), nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		rec := httptest.NewRecorder()
		w.bank.Handler().ServeHTTP(rec, r)
		require.Equal(t, http.StatusForbidden, rec.Code)
		require.Equal(t, FormShowed, w.payment(id).Status)
	})
}

func TestACS(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, pan string) (*world, string, dom) {
		w := setup(t)
		id, d := w.form(149900)
		d = w.follow(w.submit(d, "card", card(pan)))
		require.Contains(t, text(d.root), pan[:6]+"******"+pan[12:])
		return w, id, d
	}
	t.Run("RightCode", func(t *testing.T) {
		t.Parallel()
		w, id, d := open(t, "4249170392197566")
		d = w.submit(d, "code", url.Values{"code": {rightCode}, "step": {"confirm"}})
		require.Equal(t, "https://shop.test/thanks", d.header.Get("Location"))
		require.Equal(t, Confirmed, w.payment(id).Status)
	})
	t.Run("WrongCodeAsksForACardAgain", func(t *testing.T) {
		t.Parallel()
		w, id, d := open(t, "4249170392197566")
		d = w.follow(w.submit(d, "code", url.Values{"code": {"0000"}, "step": {"confirm"}}))
		require.True(t, d.has("card"))
		require.Equal(t, "101", w.payment(id).ErrorCode)
	})
	t.Run("RightCodePoorCard", func(t *testing.T) {
		t.Parallel()
		w, id, d := open(t, "4000000000000101")
		w.submit(d, "code", url.Values{"code": {rightCode}})
		require.Equal(t, AuthFail, w.payment(id).Status)
		require.Equal(t, "1051", w.payment(id).ErrorCode)
	})
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		w, id, d := open(t, "4249170392197566")
		w.submit(d, "code", url.Values{"code": {rightCode}, "step": {"refuse"}})
		require.Equal(t, AuthFail, w.payment(id).Status)
	})
	t.Run("FormLeadsBackToTheCode", func(t *testing.T) {
		t.Parallel()
		w, id, _ := open(t, "4249170392197566")
		require.True(t, w.follow(w.get("/sim/tbank/pay/"+w.payment(id).Page)).has("code"))
	})
}

func TestSBPPages(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*world, string, dom, dom) {
		w := setup(t)
		id, d := w.form(149900)
		page := w.get(attr(d.find("sbp"), "href"))
		require.Regexp(t, `^https://qr\.nspk\.ru/AD`, page.text("payload"))
		return w, id, page, w.get(attr(page.find("app"), "href"))
	}
	t.Run("Confirm", func(t *testing.T) {
		t.Parallel()
		w, id, _, app := open(t)
		app = w.follow(w.submit(app, "app", url.Values{"step": {"confirm"}}))
		require.Equal(t, "Оплачено", app.text("status"))
		require.Equal(t, Confirmed, w.payment(id).Status)
		waiting := w.get("/sim/tbank/pay/" + w.payment(id).Page + "/sbp")
		require.Equal(t, "https://shop.test/thanks", waiting.header.Get("Location"))
	})
	t.Run("RefuseThreeTimes", func(t *testing.T) {
		t.Parallel()
		w, id, _, app := open(t)
		for range 2 {
			app = w.follow(w.submit(app, "app", url.Values{"step": {"refuse"}}))
		}
		app = w.follow(w.submit(app, "app", url.Values{"step": {"refuse"}}))
		require.Equal(t, "Платёж отклонён", app.text("status"))
		require.Equal(t, Rejected, w.payment(id).Status)
	})
	t.Run("FormOpensAtTheQR", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		w.call("GetQr", answer{"PaymentId": id})
		d := w.follow(w.get("/sim/tbank/pay/" + w.payment(id).Page))
		require.True(t, d.has("payload"))
		require.True(t, w.get(attr(d.find("bycard"), "href")).has("card"), "and leads on to the card")
	})
	t.Run("PayloadFindsTheApp", func(t *testing.T) {
		t.Parallel()
		w, _, page, _ := open(t)
		require.True(t, w.follow(w.get("/sim/tbank/sbp?payload="+url.QueryEscape(page.text("payload")))).has("app"))
	})
}

func TestReceiptPage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.callAs("Fiscal", "Init", answer{"Amount": 149900, "OrderId": "f", "Receipt": receiptOf(149900)})["PaymentId"].(string)
	w.pay(id, Attempt{})
	w.clock.Advance(tillTime)
	w.tick()
	f := w.payment(id).Receipts[0]
	d := w.get(strings.TrimPrefix(f.URL, "http://bank.test"))
	require.Equal(t, http.StatusOK, d.status)
	require.Equal(t, "Приход", d.text("type"))
	require.Equal(t, "1499,00 ₽", d.text("total"))
	require.Equal(t, f.FN, d.text("fn"))
	require.Equal(t, f.fns(), d.text("fns"))
	require.Contains(t, d.text("items"), "Шкаф")
	image := w.get(strings.TrimPrefix(f.QRURL, "http://bank.test"))
	require.Equal(t, "image/svg+xml", image.header.Get("Content-Type"))
}

func TestStartPage(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, path := range []string{"/sim/tbank/", "/sim/tbank/?lang=en"} {
		d := w.get(path)
		require.Equal(t, http.StatusOK, d.status)
		require.Contains(t, d.text("terminals"), testTerminal)
		require.NotContains(t, text(d.root), testPassword)
		require.Contains(t, d.text("magic"), "…,61")
		require.Contains(t, d.text("control"), "/control/clock")
	}
	style := w.get("/sim/tbank/style.css")
	require.Contains(t, style.header.Get("Content-Type"), "text/css")
}

func TestWords(t *testing.T) {
	t.Parallel()
	used := regexp.MustCompile(`\{\{-?\s*(?:if [^}]*)?t "([a-z_0-9]+)"`)
	files, err := pageFiles.ReadDir("page")
	require.NoError(t, err)
	for _, f := range files {
		raw, err := pageFiles.ReadFile("page/" + f.Name())
		require.NoError(t, err)
		for _, m := range used.FindAllStringSubmatch(string(raw), -1) {
			require.Contains(t, words, m[1], f.Name())
		}
		require.NotContains(t, string(raw), "style=", "the policy allows no inline style")
		require.NotContains(t, string(raw), "<script", "no page needs a script")
	}
	for key, text := range words {
		require.NotEmpty(t, text[0], key)
		require.NotEmpty(t, text[1], key)
	}
}
