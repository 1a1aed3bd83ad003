package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
	"giberno.ru/shared/notify/store"
)

type endpointList = page.List[api.WebhookEndpoint]

func TestListWebhookEndpoints(t *testing.T) {
	t.Parallel()
	t.Run("OldestFirstWithTheirHealth", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Empty(t, read[endpointList](t, w.trips(t, 1, get(endpoints)), 200).Items)
		first := w.made(t, 1)
		w.clock.Advance(time.Second)
		second := w.made(t, 2)
		c, err := w.store.Claim(t.Context(), store.LaneName{Mode: ids.Test, Endpoint: second.UUID})
		require.NoError(t, err)
		require.NoError(t, w.store.Release(t.Context(), c, notify.Lane{LastSuccess: start, FailingSince: start.Add(time.Minute), Failures: 1}))
		list := read[endpointList](t, w.trips(t, 2, get(endpoints)), 200)
		require.Equal(t, first.WebhookEndpoint, list.Items[0])
		require.Equal(t, second.UUID, list.Items[1].UUID)
		require.Equal(t, "2026-03-02T09:01:00.000Z", list.Items[1].FailingSince)
		require.Equal(t, "2026-03-02T09:00:00.000Z", list.Items[1].LastDeliveredAt)
		require.Empty(t, list.NextCursor)
	})
	t.Run("OneThatIsGone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := w.made(t, 1)
		require.NoError(t, w.store.Disable(t.Context(), notify.Endpoint{ID: e.UUID, Mode: ids.Test, Partner: shopID}))
		require.Equal(t, "2026-03-02T09:00:00.000Z", read[endpointList](t, w.do(get(endpoints)), 200).Items[0].DisabledAt)
	})
	t.Run("OtherPartnersAndModesAreApart", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.made(t, 1)
		for _, other := range []string{rival, shopLive} {
			require.Empty(t, read[endpointList](t, w.do(get(endpoints).by(other)), 200).Items)
		}
	})
}
