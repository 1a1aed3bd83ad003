package books_test

import (
	"bytes"
	"log/slog"
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
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
)

var (
	start   = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	till    = ids.FromParts("till")
)

// setup is a partner in Almaty with an account and a till, and what stands around the books.
func setup(t *testing.T) (inside.Parts, *queueengine.Engine, *clock.Manual, *bytes.Buffer) {
	t.Helper()
	f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	rows, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	now := clock.At(start)
	jobs, err := queueengine.New(f, now, queueengine.Options{})
	require.NoError(t, err)
	random := rand.NewChaCha8([32]byte{1})
	keys, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "keys"), random)
	require.NoError(t, err)
	contracts := identitystore.New(rows, secret.NewKeeper(keys, random), now, random)
	_, err = contracts.CreatePartner(t.Context(), identity.Partner{ID: partner, Name: "Дүкен", LegalName: "ТОО «Дүкен»", INN: "940140000385", Country: "KZ",
		TimeZone: "Asia/Almaty", CreatedAt: start}, identitystore.Once{})
	require.NoError(t, err)
	for _, a := range []identity.Account{
		{ID: account, Provider: "tbank", Terminal: "BooksDEMO", Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}},
		{ID: till, Provider: identity.TillProvider, Terminal: "group", Fiscal: true, Options: map[string]string{identity.TillVersion: "v5", identity.TillLogin: "l",
			identity.TillINN: "7707083893", identity.TillEmail: "receipts@giberno.example", identity.TillAddress: "https://giberno.example"}},
	} {
		a.Mode, a.Address, a.Everyone, a.Country, a.Currencies, a.On, a.Taxation, a.CreatedAt =
			ids.Test, "https://bank.example", true, "RU", []money.Currency{money.RUB}, true, "osn", start
		_, err := contracts.CreateAccount(t.Context(), a, "secret", identitystore.Once{})
		require.NoError(t, err)
	}
	said := &bytes.Buffer{}
	return inside.Parts{Table: rows, Queue: jobs, Contracts: contracts, Clock: now, Random: random, Log: slog.New(slog.NewTextHandler(said, nil))}, jobs, now, said
}

func TestPartnersOfTheLedger(t *testing.T) {
	t.Parallel()
	p, _, _, _ := setup(t)
	of := books.New(p).Settler.Partners
	t.Run("ZoneAndCountry", func(t *testing.T) {
		t.Parallel()
		got, err := of.Partner(t.Context(), partner)
		require.NoError(t, err)
		require.Equal(t, "KZ", got.Country)
		require.Equal(t, "Asia/Almaty", got.Zone.String())
		again, err := of.Partner(t.Context(), partner)
		require.NoError(t, err)
		require.Same(t, got.Zone, again.Zone, "a zone is read once")
	})
	t.Run("ErrNoSuchPartner", func(t *testing.T) {
		t.Parallel()
		_, err := of.Partner(t.Context(), ids.FromParts("nobody"))
		require.ErrorIs(t, err, identitystore.ErrPartnerNotFound)
	})
	t.Run("ATillIsNoAccountAtABank", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, of.Account(t.Context(), ids.Test, account))
		require.ErrorIs(t, of.Account(t.Context(), ids.Live, account), identitystore.ErrAccountNotFound)
		require.ErrorIs(t, of.Account(t.Context(), ids.Test, till), identitystore.ErrAccountNotFound)
	})
}

func TestAlarmsStandAmongTheOthers(t *testing.T) {
	t.Parallel()
	p, _, _, said := setup(t)
	for range 2 { // the second time it is open
		require.NoError(t, books.AlarmsOf(p).Raise(t.Context(), ids.Test, settle.NegativePayable, partner.String()+":RUB", "the partner owes"))
	}
	open, _, err := store.New(p.Table).OpenAlarms(t.Context(), ids.Test, "", 10)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, settle.NegativePayable, string(open[0].Kind))
	require.Contains(t, said.String(), "alarm_raised", "it is counted, so that it rings")
}

// TestADayEndsInItsZone plays the books alone: a posting, the end of the day in Almaty, and its settlement, by the jobs that
// the sweeper sends.
func TestADayEndsInItsZone(t *testing.T) {
	t.Parallel()
	p, jobs, now, _ := setup(t)
	b := books.New(p)
	book := ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB}
	zone, err := books.ZonesOf(p.Contracts)(t.Context(), partner)
	require.NoError(t, err)
	entry, err := ledger.Paid(ledger.Payment{ID: ids.FromParts("order").Child(ids.Payment, 1), Mode: ids.Test, Partner: partner,
		Amount: money.Of(150_000, money.RUB), Terms: ledger.Terms{Account: account, Ours: ledger.Fee{BP: 250}}}, start)
	require.NoError(t, err)
	require.NoError(t, b.Poster.Post(t.Context(), book, zone, []ledger.Entry{entry})[0])
	sweep := func() int {
		for shard := range 16 {
			_, err := b.Sweeper.Sweep(t.Context(), ids.Test, shard)
			require.NoError(t, err)
		}
		done, err := b.Worker.Work(t.Context(), jobs)
		require.NoError(t, err)
		return done
	}
	now.Advance(10 * time.Hour) // 19:00 UTC is midnight in Almaty; the day has some minutes of grace
	require.Zero(t, sweep())
	now.Advance(settle.DefaultGrace + time.Minute)
	require.Equal(t, 1, sweep())
	made, err := b.Store.Settlement(t.Context(), ids.Test, ledger.SettlementID(book, "2026-11-22"))
	require.NoError(t, err)
	require.Equal(t, ledger.SettlementClosed, made.Status)
	require.Equal(t, int64(146_250), made.Payout)
	dead, err := jobs.Dead(t.Context(), queue.Settlements, 10)
	require.NoError(t, err)
	require.Empty(t, dead)
}
