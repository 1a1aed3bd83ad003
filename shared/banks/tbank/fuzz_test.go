package tbank_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/banktest"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
)

// FuzzNotice replaces a part of an honest notification. Whatever comes out never panics, and if it still verifies it says
// the same of the payment: its name, status and number. (The amount may lend digits to its neighbour CardId, for the
// bank's rule sets no separator between them; the payment compares the amount with its own.)
func FuzzNotice(f *testing.F) {
	honest, header := notice(account, banktest.Truth{Reference: reference, BankID: bankID, Word: "REJECTED",
		Amount: money.Of(149_900, money.RUB), Pan: "430000******0777"})
	truth, err := driver.Verify(account, honest, header)
	if err != nil {
		f.Fatal(err)
	}
	place := func(text string) (at uint16) { return uint16(bytes.Index(honest, []byte(text))) }
	f.Add(place("REJECTED"), uint16(8), []byte("CONFIRMED"))
	f.Add(place(`"Amount"`), uint16(0), []byte(`"Amount":1,`))
	f.Add(place(`"Amount"`), uint16(8), []byte(`"Amounts"`))
	f.Add(place(`149900,"CardId":90210`), uint16(21), []byte(`1499009,"CardId":0210`))
	f.Add(place("Token"), uint16(5), []byte("token"))
	f.Add(uint16(0), uint16(len(honest)), []byte(`{"TerminalKey":"GibernoTestDEMO","Status":"RECEIPT","Success":true}`))
	f.Add(uint16(0), uint16(0), []byte("  "))
	f.Fuzz(func(t *testing.T, at, length uint16, text []byte) {
		start := min(int(at), len(honest))
		end := min(start+int(length), len(honest))
		mutated := append(append(append([]byte{}, honest[:start]...), text...), honest[end:]...)
		_, _ = driver.Names(mutated, http.Header{})
		got, err := driver.Verify(account, mutated, header)
		if err != nil {
			return
		}
		n, was := got.News, truth.News
		if got.Terminal != truth.Terminal || n.Reference != was.Reference || n.BankID != was.BankID || n.Status != was.Status {
			t.Fatalf("another truth verifies: %s", mutated)
		}
	})
}

// FuzzAnswer gives the connector any answer to any call: it never panics, and what it reports is about the payment that
// was asked for.
func FuzzAnswer(f *testing.F) {
	truth := banktest.Truth{Reference: reference, BankID: bankID, Word: "CONFIRMED", Amount: money.Of(149_900, money.RUB)}
	for _, path := range []string{"/v2/Init", "/v2/GetQr", "/v2/GetState", "/v2/CheckOrder", "/v2/Cancel", "/v2/GetQrState"} {
		f.Add(answer(path, []byte(`{"TerminalKey":"GibernoTestDEMO"}`), truth))
	}
	f.Add([]byte(`{"Success":false,"ErrorCode":"1051","Message":"\ud800"}`))
	f.Add([]byte(`{"OrderId":"` + reference + `","Success":true,"ErrorCode":"0","Payments":"[{\"PaymentId\""}`))
	f.Add([]byte(cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":99900`)))
	f.Add([]byte(cancelled("REFUNDED", `,"OriginalAmount":50000,"NewAmount":0,"ExternalRequestId":"`+key+`"`)))
	f.Add([]byte(cancelled("ASYNC_REFUNDING", `,"OriginalAmount":149900,"NewAmount":149900`)))
	f.Add([]byte(cancelled("CONFIRMED", `,"Amount":149900,"QrCancelCode":"I05043","QrCancelMessage":"нет счёта"`)))
	f.Add([]byte(cancelled("PARTIAL_REFUNDED", `,"Amount":99900`)))
	f.Add([]byte(`{"OrderId":"x","Success":true,"ErrorCode":0,"Payments":[{"PaymentId":1},{}, [] ]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := tbank.New(always(body))
		if opened, err := d.Open(t.Context(), account, charge()); err == nil && (opened.BankID == "" || opened.PageURL == "") {
			t.Fatal("opened without a page")
		}
		if news, err := d.Ask(t.Context(), account, ref()); err == nil && (news.BankID != bankID || news.Reference != reference) {
			t.Fatalf("news of another payment: %+v", news)
		}
		if news, err := d.Ask(t.Context(), account, banks.Ref{Reference: reference}); err == nil && news.Reference != reference {
			t.Fatalf("news of another order: %+v", news)
		}
		requireHonestReturn(t, d)
		if news, err := d.Cancel(t.Context(), account, ref()); err == nil && news.BankID != bankID {
			t.Fatalf("cancelled another payment: %+v", news)
		}
	})
}

// requireHonestReturn holds what must be true of every answer that is taken for a return of 500.00 on 1499.00.
func requireHonestReturn(t *testing.T, d *tbank.Driver) {
	t.Helper()
	bank := banks.New(d, banks.Limits{}).Using(nil, slog.New(slog.DiscardHandler))
	for _, m := range []banks.Method{banks.Card, banks.SBP} {
		news, err := bank.Refund(t.Context(), account, ref(), back(50_000, m))
		switch {
		case err != nil:
		case news.BankID != bankID || news.Reference != reference:
			t.Fatalf("gave another payment back: %+v", news)
		case news.Status == banks.PartlyRefunded && (news.Left == nil || news.Left.Amount <= 0 || news.Left.Amount > 99_900):
			t.Fatalf("a part without its rest: %+v", news)
		case news.Status == banks.Refunded && (news.Left == nil || news.Left.Amount != 0):
			t.Fatalf("the whole with a rest: %+v", news)
		case news.Status == banks.Paid && (!news.Underway || news.Left != nil):
			t.Fatalf("neither gone nor going: %+v", news)
		}
		news, err = bank.AskRefund(t.Context(), account, ref(), m)
		if err == nil && (news.BankID != bankID || news.Left != nil && (news.Left.Amount < 0 || news.Left.Amount > 149_900)) {
			t.Fatalf("an impossible rest: %+v", news)
		}
	}
	_ = bank.CloseReceipt(t.Context(), account, ref(), charge().Receipt)
}

// FuzzReceiptLines puts any JSON where a receipt notification carries its Receipt: the Token does not cover it, so it
// never makes a notification good or bad, and is a closing one only where every line is of full settlement.
func FuzzReceiptLines(f *testing.F) {
	for _, receipt := range []string{
		`{"Items":[{"PaymentMethod":"full_payment"}]}`, `{"Items":[{"PaymentMethod":"full_prepayment"},{}]}`, `{"Items":[{}]}`,
		`{"Items":{}}`, `{"Items":"[{"}`, `{"Items":[1]}`, `[]`, `{}`, `{"Items":[{"PaymentMethod":["full_payment"]}]}`, `{"Items":[{"PaymentMethod":null}],"Items":[]}`,
	} {
		f.Add(receipt)
	}
	f.Fuzz(func(t *testing.T, receipt string) {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(receipt), &object) != nil || object == nil || !utf8.ValidString(receipt) {
			return
		}
		got, err := driver.Verify(account, signed(account.Password, receiptMembersWith(receipt)...), http.Header{})
		if err != nil || got.Receipt == nil {
			t.Fatalf("the receipt's lines decide about the notification: %v", err)
		}
		for _, prepaid := range []string{"prepayment", "advance"} {
			if got.Closing && strings.Count(receipt, "PaymentMethod") == 1 && strings.Contains(receipt, `"PaymentMethod":"`+prepaid+`"`) && strings.Count(receipt, "Items") == 1 {
				t.Fatalf("a prepayment closes: %s", receipt)
			}
		}
	})
}

// always is a bank that gives the same answer to everything.
type always []byte

func (a always) Do(*http.Request) (outbound.Answer, error) {
	return outbound.Answer{Status: http.StatusOK, Body: a}, nil
}

// BenchmarkNotice is verifying and reading one notification of a payment.
func BenchmarkNotice(b *testing.B) {
	raw, header := notice(account, banktest.Truth{Reference: reference, BankID: bankID, Word: "CONFIRMED",
		Amount: money.Of(149_900, money.RUB), Pan: "430000******0777"})
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := driver.Verify(account, raw, header); err != nil {
			b.Fatal(err)
		}
	}
}
