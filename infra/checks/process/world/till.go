package world

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	atolsim "giberno.ru/infra/simulators/atol"
	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
)

const (
	foreignTerminal = "GibernoWorldDEMO" // of the contract whose bank has no till
	tillGroup       = "giberno_sample"
	tillPath        = "/till" // of the fiscal service, below the bank's address
)

// openTill opens the fiscal service. Its time is its own, so that a receipt can be made while the world stands still.
func (w *World) openTill(address string, now time.Time) (err error) {
	w.tillTime = clock.At(now)
	w.Till, err = atolsim.New(atolsim.Config{
		Clock: w.tillTime, Random: seeded(3), BaseURL: address + tillPath, Deliver: nobody{}, Log: slog.New(slog.DiscardHandler),
		Accounts: []atolsim.Account{{Login: "sample", Password: Password, Group: tillGroup, INN: tillINN, TillSec: 1}},
	})
	return err
}

// Simulators answers for the bank and, below tillPath, for the fiscal service.
func (w *World) Simulators() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", w.Bank.Handler())
	mux.Handle(tillPath+"/", http.StripPrefix(tillPath, w.Till.Handler()))
	return mux
}

// ways leads calls to the bank and to the fiscal service within the process.
type ways struct{ bank, till http.RoundTripper }

// RoundTrip carries one call.
func (x ways) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, tillPath+"/") {
		return x.till.RoundTrip(r)
	}
	return x.bank.RoundTrip(r)
}

// nobody takes the fiscal service's notices and does nothing about them.
type nobody struct{}

// RoundTrip answers that it was told.
func (nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// tillINN is the tax number of the platform in this world.
const tillINN = "7707083893"

// receipts makes a till of the platform's, and two orders paid through a bank that has none: the receipt of one is not begun,
// that of the other is ready.
func (w *World) receipts(ctx context.Context, address string) (err error) {
	now := w.Surroundings.Clock.Now()
	for _, a := range []identity.Account{{
		ID: ids.FromParts("sample till"), Provider: identity.TillProvider, Mode: ids.Test, Terminal: tillGroup, Address: address + tillPath + "/possystem",
		Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "usn_income", CreatedAt: now,
		Options: map[string]string{identity.TillVersion: "v5", identity.TillLogin: "sample", identity.TillINN: tillINN,
			identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"},
	}, {
		ID: ids.FromParts("sample account without a till"), Provider: "tbank", Mode: ids.Test, Terminal: foreignTerminal, Address: address,
		Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, CreatedAt: now,
		Methods: []identity.MethodTerms{{Code: banks.CardForeign, On: true, FeeBP: 350}},
	}} {
		if _, err := w.House.Identity.CreateAccount(ctx, a, Password, identitystore.Once{}); err != nil {
			return err
		}
	}
	if err := w.Bank.SetTerminal(tbanksim.Terminal{Key: foreignTerminal, Password: Password, NotificationURL: BaseURL + "/api/a2c/notifications"}); err != nil {
		return err
	}
	for _, into := range []*Payment{&w.Unprinted, &w.Printed} {
		if *into, err = w.order(ctx, wish{method: "card_foreign", capture: "auto", outcome: "success", told: true}); err != nil {
			return err
		}
	}
	for range 2 { // it is registered, and then asked about
		whole, err := w.House.Module.Store.Load(ctx, ids.Test, w.Printed.Order)
		if err == nil {
			err = w.House.Module.Cashier.Make(ctx, whole, w.Printed.ID)
		}
		if err != nil {
			return err
		}
		w.tillTime.Advance(time.Minute)
	}
	whole, err := w.House.Module.Store.Load(ctx, ids.Test, w.Printed.Order)
	if r, ok := whole.ReceiptOf(payments.ReceiptID(w.Printed.ID)); err == nil && (!ok || r.Status != payments.ReceiptReady) {
		return fmt.Errorf("the till has made no receipt: %q", r.Status)
	}
	return err
}
