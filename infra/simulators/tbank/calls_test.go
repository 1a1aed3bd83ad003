package tbank

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	w := setup(t)
	// Requests and answers byte for byte; the payment is the first one of this bank.
	for _, step := range []struct{ name, path, request, want string }{
		{"Init", "/v2/Init", `{"TerminalKey":"GibernoTestDEMO","Amount":149900,"OrderId":"ord-7f3a","Description":"Заказ №7","Token":"a7f5c98f"}`,
			`{"Details":"Token","ErrorCode":"204","Message":"Неверный токен. Проверьте пару TerminalKey/SecretKey","Success":false,"TerminalKey":"GibernoTestDEMO"}`},
		{"InitSigned", "/v2/Init/", `{"TerminalKey":"GibernoTestDEMO","Amount":149900,"OrderId":"ord-7f3a","Description":"Заказ №7"}`,
			`{"Amount":149900,"ErrorCode":"0","OrderId":"ord-7f3a","PaymentId":"4100000001","PaymentURL":"http://bank.test/sim/tbank/pay/PAGE","Status":"NEW","Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"GetState", "/v2/GetState", `{"TerminalKey":"GibernoTestDEMO","PaymentId":"4100000001"}`,
			`{"Amount":149900,"ErrorCode":"0","Message":"OK","OrderId":"ord-7f3a","Params":[{"Key":"Route","Value":"ACQ"},{"Key":"Source","Value":"cards"}],"PaymentId":"4100000001","Status":"NEW","Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"CheckOrder", "/v2/CheckOrder", `{"TerminalKey":"GibernoTestDEMO","OrderId":"ord-7f3a"}`,
			`{"ErrorCode":"0","Message":"OK","OrderId":"ord-7f3a","Payments":[{"Amount":149900,"ErrorCode":"0","Message":"OK","PaymentId":"4100000001","Status":"NEW","Success":true}],"Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"Confirm", "/v2/Confirm", `{"TerminalKey":"GibernoTestDEMO","PaymentId":"4100000001"}`,
			`{"Details":"Статус платежа NEW","ErrorCode":"4","Message":"Статус транзакции не позволяет выполнить операцию","Success":false,"TerminalKey":"GibernoTestDEMO"}`},
		{"GetQr", "/v2/GetQr", `{"TerminalKey":"GibernoTestDEMO","PaymentId":"4100000001"}`,
			`{"Data":"PAYLOAD","ErrorCode":"0","Message":"OK","OrderId":"ord-7f3a","PaymentId":"4100000001","Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"Cancel", "/v2/Cancel", `{"TerminalKey":"GibernoTestDEMO","PaymentId":4100000001}`,
			`{"ErrorCode":"0","Message":"OK","NewAmount":0,"OrderId":"ord-7f3a","OriginalAmount":149900,"PaymentId":"4100000001","Status":"CANCELED","Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"GetQrState", "/v2/GetQrState", `{"TerminalKey":"GibernoTestDEMO","PaymentId":"4100000001"}`,
			`{"Amount":149900,"ErrorCode":"0","Message":"OK","OrderId":"ord-7f3a","PaymentId":"4100000001","Status":"CANCELED","Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"Resend", "/v2/Resend", `{"TerminalKey":"GibernoTestDEMO"}`,
			`{"Count":0,"ErrorCode":"0","Message":"OK","Success":true,"TerminalKey":"GibernoTestDEMO"}`},
		{"ErrUnknownTerminal", "/v2/GetState", `{"TerminalKey":"nobody","PaymentId":"1"}`,
			`{"Details":"TerminalKey","ErrorCode":"205","Message":"Терминал не найден","Success":false,"TerminalKey":"nobody"}`},
		{"ErrNotFound", "/v2/GetState", `{"TerminalKey":"GibernoTestDEMO","PaymentId":"1"}`,
			`{"Details":"PaymentId","ErrorCode":"255","Message":"Платеж не найден","Success":false,"TerminalKey":"GibernoTestDEMO"}`},
	} {
		t.Run(step.name, func(t *testing.T) {
			raw := []byte(step.request)
			if !strings.Contains(step.request, "Token") {
				fields := answer{}
				o, err := parseObject(raw)
				require.NoError(t, err)
				for name, value := range o {
					fields[name] = value
				}
				raw = sign(t, testPassword, fields)
			}
			rec := w.post(step.path, raw)
			require.Equal(t, http.StatusOK, rec.Code)
			want := step.want
			if p, err := w.bank.Payment("ord-7f3a"); err == nil {
				want = strings.ReplaceAll(want, "PAGE", p.Page)
				want = strings.ReplaceAll(want, "PAYLOAD", sbpPayload(p.QR, p.Amount))
			}
			require.Equal(t, want, rec.Body.String())
		})
	}
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.open("taken", 10000)
	big := strings.Repeat("я", 141)
	for name, v := range map[string]struct {
		code   string
		fields answer
	}{
		"DuplicateOrder":      {"20", answer{"Amount": 10000, "OrderId": "taken"}},
		"NoAmount":            {"201", answer{"OrderId": "a"}},
		"NoOrder":             {"201", answer{"Amount": 1}},
		"FractionalAmount":    {"251", answer{"Amount": 10.5, "OrderId": "a"}},
		"TextAmount":          {"251", answer{"Amount": "ten", "OrderId": "a"}},
		"HugeAmount":          {"251", answer{"Amount": json.RawMessage(`99999999999999999999`), "OrderId": "a"}},
		"TooLargeAmount":      {"247", answer{"Amount": maxAmount + 1, "OrderId": "a"}},
		"ZeroAmount":          {"620", answer{"Amount": 0, "OrderId": "a"}},
		"NegativeAmount":      {"240", answer{"Amount": -5, "OrderId": "a"}},
		"LongOrder":           {"212", answer{"Amount": 1, "OrderId": strings.Repeat("x", 51)}},
		"LongDescription":     {"213", answer{"Amount": 1, "OrderId": "a", "Description": big}},
		"BadPayType":          {"1", answer{"Amount": 1, "OrderId": "a", "PayType": "X"}},
		"BadLanguage":         {"1", answer{"Amount": 1, "OrderId": "a", "Language": "de"}},
		"BadURL":              {"1", answer{"Amount": 1, "OrderId": "a", "SuccessURL": "javascript:alert(1)"}},
		"LongURL":             {"1", answer{"Amount": 1, "OrderId": "a", "FailURL": "https://x.test/" + strings.Repeat("x", 250)}},
		"BadDueDate":          {"1", answer{"Amount": 1, "OrderId": "a", "RedirectDueDate": "tomorrow"}},
		"PastDueDate":         {"1", answer{"Amount": 1, "OrderId": "a", "RedirectDueDate": "2026-03-01T12:00:30+03:00"}},
		"FarDueDate":          {"1", answer{"Amount": 1, "OrderId": "a", "RedirectDueDate": "2027-03-01T12:00:00+03:00"}},
		"RecurrentNoCustomer": {"201", answer{"Amount": 1, "OrderId": "a", "Recurrent": "Y"}},
		"LongData":            {"209", answer{"Amount": 1, "OrderId": "a", "DATA": answer{"k": strings.Repeat("x", 101)}}},
		"InitiatorNotParent":  {"1126", answer{"Amount": 1, "OrderId": "a", "DATA": answer{"OperationInitiatorType": "1"}}},
		"InitiatorOfParent":   {"1126", answer{"Amount": 1, "OrderId": "a", "Recurrent": "Y", "CustomerKey": "u", "DATA": answer{"OperationInitiatorType": "R"}}},
		"LongDataKey":         {"208", answer{"Amount": 1, "OrderId": "a", "DATA": answer{strings.Repeat("k", 21): "x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			out := w.call("Init", v.fields)
			require.Equal(t, v.code, out["ErrorCode"], out)
			require.Equal(t, false, out["Success"])
			require.NotEmpty(t, out["Message"])
		})
	}
	require.Len(t, w.bank.Payments(100), 1, "a refused Init opens nothing")
	t.Run("RepeatOrders", func(t *testing.T) {
		require.Equal(t, "0", w.callAs("TwoStage", "Init", answer{"Amount": 1, "OrderId": "a"})["ErrorCode"])
		require.Equal(t, "0", w.callAs("TwoStage", "Init", answer{"Amount": 1, "OrderId": "a"})["ErrorCode"])
		require.Len(t, w.callAs("TwoStage", "CheckOrder", answer{"OrderId": "a"})["Payments"], 2)
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	t.Run("HoldInParts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000, answer{"PayType": "T"})
		require.Equal(t, Authorized, w.pay(id, Attempt{}).Status)
		require.Equal(t, "330", w.call("Cancel", answer{"PaymentId": id, "Amount": 10001})["ErrorCode"])
		out := w.call("Cancel", answer{"PaymentId": id, "Amount": 4000})
		require.Equal(t, "PARTIAL_REVERSED", out["Status"])
		require.EqualValues(t, 6000, out["NewAmount"])
		require.Equal(t, "323", w.call("Confirm", answer{"PaymentId": id, "Amount": 6001})["ErrorCode"])
		require.Equal(t, "CONFIRMED", w.call("Confirm", answer{"PaymentId": id, "Amount": 5000})["Status"])
		require.EqualValues(t, 5000, w.call("GetState", answer{"PaymentId": id})["Amount"])
		require.Equal(t, "4", w.call("Confirm", answer{"PaymentId": id})["ErrorCode"])
	})
	t.Run("WholeHold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000, answer{"PayType": "T"})
		w.pay(id, Attempt{})
		require.Equal(t, "REVERSED", w.call("Cancel", answer{"PaymentId": id})["Status"])
		require.Equal(t, "4", w.call("Cancel", answer{"PaymentId": id})["ErrorCode"])
	})
	t.Run("RefundInPartsWithKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		w.pay(id, Attempt{})
		first := w.call("Cancel", answer{"PaymentId": id, "Amount": 3000, "ExternalRequestId": "r1"})
		require.Equal(t, "PARTIAL_REFUNDED", first["Status"])
		require.Equal(t, first, w.call("Cancel", answer{"PaymentId": id, "Amount": 3000, "ExternalRequestId": "r1"}), "the key is a key")
		require.EqualValues(t, 7000, w.call("GetState", answer{"PaymentId": id})["Amount"])
		require.Equal(t, "PARTIAL_REFUNDED", w.call("Cancel", answer{"PaymentId": id, "Amount": 3000})["Status"])
		require.Equal(t, "330", w.call("Cancel", answer{"PaymentId": id, "Amount": 4001})["ErrorCode"])
		rest := w.call("Cancel", answer{"PaymentId": id})
		require.Equal(t, "REFUNDED", rest["Status"])
		require.EqualValues(t, 4000, rest["OriginalAmount"])
		require.EqualValues(t, 0, rest["NewAmount"])
		w.tick()
		require.Equal(t, []string{"AUTHORIZED", "CONFIRMED", "PARTIAL_REFUNDED", "PARTIAL_REFUNDED", "REFUNDED"}, w.shop.statuses())
	})
	t.Run("ZeroAmountIsAllOfIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000, answer{"Receipt": answer{"Email": "", "Items": nil}})
		w.pay(id, Attempt{})
		out := w.call("Cancel", answer{"PaymentId": id, "Amount": 0, "IP": "", "Receipt": answer{"Items": nil}})
		require.Equal(t, "REFUNDED", out["Status"], out)
	})
	t.Run("AmountMeansNothingForNew", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, "CANCELED", w.call("Cancel", answer{"PaymentId": w.open("o", 10000), "Amount": 5})["Status"])
	})
	t.Run("FormShowedAndFailed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		require.Equal(t, AuthFail, w.pay(id, Attempt{Outcome: "declined", TryAgain: true}).Status)
		require.Equal(t, "CANCELED", w.call("Cancel", answer{"PaymentId": id})["Status"])
	})
	t.Run("AnotherTerminalsPaymentIsNotFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, "255", w.callAs("TwoStage", "Cancel", answer{"PaymentId": w.open("o", 10000)})["ErrorCode"])
	})
}

func TestWire(t *testing.T) {
	t.Parallel()
	t.Run("ErrUnknownMethod", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).post("/v2/MakeMeRich", []byte(`{}`))
		require.Equal(t, http.StatusNotFound, rec.Code)
		require.Contains(t, rec.Body.String(), `"Success":false`)
	})
	t.Run("ErrBodies", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, raw := range []string{"", "null", "[]", "{", `{"TerminalKey":1,"TerminalKey":2}`, "TerminalKey=x", strings.Repeat("[", 100000)} {
			rec := w.post("/v2/Init", []byte(raw))
			require.Equal(t, http.StatusOK, rec.Code)
			require.Contains(t, rec.Body.String(), `"ErrorCode":"1"`)
		}
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		t.Parallel()
		rec := setup(t).post("/v2/Init", make([]byte, maxBody+1))
		require.Equal(t, http.StatusRequestEntityTooLarge, rec.Code)
	})
	t.Run("ForgedTokenChangesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rec := w.post("/v2/Init", sign(t, "wrong", answer{"TerminalKey": testTerminal, "Amount": 1, "OrderId": "a"}))
		require.Contains(t, rec.Body.String(), `"ErrorCode":"204"`)
		// A client that leaves PayType out of its token is refused, as at the bank.
		partly := sign(t, testPassword, answer{"TerminalKey": testTerminal, "Amount": 1, "OrderId": "a"})
		rec = w.post("/v2/Init", []byte(strings.Replace(string(partly), "{", `{"PayType":"O",`, 1)))
		require.Contains(t, rec.Body.String(), `"ErrorCode":"204"`)
		require.Empty(t, w.bank.Payments(10))
	})
	t.Run("NumbersInAnswers", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *Config) { c.NumbersInAnswers = true })
		id := w.open("o", 5000)
		require.IsType(t, float64(0), w.call("GetQr", answer{"PaymentId": id})["PaymentId"])
		listed := w.call("CheckOrder", answer{"OrderId": "o"})["Payments"].([]any)[0].(map[string]any)
		require.Equal(t, map[string]any{"ErrorCode": 0.0, "Success": "true"}, map[string]any{"ErrorCode": listed["ErrorCode"], "Success": listed["Success"]})
		require.IsType(t, float64(0), w.call("Cancel", answer{"PaymentId": id})["PaymentId"])
	})
	t.Run("RawBytesAreKept", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.open("o", 149900)
		counts, last := w.bank.Calls()
		require.Equal(t, map[string]int{"Init": 1}, counts)
		require.Contains(t, last[0].Request, `"Amount":149900`)
		w.post("/v2/Init", []byte(`{"Password":"s3cr3t-pass"}`))
		_, last = w.bank.Calls()
		require.NotContains(t, last[1].Request, "s3cr3t")
	})
	t.Run("ManyAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		raw := sign(t, testPassword, answer{"TerminalKey": testTerminal, "Amount": 1, "OrderId": "same"})
		codes := make(chan string, 200)
		for range 200 {
			go func() { codes <- w.post("/v2/Init", raw).Body.String() }()
		}
		won := 0
		for range 200 {
			if strings.Contains(<-codes, `"Success":true`) {
				won++
			}
		}
		require.Equal(t, 1, won)
	})
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	w := setup(t)
	soon := w.open("soon", 10000, answer{"RedirectDueDate": "2026-03-01T13:00:00+03:00"})
	day := w.open("day", 10000)
	held := w.open("held", 10000, answer{"PayType": "T"})
	acs := w.open("acs", 10000)
	w.pay(held, Attempt{})
	require.Equal(t, Checking3DS, w.pay(acs, Attempt{Outcome: "3ds"}).Status)
	at := func(step time.Duration, want map[string]Status) {
		t.Helper()
		w.clock.Advance(step)
		w.tick()
		for id, status := range want {
			require.Equal(t, status, w.payment(id).Status, w.payment(id).OrderID)
		}
	}
	at(time.Hour-time.Second, map[string]Status{soon: Initial})
	at(time.Second, map[string]Status{soon: DeadlineExpired, day: Initial})
	at(23*time.Hour, map[string]Status{day: DeadlineExpired, acs: Checking3DS})
	at(12*time.Hour, map[string]Status{acs: DeadlineExpired, held: Authorized})
	at(6*24*time.Hour, map[string]Status{held: Reversed})
	t.Run("NoAnswerIsOlderThanTheClock", func(t *testing.T) {
		id := w.open("untouched", 10000)
		w.clock.Advance(defaultLife)
		require.Equal(t, "DEADLINE_EXPIRED", w.call("GetState", answer{"PaymentId": id})["Status"])
	})
	_, err := w.bank.Pay(t.Context(), soon, Attempt{})
	require.ErrorIs(t, err, ErrNotAllowed)
}

func FuzzRequest(f *testing.F) {
	f.Add("Init", []byte(`{"TerminalKey":"GibernoTestDEMO","Amount":149900,"OrderId":"a","Receipt":{"Items":[{"Quantity":"1"}]},"DATA":{"a":1}}`))
	f.Add("Cancel", []byte(`{"TerminalKey":"GibernoTestDEMO","PaymentId":1,"Amount":-1}`))
	f.Add("SendClosingReceipt", []byte(`{"TerminalKey":"Fiscal","Receipt":[]}`))
	f.Add("Nothing", []byte(`{"TerminalKey":{}}`))
	c, _, _ := config(&testing.T{})
	b, err := New(c)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, method string, raw []byte) {
		// Signed rightly, so that the call itself reads the stranger's members.
		o, err := parseObject(raw)
		if err == nil {
			key, _ := o.scalar("TerminalKey")
			o["Token"] = marshal(o.token(b.Terminals()[key].Password))
			status, out := b.answer(method, o)
			require.Contains(t, []int{http.StatusOK, http.StatusNotFound}, status)
			require.True(t, json.Valid(marshal(out)))
		}
	})
}
