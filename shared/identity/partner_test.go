package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
)

func partner() identity.Partner {
	return identity.Partner{
		ID: ids.FromParts("p"), Name: "Ромашка", LegalName: "ООО «Ромашка»", INN: "7707083893", Taxation: "osn", Country: "RU", TimeZone: "Europe/Moscow",
	}
}

func TestPartnerCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, partner().Check())
	kz := partner()
	kz.Country, kz.INN, kz.Taxation, kz.TimeZone = "KZ", "940140000385", "", "Asia/Almaty"
	require.NoError(t, kz.Check())

	bad := identity.Partner{FeeBP: -1, FeeFixed: -1, RefundLimit: -1, Phone: "8", PaymentAddress: "x", Country: "RU"}
	var places []string
	for _, f := range fault.As(bad.Check()).Fields {
		places = append(places, f.Location)
	}
	require.Equal(t, []string{
		"body.name", "body.legal_name", "body.inn", "body.taxation", "body.time_zone", "body.phone", "body.fee_bp", "body.fee_fixed", "body.refund_limit",
		"body.payment_address",
	}, places)
	limit := partner()
	for minor, ok := range map[int64]bool{0: true, 1: true, 1_000_000_000_000: true, 1_000_000_000_001: false, -1: false} {
		limit.RefundLimit = minor
		require.Equal(t, ok, limit.Check() == nil, minor)
	}
}

func TestEveryTimeZoneIsReal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Moscow", "Asia/Almaty", "Asia/Kamchatka", "Asia/Qostanay", "Europe/Istanbul"} {
		require.True(t, identity.ValidTimeZone(name))
		_, err := time.LoadLocation(name)
		require.NoError(t, err)
	}
	for _, name := range []string{"", "Local", "Europe/Paris", "europe/moscow", "../etc/passwd"} {
		require.False(t, identity.ValidTimeZone(name))
	}
}

func TestTaxNumber(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, country, number string
		ok                    bool
	}{
		{"SberbankINN", "RU", "7707083893", true},
		{"GazpromINN", "RU", "7736050003", true},
		{"PersonINN", "RU", "500100732259", true},
		{"ErrCheckDigit", "RU", "7707083894", false},
		{"ErrSecondCheckDigit", "RU", "500100732258", false},
		{"ErrFirstCheckDigit", "RU", "500100732249", false},
		{"ErrZeros", "RU", "0000000000", false},
		{"ErrLength", "RU", "77070838931", false},
		{"ErrLetters", "RU", "77070838x3", false},
		{"ErrEmpty", "RU", "", false},
		{"HalykBIN", "KZ", "940140000385", true},
		{"KazMunayGasBIN", "KZ", "020240000555", true},
		{"ErrBINCheckDigit", "KZ", "940140000386", false},
		{"ErrBINLength", "KZ", "9401400003", false},
		{"OtherCountry", "GE", "123456789", true},
		{"ErrOtherCountry", "GE", "12 34", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.ok, identity.ValidTaxNumber(c.country, c.number))
		})
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ test, live bool }{
		"https://securepay.tinkoff.ru":    {true, true},
		"https://bank.example:8443/base":  {true, true},
		"http://127.0.0.1:8080/sim/tbank": {true, false},
		"http://localhost:1":              {true, false},
		"http://[::1]:1":                  {true, false},
		"http://bank.example":             {false, false},
		"http://127.0.0.1.evil.example":   {false, false},
		"http://localhost.evil.example":   {false, false},
		"https://user:pw@bank.example":    {false, false},
		"https://bank.example/":           {false, false},
		"https://bank.example?x=1":        {false, false},
		"https://bank.example?":           {false, false},
		"https://bank.example#":           {false, false},
		"https://bank.example#a":          {false, false},
		"https://":                        {false, false},
		"https://:443":                    {false, false},
		"ftp://bank.example":              {false, false},
		"bank.example":                    {false, false},
		"":                                {false, false},
		"https://a b":                     {false, false},
	} {
		require.Equal(t, want.test, identity.ValidAddress(address, ids.Test), address)
		require.Equal(t, want.live, identity.ValidAddress(address, ids.Live), address)
	}
}
