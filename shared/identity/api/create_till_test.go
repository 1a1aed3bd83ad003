package api_test

import (
	"crypto/rand"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/identity/api"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/web"
)

const tillBody = `{"provider":"atol","mode":"test","terminal":"group_1","password":"TillSecret","address":"http://127.0.0.1:8080/sim/atol/possystem",
	"country":"RU","currencies":["RUB"],"methods":[],"on":true,"fiscal":true,"taxation":"usn_income",
	"options":{"version":"v5","login":"shop","inn":"7707083893","email":"receipts@giberno.example","payment_address":"https://giberno.example"}}`

// knowingTills is a world whose accounts may be tills as well.
func knowingTills(t *testing.T) *world {
	t.Helper()
	w := setup(t)
	calls := api.New(api.Config{Store: w.store, Clock: w.clock, Random: rand.Reader, Checklist: w.steps, Providers: []string{"tbank", identity.TillProvider}})
	w.http = web.NewServer(web.Options{Auth: w.store, Clock: w.clock, Log: log.New(w.log, slog.LevelInfo), Rate: web.Rate{PerSecond: -1}}, calls.Endpoints()...)
	return w
}

// TestCreateTill: a contract with the fiscal service is an account without methods.
func TestCreateTill(t *testing.T) {
	t.Parallel()
	t.Run("PasswordIsSealed", func(t *testing.T) {
		t.Parallel()
		w := knowingTills(t)
		made := w.call("POST", "/account", tillBody)
		id := made.ok(201)["id"].(string)
		require.NotContains(t, made.body, "TillSecret")
		require.NotContains(t, w.log.String(), "TillSecret")
		shown := w.call("GET", "/account/"+id, "").ok(200)
		require.Empty(t, shown["methods"])
		require.Equal(t, "v5", shown["options"].(map[string]any)["version"])
		a, err := w.store.AccountByTerminal(t.Context(), "atol", ids.Test, "group_1")
		require.NoError(t, err)
		require.True(t, a.IsTill())
		open, err := w.store.Unsealed(t.Context(), a)
		require.NoError(t, err)
		require.Equal(t, "TillSecret", open.Password)
	})
	t.Run("ErrFields", func(t *testing.T) {
		t.Parallel()
		w := knowingTills(t)
		for field, value := range map[string]string{"fiscal": `false`, "methods": `[{"code":"card","on":true}]`, "taxation": `""`} {
			require.Equal(t, []string{"body." + field}, w.call("POST", "/account", with(tillBody, field, value)).refused(422, "validation_failed"), field)
		}
		require.ElementsMatch(t, []string{"body.options.version", "body.options.inn", "body.options.login", "body.options.email", "body.options.payment_address"},
			w.call("POST", "/account", with(tillBody, "options", `{}`)).refused(422, "validation_failed"))
		require.Empty(t, w.call("GET", "/accounts", "").ok(200)["items"])
	})
	t.Run("ItsTimeForAReceiptIsAgreed", func(t *testing.T) {
		t.Parallel()
		w := knowingTills(t)
		made := w.call("POST", "/account", with(tillBody, "receipt_within_min", `10`)).ok(201)
		require.EqualValues(t, 10, made["receipt_within_min"])
		require.Equal(t, made, w.call("GET", "/account/"+made["id"].(string), "").ok(200))
		require.Equal(t, []any{made}, w.call("GET", "/accounts", "").ok(200)["items"])
	})
}
