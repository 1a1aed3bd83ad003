package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/reconciling/api"
)

const payoutsPath = "/api/v1/admin/reconciliation/payouts"

func payouts(transfers string) string {
	return `{"mode":"test","account_id":"` + account.String() + `","from":"2026-11-22","to":"2026-11-23","grace_hours":0,"transfers":[` + transfers + `]}`
}

func TestMatchPayouts(t *testing.T) {
	t.Parallel()
	t.Run("TheThirdWay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 4)
		run := read[api.Reconciliation](t, w.do(send(period(), heading+line(4))))
		body := payouts(`{"date":"2026-11-22","amount":{"amount":450,"currency":"RUB"},"document":"417","register":"` + run.ID.String() + `"}`)
		got := read[api.Reconciliation](t, w.do(post(payoutsPath, body)))
		require.Nil(t, got.Register)
		require.Equal(t, map[string]api.BreakChange{"amount": {New: 1}}, got.Breaks)
		require.Equal(t, map[string]api.BreakChange{"amount": {Still: 1}}, read[api.Reconciliation](t, w.do(post(payoutsPath, body))).Breaks)
		list := read[page.List[api.Break]](t, w.do(get("/api/v1/admin/breaks?mode=test")))
		require.Equal(t, "payouts", list.Items[0].Between)
		require.Equal(t, int64(-50), list.Items[0].Difference.Amount)
		whole := strings.Replace(body, "450", "500", 1)
		require.Equal(t, map[string]api.BreakChange{"amount": {Vanished: 1}}, read[api.Reconciliation](t, w.do(post(payoutsPath, whole))).Breaks)
	})
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"ErrEmpty":         {"{}", 422, "validation_failed"},
		"ErrPeriod":        {strings.Replace(payouts(""), "2026-11-23", "2026-11-22", 1), 422, "reconciliation_period_invalid"},
		"ErrFrom":          {strings.Replace(payouts(""), "2026-11-22", "22.11.2026", 1), 422, "validation_failed"},
		"ErrAccount":       {strings.Replace(payouts(""), account.String(), partner.String(), 1), 404, "account_not_found"},
		"ErrDate":          {payouts(`{"date":"x","amount":{"amount":1,"currency":"RUB"},"document":"1"}`), 422, "validation_failed"},
		"ErrOutsideOfIt":   {payouts(`{"date":"2026-11-25","amount":{"amount":1,"currency":"RUB"},"document":"1"}`), 422, "bank_transfer_invalid"},
		"ErrNoMoney":       {payouts(`{"date":"2026-11-22","amount":{"amount":0,"currency":"RUB"},"document":"1"}`), 422, "bank_transfer_invalid"},
		"ErrNoDocument":    {payouts(`{"date":"2026-11-22","amount":{"amount":1,"currency":"RUB"}}`), 422, "validation_failed"},
		"ErrUnknownField":  {strings.Replace(payouts(""), `"mode"`, `"x":1,"mode"`, 1), 422, "validation_failed"},
		"ErrTooLongAGrace": {strings.Replace(payouts(""), `:0,`, `:745,`, 1), 422, "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			refused(t, w.do(post(payoutsPath, c.body)), c.status, c.code)
			require.Zero(t, w.count.Snapshot().ByOp["write"].Trips)
		})
	}
}
