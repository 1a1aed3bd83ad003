package matching

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func setup(t *testing.T) (*identitystore.Store, *store.Store) {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	rows, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	random := rand.NewChaCha8([32]byte{1})
	keys, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "keys"), random)
	require.NoError(t, err)
	return identitystore.New(rows, secret.NewKeeper(keys, random), clock.At(start), random), store.New(rows)
}

func partnerOf(t *testing.T, s *identitystore.Store, n int) ids.ID {
	t.Helper()
	id := ids.FromParts("partner", fmt.Sprint(n))
	_, err := s.CreatePartner(t.Context(), identity.Partner{ID: id, Name: "Лавка", LegalName: "ООО «Лавка»", INN: "7707083893", Taxation: "osn", Country: "RU",
		TimeZone: "Europe/Moscow", CreatedAt: start.Add(time.Duration(n) * time.Second)}, identitystore.Once{})
	require.NoError(t, err)
	return id
}

func TestEveryPartnerIsListed(t *testing.T) {
	t.Parallel()
	contracts, _ := setup(t)
	want := map[ids.ID]bool{}
	for n := range partnersPage + 5 { // more than one page
		want[partnerOf(t, contracts, n)] = true
	}
	got := map[ids.ID]bool{}
	for id, err := range partnersOf(contracts)(t.Context()) {
		require.NoError(t, err)
		got[id] = true
	}
	require.Equal(t, want, got)
	for range partnersOf(contracts)(t.Context()) {
		break // whoever has enough may stop
	}
}

func TestWhomABankPays(t *testing.T) {
	t.Parallel()
	contracts, _ := setup(t)
	owner, other := partnerOf(t, contracts, 1), partnerOf(t, contracts, 2)
	for _, c := range []struct {
		name             string
		owner, settlesTo ids.ID
		pays             ids.ID
	}{
		{"ThePlatform", ids.ID{}, ids.ID{}, ids.ID{}},
		{"ThePartnerHimself", owner, ids.ID{}, owner},
		{"ThePartnerByName", owner, owner, owner},
		{"SomebodyElse", owner, other, other},
	} {
		a := identity.Account{ID: ids.FromParts(c.name), Provider: "tbank", Mode: ids.Test, Terminal: c.name, Address: "https://bank.example", Owner: c.owner,
			SettlesTo: c.settlesTo, Everyone: c.owner.IsZero(), Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Taxation: "osn",
			Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}, CreatedAt: start}
		_, err := contracts.CreateAccount(t.Context(), a, "secret", identitystore.Once{})
		require.NoError(t, err, c.name)
		got, err := accountOf(contracts)(t.Context(), ids.Test, a.ID)
		require.NoError(t, err, c.name)
		require.Equal(t, c.pays, got.Pays, c.name)
		require.Equal(t, "tbank", got.Provider)
	}
	_, err := accountOf(contracts)(t.Context(), ids.Test, ids.FromParts("nobody"))
	require.ErrorIs(t, err, identitystore.ErrAccountNotFound)
}

func TestWhoseReference(t *testing.T) {
	t.Parallel()
	_, orders := setup(t)
	partner := ids.FromParts("partner")
	o, err := payments.NewOrder(payments.Draft{Project: "p", Email: "a@b.ru",
		Items: []payments.Item{{Name: "a", Price: money.Of(1000, money.RUB), Quantity: 1000}}}, ids.FromParts("order"), ids.Test, partner, start)
	require.NoError(t, err)
	_, _, err = orders.Create(t.Context(), o)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		mode      ids.Mode
		reference string
		found     bool
	}{
		"OfAnOrder":           {ids.Test, ids.Reference(ids.Test, o.ID, 2), true},
		"OfTheOtherWorld":     {ids.Live, ids.Reference(ids.Test, o.ID, 2), false},
		"OfAnOrderThatIsGone": {ids.Test, ids.Reference(ids.Test, ids.FromParts("gone"), 1), false},
		"OfAStranger":         {ids.Test, "A-1047", false},
	} {
		got, found, err := whoseOf(orders)(t.Context(), c.mode, c.reference)
		require.NoError(t, err, name)
		require.Equal(t, c.found, found, name)
		require.Equal(t, c.found, got == partner, name)
	}
}
