package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/receipts"
)

const correction = `{"mode":"test","kind":"income_correction","amount":{"amount":100,"currency":"RUB"},"type":"self","date":"2026-11-21"}`

func correcting(order ids.ID, pairs ...string) call {
	return post("/api/v1/admin/order/"+order.String()+"/correct-receipt", strings.NewReplacer(pairs...).Replace(correction)).by(operator)
}

// boughtFromATill is bought through an account whose bank has no till, so that one of ours makes the receipts.
func (w *world) boughtFromATill(t testing.TB) api.Payment {
	t.Helper()
	w.accounts.change(0, func(c *payments.Candidate) { c.Fiscal, c.Till = false, ids.FromParts("till") })
	return w.bought(t)
}

func TestCorrectReceipt(t *testing.T) {
	t.Parallel()
	t.Run("MadeByATillOfOurs", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.boughtFromATill(t)
		first := w.do(correcting(p.OrderUUID).keyed("c-1"))
		r := read[api.Receipt](t, first, 201)
		require.Equal(t, p.OrderUUID.Child(ids.CorrectionReceipt, 1), r.UUID)
		require.Equal(t, []string{"correction", "income_correction", "pending"}, []string{r.Operation, r.Kind, r.Status})
		require.Equal(t, roubles(100), r.Total)
		kept := w.whole(t, ids.Test, p.OrderUUID).Receipts[0]
		require.Equal(t, []any{annaID.String(), "2026-11-20T21:00:00Z"}, []any{kept.By, kept.Corrects.Date.UTC().Format(time.RFC3339)}, "a day of Moscow")
		w.changesNothing(t, func() {
			same(t, first, w.do(correcting(p.OrderUUID).keyed("c-1")))
			refused(t, w.do(correcting(p.OrderUUID, `"amount":100`, `"amount":101`).keyed("c-1")), 422, "idempotency_mismatch")
			refused(t, w.do(correcting(p.OrderUUID).keyed("c-2")), 409, "correction_pending")
			refused(t, w.do(correcting(p.OrderUUID)), 409, "correction_pending")
		})
	})
	t.Run("AnotherOneOnceItIsMade", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.boughtFromATill(t)
		first := w.do(correcting(p.OrderUUID).keyed("c-1"))
		r := read[api.Receipt](t, first, 201)
		made := receipts.Fiscal{Total: r.Total, FN: "9999078900001234", FD: 5, FP: 7, IssuedAt: start}
		require.NoError(t, w.store.Save(t.Context(), payments.ReceiptMade(w.whole(t, ids.Test, p.OrderUUID), r.UUID, made, start)))
		same(t, first, w.do(correcting(p.OrderUUID).keyed("c-1")))
		second := read[api.Receipt](t, w.do(correcting(p.OrderUUID, `"self"`, `"instruction"`, `"date"`, `"number":"17-А","date"`).keyed("c-2")), 201)
		require.Equal(t, p.OrderUUID.Child(ids.CorrectionReceipt, 2), second.UUID)
	})
	t.Run("ErrOfTheBanksTill", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.changesNothing(t, func() { refused(t, w.do(correcting(p.OrderUUID)), 409, "operation_not_supported") })
	})
	for name, c := range map[string]struct {
		pairs    []string
		status   int
		code     string
		location string
	}{
		"ErrOtherMode":                {[]string{`"test"`, `"live"`}, 404, "order_not_found", ""},
		"ErrNoSuchMode":               {[]string{`"test"`, `"both"`}, 422, "validation_failed", "body.mode"},
		"ErrOtherCurrency":            {[]string{"RUB", "KZT"}, 422, "currency_mixed", "body.amount.currency"},
		"ErrKind":                     {[]string{"income_correction", "income"}, 422, "validation_failed", "body.kind"},
		"ErrType":                     {[]string{`"self"`, `"whim"`}, 422, "validation_failed", "body.type"},
		"ErrNotADay":                  {[]string{"2026-11-21", "yesterday"}, 422, "validation_failed", "body.date"},
		"ErrTomorrow":                 {[]string{"2026-11-21", "2026-11-23"}, 422, "validation_failed", "body.date"},
		"ErrInstructionWithoutNumber": {[]string{`"self"`, `"instruction"`}, 422, "validation_failed", "body.number"},
		"ErrUnknownField":             {[]string{`"date"`, `"by":"me","date"`}, 422, "validation_failed", "body.by"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			w.changesNothing(t, func() {
				problem := refused(t, w.do(correcting(p.OrderUUID, c.pairs...)), c.status, c.code)
				if c.location != "" {
					require.Equal(t, c.location, problem.Errors[0].Location)
				}
			})
		})
	}
	t.Run("ErrNotAnOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		refused(t, w.do(correcting(p.UUID)), 404, "order_not_found")
	})
	t.Run("ErrOfAPartner", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.changesNothing(t, func() { refused(t, w.do(correcting(p.OrderUUID).by(shop)), 403, "forbidden_scope") })
	})
}
