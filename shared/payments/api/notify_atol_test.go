package api_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

func tillNotice(body string) call {
	return post("/api/atol/notifications", body).by("-")
}

const tillNumber = "4f8f4bd8-2f2b-4a46-a3a1-3e9f6f7a1c11" // of the receipt at the service

// fiscalService has made the receipt that it is asked about, or has not. It counts how often it was asked.
type fiscalService struct {
	made  *atol.Report
	asked int
}

func (*fiscalService) Register(context.Context, atol.Account, receipts.Draft) (atol.Registered, error) {
	return atol.Registered{UUID: tillNumber, State: atol.Waiting}, nil
}

func (s *fiscalService) Report(context.Context, atol.Account, string) (atol.Report, error) {
	if s.asked++; s.made == nil {
		return atol.Report{State: atol.Waiting}, nil
	}
	return *s.made, nil
}

func (*fiscalService) Till(context.Context, ids.Mode, ids.ID, ids.ID) (cashier.Till, error) {
	return cashier.Till{Taxation: "osn", Company: receipts.Company{INN: "7707083893", Email: "r@giberno.example", PaymentAddress: "https://giberno.example"}}, nil
}

// TestNotifyATOLAsks: a notice makes us ask, and what is asked is what is believed.
func TestNotifyATOLAsks(t *testing.T) {
	t.Parallel()
	w, service := setup(t), &fiscalService{}
	w.service.Cashier = cashier.New(cashier.Config{Store: w.store, Accounts: service, Service: service, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
	p := w.boughtFromATill(t)
	require.NoError(t, w.service.Cashier.Make(t.Context(), w.whole(t, ids.Test, p.OrderUUID), p.UUID))
	r, ok := w.whole(t, ids.Test, p.OrderUUID).ReceiptOf(payments.ReceiptID(p.UUID))
	require.True(t, ok)
	status := func(body string) string {
		a := w.do(tillNotice(body))
		require.Equal(t, 200, a.Code, a.Body.String())
		require.Empty(t, a.Body.String())
		return w.getOrder(t, p.OrderUUID).Receipts[0].Status
	}
	lie := `{"uuid":"` + tillNumber + `","status":"done","external_id":"` + r.DraftID(ids.Test) + `","error":null,"payload":{"total":1599.99,"fn_number":"9999078900000961",
		"fiscal_document_number":1,"fiscal_document_attribute":2,"receipt_datetime":"22.11.2026 12:00:00"}}`
	require.Equal(t, "pending", status(lie), "a lie")
	require.Equal(t, "pending", status(lie), "and again")
	require.Equal(t, 1, service.asked, "liars do not make us ask every moment")
	service.made = &atol.Report{UUID: tillNumber, ExternalID: r.DraftID(ids.Test), State: atol.Done,
		Fiscal: &receipts.Fiscal{Total: r.Fiscal.Total, FN: "9999078900001234", FD: 5, FP: 7, IssuedAt: start}}
	w.clock.Advance(payments.FeedFirst)
	require.Equal(t, "ready", status(lie))
	require.EqualValues(t, 5, w.getOrder(t, p.OrderUUID).Receipts[0].FD, "the report's numbers")
	require.Equal(t, "ready", status(lie), "told once more")
	require.Equal(t, 2, service.asked)
}

// TestNotifyATOL: nobody signs what the fiscal service posts, so nothing that it says is believed.
func TestNotifyATOL(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"OfNothingOfOurs": "A-1047", "Empty": "", "OfAnOrderThatIsNotThere": "t-0f8fad5b-d9cb-869f-a165-708677280301"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.changesNothing(t, func() {
				a := w.do(tillNotice(`{"uuid":"4f8f4bd8-2f2b-4a46-a3a1-3e9f6f7a1c11","status":"done","external_id":"` + id + `"}`))
				require.Equal(t, 200, a.Code, a.Body.String())
			})
		})
	}
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"ErrNotJSON":  {`{`, 400, "malformed_body"},
		"ErrNoBody":   {``, 400, "malformed_body"},
		"ErrTooLarge": {`{"uuid":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "body_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			refused(t, w.do(tillNotice(c.body)), c.status, c.code)
			require.Zero(t, w.table.Snapshot().Total.Trips)
		})
	}
}
