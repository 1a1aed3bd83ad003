package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

const correction = `{"mode":"test","kind":"income_correction","amount":{"amount":100,"currency":"RUB"},"type":"self","date":"2026-11-21"}`

func correcting(order ids.ID, pairs ...string) call {
	return post("/api/v1/admin/order/"+order.String()+"/correct-receipt", strings.NewReplacer(pairs...).Replace(correction)).by(operator)
}

func TestCorrectReceipt(t *testing.T) {
	t.Parallel()
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
