package identity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
)

// till is a contract with the fiscal service.
func till() identity.Account {
	return identity.Account{
		ID: ids.FromParts("till"), Provider: identity.TillProvider, Mode: ids.Live, Terminal: "group_1", Address: "https://online.atol.ru/possystem",
		Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Fiscal: true, Taxation: "osn",
		Options: map[string]string{identity.TillVersion: "v5", identity.TillLogin: "shop", identity.TillINN: "7707083893",
			identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"},
	}
}

func TestTill(t *testing.T) {
	t.Parallel()
	t.Run("IsNoBank", func(t *testing.T) {
		t.Parallel()
		require.True(t, till().IsTill())
		require.NoError(t, till().Check())
		require.False(t, account().IsTill())
		require.NoError(t, account().Check())
	})
	t.Run("OfBothProtocols", func(t *testing.T) {
		t.Parallel()
		a := till()
		a.Options[identity.TillVersion] = "v4"
		require.NoError(t, a.Check())
	})
	for name, c := range map[string]struct {
		edit  func(*identity.Account)
		field string
	}{
		"ErrItTakesPayments": {func(a *identity.Account) { a.Methods = account().Methods }, "methods"},
		"ErrNotFiscal":       {func(a *identity.Account) { a.Fiscal = false }, "fiscal"},
		"ErrTaxation":        {func(a *identity.Account) { a.Taxation = "" }, "taxation"},
		"ErrVersion":         {func(a *identity.Account) { a.Options[identity.TillVersion] = "v3" }, "options.version"},
		"ErrINN":             {func(a *identity.Account) { a.Options[identity.TillINN] = "7707083894" }, "options.inn"},
		"ErrLogin":           {func(a *identity.Account) { delete(a.Options, identity.TillLogin) }, "options.login"},
		"ErrEmail":           {func(a *identity.Account) { delete(a.Options, identity.TillEmail) }, "options.email"},
		"ErrAddress":         {func(a *identity.Account) { delete(a.Options, identity.TillAddress) }, "options.payment_address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := till()
			c.edit(&a)
			err := fault.As(a.Check())
			require.NotNil(t, err)
			require.Len(t, err.Fields, 1)
			require.Equal(t, "body."+c.field, err.Fields[0].Location)
		})
	}
	t.Run("ABankNeedsMethods", func(t *testing.T) {
		t.Parallel()
		a := till()
		a.Provider = "tbank"
		require.Error(t, a.Check())
	})
}
