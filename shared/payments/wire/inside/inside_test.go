package inside_test

import (
	"context"
	"crypto/rand"
	"log/slog"
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
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

var (
	start  = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	shopID = ids.FromParts("shop")
)

// world is a module over contracts that a test makes.
type world struct {
	t         *testing.T
	clock     *clock.Manual
	contracts *identitystore.Store
	*inside.Module
}

func setup(t *testing.T, edit ...func(*identity.Partner)) *world {
	t.Helper()
	dir := t.TempDir()
	f, err := file.Open(filepath.Join(dir, "db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{NoFeed: true})
	require.NoError(t, err)
	keys, err := secret.CreateKeyFile(filepath.Join(dir, "keys"), rand.Reader)
	require.NoError(t, err)
	w := &world{t: t, clock: clock.At(start)}
	w.contracts = identitystore.New(limits.New(engine), secret.NewKeeper(keys, rand.Reader), w.clock, rand.Reader)
	w.Module = inside.New(inside.Parts{Table: engine, Contracts: w.contracts, Banks: banks.NewRegistry(nil), Clock: w.clock, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler), BaseURL: "https://giberno.example"})
	shop := identity.Partner{ID: shopID, Name: "Ромашка", LegalName: "ООО «Ромашка»", INN: "7728168971", Phone: "+74951234567", Taxation: "osn",
		Country: "RU", TimeZone: "Europe/Moscow", FeeBP: 250, FeeFixed: 300, RefundOurFee: true, CreatedAt: start}
	for _, e := range edit {
		e(&shop)
	}
	require.NoError(t, shop.Check())
	_, err = w.contracts.CreatePartner(t.Context(), shop, identitystore.Once{})
	require.NoError(t, err)
	return w
}

// add makes an account, open for everybody unless it has an owner, and gives its id.
func (w *world) add(name string, a identity.Account, edit ...func(*identity.Account)) ids.ID {
	w.t.Helper()
	a.ID, a.Mode, a.Terminal, a.Country, a.On, a.CreatedAt = ids.FromParts("account", name), ids.Test, name, "RU", true, start
	a.Everyone = true
	for _, e := range edit {
		e(&a)
	}
	if !a.Owner.IsZero() {
		a.Everyone = false
	}
	require.NoError(w.t, a.Check())
	_, err := w.contracts.CreateAccount(w.t.Context(), a, "password of "+name, identitystore.Once{})
	require.NoError(w.t, err)
	w.clock.Advance(2 * time.Minute) // what the process remembers of its accounts is over
	return a.ID
}

func bank() identity.Account {
	return identity.Account{Provider: "alfa", Address: "https://bank.example", Currencies: []money.Currency{money.RUB},
		Methods: []identity.MethodTerms{{Code: banks.Card, On: true, FeeBP: 190, FeeFixed: 7}, {Code: banks.SBP, On: true, FeeBP: 40}}}
}

func till() identity.Account {
	return identity.Account{Provider: identity.TillProvider, Address: "https://till.example/possystem", Fiscal: true, Taxation: "usn_income",
		Currencies: []money.Currency{money.RUB}, Options: map[string]string{identity.TillVersion: "v5", identity.TillLogin: "login",
			identity.TillINN: "7707083893", identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"}}
}

func ownedBy(partner ids.ID) func(*identity.Account) {
	return func(a *identity.Account) { a.Owner = partner }
}

// candidate is the one account that a shop's orders may be paid through.
func (w *world) candidate() payments.Candidate {
	w.t.Helper()
	list, err := w.Teller.Accounts.Candidates(w.t.Context(), ids.Test, shopID)
	require.NoError(w.t, err)
	require.Len(w.t, list, 1, "a till takes no payments")
	return list[0]
}

func TestTillOfAnAccount(t *testing.T) {
	t.Parallel()
	t.Run("WhereTheBankHasNone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.add("bank", bank())
		require.True(t, w.candidate().Till.IsZero(), "nobody makes receipts")
		id := w.add("till", till())
		require.Equal(t, id, w.candidate().Till)
		require.True(t, w.candidate().Agent)
	})
	t.Run("NotWhereTheBankHasOne", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.add("bank", bank(), func(a *identity.Account) { a.Fiscal, a.Taxation = true, "osn" })
		w.add("till", till())
		require.True(t, w.candidate().Till.IsZero(), "one receipt per operation")
	})
	t.Run("NotOfOtherMoney", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.add("bank", bank(), func(a *identity.Account) { a.Currencies = []money.Currency{money.KZT} })
		w.add("till", till())
		require.True(t, w.candidate().Till.IsZero())
	})
	t.Run("HisOwnFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.add("bank", bank(), ownedBy(shopID))
		w.add("till", till())
		own := w.add("own till", till(), ownedBy(shopID), func(a *identity.Account) { a.Terminal = "own_till" })
		require.Equal(t, own, w.candidate().Till)
		require.False(t, w.candidate().Agent)
	})
	t.Run("AlwaysTheSameOfSeveral", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.add("bank", bank())
		for _, name := range []string{"till-1", "till-2", "till-3"} {
			w.add(name, till())
		}
		first := w.candidate().Till
		for range 3 {
			w.clock.Advance(2 * time.Minute)
			require.Equal(t, first, w.candidate().Till)
		}
	})
	t.Run("ItMayTakeWhatItsOwnAccountSays", func(t *testing.T) {
		t.Parallel()
		taking := func(minutes int) func(*identity.Account) {
			return func(a *identity.Account) { a.ReceiptWithin = minutes }
		}
		fiscal := func(a *identity.Account) { a.Fiscal, a.Taxation = true, "osn" }
		for name, c := range map[string]struct {
			bank, till []func(*identity.Account)
			want       int
		}{
			"TheTills":  {[]func(*identity.Account){taking(20)}, []func(*identity.Account){taking(10)}, 10},
			"TheBanks":  {[]func(*identity.Account){fiscal, taking(20)}, []func(*identity.Account){taking(10)}, 20},
			"TheUsual":  {[]func(*identity.Account){taking(20)}, nil, 0},
			"SaidToBe":  {[]func(*identity.Account){fiscal, taking(identity.DefaultReceiptWithin)}, nil, 0},
			"OtherCoin": {[]func(*identity.Account){func(a *identity.Account) { a.Currencies = []money.Currency{money.KZT} }}, []func(*identity.Account){taking(10)}, 0},
		} {
			w := setup(t)
			w.add("bank", bank(), c.bank...)
			w.add("till", till(), c.till...)
			require.Equal(t, c.want, w.candidate().TillMin, name)
		}
	})
	t.Run("NeitherOffNorAnothers", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.add("bank", bank())
		w.add("off", till(), func(a *identity.Account) { a.On = false })
		w.add("granted", till(), func(a *identity.Account) { a.Everyone, a.Grants = false, []ids.ID{ids.FromParts("rival")} })
		require.True(t, w.candidate().Till.IsZero())
	})
}

func TestTerms(t *testing.T) {
	t.Parallel()
	ours := ledger.Fee{BP: 250, Fixed: 300, Returned: true}
	terms := func(w *world, account ids.ID, m banks.Method) ledger.Terms {
		w.t.Helper()
		got, err := w.Teller.Accounts.Terms(w.t.Context(), payments.Payment{Mode: ids.Test, Partner: shopID, Account: account, Method: m})
		require.NoError(w.t, err)
		return got
	}
	t.Run("OfThePlatform", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.add("bank", bank(), func(a *identity.Account) { a.ReturnsFee = true })
		require.Equal(t, ledger.Terms{Account: id, Ours: ours, Theirs: ledger.Fee{BP: 190, Fixed: 7, Returned: true}}, terms(w, id, banks.Card))
		require.Equal(t, ledger.Fee{BP: 40, Returned: true}, terms(w, id, banks.SBP).Theirs)
	})
	t.Run("OfHisOwn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		settling := func(a *identity.Account) { a.SettlesTo = shopID }
		id := w.add("bank", bank(), ownedBy(shopID), settling)
		require.Equal(t, ledger.Terms{Account: id, Own: true, Ours: ours, Theirs: ledger.Fee{BP: 190, Fixed: 7}}, terms(w, id, banks.Card))
	})
	t.Run("OfHisOwnWithoutAWord", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.True(t, terms(w, w.add("bank", bank(), ownedBy(shopID)), banks.Card).Own, "we must not pay out what the bank pays him")
	})
	t.Run("OfHisOwnThatSettlesToAnother", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rival := identity.Partner{ID: ids.FromParts("rival"), Name: "Роза", LegalName: "ООО «Роза»", INN: "7707083893", Taxation: "osn", Country: "RU",
			TimeZone: "Europe/Moscow", CreatedAt: start}
		_, err := w.contracts.CreatePartner(t.Context(), rival, identitystore.Once{})
		require.NoError(t, err)
		id := w.add("bank", bank(), ownedBy(shopID), func(a *identity.Account) { a.SettlesTo = rival.ID })
		require.True(t, terms(w, id, banks.Card).Own, "the money never comes to us")
	})
	t.Run("ErrNobody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.add("bank", bank())
		_, err := w.Teller.Accounts.Terms(t.Context(), payments.Payment{Mode: ids.Test, Partner: ids.FromParts("nobody"), Account: id})
		require.ErrorIs(t, err, identitystore.ErrPartnerNotFound)
		_, err = w.Teller.Accounts.Terms(t.Context(), payments.Payment{Mode: ids.Live, Partner: shopID, Account: id})
		require.ErrorIs(t, err, identitystore.ErrAccountNotFound, "test and live never meet")
	})
}

func TestSupplier(t *testing.T) {
	t.Parallel()
	supplier := func(t *testing.T, edit func(*identity.Partner)) *receipts.Supplier {
		t.Helper()
		got, err := setup(t, edit).Teller.Accounts.Supplier(context.Background(), shopID)
		require.NoError(t, err)
		return got
	}
	t.Run("AsReceiptsNameHim", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, &receipts.Supplier{Name: "ООО «Ромашка»", INN: "7728168971", Phone: "+74951234567"}, supplier(t, func(*identity.Partner) {}))
	})
	t.Run("NotWithoutAPhone", func(t *testing.T) {
		t.Parallel()
		require.Nil(t, supplier(t, func(p *identity.Partner) { p.Phone = "" }))
	})
	t.Run("NotOfAnotherCountry", func(t *testing.T) {
		t.Parallel()
		require.Nil(t, supplier(t, func(p *identity.Partner) { p.Country, p.INN, p.TimeZone = "KZ", "940140000385", "Asia/Almaty" }))
	})
}

func TestTill(t *testing.T) {
	t.Parallel()
	t.Run("OfThePlatformSellsForTheShop", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got, err := w.Cashier.Accounts.Till(t.Context(), ids.Test, w.add("group", till()), shopID)
		require.NoError(t, err)
		require.Equal(t, atol.Account{Address: "https://till.example/possystem", Version: atol.V5, Group: "group", Login: "login", Password: "password of group"}, got.Account)
		require.Equal(t, receipts.Company{INN: "7707083893", Email: "receipts@giberno.example", PaymentAddress: "https://giberno.example"}, got.Company)
		require.Equal(t, "usn_income", got.Taxation)
		require.Equal(t, "7728168971", got.Supplier.INN)
	})
	t.Run("OfHisOwnSellsHisOwn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got, err := w.Cashier.Accounts.Till(t.Context(), ids.Test, w.add("group", till(), ownedBy(shopID)), shopID)
		require.NoError(t, err)
		require.Nil(t, got.Supplier)
	})
	t.Run("ErrNobody", func(t *testing.T) {
		t.Parallel()
		_, err := setup(t).Cashier.Accounts.Till(t.Context(), ids.Test, ids.FromParts("nobody"), shopID)
		require.ErrorIs(t, err, identitystore.ErrAccountNotFound)
	})
}
