package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/wire"
)

// The bank's side of the scene.
const (
	terminal = "BenchDEMO"
	password = "bench-password-1234"
)

// scene is a partner with tokens and an account at a bank.
type scene struct {
	partner ids.ID
	tokens  []string // several, because one token may not ask without limit
	account ids.ID
}

// orderBody is a usual order: two lines, one of them twice.
const orderBody = `{"project":"Школа «Понимаю»","email":"buyer@example.com","description":"Две консультации","external_id":"A-1047",` +
	`"items":[{"name":"Консультация психолога","price":{"amount":150000,"currency":"RUB"},"quantity":1,"vat":"none","payment_subject":"service","payment_mode":"full_prepayment"},` +
	`{"name":"Рабочая тетрадь","price":{"amount":49900,"currency":"RUB"},"quantity":2,"vat":"none","payment_subject":"commodity","payment_mode":"full_prepayment"}],` +
	`"return_url":"https://school.example/thanks"}`

// orderTotal is the sum of the lines, minor units.
const orderTotal = 249_800

func furnish(ctx context.Context, store *identitystore.Store, now time.Time) (s scene, err error) {
	s = scene{partner: ids.FromParts("bench partner"), account: ids.FromParts("bench account")}
	now = now.Truncate(time.Millisecond)
	if _, err = store.CreatePartner(ctx, identity.Partner{
		ID: s.partner, Name: "Школа «Понимаю»", LegalName: "ООО «Понимаю»", INN: "7707083893", Taxation: "usn_income",
		PaymentAddress: "https://school.example", Phone: "+74950000000", Country: "RU", TimeZone: "Europe/Moscow",
		SupportContact: "help@school.example", FeeBP: 250, CreatedAt: now,
	}, identitystore.Once{}); err != nil {
		return s, err
	}
	for n := range 16 {
		_, token, err := store.IssueToken(ctx, identitystore.Issue{
			Kind: identity.TestToken, Holder: s.partner, Name: fmt.Sprintf("bench %d", n), Scopes: []string{"*"},
		}, ids.ID{}, identitystore.Once{})
		if err != nil {
			return s, err
		}
		s.tokens = append(s.tokens, token)
	}
	_, err = store.CreateAccount(ctx, identity.Account{
		ID: s.account, Provider: "tbank", Mode: ids.Test, Terminal: terminal, Address: "http://127.0.0.1:9", Everyone: true,
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Taxation: "usn_income",
		Methods: []identity.MethodTerms{{Code: banks.Card, On: true, FeeBP: 190}}, CreatedAt: now,
	}, password, identitystore.Once{})
	return s, err
}

// pending makes an order with an open attempt number one, as if the bank had opened its page, and gives its reference.
func (s scene) pending(ctx context.Context, m *wire.Module, now time.Time, bankID string) (reference string, err error) {
	now = now.Truncate(time.Millisecond)
	o, _, err := m.Teller.CreateOrder(ctx, ids.Test, s.partner, payments.Draft{
		Project: "Школа «Понимаю»", Email: "buyer@example.com", Description: "Две консультации",
		Items: []payments.Item{
			{Name: "Консультация психолога", Price: money.Of(150_000, money.RUB), Quantity: 1000, Subject: "service"},
			{Name: "Рабочая тетрадь", Price: money.Of(49_900, money.RUB), Quantity: 2000, Subject: "commodity"},
		},
	}, "", "")
	if err != nil {
		return "", err
	}
	through := payments.Through{Account: s.account, Provider: "tbank"}
	out, p := payments.Begin(payments.Whole{Order: o}, banks.Card, through, "", nil, now)
	if err := m.Store.Save(ctx, out); err != nil {
		return "", err
	}
	opened := banks.Opened{BankID: bankID, PageURL: "https://pay.tbank.ru/" + bankID}
	return p.Reference(), m.Store.Save(ctx, payments.Opened(out.After, 1, opened, now))
}

// notice is T-Bank's word that a payment was taken, signed as the bank signs (values of the root, sorted by name).
func notice(reference, bankID string) []byte {
	fields := map[string]string{
		"TerminalKey": terminal, "OrderId": reference, "Success": "true", "Status": "CONFIRMED", "PaymentId": bankID, "ErrorCode": "0",
		"Amount": fmt.Sprint(orderTotal), "CardId": "322264", "Pan": "430000******0777", "ExpDate": "1230",
	}
	names := []string{"Password"}
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	var body strings.Builder
	for _, name := range names {
		value, ok := fields[name]
		if !ok {
			h.Write([]byte(password))
			continue
		}
		h.Write([]byte(value))
		if name != "Success" && name != "PaymentId" && name != "Amount" && name != "CardId" {
			value = `"` + value + `"`
		}
		fmt.Fprintf(&body, `%q:%s,`, name, value)
	}
	return []byte("{" + body.String() + `"Token":"` + hex.EncodeToString(h.Sum(nil)) + `"}`)
}
