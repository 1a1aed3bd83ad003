package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

func candidate(name string, bp int64, edit ...func(*payments.Candidate)) payments.Candidate {
	c := payments.Candidate{
		Account: ids.FromParts(name), Provider: name, On: true, Currencies: []money.Currency{money.RUB},
		Methods: []payments.MethodTerms{{Method: banks.Card, On: true, FeeBP: bp, Min: 100, Max: 1_000_000}},
	}
	for _, e := range edit {
		e(&c)
	}
	return c
}

func providers(cs []payments.Candidate) (names []string) {
	for _, c := range cs {
		names = append(names, c.Provider)
	}
	return names
}

func TestRoute(t *testing.T) {
	t.Parallel()
	wish := payments.Wish{Method: banks.Card, Amount: total}
	t.Run("HealthyFirstThenTheCheapest", func(t *testing.T) {
		t.Parallel()
		all := []payments.Candidate{candidate("dear", 300), candidate("cheap", 100),
			candidate("sick", 50, func(c *payments.Candidate) { c.FailedAt = start }), candidate("middle", 200)}
		require.Equal(t, []string{"cheap", "middle", "dear"}, providers(payments.Route(all, wish, start)))
		require.Equal(t, "sick", payments.Route(all, wish, start.Add(payments.Sick))[0].Provider)
		require.Equal(t, []string{"sick"}, providers(payments.Route(all[2:3], wish, start)), "better a sick one than none")
	})
	for name, c := range map[string]struct {
		edit func(*payments.Candidate)
		wish func(*payments.Wish)
	}{
		"AccountOff":    {edit: func(c *payments.Candidate) { c.On = false }},
		"MethodOff":     {edit: func(c *payments.Candidate) { c.Methods[0].On = false }},
		"OtherCurrency": {edit: func(c *payments.Candidate) { c.Currencies = []money.Currency{money.KZT} }},
		"TooLittle":     {edit: func(c *payments.Candidate) { c.Methods[0].Min = total.Amount + 1 }},
		"TooMuch":       {edit: func(c *payments.Candidate) { c.Methods[0].Max = total.Amount - 1 }},
		"OtherMethod":   {wish: func(w *payments.Wish) { w.Method = banks.SBP }},
		"OtherProvider": {wish: func(w *payments.Wish) { w.Provider = "sber" }},
		"OtherCountry": {edit: func(c *payments.Candidate) { c.Methods[0].Countries = []string{"RU"} },
			wish: func(w *payments.Wish) { w.Country = "KZ" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, w := candidate("a", 100), wish
			require.Len(t, payments.Route([]payments.Candidate{a}, w, start), 1)
			if c.edit != nil {
				c.edit(&a)
			}
			if c.wish != nil {
				c.wish(&w)
			}
			require.Empty(t, payments.Route([]payments.Candidate{a}, w, start))
		})
	}
	t.Run("ThePayersCountryIsOnlyAHint", func(t *testing.T) {
		t.Parallel()
		a := candidate("a", 1, func(c *payments.Candidate) { c.Methods[0].Countries = []string{"RU"} })
		require.Len(t, payments.Route([]payments.Candidate{a}, wish, start), 1)
	})
}

func TestUsableAndOffers(t *testing.T) {
	t.Parallel()
	sbp := func(c *payments.Candidate) {
		c.Methods = append(c.Methods, payments.MethodTerms{Method: banks.SBP, On: true, Min: 1000})
	}
	all := []payments.Candidate{candidate("a", 1, sbp), candidate("b", 2, func(c *payments.Candidate) { c.Methods[0].Max = 0 })}
	usable := payments.Usable(all, fresh(t).Order, "", start)
	require.Equal(t, []string{"a", "b"}, providers(usable[banks.Card]))
	require.Equal(t, []string{"a"}, providers(usable[banks.SBP]))
	require.NotContains(t, usable, banks.Instalments)
	only := fresh(t, func(d *payments.Draft) { d.Methods = []banks.Method{banks.Card} })
	require.NotContains(t, payments.Usable(all, only.Order, "", start), banks.SBP)
	require.Equal(t, []payments.Offer{
		{Method: banks.SBP, Providers: []string{"a"}, Min: 1000},
		{Method: banks.Card, Providers: []string{"a", "b"}, Min: 100},
	}, payments.Offers(all, money.RUB, ""))
	require.Empty(t, payments.Offers(all, money.KZT, ""))
}

func TestUpdatedAt(t *testing.T) {
	t.Parallel()
	w := fresh(t)
	require.Equal(t, start, w.UpdatedAt())
	w = opened(w, banks.Card, start.Add(time.Minute))
	require.Equal(t, start.Add(time.Minute), w.UpdatedAt())
}
