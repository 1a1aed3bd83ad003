package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

func TestCreateAccount(t *testing.T) {
	t.Parallel()
	t.Run("PasswordIsSealedAndNeverShown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		made := w.call("POST", "/account", accountBody)
		id := made.ok(201)["id"].(string)
		require.NotContains(t, made.body, "TinkoffBankSecret")
		require.NotContains(t, w.call("GET", "/account/"+id, "").body, "TinkoffBankSecret")
		require.NotContains(t, w.log.String(), "TinkoffBankSecret")
		acc, err := w.store.AccountByTerminal(t.Context(), "tbank", ids.Test, "TinkoffBankTest")
		require.NoError(t, err)
		require.Equal(t, id, acc.ID.String())
		require.NotContains(t, string(acc.Secrets[0].Box), "TinkoffBankSecret")
		open, err := w.store.Unsealed(t.Context(), acc)
		require.NoError(t, err)
		require.Equal(t, "TinkoffBankSecret", open.Password)
		require.Empty(t, open.Previous)
	})
	t.Run("SameKeyAndBodyGiveTheSameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.call("POST", "/account", accountBody, "Idempotency-Key: k")
		again := w.call("POST", "/account", accountBody, "Idempotency-Key: k")
		again.ok(201)
		require.Equal(t, first.body, again.body)
		require.Equal(t, "true", again.head.Get("Idempotent-Replayed"))
		w.call("POST", "/account", with(accountBody, "password", `"other"`), "Idempotency-Key: k").refused(422, "idempotency_mismatch")
	})
	t.Run("ErrTerminalTaken", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.account()
		w.call("POST", "/account", accountBody).refused(409, "terminal_taken")
		live := with(with(accountBody, "mode", `"live"`), "address", `"https://securepay.tinkoff.ru"`)
		w.call("POST", "/account", live).ok(201) // the other world has its own terminals
		w.call("POST", "/account", with(accountBody, "provider", `"dolyame"`)).ok(201)
	})
	t.Run("ErrOwner", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, []string{"body.owner"}, w.call("POST", "/account", with(accountBody, "owner", `"`+nobody+`"`)).refused(404, "partner_not_found"))
		require.Equal(t, []string{"body.settles_to"}, w.call("POST", "/account", with(accountBody, "settles_to", `"`+nobody+`"`)).refused(404, "partner_not_found"))
		w.call("POST", "/account", with(accountBody, "owner", `"`+w.partner()+`"`)).ok(201)
	})
	t.Run("ErrFields", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for field, value := range map[string]string{
			"provider": `"sber"`, "mode": `"prod"`, "terminal": `"a#b"`, "password": `""`, "address": `"http://bank.example"`, "country": `"RUS"`,
			"currencies": `[]`, "taxation": `"envd"`, "methods": `[]`, "owner": `"x"`, "receipt_within_min": `4`,
		} {
			require.Equal(t, []string{"body." + field}, w.call("POST", "/account", with(accountBody, field, value)).refused(422, "validation_failed"), field)
		}
		for place, value := range map[string]string{
			"methods[1].code":      `[{"code":"card","on":true},{"code":"card","on":true}]`,
			"methods[0].max_minor": `[{"code":"card","on":true,"min_minor":5,"max_minor":4}]`,
			"methods[0].countries": `[{"code":"card","on":true,"countries":["rus"]}]`,
		} {
			require.Equal(t, []string{"body." + place}, w.call("POST", "/account", with(accountBody, "methods", value)).refused(422, "validation_failed"), place)
		}
		require.Equal(t, []string{"body.address"}, w.call("POST", "/account", with(accountBody, "mode", `"live"`)).refused(422, "validation_failed"))
		require.Equal(t, []string{"body.currencies[1]"}, w.call("POST", "/account", with(accountBody, "currencies", `["RUB","RUB"]`)).refused(422, "validation_failed"))
		w.call("POST", "/account", strings.Repeat(" ", 300<<10)).refused(413, "body_too_large")
		require.Empty(t, w.call("GET", "/accounts", "").ok(200)["items"])
	})
}
