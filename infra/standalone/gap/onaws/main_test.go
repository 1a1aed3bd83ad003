package main

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
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
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table/boltengine"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// bank answers every question with the same bytes, or not at all.
type bank struct{ says string }

func (b *bank) Do(*http.Request) (outbound.Answer, error) {
	if b.says == "" {
		return outbound.Answer{}, errors.New("no road")
	}
	return outbound.Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(b.says)}, nil
}

// setup puts the surroundings of a Lambda together over a file, with one order of one partner.
func setup(t *testing.T) (surroundings.Surroundings, *bank) {
	t.Helper()
	dir, ctx := t.TempDir(), t.Context()
	f, err := file.Open(filepath.Join(dir, "data"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	rows, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	random := rand.NewChaCha8([32]byte{1})
	keys, err := secret.CreateKeyFile(filepath.Join(dir, "keys"), random)
	require.NoError(t, err)
	far := &bank{}
	s := surroundings.Surroundings{Table: rows, Queue: surroundings.NoQueue{}, Keys: keys, Out: far, Clock: clock.At(start), Random: random,
		Log: slog.New(slog.DiscardHandler), BaseURL: "https://pay.example"}
	parts, _, contracts := s.Parts()
	partner := ids.FromParts("partner")
	_, err = contracts.CreatePartner(ctx, identity.Partner{ID: partner, Name: "Школа", Country: "RU", TimeZone: "Europe/Moscow", CreatedAt: start}, identitystore.Once{})
	require.NoError(t, err)
	_, err = contracts.CreateAccount(ctx, identity.Account{ID: ids.FromParts("account"), Provider: "tbank", Mode: ids.Test, Terminal: "GapDEMO", Address: "https://bank.example",
		Everyone: true, Country: "RU", Currencies: []money.Currency{money.RUB}, On: true, Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}, CreatedAt: start}, "password", identitystore.Once{})
	require.NoError(t, err)
	_, _, err = inside.New(parts).Teller.CreateOrder(ctx, ids.Test, partner, payments.Draft{Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: money.Of(150_000, money.RUB), Quantity: 1000}}}, "", "")
	require.NoError(t, err)
	return s, far
}

func TestAsk(t *testing.T) {
	t.Parallel()
	t.Run("TheBankKnowsNothing", func(t *testing.T) {
		t.Parallel()
		s, far := setup(t)
		far.says = `{"Success":false,"ErrorCode":"255","Message":"Заказ не найден","Details":""}`
		var out bytes.Buffer
		require.NoError(t, ask(t.Context(), s, 48*time.Hour, &out), out.String())
		require.Contains(t, out.String(), "1 orders may have changed since 2026-02-28T09:00:00Z")
		require.Contains(t, out.String(), "0 questions without an answer")
	})
	t.Run("ErrSilentBank", func(t *testing.T) {
		t.Parallel()
		s, _ := setup(t)
		var out bytes.Buffer
		require.ErrorContains(t, ask(t.Context(), s, 48*time.Hour, &out), "not every bank has answered")
		require.Contains(t, out.String(), "1 questions without an answer")
	})
	t.Run("ErrNoTime", func(t *testing.T) {
		t.Parallel()
		s, _ := setup(t)
		require.ErrorContains(t, ask(t.Context(), s, time.Minute, &bytes.Buffer{}), "at least one")
	})
}
