package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
)

func TestRotatePassword(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.account()
	passwords := func() [2]string {
		acc, err := w.store.AccountByTerminal(t.Context(), "tbank", ids.Test, "TinkoffBankTest")
		require.NoError(t, err)
		open, err := w.store.Unsealed(t.Context(), acc)
		require.NoError(t, err)
		return [2]string{open.Password, open.Previous}
	}
	require.Equal(t, [2]string{"TinkoffBankSecret", ""}, passwords())

	rotated := w.call("POST", "/account/"+id+"/password", `{"password":"second"}`)
	require.Equal(t, "2026-11-23T12:00:00Z", rotated.ok(200)["previous_password_until"])
	require.NotContains(t, rotated.body, "second")
	require.Equal(t, [2]string{"second", "TinkoffBankSecret"}, passwords())
	require.Equal(t, rotated.body, w.call("POST", "/account/"+id+"/password", `{"password":"second"}`).body) // a repeated call changes nothing
	w.call("POST", "/account/"+id+"/password", `{"password":"third"}`).refused(409, "rotation_in_progress")

	w.clock.Advance(24*time.Hour - time.Millisecond)
	require.Equal(t, [2]string{"second", "TinkoffBankSecret"}, passwords())
	w.clock.Advance(time.Millisecond)
	require.Equal(t, [2]string{"second", ""}, passwords())
	require.NotContains(t, w.call("GET", "/account/"+id, "").ok(200), "previous_password_until")
	w.call("POST", "/account/"+id+"/password", `{"password":"third"}`).ok(200)
	require.Equal(t, [2]string{"third", "second"}, passwords())

	w.call("POST", "/account/"+nobody+"/password", `{"password":"x"}`).refused(404, "account_not_found")
	require.NotContains(t, w.log.String(), "third")
}
