package pages

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
)

var declineCodes = []banks.DeclineCode{
	banks.InsufficientFunds, banks.CardExpired, banks.CardInvalid, banks.LimitExceeded, banks.NotPermitted, banks.AuthenticationFailed, banks.SuspectedFraud,
	banks.IssuerUnavailable, banks.ForeignCardRefused, banks.SBPRefused, banks.InstalmentsRefused, banks.CancelledByPayer, banks.Generic,
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, texts := range catalogue {
		t.Run(texts.Lang(), func(t *testing.T) {
			t.Parallel()
			v := reflect.ValueOf(texts)
			for i := range v.NumMethod() {
				m := v.Method(i)
				if m.Type().NumIn() == 0 {
					said := m.Call(nil)[0].String()
					require.NotEmpty(t, strings.TrimSpace(said), v.Type().Method(i).Name)
					require.True(t, utf8.ValidString(said))
				}
			}
			seen := map[string]bool{}
			for _, code := range declineCodes {
				said := texts.Decline(code)
				require.False(t, seen[said], "%s says the same as another code", code)
				seen[said] = true
			}
			require.Equal(t, texts.Decline(banks.Generic), texts.Decline("a word of tomorrow"))
			for _, m := range banks.Methods {
				require.NotEqual(t, string(m), texts.Way(m))
				require.NotEmpty(t, texts.WayHint(m))
			}
			for month := range 12 {
				require.NotEmpty(t, texts.Month(month+1))
			}
		})
	}
}

func TestEveryTextIsTranslated(t *testing.T) {
	t.Parallel()
	same := map[string]bool{"Card": true} // «Карта» is Kazakh, too
	ru := reflect.ValueOf(russian{})
	for i := range ru.NumMethod() {
		name := ru.Type().Method(i).Name
		if ru.Method(i).Type().NumIn() > 0 || same[name] {
			continue
		}
		said := ru.Method(i).Call(nil)[0].String()
		for _, other := range catalogue[1:] {
			require.NotEqual(t, said, reflect.ValueOf(other).MethodByName(name).Call(nil)[0].String(), "%s in %s", name, other.Lang())
		}
	}
}

func TestAmountText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		texts Texts
		m     money.Money
		want  string
	}{
		{russian{}, money.Of(150000, money.RUB), "1 500,00 ₽"},
		{russian{}, money.Of(5, money.RUB), "0,05 ₽"},
		{russian{}, money.Of(1_000_000_000_000, money.KZT), "10 000 000 000,00 ₸"},
		{russian{}, money.Of(99999, money.UZS), "999,99 UZS"},
		{russian{}, money.Of(-123456, money.RUB), "−1 234,56 ₽"},
		{kazakh{}, money.Of(123456, money.KZT), "1 234,56 ₸"},
		{english{}, money.Of(123456789, money.USD), "$1,234,567.89"},
		{english{}, money.Of(100, money.KGS), "KGS 1.00"},
		{english{}, money.Of(-100, money.EUR), "−€1.00"},
	} {
		require.Equal(t, c.want, strings.ReplaceAll(amountText(c.texts, c.m), thin, " "))
	}
}

func TestTimeText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 21, 5, 0, 0, time.UTC)
	require.Equal(t, "1 января, 00:05 по Москве", strings.ReplaceAll(timeText(russian{}, at, moscow), thin, " "))
	require.Equal(t, "1 қаңтар, 02:05 (Алматы уақыты)", strings.ReplaceAll(timeText(kazakh{}, at, almaty), thin, " "))
	require.Equal(t, "1 January, 00:05 Moscow time", strings.ReplaceAll(timeText(english{}, at, moscow), thin, " "))
	require.Equal(t, almaty, zoneOf("KZ", money.RUB))
	require.Equal(t, almaty, zoneOf("", money.KZT))
	require.Equal(t, moscow, zoneOf("RU", money.KZT))
	require.Equal(t, moscow, zoneOf("", money.RUB))
}

func TestRussianPlurals(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "1 позиция", 3: "3 позиции", 5: "5 позиций", 11: "11 позиций", 12: "12 позиций", 21: "21 позиция", 100: "100 позиций"} {
		require.Equal(t, want+" в заказе", russian{}.Lines(n))
	}
}
