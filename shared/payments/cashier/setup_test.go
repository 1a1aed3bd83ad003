package cashier_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

const number = "2ea26f17-0884-4f08-b120-306fc096a58f" // of the receipt at the service

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	tillID  = ids.FromParts("till")
	total   = money.Of(150_000, money.RUB)
	errGone = errors.New("gone")
)

// service is the fiscal service as a test plays it.
type service struct {
	registered []receipts.Draft
	asked      []string
	register   func() (atol.Registered, error)
	report     func(d receipts.Draft) (atol.Report, error)
}

func (s *service) Register(_ context.Context, _ atol.Account, d receipts.Draft) (atol.Registered, error) {
	s.registered = append(s.registered, d)
	return s.register()
}

func (s *service) Report(_ context.Context, _ atol.Account, uuid string) (atol.Report, error) {
	s.asked = append(s.asked, uuid)
	return s.report(s.registered[len(s.registered)-1])
}

func waits() (atol.Registered, error) {
	return atol.Registered{UUID: number, State: atol.Waiting}, nil
}

// done is the report of a receipt that was made.
func done(d receipts.Draft) (atol.Report, error) {
	sum, err := d.Document.Total()
	return atol.Report{UUID: number, ExternalID: d.ID, State: atol.Done,
		Fiscal: &receipts.Fiscal{Total: sum, FN: "9999078900001234", FD: int64(len(d.ID)), FP: 7, IssuedAt: start}}, err
}

func undone(class atol.Class) func(receipts.Draft) (atol.Report, error) {
	return func(d receipts.Draft) (atol.Report, error) {
		return atol.Report{UUID: number, ExternalID: d.ID, State: atol.Failed, Failure: &atol.Error{Class: class, Text: "it broke"}}, nil
	}
}

// world is a cashier with a paid order before him.
type world struct {
	t       testing.TB
	clock   *clock.Manual
	store   *store.Store
	service *service
	till    cashier.Till
	tillErr error
	config  cashier.Config
	*cashier.Cashier
	order  ids.ID
	sent   []mail.Message
	answer error // of the mail server
}

func setup(t testing.TB) *world {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{NoFeed: true})
	require.NoError(t, err)
	w := &world{t: t, clock: clock.At(start), store: store.New(engine), service: &service{register: waits, report: done},
		till: cashier.Till{Account: atol.Account{Group: "g"}, Taxation: "usn_income",
			Company: receipts.Company{INN: "7707083893", Email: "receipts@giberno.example", PaymentAddress: "https://giberno.example"}}}
	w.config = cashier.Config{Store: w.store, Accounts: w, Service: w.service, Mail: w, Letter: w.letter, NotifyURL: "https://giberno.example/n",
		Clock: w.clock, Log: slog.New(slog.DiscardHandler)}
	w.Cashier = cashier.New(w.config)
	w.pays("order")
	return w
}

func (w *world) Till(_ context.Context, m ids.Mode, till, of ids.ID) (cashier.Till, error) {
	require.Equal(w.t, []any{ids.Test, tillID, partner}, []any{m, till, of})
	return w.till, w.tillErr
}

func (w *world) letter(whole payments.Whole, id ids.ID) (mail.Message, error) {
	return mail.Message{To: whole.Order.Email, Key: id.String()}, nil
}

func (w *world) Send(_ context.Context, m mail.Message) error {
	w.sent = append(w.sent, m)
	return w.answer
}

// pays has an order paid, which is the one before the cashier from now on.
func (w *world) pays(name string) {
	w.t.Helper()
	o, err := payments.NewOrder(payments.Draft{Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000}}}, ids.FromParts(name), ids.Test, partner, start)
	require.NoError(w.t, err)
	w.order = o.ID
	_, _, err = w.store.Create(w.t.Context(), o)
	require.NoError(w.t, err)
	out, _ := payments.Begin(w.load(), banks.Card, payments.Through{Provider: "alfa", Till: tillID}, "", nil, start)
	w.save(out)
	w.save(payments.Opened(w.load(), 1, banks.Opened{BankID: "1", PageURL: "https://bank.example"}, start))
	w.save(payments.Apply(w.load(), 1, banks.News{Status: banks.Paid, BankID: "1"}, payments.Told, start))
}

func (w *world) save(out payments.Outcome) {
	w.t.Helper()
	require.NoError(w.t, w.store.Save(w.t.Context(), out))
}

func (w *world) load() payments.Whole {
	w.t.Helper()
	whole, err := w.store.Load(w.t.Context(), ids.Test, w.order)
	require.NoError(w.t, err)
	return whole
}

// make has the payment's receipt made, or carried on, and gives it.
func (w *world) make() payments.Receipt {
	w.t.Helper()
	whole := w.load()
	require.NoError(w.t, w.Make(w.t.Context(), whole, whole.Payments[0].ID))
	return w.receipt()
}

func (w *world) receipt() payments.Receipt {
	w.t.Helper()
	all := w.load().Receipts
	require.Len(w.t, all, 1)
	return all[0]
}

func (w *world) alarms() (kinds []payments.AlarmKind) {
	for _, a := range w.load().Alarms {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}
