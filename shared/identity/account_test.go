package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
)

func account() identity.Account {
	return identity.Account{
		ID: ids.FromParts("a"), Provider: "tbank", Mode: ids.Test, Terminal: "TinkoffBankTest", Address: "https://securepay.tinkoff.ru", Country: "RU",
		Currencies: []money.Currency{money.RUB}, Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}, On: true,
	}
}

func TestUsableBy(t *testing.T) {
	t.Parallel()
	one, two := ids.FromParts("one"), ids.FromParts("two")
	t.Run("PlatformAccountNeedsAGrant", func(t *testing.T) {
		t.Parallel()
		a := account()
		require.False(t, a.UsableBy(one))
		a, err := a.Granted(one)
		require.NoError(t, err)
		require.True(t, a.UsableBy(one))
		require.False(t, a.UsableBy(two))
		require.False(t, a.Ungranted(one).UsableBy(one))
		a.Everyone = true
		require.True(t, a.UsableBy(two))
		require.False(t, a.UsableBy(ids.ID{}))
	})
	t.Run("OwnAccountIsTheOwners", func(t *testing.T) {
		t.Parallel()
		a := account()
		a.Owner, a.Everyone = one, true
		require.True(t, a.UsableBy(one))
		require.False(t, a.UsableBy(two))
		require.Error(t, a.Check())
	})
	t.Run("GrantsAreBoundedAndShareNoMemory", func(t *testing.T) {
		t.Parallel()
		a := account()
		for i := range identity.MaxGrants {
			b, err := a.Granted(ids.FromParts("p", string(rune(i))))
			require.NoError(t, err)
			a = b
		}
		_, err := a.Granted(one)
		require.Equal(t, "too_many_grants", fault.Code(err))
		before := a.Grants[0]
		a.Ungranted(before)
		require.Equal(t, before, a.Grants[0])
	})
}

func TestReceiptWithin(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]identity.Account{"OfABank": account(), "OfATill": till()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, within := range []int{0, identity.MinReceiptWithin, identity.DefaultReceiptWithin, identity.MaxReceiptWithin} {
				a := good
				a.ReceiptWithin = within
				require.NoError(t, a.Check(), within)
			}
			for _, within := range []int{-1, 1, identity.MinReceiptWithin - 1, identity.MaxReceiptWithin + 1} {
				a := good
				a.ReceiptWithin = within
				err := fault.As(a.Check())
				require.NotNil(t, err, within)
				require.Len(t, err.Fields, 1)
				require.Equal(t, "body.receipt_within_min", err.Fields[0].Location)
			}
		})
	}
}

func TestSwitched(t *testing.T) {
	t.Parallel()
	a := account()
	off, err := a.Switched(banks.Card, false)
	require.NoError(t, err)
	require.False(t, off.Methods[0].On)
	require.True(t, a.Methods[0].On) // the account in a cache is not touched
	_, err = a.Switched(banks.SBP, true)
	require.Equal(t, "method_not_found", fault.Code(err))
}

func TestRotated(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	a, err := account().Rotated(identity.Sealed{Version: 1}, now)
	require.NoError(t, err)
	require.Equal(t, int64(2), a.NextSecret())
	a, err = a.Rotated(identity.Sealed{Version: 2}, now)
	require.NoError(t, err)
	require.Len(t, a.GoodSecrets(now), 2)
	require.Len(t, a.GoodSecrets(now.Add(identity.RotationOverlap)), 1)
	_, err = a.Rotated(identity.Sealed{Version: 3}, now.Add(time.Hour))
	require.ErrorIs(t, err, identity.ErrRotatedTwice)
	a, err = a.Rotated(identity.Sealed{Version: 3}, now.Add(identity.RotationOverlap))
	require.NoError(t, err)
	require.Equal(t, []int64{3, 2}, []int64{a.Secrets[0].Version, a.Secrets[1].Version})
}
