package tbank

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadCard(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC)
	for name, v := range map[string]struct{ pan, month, year, cvv, want string }{
		"OK":               {"4300 0000 0000 0777", "03", "26", "123", "success"},
		"LastMonthIsGone":  {"4300000000000777", "02", "26", "123", "card_expired"},
		"OtherRightNumber": {"4111111111111111", "12", "30", "123", "success"},
		"WrongNumber":      {"4111111111111112", "12", "30", "123", "card_invalid"},
		"TooShort":         {"4242", "12", "30", "123", "card_invalid"},
		"NoMonth":          {"4300000000000777", "13", "30", "123", "card_invalid"},
		"CVVZero":          {"4300000000000777", "12", "30", "000", "wrong_cvv"},
		"CVVLetters":       {"4300000000000777", "12", "30", "12x", "wrong_cvv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, end := readCard(v.pan, v.month, v.year, v.cvv, now)
			require.Equal(t, v.want, end.name)
		})
	}
}

// FuzzCard: whatever is typed into the form, the bank remembers no whole number and knows how the attempt ends.
func FuzzCard(f *testing.F) {
	f.Add("4300000000000777", "12", "39", "123")
	f.Add("4300-0000 0000 0777", "1", "999", "")
	f.Add("４３００", "00", "00", "000")
	f.Fuzz(func(t *testing.T, pan, month, year, cvv string) {
		used, end := readCard(pan, month, year, cvv, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		require.Contains(t, outcomes, end.name)
		require.Equal(t, end.name, used.Outcome)
		if used.Pan != "" {
			require.GreaterOrEqual(t, strings.Count(used.Pan, "*"), 3)
			require.LessOrEqual(t, len(used.Pan)-strings.Count(used.Pan, "*"), 10)
		}
	})
}
