package tbank

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFiscal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	out := w.callAs("Fiscal", "Init", answer{
		"Amount": 149900, "OrderId": "f", "Receipt": receiptOf(149900), "NotificationURL": "https://shop.test/own",
	})
	id := out["PaymentId"].(string)
	w.pay(id, Attempt{})
	w.tick()
	require.Len(t, w.shop.heard, 2, "the till needs its seconds")
	w.clock.Advance(tillTime)
	w.tick()
	require.Equal(t, []string{"AUTHORIZED", "CONFIRMED", "RECEIPT"}, w.shop.statuses())
	notices := w.bank.Notices(id)
	require.Equal(t, "https://shop.test/settings", notices[2].URL, "a RECEIPT goes to the terminal's own address")
	o := w.shop.heard[2]
	require.True(t, o.signed("fiscal-pass"))
	f := w.payment(id).Receipts[0]
	require.Len(t, f.FN, 16)
	require.Less(t, f.Sign, int64(1)<<32)
	require.Equal(t, `"Income"`, string(o["Type"]))
	require.Equal(t, "149900", string(o["Amount"]))
	require.Equal(t, `"2026-03-01T12:00:05+03:00"`, string(o["ReceiptDatetime"]))
	u, err := url.Parse(f.URL)
	require.NoError(t, err)
	require.Equal(t, "/sim/tbank/receipt", u.Path)
	require.Equal(t, "1499.00", u.Query().Get("s"))
	require.Equal(t, "20260301T1200", u.Query().Get("t"))

	t.Run("Closing", func(t *testing.T) {
		for _, path := range []string{"/cashbox/SendClosingReceipt", "/v2/SendClosingReceipt/"} {
			rec := w.post(path, sign(t, "fiscal-pass", answer{"TerminalKey": "Fiscal", "PaymentId": id, "Receipt": receiptOf(149900)}))
			require.Contains(t, rec.Body.String(), `"ErrorCode":"0"`)
		}
		require.Equal(t, "334", w.callAs("Fiscal", "SendClosingReceipt", answer{"PaymentId": id, "Receipt": receiptOf(1)})["ErrorCode"])
	})
	t.Run("PartialRefundNeedsItsItems", func(t *testing.T) {
		require.Equal(t, "309", w.callAs("Fiscal", "Cancel", answer{"PaymentId": id, "Amount": 100})["ErrorCode"])
		require.Equal(t, "334", w.callAs("Fiscal", "Cancel", answer{"PaymentId": id, "Amount": 100, "Receipt": receiptOf(99)})["ErrorCode"])
		require.Equal(t, "0", w.callAs("Fiscal", "Cancel", answer{"PaymentId": id, "Amount": 100, "Receipt": receiptOf(100)})["ErrorCode"])
		_, err := w.bank.Refund(t.Context(), id, 200)
		require.NoError(t, err)
		w.clock.Advance(tillTime)
		w.tick()
		receipts := w.payment(id).Receipts
		require.Len(t, receipts, 5)
		require.Equal(t, receiptReturn, receipts[4].Type)
		require.EqualValues(t, 200, receipts[4].Amount)
		require.NotEqual(t, receipts[3].Document, receipts[4].Document)
	})
	t.Run("FNS", func(t *testing.T) {
		f := FiscalReceipt{Type: receiptIncome, FN: "9999078900000001", Document: 133, Sign: 3449555941, Amount: 800000,
			IssuedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
		require.Equal(t, "t=20260301T1200&s=8000.00&fn=9999078900000001&i=133&fp=3449555941&n=1", f.fns())
	})
	t.Run("NoReceiptWithoutTill", func(t *testing.T) {
		require.Equal(t, "4", w.call("SendClosingReceipt", answer{"PaymentId": w.open("o", 100)})["ErrorCode"])
	})
}

func TestReceiptRules(t *testing.T) {
	t.Parallel()
	good := receiptOf(1000)
	with := func(root, item answer) answer {
		r := receiptOf(1000)
		for k, v := range root {
			r[k] = v
		}
		for k, v := range item {
			r["Items"].([]answer)[0][k] = v
		}
		return r
	}
	many := make([]answer, 101)
	for i := range many {
		many[i] = good["Items"].([]answer)[0]
	}
	for name, v := range map[string]struct {
		code    string
		receipt any
	}{
		"Missing":            {"309", nil},
		"NoItems":            {"309", with(answer{"Items": []answer{}}, nil)},
		"TooManyItems":       {"1", with(answer{"Items": many}, nil)},
		"NoContact":          {"329", with(answer{"Email": ""}, nil)},
		"NoTaxation":         {"1", with(answer{"Taxation": "flat"}, nil)},
		"TotalDiffers":       {"334", receiptOf(999)},
		"LineDoesNotAddUp":   {"308", with(nil, answer{"Price": 900})},
		"PaymentsDoNotAddUp": {"308", with(answer{"Payments": answer{"Electronic": 1}}, nil)},
		"BadQuantity":        {"310", with(nil, answer{"Quantity": 0.0001})},
		"BadTax":             {"1", with(nil, answer{"Tax": "vat18"})},
		"BadMethod":          {"1", with(nil, answer{"PaymentMethod": "later"})},
		"BadObject":          {"1", with(nil, answer{"PaymentObject": "soul"})},
		"NoName":             {"1", with(nil, answer{"Name": ""})},
		"OK":                 {"0", good},
		"OKQuantityAsText":   {"0", with(nil, answer{"Quantity": "0.5", "Price": 2000})},
		"OKVat22":            {"0", with(nil, answer{"Tax": "vat22"})},
		"OKFFD12":            {"0", with(answer{"FfdVersion": "1.2"}, answer{"PaymentObject": "goods_with_marking_code"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields := answer{"Amount": 1000, "OrderId": "a"}
			if v.receipt != nil {
				fields["Receipt"] = v.receipt
			}
			require.Equal(t, v.code, setup(t).callAs("Fiscal", "Init", fields)["ErrorCode"])
		})
	}
}
