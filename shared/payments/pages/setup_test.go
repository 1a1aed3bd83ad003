package pages_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/web"
	"giberno.ru/shared/receipts"
)

const (
	base    = "https://pay.giberno.example"
	bankURL = "https://bank.example"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// fakeBank answers as it is told.
type fakeBank struct {
	mu     sync.Mutex
	opened int
	asked  int
	open   func(banks.Charge) (banks.Opened, error)
	ask    func(banks.Ref) (banks.News, error)
}

func (b *fakeBank) Open(_ context.Context, _ banks.Account, c banks.Charge) (banks.Opened, error) {
	b.mu.Lock()
	b.opened++
	open := b.open
	b.mu.Unlock()
	if open != nil {
		return open(c)
	}
	return banks.Opened{BankID: "b" + c.Reference, PageURL: bankURL + "/pay/" + c.Reference}, nil
}

func (b *fakeBank) Ask(_ context.Context, _ banks.Account, r banks.Ref) (banks.News, error) {
	b.mu.Lock()
	b.asked++
	ask := b.ask
	b.mu.Unlock()
	if ask != nil {
		return ask(r)
	}
	return banks.News{Reference: r.Reference, BankID: r.BankID, Status: banks.Pending}, nil
}

func (b *fakeBank) says(status banks.Status, decline banks.DeclineCode) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ask = func(r banks.Ref) (banks.News, error) {
		return banks.News{Reference: r.Reference, BankID: r.BankID, Status: status, Decline: banks.Decline{Code: decline, Message: "the bank's own words"},
			Card: banks.CardMask{Pan: "430000******0777"}}, nil
	}
}

func (b *fakeBank) isSilent() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = func(banks.Charge) (banks.Opened, error) { return banks.Opened{}, context.DeadlineExceeded }
	b.ask = func(banks.Ref) (banks.News, error) { return banks.News{}, context.DeadlineExceeded }
}

func (b *fakeBank) refuses(class banks.Class, code banks.DeclineCode) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = func(banks.Charge) (banks.Opened, error) {
		return banks.Opened{}, &banks.Error{Class: class, Decline: banks.Decline{Code: code, Message: "the bank's own words"}}
	}
}

func (b *fakeBank) Cancel(_ context.Context, _ banks.Account, r banks.Ref) (banks.News, error) {
	return banks.News{Reference: r.Reference, BankID: r.BankID, Status: banks.Cancelled}, nil
}

func (*fakeBank) Capture(context.Context, banks.Account, banks.Ref, money.Money, *receipts.Document) (banks.News, error) {
	panic("pages never capture")
}

func (*fakeBank) Refund(context.Context, banks.Account, banks.Ref, banks.Return) (banks.News, error) {
	panic("pages never give money back")
}

func (*fakeBank) AskRefund(context.Context, banks.Account, banks.Ref, banks.Method) (banks.News, error) {
	panic("pages never ask about refunds")
}

func (*fakeBank) CloseReceipt(context.Context, banks.Account, banks.Ref, *receipts.Document) error {
	panic("pages never close a prepayment")
}
func (*fakeBank) CanCancel() bool                { return true }
func (*fakeBank) CanCapture() bool               { return true }
func (*fakeBank) CanRefund() bool                { return true }
func (*fakeBank) CanClose() bool                 { return true }
func (*fakeBank) RefundsByKey(banks.Method) bool { return true }
func (*fakeBank) PageOrigins(banks.Account) []string {
	return []string{bankURL, "https://evil.example; script-src *"}
}
func (*fakeBank) Names([]byte, http.Header) (string, error) { return "", banks.ErrMalformed }
func (*fakeBank) Answer() (string, []byte)                  { return "text/plain", []byte("OK") }
func (*fakeBank) Verify(banks.Account, []byte, http.Header) (banks.Notice, error) {
	return banks.Notice{}, banks.ErrMalformed
}

type fakeAccounts struct {
	candidates []payments.Candidate
	err        error
}

func (a *fakeAccounts) Candidates(context.Context, ids.Mode, ids.ID) ([]payments.Candidate, error) {
	return append([]payments.Candidate(nil), a.candidates...), a.err
}

func (a *fakeAccounts) Account(_ context.Context, m ids.Mode, id ids.ID) (banks.Account, error) {
	return banks.Account{ID: id, Provider: "tbank", Mode: m, Taxation: "osn"}, nil
}

func (*fakeAccounts) ByTerminal(context.Context, ids.Mode, string, string) (banks.Account, bool, error) {
	return banks.Account{}, false, nil
}

func (*fakeAccounts) Terms(context.Context, payments.Payment) (ledger.Terms, error) {
	return ledger.Terms{}, nil
}

func (*fakeAccounts) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) { return nil, nil }

func (*fakeAccounts) RefundLimit(context.Context, ids.Mode, ids.ID) (int64, error) { return 0, nil }

type noQueue struct{}

func (noQueue) Send(context.Context, string, time.Duration, ...queue.Job) error { return nil }

// lockedRandom is seeded and may be shared.
type lockedRandom struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func (r *lockedRandom) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.src.Read(b)
}

// world is a fresh platform with one order.
type world struct {
	t        testing.TB
	bank     *fakeBank
	accounts *fakeAccounts
	clock    *clock.Manual
	teller   *teller.Teller
	store    *store.Store
	pages    *pages.Pages
	handler  http.Handler
	country  string
	link     string
	order    payments.Order
}

func setup(t testing.TB, change ...func(*payments.Draft)) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "t.db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{NoFeed: true})
	require.NoError(t, err)
	random := &lockedRandom{src: rand.NewChaCha8([32]byte{1})}
	w := &world{t: t, bank: &fakeBank{}, accounts: &fakeAccounts{}, clock: clock.At(start), store: store.New(engine)}
	w.takes(banks.SBP, banks.Card)
	w.teller = teller.New(teller.Config{
		Store: w.store, Accounts: w.accounts, Bank: func(string) (teller.Bank, bool) { return w.bank, true }, Queue: noQueue{}, Clock: w.clock,
		Random: random, Log: slog.New(slog.DiscardHandler), BaseURL: base, Notify: func(string) string { return base + "/n" },
	})
	w.pages = &pages.Pages{Teller: w.teller, Clock: w.clock, BaseURL: base, Country: func(*http.Request) string { return w.country }}
	w.handler = web.NewServer(web.Options{Clock: w.clock, Random: random}, w.pages.Endpoints()...)

	d := payments.Draft{
		Project: "Школа «Понимаю»", Email: "buyer@example.com", ExternalID: "A-1047", ReturnURL: "https://shop.example/thanks",
		Items: []payments.Item{{Name: "Консультация", Price: money.Of(150000, money.RUB), Quantity: 1000}},
	}
	for _, c := range change {
		c(&d)
	}
	w.order, _, err = w.teller.CreateOrder(context.Background(), ids.Test, ids.FromParts("partner"), d, "", "")
	require.NoError(t, err)
	w.link = "/p/" + w.order.Link()
	return w
}

// takes says what the one account is good for.
func (w *world) takes(methods ...banks.Method) {
	c := payments.Candidate{Account: ids.FromParts("account"), Provider: "tbank", On: true, Currencies: money.Currencies}
	for _, m := range methods {
		c.Methods = append(c.Methods, payments.MethodTerms{Method: m, On: true})
	}
	w.accounts.candidates = []payments.Candidate{c}
}

func (w *world) whole() payments.Whole {
	whole, err := w.teller.LoadLink(context.Background(), w.order.Link())
	require.NoError(w.t, err)
	return whole
}

// apply lets the bank tell something about attempt n.
func (w *world) apply(n int, status banks.Status, more ...func(*banks.News)) {
	news := banks.News{Status: status, Card: banks.CardMask{Pan: "430000******0777"}}
	for _, m := range more {
		m(&news)
	}
	require.NoError(w.t, w.store.Save(context.Background(), payments.Apply(w.whole(), n, news, payments.Asked, w.clock.Now())))
}

// answer is what a browser got.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	text   string
	dom    *html.Node
}

func (w *world) send(r *http.Request) answer {
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	a := answer{t: w.t, status: rec.Code, header: rec.Header(), text: rec.Body.String()}
	var err error
	a.dom, err = html.Parse(strings.NewReader(a.text))
	require.NoError(w.t, err)
	return a
}

func (w *world) get(path string, headers ...string) answer {
	r := httptest.NewRequest(http.MethodGet, base+path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.send(r)
}

func (w *world) post(path string, method string, headers ...string) answer {
	body := url.Values{"method": {method}}.Encode()
	r := httptest.NewRequest(http.MethodPost, base+path, io.NopCloser(strings.NewReader(body)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.send(r)
}

// follow goes where a redirect of ours leads.
func (w *world) follow(a answer) answer {
	w.t.Helper()
	require.Equal(w.t, http.StatusSeeOther, a.status)
	require.True(w.t, strings.HasPrefix(a.header.Get("Location"), "/p/"), a.header.Get("Location"))
	return w.get(a.header.Get("Location"))
}

// all gives the elements of a name, in the order of the page; attributes are pairs that they must have.
func (a answer) all(name string, attributes ...string) []*html.Node {
	var found []*html.Node
	for n := range a.dom.Descendants() {
		if n.Type != html.ElementNode || n.Data != name {
			continue
		}
		fits := true
		for i := 0; i+1 < len(attributes); i += 2 {
			fits = fits && attr(n, attributes[i]) == attributes[i+1]
		}
		if fits {
			found = append(found, n)
		}
	}
	return found
}

func (a answer) one(name string, attributes ...string) *html.Node {
	a.t.Helper()
	found := a.all(name, attributes...)
	require.Len(a.t, found, 1, "%s %v in\n%s", name, attributes, a.text)
	return found[0]
}

func (a answer) head() string { a.t.Helper(); return text(a.one("h1")) }

// methods lists what the buttons of the page's one form choose.
func (a answer) methods() []string {
	a.t.Helper()
	a.one("form")
	var list []string
	for _, b := range a.all("button", "name", "method") {
		list = append(list, attr(b, "value"))
	}
	return list
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
