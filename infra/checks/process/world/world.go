// Package world is the little world of the sample events: one partner, one operator, one account at a simulated T-Bank and
// an order in each state that a sample needs. Its chance is seeded, so that the ids, links and tokens of the events under
// events/ are its own in every run. The tokens and the terminal's password open nothing anywhere else.
package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"time"

	atolsim "giberno.ru/infra/simulators/atol"
	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/secret"
	tableengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/web"
)

// The documented account of the sample notification.
const (
	Terminal = "GibernoDEMO"
	Password = "sample-password-of-events"
)

// BaseURL is the platform's address in the events.
const BaseURL = "https://pay.example"

// At is when the events happen.
var At = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// World is the data behind the sample events.
type World struct {
	Surroundings surroundings.Surroundings
	House        *onaws.House
	Table        *tableengine.Engine // without the surroundings' decorators
	Queue        *queueengine.Engine
	Bank         *tbanksim.Bank
	Till         *atolsim.Service // the fiscal service

	PartnerToken, OperatorToken string
	TokenID                     string // public name of a token that may be revoked
	Partner, Rival              ids.ID
	Account                     ids.ID
	Fresh, Pending, Paid        Payment // Fresh has no payment yet
	HeldOne, HeldTwo, Unpaid    Payment
	Prepaid, Returnable         Payment
	Given, ToApprove, ToReject  Payment // each with a refund; the last two wait for a second operator
	Unprinted, Printed          Payment // of a bank without a till: one receipt is owed, the other is ready and not mailed
	Notice                      []byte  // of the bank: Pending was paid
	Book                        ledger.Book
	Day                         ledger.Day // yesterday: closed and settled
	Settlement                  ids.ID     // of that day
	MissingHere, MissingThere   ids.ID     // open breaks
	Link                        string
	Hook, OldHook               ids.ID    // the partner's endpoints
	Event                       ids.ID    // that they have still to hear
	Drain                       queue.Job // that brings it to one of them

	relayed  int // how many changes of the table were looked at
	file     *file.File
	server   http.Handler
	tillTime *clock.Manual
}

// Payment is an order with its first payment.
type Payment struct{ Order, ID ids.ID }

// Options of New.
type Options struct {
	Dir         string    // where the data is kept
	Now         time.Time // zero: At
	BankAddress string    // of the account; "": the bank is reached within the process
}

// New makes the world.
func New(ctx context.Context, o Options) (w *World, err error) {
	if o.Now.IsZero() {
		o.Now = At
	}
	if o.BankAddress == "" {
		o.BankAddress = "https://bank.example"
	}
	made := &World{}
	w = made
	defer func() {
		if err != nil {
			made.Close()
		}
	}()
	if err := w.open(o); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{w.people, func(ctx context.Context) error { return w.account(ctx, o.BankAddress) }, w.orders,
		func(ctx context.Context) error { return w.receipts(ctx, o.BankAddress) }, w.ledger, w.hooks} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("world: %w", err)
		}
	}
	return w, nil
}

func (w *World) open(o Options) (err error) {
	if w.file, err = file.Open(filepath.Join(o.Dir, "world.db"), file.Options{NoSync: true}); err != nil {
		return err
	}
	if w.Table, err = tableengine.New(w.file, tableengine.Options{}); err != nil {
		return err
	}
	now := clock.At(o.Now)
	if w.Queue, err = queueengine.New(w.file, now, queueengine.Options{}); err != nil {
		return err
	}
	w.Bank, err = tbanksim.New(tbanksim.Config{
		Clock: now, Random: seeded(2), BaseURL: o.BankAddress, Log: slog.New(slog.DiscardHandler), NoMagicAmounts: true,
		Terminals: []tbanksim.Terminal{{Key: Terminal, Password: Password, NotificationURL: BaseURL + "/api/a2c/notifications", Fiscal: true}},
	})
	if err != nil {
		return err
	}
	if err := w.openTill(o.BankAddress, o.Now); err != nil {
		return err
	}
	out, err := outbound.New(outbound.Options{Transport: ways{w.Bank.Transport(), w.Till.Transport()}})
	if err != nil {
		return err
	}
	w.Surroundings = surroundings.Surroundings{
		Table: w.Table, Queue: w.Queue, Keys: Keys{}, Out: out, Hooks: shop{}, Clock: now, Random: seeded(1),
		Log: slog.New(slog.DiscardHandler), BaseURL: BaseURL,
	}
	w.House = onaws.Build(w.Surroundings)
	w.server = web.NewServer(w.House.Door(), onaws.PaymentsOf(w.House).Endpoints()...)
	return nil
}

// Close gives the files back.
func (w *World) Close() {
	if w.Bank != nil {
		_ = w.Bank.Close()
	}
	if w.Till != nil {
		_ = w.Till.Close()
	}
	if w.file != nil {
		_ = w.file.Close()
	}
}

func (w *World) people(ctx context.Context) (err error) {
	store := w.House.Identity
	if w.OperatorToken, err = store.Bootstrap(ctx); err != nil {
		return err
	}
	w.Partner, w.Rival = ids.FromParts("sample partner"), ids.FromParts("another sample partner")
	for _, id := range []ids.ID{w.Partner, w.Rival} {
		_, err = store.CreatePartner(ctx, identity.Partner{
			ID: id, Name: "Школа «Понимаю»", LegalName: "ООО «Понимаю»", INN: "7707083893", Taxation: "usn_income",
			PaymentAddress: "https://school.example", Phone: "+74950000000", Country: "RU", TimeZone: "Europe/Moscow",
			SupportContact: "help@school.example", FeeBP: 250, RefundLimit: refundLimit, CreatedAt: w.Surroundings.Clock.Now(),
		}, identitystore.Once{})
		if err != nil {
			return err
		}
	}
	if _, w.PartnerToken, err = w.token(ctx, "shop"); err != nil {
		return err
	}
	w.TokenID, _, err = w.token(ctx, "old shop")
	return err
}

func (w *World) token(ctx context.Context, name string) (id, text string, err error) {
	t, text, err := w.House.Identity.IssueToken(ctx, identitystore.Issue{
		Kind: identity.TestToken, Holder: w.Partner, Name: name, Scopes: []string{"*"},
	}, ids.ID{}, identitystore.Once{})
	return t.ID, text, err
}

func (w *World) account(ctx context.Context, address string) error {
	w.Account = ids.FromParts("sample account")
	_, err := w.House.Identity.CreateAccount(ctx, identity.Account{
		ID: w.Account, Provider: "tbank", Mode: ids.Test, Terminal: Terminal, Address: address, Everyone: true,
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "usn_income",
		Methods:   []identity.MethodTerms{{Code: banks.Card, On: true, FeeBP: 190}, {Code: banks.SBP, On: true, FeeBP: 70}},
		CreatedAt: w.Surroundings.Clock.Now(),
	}, Password, identitystore.Once{})
	return err
}

// refundLimit is what one person may give back of a payment, in minor units.
const refundLimit = 100_000

func (w *World) orders(ctx context.Context) error {
	var err error
	for _, o := range []struct {
		into    *Payment
		capture string
		outcome string
		told    bool
	}{
		{&w.Fresh, "auto", "-", false}, {&w.Pending, "auto", "success", false}, {&w.Paid, "auto", "success", true},
		{&w.HeldOne, "manual", "success", true}, {&w.HeldTwo, "manual", "success", true}, {&w.Unpaid, "auto", "", false},
		{&w.Prepaid, "auto", "success", true}, {&w.Returnable, "auto", "success", true}, {&w.Given, "auto", "success", true},
		{&w.ToApprove, "auto", "success", true}, {&w.ToReject, "auto", "success", true},
	} {
		if *o.into, err = w.order(ctx, wish{"card", o.capture, o.outcome, o.told}); err != nil {
			return err
		}
	}
	for _, back := range []struct {
		of     Payment
		amount int64
	}{{w.Given, refundLimit / 2}, {w.ToApprove, refundLimit + 1}, {w.ToReject, refundLimit + 1}} {
		if err := w.giveBack(back.of, back.amount); err != nil {
			return err
		}
	}
	notices := w.Bank.Notices("")
	for _, n := range notices {
		if n.Status == "CONFIRMED" && bytes.Contains([]byte(n.Body), []byte(ids.Reference(ids.Test, w.Pending.Order, 1))) {
			w.Notice = []byte(n.Body)
		}
	}
	if w.Notice == nil {
		return fmt.Errorf("the bank has told of nothing among %d notices", len(notices))
	}
	return w.House.Module.Store.RaiseHouse(ctx, ids.Test, payments.Alarm{
		Kind: payments.ForgedNotice, Object: w.Account.String(), Detail: "its signature does not hold", OpenedAt: w.Surroundings.Clock.Now(),
	})
}

// wish is how an order of the world is paid.
type wish struct {
	method, capture string
	outcome         string // "": nobody pays; "-": not even opened
	told            bool   // we have heard of it
}

func (w *World) order(ctx context.Context, x wish) (p Payment, err error) {
	var order struct {
		UUID ids.ID `json:"uuid"`
		Link string `json:"link"`
	}
	if err = w.post("/api/v1/order", fmt.Sprintf(`{"project":"Школа «Понимаю»","email":"buyer@example.com","capture":%q,"methods":[%q],
		"items":[{"name":"Консультация","price":{"amount":150000,"currency":"RUB"},"quantity":1,"payment_subject":"service"}]}`, x.capture, x.method), &order); err != nil {
		return p, err
	}
	p.Order = order.UUID
	if x.outcome == "-" {
		w.Link = order.Link[len(BaseURL+"/p/"):]
		return p, nil
	}
	var payment struct {
		UUID ids.ID `json:"uuid"`
	}
	if err = w.post("/api/v1/payment", fmt.Sprintf(`{"order_uuid":%q,"code":%q}`, p.Order, x.method), &payment); err != nil {
		return p, err
	}
	p.ID = payment.UUID
	if x.outcome == "" {
		return p, nil
	}
	if _, err = w.Bank.Pay(ctx, ids.Reference(ids.Test, p.Order, 1), tbanksim.Attempt{Outcome: x.outcome}); err != nil || !x.told {
		return p, err
	}
	whole, err := w.House.Module.Store.Load(ctx, ids.Test, p.Order)
	if err == nil {
		_, err = w.House.Module.Teller.Ask(ctx, whole, 1)
	}
	return p, err
}

func (w *World) giveBack(p Payment, amount int64) error {
	return w.post("/api/v1/payment/"+p.ID.String()+"/refund", fmt.Sprintf(`{"amount":{"amount":%d,"currency":"RUB"}}`, amount), new(struct{}))
}

// Refund is the id of the payment's order's first refund.
func (p Payment) Refund() ids.ID { return p.Order.Child(ids.Refund, 1) }

func (w *World) post(path, body string, into any) error {
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+w.PartnerToken)
	if strings.HasSuffix(path, "/refund") {
		r.Header.Set("Idempotency-Key", "sample")
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	if rec.Code != http.StatusCreated {
		return fmt.Errorf("%s answers %d: %s", path, rec.Code, rec.Body)
	}
	return json.Unmarshal(rec.Body.Bytes(), into)
}

// Keys are the root keys of this world: nobody's secret.
type Keys struct{}

// Unwrap gives one.
func (Keys) Unwrap(_ context.Context, name secret.KeyName) (key [secret.KeySize]byte, err error) {
	copy(key[:], "sample root key: "+name+" -----------")
	return key, nil
}

// seeded is chance that repeats itself, for many to draw from.
func seeded(n byte) io.Reader {
	return &randomness{from: rand.NewChaCha8([32]byte{'e', 'v', 'e', 'n', 't', 's', n})}
}

type randomness struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

func (r *randomness) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from.Read(p)
}
