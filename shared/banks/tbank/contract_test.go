package tbank_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/banktest"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
)

var (
	now       = time.Date(2026, time.March, 1, 8, 0, 0, 0, time.UTC)
	order     = ids.FromParts("an order")
	reference = ids.Reference(ids.Test, order, 1)
)

const bankID = "4100001234"

var account = banks.Account{
	ID: ids.FromParts("an account"), Provider: tbank.Provider, Mode: ids.Test,
	Terminal: "GibernoTestDEMO", Address: "https://securepay.tinkoff.ru", Password: "s3cr3t-password",
	Taxation: "usn_income",
}

func charge() banks.Charge {
	return banks.Charge{
		Reference: reference, Amount: money.Of(149_900, money.RUB), Method: banks.Card,
		Description: "Заказ №7 «Шкаф & стул»", Deadline: now.Add(24 * time.Hour), Locale: "ru",
		NotifyURL: "https://pay.example/api/a2c/notifications", ReturnURL: "https://pay.example/p/x/wait",
		Receipt: &receipts.Document{
			Email: "buyer@example.com", Phone: "+79000000000", Taxation: "usn_income",
			Lines: []receipts.Line{{
				Name: "Шкаф", Price: money.Of(99_900, money.RUB), Quantity: 1000, Amount: money.Of(99_900, money.RUB),
				VAT: "none", Subject: "commodity", Mode: "full_prepayment", Measure: "piece",
			}, {
				Name: "Ткань <синяя>", Price: money.Of(40_000, money.RUB), Quantity: 1250, Amount: money.Of(50_000, money.RUB),
				VAT: "vat22", Subject: "commodity", Mode: "full_prepayment", Measure: "metre",
			}},
		},
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	banktest.Run(t, banktest.Harness{
		New:     func(out outbound.Doer) banks.Driver { return tbank.New(out) },
		Account: account,
		Charge:  charge(),
		Now:     now,
		BankID:  bankID,
		Answer:  answer,
		Refusal: func(string, []byte) []byte {
			return []byte(`{"Success":false,"ErrorCode":"1051","Message":"Недостаточно средств на карте","Details":"Card 4300000000000777"}`)
		},
		Amount: func(m money.Money) string { return `"Amount":` + strconv.FormatInt(m.Amount, 10) + "," },
		Notice: notice,
		Gives:  gives, Underway: "ASYNC_REFUNDING",
		Words:   tbank.Statuses(),
		Secrets: []string{"buyer@example.com", "+79000000000", "4300000000000777"},
	})
}

// answer is the bank as its texts describe it, written apart from the connector.
func answer(path string, body []byte, truth banktest.Truth) []byte {
	var asked struct{ TerminalKey string }
	_ = json.Unmarshal(body, &asked)
	amount := truth.Number
	if amount == "" {
		amount = strconv.FormatInt(truth.Amount.Amount, 10)
	}
	head := fmt.Sprintf(`"TerminalKey":%q,"OrderId":%q,"Success":true,"ErrorCode":"0"`, asked.TerminalKey, truth.Reference)
	state := amount
	if truth.Word == "PARTIAL_REFUNDED" && truth.Number == "" {
		state = strconv.FormatInt(truth.Left.Amount, 10)
	}
	switch strings.TrimPrefix(path, "/v2/") {
	case "Init":
		return []byte(fmt.Sprintf(`{%s,"Status":"NEW","PaymentId":%q,"Amount":%s,"PaymentURL":"https://securepay.tinkoff.ru/abc"}`, head, truth.BankID, amount))
	case "GetQr":
		return []byte(fmt.Sprintf(`{%s,"PaymentId":%s,"Data":"https://qr.nspk.ru/AD10006PTORDPC5D98HPT12HV37MMQ6G?type=02"}`, head, truth.BankID))
	case "GetState", "Confirm":
		return []byte(fmt.Sprintf(`{%s,"Status":%q,"PaymentId":%q,"Amount":%s}`, head, truth.Word, truth.BankID, state))
	case "Cancel":
		return cancelAnswer(head, body, truth)
	case "GetQrState":
		refused := ""
		if truth.Refused != "" {
			refused = `,"QrCancelCode":"I05043",` + text("QrCancelMessage", truth.Refused)
		}
		return []byte(fmt.Sprintf(`{%s,"Status":"CONFIRMED","PaymentId":%s,"Amount":%s%s}`, head, truth.BankID, amount, refused))
	case "/cashbox/SendClosingReceipt":
		return []byte(`{"Success":true,"ErrorCode":"0","Message":"OK"}`)
	case "CheckOrder":
		return []byte(fmt.Sprintf(`{%s,"Message":"OK","Payments":[{"PaymentId":%q,"Amount":%s,"Status":%q,"Success":"true","ErrorCode":0}]}`, head, truth.BankID, amount, truth.Word))
	}
	return []byte(`{"Success":false,"ErrorCode":"9999","Message":"no such method"}`)
}

// cancelAnswer echoes the key that it was given, if any.
func cancelAnswer(head string, body []byte, truth banktest.Truth) []byte {
	before, left, key := strconv.FormatInt(truth.Before.Amount, 10), truth.Rest, ""
	if truth.Number != "" {
		before = truth.Number
	}
	if left == "" {
		left = strconv.FormatInt(truth.Left.Amount, 10)
	}
	if _, given, ok := gives("/v2/Cancel", body); ok && given != "" {
		key = "," + text("ExternalRequestId", given)
	}
	return []byte(fmt.Sprintf(`{%s,"Status":%q,"PaymentId":%s,"OriginalAmount":%s,"NewAmount":%s%s}`, head, truth.Word, truth.BankID, before, left, key))
}

func gives(path string, body []byte) (int64, string, bool) {
	var asked struct {
		Amount            *int64
		ExternalRequestID string `json:"ExternalRequestId"`
	}
	err := json.Unmarshal(body, &asked)
	if path != "/v2/Cancel" || err != nil || asked.Amount == nil {
		return 0, "", false
	}
	return *asked.Amount, asked.ExternalRequestID, true
}

func notice(a banks.Account, truth banktest.Truth) ([]byte, http.Header) {
	amount := truth.Number
	if amount == "" {
		amount = strconv.FormatInt(truth.Amount.Amount, 10)
	}
	members := []string{
		text("TerminalKey", a.Terminal), text("OrderId", truth.Reference), `"Success":true`, text("Status", truth.Word),
		`"PaymentId":` + truth.BankID, `"ErrorCode":"0"`, `"Amount":` + amount, `"CardId":90210`,
		text("Pan", truth.Pan), `"ExpDate":"1228"`, `"DATA":{"Route":"ACQ"}`,
	}
	return signed(a.Password, members...), http.Header{"Content-Type": {"application/json"}}
}

func text(name, value string) string {
	encoded, _ := json.Marshal(value)
	return fmt.Sprintf("%q:%s", name, encoded)
}

// signed adds the Token by the rule of the bank's text, read with encoding/json and so independently of the connector.
func signed(password string, members ...string) []byte {
	body := "{" + strings.Join(members, ",") + "}"
	var root map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &root); err != nil {
		panic(err)
	}
	values := map[string]string{"Password": password}
	for name, raw := range root {
		var s string
		switch {
		case raw[0] == '{' || raw[0] == '[' || string(raw) == "null":
			continue
		case json.Unmarshal(raw, &s) == nil:
			values[name] = s
		default:
			values[name] = string(raw)
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	var all strings.Builder
	for _, name := range names {
		all.WriteString(values[name])
	}
	sum := sha256.Sum256([]byte(all.String()))
	return []byte(strings.TrimSuffix(body, "}") + `,"Token":"` + hex.EncodeToString(sum[:]) + `"}`)
}
