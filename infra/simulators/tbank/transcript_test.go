package tbank

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/transcript.txt anew")

// transcript notes every request and answer byte for byte.
type transcript struct {
	*world
	text strings.Builder
}

func (s *transcript) say(terminal, path string, fields answer) {
	s.t.Helper()
	fields["TerminalKey"] = terminal
	raw := sign(s.t, s.bank.Terminals()[terminal].Password, fields)
	rec := s.post(path, raw)
	require.Equal(s.t, http.StatusOK, rec.Code)
	fmt.Fprintf(&s.text, "POST %s\n→ %s\n← %s\n\n", path, raw, rec.Body.String())
}

func (s *transcript) told() {
	s.t.Helper()
	from := len(s.shop.heard)
	s.tick()
	for _, o := range s.shop.heard[from:] {
		fmt.Fprintf(&s.text, "notification\n→ %s\n\n", marshal(o))
	}
}

// TestTranscript: the whole conversation with a shop, as it stands in testdata/transcript.txt. Randomness and time are
// fixed, so every byte is.
func TestTranscript(t *testing.T) {
	t.Parallel()
	s := &transcript{world: setup(t)}
	fiscal := func(path string, fields answer) { s.t.Helper(); s.say("Fiscal", path, fields) }
	demo := func(path string, fields answer) { s.t.Helper(); s.say(testTerminal, path, fields) }

	fiscal("/v2/Init", answer{
		"Amount": 149900, "OrderId": "two-stage", "Description": "Шкаф & <стол>", "PayType": "T", "Language": "ru",
		"RedirectDueDate": "2026-03-01T13:00:00+03:00", "DATA": answer{"order_uuid": "5a1c"}, "Receipt": receiptOf(149900),
	})
	s.pay("two-stage", Attempt{})
	s.told()
	fiscal("/v2/Confirm", answer{"PaymentId": "4100000001", "Amount": 100000, "Receipt": receiptOf(100000)})
	s.told()
	s.clock.Advance(tillTime)
	s.told()
	fiscal("/v2/GetState", answer{"PaymentId": 4100000001})
	fiscal("/v2/CheckOrder", answer{"OrderId": "two-stage"})
	fiscal("/cashbox/SendClosingReceipt", answer{"PaymentId": "4100000001", "Receipt": receiptOf(100000)})
	fiscal("/v2/Cancel", answer{"PaymentId": "4100000001", "Amount": 40000, "ExternalRequestId": "r-1", "Receipt": receiptOf(40000)})
	s.told()
	s.clock.Advance(tillTime)
	s.told()

	demo("/v2/Init", answer{"Amount": 5000, "OrderId": "sbp", "PayType": "O"})
	demo("/v2/GetQr", answer{"PaymentId": "4100000002", "DataType": "PAYLOAD"})
	demo("/v2/SbpPayTest", answer{"PaymentId": "4100000002", "IsDeadlineExpired": false, "IsRejected": false})
	demo("/v2/Cancel", answer{"PaymentId": "4100000002"})
	demo("/v2/GetQrState", answer{"PaymentId": "4100000002"})
	s.clock.Advance(time.Minute)
	s.told()
	demo("/v2/GetQrState", answer{"PaymentId": "4100000002"})
	demo("/v2/QrMembersList", answer{"PaymentId": "4100000002"})
	demo("/v2/GetQrBankList", answer{})

	demo("/v2/AddCustomer", answer{"CustomerKey": "u-42", "Email": "buyer@example.com", "Phone": "+79000000000"})
	demo("/v2/GetCustomer", answer{"CustomerKey": "u-42"})
	demo("/v2/Init", answer{"Amount": 5000, "OrderId": "parent", "CustomerKey": "u-42", "Recurrent": "Y"})
	s.pay("parent", Attempt{})
	s.told()
	demo("/v2/GetCardList", answer{"CustomerKey": "u-42"})
	demo("/v2/Init", answer{"Amount": 5000, "OrderId": "debit", "DATA": answer{"OperationInitiatorType": "R"}})
	demo("/v2/Charge", answer{"PaymentId": "4100000004", "RebillId": "14100000003"})
	s.told()
	demo("/v2/RemoveCard", answer{"CustomerKey": "u-42", "CardId": s.payment("parent").Card.ID})
	demo("/v2/RemoveCustomer", answer{"CustomerKey": "u-42"})
	demo("/v2/GetTerminalPayMethods", answer{"Paysource": "API"})
	demo("/v2/Resend", answer{})

	const file = "testdata/transcript.txt"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(s.text.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), s.text.String())
}
