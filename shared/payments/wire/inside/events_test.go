package inside_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify"
	"giberno.ru/shared/payments"
)

// TestEventsAreKeptAsLongAsTheyAreOwed: the module takes an event that is not kept for one that was never told.
func TestEventsAreKeptAsLongAsTheyAreOwed(t *testing.T) {
	t.Parallel()
	require.LessOrEqual(t, payments.EventLife, notify.Kept)
}
