package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// fakeBank keeps a small truth about each payment; a test may put its own answer in the place of any call.
type fakeBank struct {
	mu        sync.Mutex
	status    map[string]banks.Status // by reference
	calls     []string
	charges   []banks.Charge
	captured  []money.Money
	documents []*receipts.Document
	noCancel  bool
	noCapture bool
	noRefund  bool
	noClose   bool
	keyless   bool                  // a return may not be repeated under its key
	left      map[string]int64      // of what was taken, minor units
	given     map[string]banks.News // by key
	returns   []banks.Return
	closings  []*receipts.Document

	open    func(ctx context.Context, c banks.Charge) (banks.Opened, error)
	ask     func(r banks.Ref) (banks.News, error)
	cancel  func(r banks.Ref) (banks.News, error)
	capture func(r banks.Ref, amount money.Money) (banks.News, error)
	refund  func(r banks.Ref, give banks.Return) (banks.News, error)
	close   func() error
}

func newBank() *fakeBank {
	return &fakeBank{status: map[string]banks.Status{}, left: map[string]int64{}, given: map[string]banks.News{}}
}

// lost is an answer that never came.
var lost = &banks.Error{Class: banks.Unknown, Cause: errors.New("connection reset")}

func (b *fakeBank) note(call string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, call)
}

func (b *fakeBank) made() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.calls...)
}

func (b *fakeBank) move(reference, status string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status[reference] = banks.Status(status)
}

func (b *fakeBank) news(r banks.Ref) (banks.News, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	status, known := b.status[r.Reference]
	if !known {
		return banks.News{}, &banks.Error{Class: banks.NotFound}
	}
	news := banks.News{Reference: r.Reference, BankID: "b-" + r.Reference, Status: status, Word: string(status)}
	if left, touched := b.left[r.Reference]; touched {
		news.Left = &money.Money{Amount: left, Currency: r.Amount.Currency}
	}
	return news, nil
}

func (b *fakeBank) Open(ctx context.Context, _ banks.Account, c banks.Charge) (banks.Opened, error) {
	b.note("open")
	b.mu.Lock()
	b.charges = append(b.charges, c)
	b.mu.Unlock()
	if b.open != nil {
		return b.open(ctx, c)
	}
	return b.opened(c), nil
}

func (b *fakeBank) opened(c banks.Charge) banks.Opened {
	b.move(c.Reference, "pending")
	o := banks.Opened{BankID: "b-" + c.Reference, PageURL: "https://bank.example/" + c.Reference}
	if c.Method == banks.SBP {
		o.QR = "https://qr.nspk.ru/" + c.Reference
	}
	return o
}

func (b *fakeBank) Ask(_ context.Context, _ banks.Account, r banks.Ref) (banks.News, error) {
	b.note("ask")
	if b.ask != nil {
		return b.ask(r)
	}
	return b.news(r)
}

func (b *fakeBank) Cancel(_ context.Context, _ banks.Account, r banks.Ref) (banks.News, error) {
	b.note("cancel")
	if b.cancel != nil {
		return b.cancel(r)
	}
	if n, _ := b.news(r); n.Status == banks.Held {
		b.move(r.Reference, "reversed")
	} else {
		b.move(r.Reference, "cancelled")
	}
	return b.news(r)
}

func (b *fakeBank) Capture(_ context.Context, _ banks.Account, r banks.Ref, amount money.Money, d *receipts.Document) (banks.News, error) {
	b.note("capture")
	b.mu.Lock()
	b.captured, b.documents, b.left[r.Reference] = append(b.captured, amount), append(b.documents, d), amount.Amount
	b.mu.Unlock()
	if b.capture != nil {
		return b.capture(r, amount)
	}
	b.move(r.Reference, "paid")
	return b.news(r)
}

func (b *fakeBank) Refund(_ context.Context, _ banks.Account, r banks.Ref, give banks.Return) (banks.News, error) {
	b.note("refund")
	b.mu.Lock()
	b.returns = append(b.returns, give)
	b.mu.Unlock()
	if b.refund != nil {
		return b.refund(r, give)
	}
	return b.giveBack(r, give)
}

// giveBack carries one key out once.
func (b *fakeBank) giveBack(r banks.Ref, give banks.Return) (banks.News, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if news, again := b.given[give.Key]; again {
		return news, nil
	}
	left, touched := b.left[r.Reference]
	if !touched {
		left = r.Amount.Amount
	}
	if left -= give.Amount.Amount; left < 0 {
		return banks.News{}, &banks.Error{Class: banks.Conflict}
	}
	b.left[r.Reference], b.status[r.Reference] = left, banks.PartlyRefunded
	if left == 0 {
		b.status[r.Reference] = banks.Refunded
	}
	news := banks.News{Reference: r.Reference, BankID: "b-" + r.Reference, Status: b.status[r.Reference], Left: &money.Money{Amount: left, Currency: give.Amount.Currency}}
	b.given[give.Key] = news
	return news, nil
}

// gave lists the returns that the bank was asked for.
func (b *fakeBank) gave() []banks.Return {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]banks.Return(nil), b.returns...)
}

func (b *fakeBank) AskRefund(_ context.Context, _ banks.Account, r banks.Ref, _ banks.Method) (banks.News, error) {
	b.note("ask refund")
	return b.news(r)
}

func (b *fakeBank) CloseReceipt(_ context.Context, _ banks.Account, _ banks.Ref, d *receipts.Document) error {
	b.note("close")
	b.mu.Lock()
	b.closings = append(b.closings, d)
	b.mu.Unlock()
	if b.close != nil {
		return b.close()
	}
	return nil
}

func (b *fakeBank) CanRefund() bool                    { return !b.noRefund }
func (b *fakeBank) CanClose() bool                     { return !b.noClose }
func (b *fakeBank) RefundsByKey(banks.Method) bool     { return !b.keyless }
func (b *fakeBank) CanCancel() bool                    { return !b.noCancel }
func (b *fakeBank) CanCapture() bool                   { return !b.noCapture }
func (b *fakeBank) PageOrigins(banks.Account) []string { return []string{"https://bank.example"} }
func (b *fakeBank) Answer() (string, []byte)           { return "text/plain", []byte("OK") }

// notice is a notification as this bank writes it.
type notice struct {
	Terminal  string           `json:"terminal"`
	Password  string           `json:"password"` // stands for the signature
	Reference string           `json:"reference"`
	Status    string           `json:"status,omitempty"`
	Amount    money.Money      `json:"amount"`
	Receipt   *receipts.Fiscal `json:"receipt,omitempty"`
	Closing   bool             `json:"closing,omitempty"`
}

func (n notice) String() string {
	raw, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func noticeOf(reference, status string, amount money.Money) string {
	return notice{Terminal: "T1", Password: "secret of test", Reference: reference, Status: status, Amount: amount}.String()
}

func (b *fakeBank) Names(raw []byte, _ http.Header) (string, error) {
	var n notice
	if json.Unmarshal(raw, &n) != nil {
		return "", banks.ErrMalformed
	}
	return n.Terminal, nil
}

func (b *fakeBank) Verify(a banks.Account, raw []byte, _ http.Header) (banks.Notice, error) {
	var n notice
	if json.Unmarshal(raw, &n) != nil {
		return banks.Notice{}, banks.ErrMalformed
	}
	if n.Password != a.Password {
		return banks.Notice{}, banks.ErrForged
	}
	news := banks.News{Reference: n.Reference, BankID: "b-" + n.Reference, Status: banks.Status(n.Status), Word: n.Status, Amount: &n.Amount}
	if n.Status == "paid" {
		news.Card = banks.CardMask{Pan: "430000******0777", Brand: "visa", Expires: "12/28"}
	}
	return banks.Notice{Terminal: n.Terminal, News: news, Receipt: n.Receipt, Closing: n.Closing}, nil
}

// contracts are the accounts of the platform: one at T-Bank in each mode, and a second one in test mode that is off.
type contracts struct {
	mu    sync.Mutex
	list  []contract
	limit int64 // of a refund that one person may make; 0: none
}

type contract struct {
	account   banks.Account
	candidate payments.Candidate
}

func newContracts() *contracts {
	terms := func(m banks.Method, least, most int64, countries ...string) payments.MethodTerms {
		return payments.MethodTerms{Method: m, On: true, FeeBP: 190, Min: least, Max: most, Countries: countries}
	}
	account := func(name string, m ids.Mode, provider string, on bool, methods ...payments.MethodTerms) contract {
		id := ids.FromParts("account", name)
		return contract{
			banks.Account{ID: id, Provider: provider, Mode: m, Terminal: "T1", Password: "secret of " + name, Fiscal: true, Taxation: "usn_income"},
			payments.Candidate{Account: id, Provider: provider, On: on, Fiscal: true, Currencies: []money.Currency{money.RUB}, Methods: methods},
		}
	}
	return &contracts{list: []contract{
		account("test", ids.Test, "tbank", true, terms(banks.Card, 100, 50_000_000, "RU", "KZ"), terms(banks.SBP, 1000, 0, "RU")),
		account("second", ids.Test, "alfa", false, terms(banks.Card, 10, 0, "RU")),
		account("live", ids.Live, "tbank", true, terms(banks.Card, 100, 0)),
	}}
}

// change edits the n-th account as routing sees it.
func (c *contracts) change(n int, edit func(*payments.Candidate)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	edit(&c.list[n].candidate)
}

func (c *contracts) Candidates(_ context.Context, m ids.Mode, _ ids.ID) (out []payments.Candidate, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.list {
		if one.account.Mode == m {
			out = append(out, one.candidate)
		}
	}
	return out, nil
}

// limits sets what one person may give back of a payment.
func (c *contracts) limits(minor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = minor
}

func (*contracts) Terms(context.Context, payments.Payment) (ledger.Terms, error) {
	return ledger.Terms{}, nil
}

func (*contracts) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) { return nil, nil }

func (c *contracts) RefundLimit(_ context.Context, _ ids.Mode, partner ids.ID) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if partner != shopID {
		return 0, nil
	}
	return c.limit, nil
}

func (c *contracts) Account(_ context.Context, m ids.Mode, id ids.ID) (banks.Account, error) {
	for _, one := range c.list {
		if one.account.Mode == m && one.account.ID == id {
			return one.account, nil
		}
	}
	return banks.Account{}, errors.New("no such account")
}

func (c *contracts) ByTerminal(_ context.Context, m ids.Mode, provider, terminal string) (banks.Account, bool, error) {
	for _, one := range c.list {
		if a := one.account; a.Mode == m && a.Provider == provider && a.Terminal == terminal {
			return a, true, nil
		}
	}
	return banks.Account{}, false, nil
}
