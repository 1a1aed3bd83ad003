package tbank

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
)

// TestEveryCodeOfTheTable walks over the whole of §7, written here once more by class.
func TestEveryCodeOfTheTable(t *testing.T) {
	t.Parallel()
	for class, all := range map[banks.Class][]int{
		banks.Unknown:     {1, 2, 3, 100, 401, 402, 9999},
		banks.Conflict:    {4, 7, 8, 20, 324, 330, 623},
		banks.Config:      {10, 202, 204, 205, 315, 331, 1125, 1126, 3001},
		banks.NotFound:    {255, 325, 335},
		banks.Unavailable: {3002},
		banks.BadRequest: {201, 207, 208, 209, 212, 213, 240, 247, 251, 308, 309, 310, 323, 329, 334, 501, 503, 508, 510, 511, 620,
			3009, 3012, 3013, 3014, 3015, 3016, 3019, 3029, 3030, 3031, 3037, 3040, 3041, 3042, 3044},
		banks.DeclinedNow: {53, 76, 77, 78, 79, 99, 101, 102, 103, 104, 106, 107, 108, 116, 119, 191,
			1001, 1005, 1006, 1012, 1014, 1015, 1030, 1033, 1034, 1051, 1054, 1057, 1061, 1065, 1082, 1089, 1091, 1099,
			5060, 5061, 5062, 5063, 5064, 5065, 5066, 5067, 8001, 8002, 8003, 8004},
	} {
		for _, code := range all {
			v, ok := verdictOf(strconv.Itoa(code))
			require.True(t, ok, code)
			require.Equal(t, class.String(), v.class.String(), code)
			require.Equal(t, class == banks.DeclinedNow, v.decline != "", code)
		}
	}
	for _, code := range []string{"", "0", "x", "1100", "1000", "5059", "5068", "8000", "8005", "-1"} {
		_, ok := verdictOf(code)
		require.False(t, ok, code)
	}
}

func TestDeclineOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]banks.DeclineCode{
		"1051": banks.InsufficientFunds, "103": banks.InsufficientFunds, "116": banks.InsufficientFunds,
		"1054": banks.CardExpired, "1033": banks.CardExpired, "1014": banks.CardInvalid, "1082": banks.CardInvalid,
		"1061": banks.LimitExceeded, "1065": banks.LimitExceeded, "119": banks.LimitExceeded, "1057": banks.NotPermitted,
		"1091": banks.IssuerUnavailable, "101": banks.AuthenticationFailed, "77": banks.ForeignCardRefused,
		"1034": banks.SuspectedFraud, "5062": banks.SBPRefused, "8002": banks.InstalmentsRefused,
		"1005": banks.Generic, "123456": banks.Generic, "9999": banks.Generic,
	} {
		require.Equal(t, want, declineOf(code, "").Code, code)
	}
	require.Zero(t, declineOf("0", "OK"))
	require.Zero(t, declineOf("", ""))
}

func TestDescriptionIsCutCleanly(t *testing.T) {
	t.Parallel()
	long := ""
	for range 139 {
		long += "a"
	}
	require.Equal(t, "a b c", description(" a\tb\n c "))
	require.Equal(t, long+"й", description(long+"й"))
	require.Equal(t, long[:138]+"…", description(long[:138]+"и\u0306yy"), "a letter keeps its mark")
	require.Equal(t, long[:136]+"👩…", description(long[:136]+"👩\u200d👩\u200d👩yyy"), "no joiner is left hanging")
}
