package banks_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
)

// TestChargesThatNoBankHears are refused before the driver is called: the toy of this test would panic.
func TestChargesThatNoBankHears(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*banks.Charge){
		"ErrNothing":           func(c *banks.Charge) { c.Amount.Amount = 0 },
		"ErrLessThanNothing":   func(c *banks.Charge) { c.Amount.Amount = -1 },
		"ErrNoCurrency":        func(c *banks.Charge) { c.Amount.Currency = "XTS" },
		"ErrDeadlineHasPassed": func(c *banks.Charge) { c.Deadline = now },
		"ErrNoDeadline":        func(c *banks.Charge) { c.Deadline = time.Time{} },
		"ErrNoMethod":          func(c *banks.Charge) { c.Method = "split" },
		"ErrNoReference":       func(c *banks.Charge) { c.Reference = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank, _ := wrap(toy{}, banks.Limits{})
			c := charge()
			spoil(&c)
			_, err := bank.Open(t.Context(), account, c)
			requireClass(t, banks.BadRequest, err)
		})
	}
}

func TestAStatusThatIsNotOursNeverPays(t *testing.T) {
	t.Parallel()
	for _, strange := range []banks.Status{"", "PAID", "confirmed"} {
		bank, _ := wrap(toy{news: func(context.Context) (banks.News, error) { return banks.News{Status: strange}, nil }}, banks.Limits{})
		news, err := bank.Ask(t.Context(), account, banks.Ref{Reference: "tabc01"})
		require.NoError(t, err)
		require.Equal(t, banks.Unrecognised, news.Status)
	}
}
