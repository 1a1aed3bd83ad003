package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/api"
)

type eventList = page.List[api.Event]

func TestListEvents(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/events"
	t.Run("NewestFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var want []ids.ID
		for n := range 5 {
			want = append([]ids.ID{w.told(t, shopID, n, notify.OrderPaid).ID}, want...)
		}
		var seen []ids.ID
		pages := 0
		for query := "?limit=2"; query != ""; pages++ {
			list := read[eventList](t, w.trips(t, 2, get(path+query)), 200)
			for _, e := range list.Items {
				seen = append(seen, e.UUID)
			}
			query = ""
			if list.NextCursor != "" {
				query = "?limit=2&cursor=" + list.NextCursor
			}
		}
		require.Equal(t, want, seen)
		require.Equal(t, 3, pages)
		cursor := read[eventList](t, w.do(get(path+"?limit=2")), 200).NextCursor
		refused(t, w, get(path+"?cursor="+cursor).by(rival), 422, path, "invalid_cursor")
		refused(t, w, get(path+"?type=order.paid&cursor="+cursor), 422, path, "invalid_cursor")
	})
	t.Run("AsTheyWereTold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := w.told(t, shopID, 1, notify.OrderPaid)
		require.Equal(t, `{"items":[{"uuid":"`+e.ID.String()+`","livemode":false,"type":"order.paid","object_uuid":"`+e.Object.String()+
			`","created_at":"2026-03-02T09:00:01.000Z","data":{"name":"<чай>","version":1}}]}`+"\n", w.do(get(path)).Body.String())
	})
	t.Run("ByTypeObjectAndTime", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range 4 {
			w.told(t, shopID, n, notify.Types[n%2])
		}
		count := func(query string) int { return len(read[eventList](t, w.do(get(path+query)), 200).Items) }
		require.Equal(t, 2, count("?type=order.expired"))
		require.Zero(t, count("?type=refund.failed"))
		require.Equal(t, 1, count("?object_uuid="+ids.FromParts("object", "2").String()))
		require.Equal(t, 2, count("?created_from=2026-03-02T09:00:01Z&created_to=2026-03-02T09:00:03Z"))
		refused(t, w, get(path+"?created_from=2026-03-02T09:00:01Z&created_to=2026-03-02T09:00:01Z"), 422, path, "validation_failed")
		refused(t, w, get(path+"?type=order.paied"), 422, path, "validation_failed")
		refused(t, w, get(path+"?object_uuid=x"), 422, path, "validation_failed")
		refused(t, w, get(path+"?limit=101"), 422, path, "validation_failed")
	})
	t.Run("OtherPartnersAndModesAreApart", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.told(t, shopID, 1, notify.OrderPaid)
		for _, other := range []string{rival, shopLive} {
			require.Empty(t, read[eventList](t, w.do(get(path).by(other)), 200).Items)
		}
	})
}
