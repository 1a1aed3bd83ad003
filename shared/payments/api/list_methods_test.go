package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

type methods = page.List[api.MethodOffer]

func (w *world) methods(t *testing.T, query string) []api.MethodOffer {
	t.Helper()
	return read[methods](t, w.do(get("/api/v1/methods"+query)), 200).Items
}

func TestListMethods(t *testing.T) {
	t.Parallel()
	rub := func(minor int64) money.Money { return money.Of(minor, money.RUB) }
	upTo := func(minor int64) *money.Money { m := rub(minor); return &m }
	t.Run("SBPFirst", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []api.MethodOffer{
			{Code: "sbp", Providers: []string{"tbank"}, Min: rub(1000)},
			{Code: "card", Providers: []string{"tbank"}, Min: rub(100), Max: upTo(50_000_000)},
		}, setup(t).methods(t, ""))
	})
	t.Run("SeveralProvidersWidenTheRange", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.accounts.change(1, func(c *payments.Candidate) { c.On = true })
		require.Equal(t, api.MethodOffer{Code: "card", Providers: []string{"tbank", "alfa"}, Min: rub(10)}, w.methods(t, "?currency=RUB")[1])
	})
	t.Run("ByCountry", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Len(t, w.methods(t, "?country=RU"), 2)
		require.Len(t, w.methods(t, "?country=KZ"), 1)
		require.Empty(t, w.methods(t, "?country=DE"))
		require.Len(t, w.methods(t, "?country=&currency="), 2, "empty is absent")
	})
	t.Run("NothingIsAnEmptyList", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, `{"items":[]}`+"\n", setup(t).do(get("/api/v1/methods?currency=KZT")).Body.String())
	})
	t.Run("SwitchesHoldAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.accounts.change(0, func(c *payments.Candidate) { c.Methods = c.Methods[:1] })
		require.Len(t, w.methods(t, ""), 1)
		w.accounts.change(0, func(c *payments.Candidate) { c.On = false })
		require.Empty(t, w.methods(t, ""))
	})
	t.Run("EachModeHasItsOwn", func(t *testing.T) {
		t.Parallel()
		live := read[methods](t, setup(t).do(get("/api/v1/methods").by(shopLive)), 200).Items
		require.Equal(t, []api.MethodOffer{{Code: "card", Providers: []string{"tbank"}, Min: rub(100)}}, live)
	})
	for name, query := range map[string]string{"ErrCurrency": "currency=XXX", "ErrSmallLetters": "currency=rub", "ErrCountry": "country=Russia", "ErrUnknownParameter": "x=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t).do(get("/api/v1/methods?"+query)), 422, "validation_failed")
		})
	}
}
