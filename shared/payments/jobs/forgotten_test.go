package jobs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
)

// TestForgottenEvents: events are kept for a month, and rows for ever. A row that moves again after that month must not have
// its old events told anew: the partner would hear the webhook-id that he knows with other bytes.
func TestForgottenEvents(t *testing.T) {
	t.Parallel()
	later := func(t *testing.T, after time.Duration) (*office, *partners) {
		o := paid(t, true)
		p := telling(o)
		o.posted[ledger.PaidID(o.whole.Payments[0].ID)] = true
		o.do(t, o.follows(t))
		require.Len(t, p.kept, 3)
		p.kept = map[string]json.RawMessage{} // their time is over
		o.clock.Advance(after)
		o.save(payments.Suspected(o.whole, 1, o.clock.Now())) // the bank speaks of a refund
		o.clock.Advance(10 * time.Minute)
		return o, p
	}
	t.Run("TheSweeperDoesNotOweThem", func(t *testing.T) {
		t.Parallel()
		o, p := later(t, payments.EventLife)
		_, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		o.work()
		require.Empty(t, p.kept)
	})
	t.Run("NorDoesAJobThatLayForSoLong", func(t *testing.T) {
		t.Parallel()
		o := paid(t, true)
		p := telling(o)
		follow := o.follows(t)
		o.clock.Advance(payments.EventLife)
		for _, j := range follow {
			if j.Kind == jobs.Tell {
				require.NoError(t, o.worker.Do(t.Context(), j))
			}
		}
		require.Empty(t, p.kept)
	})
	t.Run("UntilThenTheyAreOwed", func(t *testing.T) {
		t.Parallel()
		o, p := later(t, payments.EventLife-time.Hour)
		_, err := o.sweeper.Sweep(t.Context(), ids.Test, 3)
		require.NoError(t, err)
		o.work()
		require.Contains(t, p.kept, o.whole.Payments[0].ID.String()+" payment.paid")
	})
}

// TestAPageWithALongAddress: the address stands twice in a payment, and each ampersand is six bytes of JSON. An event that is
// too large would hold up the order's for ever.
func TestAPageWithALongAddress(t *testing.T) {
	t.Parallel()
	o := paid(t, true)
	p := telling(o)
	o.save(payments.Opened(o.whole, 1, banks.Opened{BankID: "1", PageURL: "https://bank.example/?" + strings.Repeat("&a=", 1350)}, start))
	o.do(t, o.follows(t))
	data := p.kept[o.whole.Payments[0].ID.String()+" payment.paid"]
	require.Less(t, len(data), jobs.MaxData)
	require.Contains(t, string(data), `"omitted":["redirect_url"]`)
	require.Contains(t, p.kept, o.whole.Order.ID.String()+" order.paid")
}
