package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/api"
)

type settlements = page.List[api.Settlement]

func TestListSettlements(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/settlements"
	t.Run("TheRunningDayThenNewestFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 2)
		w.settled(t)
		w.paid(t, 10, 1)
		w.settled(t)
		w.paid(t, 20, 1)
		got := read[settlements](t, w.trips(t, 5, get(path)), 200)
		var days, states []string
		for _, s := range got.Items {
			days, states = append(days, s.Day), append(states, s.Status)
		}
		require.Equal(t, []string{"2026-03-04", "2026-03-03", "2026-03-02"}, days)
		require.Equal(t, []string{"open", "closed", "closed"}, states)
		require.Equal(t, roubles(150_000), got.Items[0].Paid)
		require.Nil(t, got.Items[0].Carried)
		require.Equal(t, got.Items[2].Hash, got.Items[1].PreviousHash)
	})
	t.Run("PageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range 5 {
			w.paid(t, n*10, 1)
			w.settled(t)
		}
		seen, pages := "", 0
		for query := "?limit=2"; query != ""; pages++ {
			list := read[settlements](t, w.do(get(path+query)), 200)
			for _, s := range list.Items {
				seen += s.Day[8:]
			}
			query = ""
			if list.NextCursor != "" {
				query = "?limit=2&cursor=" + list.NextCursor
			}
		}
		require.Equal(t, "0605040302", seen)
		require.Equal(t, 3, pages)
		cursor := read[settlements](t, w.do(get(path+"?limit=2")), 200).NextCursor
		refused(t, w, get(path+"?cursor="+cursor).by(rival), 422, path, "invalid_cursor")
	})
	t.Run("ADayOfOurOwnMovementsIsLeftOut", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		w.settled(t)
		require.True(t, w.settled(t).Bare())
		require.Len(t, read[settlements](t, w.do(get(path)), 200).Items, 1)
	})
	t.Run("OtherPartnersAndModesAreApart", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		w.settled(t)
		for _, other := range []string{rival, shopLive} {
			require.Empty(t, read[settlements](t, w.do(get(path).by(other)), 200).Items)
		}
	})
	t.Run("ErrLimit", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get(path+"?limit=101"), 422, path, "validation_failed")
	})
}
