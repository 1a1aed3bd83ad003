package tbank_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"giberno.ru/infra/simulators/tbank"
)

// A shop opens a payment by the bank's own protocol, a payer pays it, and the bank tells the shop.
func Example() {
	bank, err := tbank.New(tbank.Config{
		Terminals: []tbank.Terminal{{Key: "ShopDEMO", Password: "secret"}},
		BaseURL:   "http://bank.test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	defer bank.Close()

	// The token: values of the root scalars and the password, in the order of their names.
	token := fmt.Sprintf("%x", sha256.Sum256([]byte("149900"+"A-1047"+"secret"+"ShopDEMO")))
	body := `{"TerminalKey":"ShopDEMO","Amount":149900,"OrderId":"A-1047","Token":"` + token + `"}`
	client := &http.Client{Transport: bank.Transport()}
	w, err := client.Post("http://bank.test/v2/Init", "application/json", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	defer w.Body.Close()
	var opened struct{ Status, PaymentId, ErrorCode string }
	if err := json.NewDecoder(w.Body).Decode(&opened); err != nil {
		panic(err)
	}
	fmt.Println(opened.Status, opened.ErrorCode)

	paid, err := bank.Pay(context.Background(), opened.PaymentId, tbank.Attempt{Card: "4300000000000777"})
	if err != nil {
		panic(err)
	}
	for _, step := range paid.History {
		fmt.Println(step.To)
	}
	for _, n := range bank.Notices(paid.ID) {
		fmt.Println("notification", n.Status)
	}
	// Output:
	// NEW 0
	// NEW
	// FORM_SHOWED
	// AUTHORIZING
	// AUTHORIZED
	// CONFIRMED
	// notification AUTHORIZED
	// notification CONFIRMED
}
