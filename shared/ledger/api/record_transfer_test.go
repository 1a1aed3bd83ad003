package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
)

func transfer(minor int64, reference string) string {
	return fmt.Sprintf(`{"account":"%s","partner":"%s","mode":"test","amount":{"amount":%d,"currency":"RUB"},"reference":"%s"}`,
		accountID, shopID, minor, reference)
}

func TestRecordTransfer(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/admin/transfer"
	t.Run("ToldTwiceBookedOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		a := w.do(post(path, transfer(147_150, "PP-77")).keyed("k"))
		got := read[api.RecordedTransfer](t, a, 201)
		require.Equal(t, api.RecordedTransfer{Entry: got.Entry, Account: accountID, Partner: shopID, Amount: roubles(147_150), Reference: "PP-77",
			Day: "2026-03-02", RecordedAt: "2026-03-02T09:00:00.000Z", RecordedBy: "anna"}, got)
		again := w.do(post(path, transfer(147_150, "PP-77")))
		require.Equal(t, a.Body.String(), again.Body.String())
		require.Equal(t, "true", again.Header().Get("Idempotent-Replayed"))
		held, err := w.store.Balances(t.Context(), book)
		require.NoError(t, err)
		require.Zero(t, held.Balances[ledger.Clearing(accountID)])
		require.Equal(t, int64(146_250), held.Balances[ledger.Payable], "what we owe the partner is another matter")
	})
	t.Run("TheBankTookItBack", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, roubles(-100), read[api.RecordedTransfer](t, setup(t).do(post(path, transfer(-100, "PP-1"))), 201).Amount)
	})
	t.Run("ErrDiffers", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, 201, w.do(post(path, transfer(100, "PP-1"))).Code)
		refused(t, w, post(path, transfer(200, "PP-1")), 409, path, "ledger_entry_differs")
	})
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"ErrAccountNotFound": {strings.Replace(transfer(100, "P"), accountID.String(), shopID.String(), 1), 404, "account_not_found"},
		"ErrPartnerNotFound": {strings.Replace(transfer(100, "P"), shopID.String(), accountID.String(), 1), 404, "partner_not_found"},
		"ErrNothing":         {transfer(0, "P"), 422, "invalid_ledger_entry"},
		"ErrNoReference":     {transfer(1, ""), 422, "validation_failed"},
		"ErrMode":            {strings.Replace(transfer(1, "P"), `"test"`, `"both"`, 1), 422, "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t), post(path, c.body), c.status, path, c.code)
		})
	}
	t.Run("ErrScope", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), post(path, transfer(1, "P")).by(clerk), 403, path, "forbidden_scope")
	})
}
