package tbank

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSBP(t *testing.T) {
	t.Parallel()
	t.Run("Checksums", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]uint16{
			"123456789": 0x29B1,
			"https://qr.nspk.ru/AD10006PTORDPC5D98HPT12HV37MMQ6G?type=02&bank=100000000284&sum=15590000&cur=RUB": 0x4C8A,
			"https://qr.nspk.ru/AD10004F7SM1QOR38T1RNP592HT1U2MC?type=02&bank=100000000054&sum=4000&cur=RUB":     0x0B61,
			"https://qr.nspk.ru/AS1A005HCS949R4298Q9Q6UM6NJREQK6?type=01&bank=100000000008":                      0x8435,
			"https://qr.nspk.ru/AS10003P3RH0LJ2A9ROO038L6NT5RU1M?type=01&bank=000000000001&sum=10000&cur=RUB":    0xF3D0,
		} {
			require.Equal(t, want, crc16(text), text)
		}
	})
	t.Run("PayloadAndApp", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 149900)
		out := w.call("GetQr", answer{"PaymentId": id})
		payload := out["Data"].(string)
		require.Regexp(t, `^https://qr\.nspk\.ru/AD[0-9A-Z]{30}\?type=02&bank=100000000004&sum=149900&cur=RUB&crc=[0-9A-F]{4}$`, payload)
		require.Equal(t, out, w.call("GetQr", answer{"PaymentId": id}), "the same QR again")
		image := w.call("GetQr", answer{"PaymentId": id, "DataType": "IMAGE"})["Data"].(string)
		require.True(t, strings.HasPrefix(image, "<svg "))
		address, ok := w.bank.AppURL(payload)
		require.True(t, ok)
		require.Equal(t, baseURL+"/sbp/"+w.payment(id).QR, address)
		_, ok = w.bank.AppURL("https://evil.test/AD")
		require.False(t, ok)
	})
	t.Run("Range", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, "3016", w.call("GetQr", answer{"PaymentId": w.open("a", 999)})["ErrorCode"])
		require.Equal(t, "3016", w.call("GetQr", answer{"PaymentId": w.open("b", 100_000_001)})["ErrorCode"])
		require.Equal(t, "3001", w.call("GetQr", answer{"PaymentId": w.open("c", 5000, answer{"PayType": "T"})})["ErrorCode"])
	})
	t.Run("SbpPayTest", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for order, v := range map[string]struct {
			flags answer
			want  Status
		}{"paid": {answer{}, Confirmed}, "late": {answer{"IsDeadlineExpired": true}, DeadlineExpired}, "no": {answer{"IsRejected": true}, Rejected}} {
			id := w.open(order, 5000)
			require.Equal(t, "4", w.call("SbpPayTest", answer{"PaymentId": id})["ErrorCode"], "GetQr comes first")
			w.call("GetQr", answer{"PaymentId": id})
			v.flags["PaymentId"] = id
			require.Equal(t, "0", w.call("SbpPayTest", v.flags)["ErrorCode"])
			require.Equal(t, v.want, w.payment(id).Status)
		}
	})
	t.Run("RefundIsAsynchronous", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		require.Equal(t, Confirmed, w.pay(id, Attempt{Method: "sbp"}).Status)
		require.Equal(t, "ASYNC_REFUNDING", w.call("Cancel", answer{"PaymentId": id, "Amount": 4000})["Status"])
		require.Equal(t, "4", w.call("Cancel", answer{"PaymentId": id})["ErrorCode"], "one at a time")
		w.clock.Advance(refundTime)
		w.tick()
		require.Equal(t, "PARTIAL_REFUNDED", w.call("GetState", answer{"PaymentId": id})["Status"])
		require.EqualValues(t, 4000, w.call("GetQrState", answer{"PaymentId": id})["Amount"])
	})
	t.Run("RefundRefused", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		w.pay(id, Attempt{Method: "sbp"})
		require.NoError(t, w.bank.SetFault(Fault{Call: "Cancel", Fault: FaultRefundRefused}))
		w.call("Cancel", answer{"PaymentId": id})
		w.clock.Advance(refundTime)
		w.tick()
		out := w.call("GetQrState", answer{"PaymentId": id})
		require.Equal(t, "CONFIRMED", out["Status"])
		require.Equal(t, "I05043", out["QrCancelCode"])
		require.EqualValues(t, 10000, w.call("GetState", answer{"PaymentId": id})["Amount"])
	})
	t.Run("Members", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NotEmpty(t, w.call("QrMembersList", answer{"PaymentId": w.open("o", 10000)})["Members"])
		require.NotEmpty(t, w.call("GetQrBankList", answer{})["Banks"])
		require.Equal(t, "0", w.call("GetTerminalPayMethods", answer{"Paysource": "API"})["ErrorCode"])
	})
}

func TestCustomersAndCharge(t *testing.T) {
	t.Parallel()
	w := setup(t)
	require.Equal(t, "7", w.call("GetCustomer", answer{"CustomerKey": "u"})["ErrorCode"])
	require.Equal(t, "0", w.call("AddCustomer", answer{"CustomerKey": "u", "Email": "u@example.com"})["ErrorCode"])
	require.Equal(t, "u@example.com", w.call("GetCustomer", answer{"CustomerKey": "u"})["Email"])

	parent := w.open("parent", 10000, answer{"CustomerKey": "u", "Recurrent": "Y"})
	w.pay(parent, Attempt{})
	w.tick()
	rebill, ok := w.shop.heard[1].scalar("RebillId")
	require.True(t, ok)

	child := w.open("child", 5000)
	out := w.call("Charge", answer{"PaymentId": child, "RebillId": rebill})
	require.Equal(t, "CONFIRMED", out["Status"], out)
	require.Equal(t, "4", w.call("Charge", answer{"PaymentId": child, "RebillId": rebill})["ErrorCode"])
	require.Equal(t, "104", w.call("Charge", answer{"PaymentId": w.open("x", 5000), "RebillId": "1"})["ErrorCode"])

	t.Run("DeclinedDebit", func(t *testing.T) {
		poor := w.open("poor", 10000, answer{"CustomerKey": "p", "Recurrent": "Y"})
		w.pay(poor, Attempt{Card: "4000000000000101", Outcome: "success"})
		require.Equal(t, "success", w.payment(poor).Card.Outcome)
	})
	t.Run("CardList", func(t *testing.T) {
		rec := w.post("/v2/GetCardList", sign(t, testPassword, answer{"TerminalKey": testTerminal, "CustomerKey": "u"}))
		var cards []map[string]any
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &cards))
		require.Len(t, cards, 1)
		require.Equal(t, rebill, cards[0]["RebillId"])
		require.Equal(t, "430000******0777", cards[0]["Pan"])
		require.Equal(t, "D", w.call("RemoveCard", answer{"CustomerKey": "u", "CardId": cards[0]["CardId"]})["Status"])
		require.Equal(t, "104", w.call("Charge", answer{"PaymentId": w.open("y", 5000), "RebillId": rebill})["ErrorCode"])
		require.Equal(t, "0", w.call("RemoveCustomer", answer{"CustomerKey": "u"})["ErrorCode"])
	})
	t.Run("ChargeBlocked", func(t *testing.T) {
		id := w.callAs("TwoStage", "Init", answer{"Amount": 1, "OrderId": "z"})["PaymentId"]
		require.Equal(t, "10", w.callAs("TwoStage", "Charge", answer{"PaymentId": id, "RebillId": "1"})["ErrorCode"])
	})
}
