package atol

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNotices(t *testing.T) {
	t.Parallel()
	seconds := 3 * time.Second
	t.Run("TheNoticeIsTheReport", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.register("v5", "sell", sale("v5", "a-1"))
		w.advance(seconds)
		heard := w.shop.take()
		require.Len(t, heard, 1)
		report := w.report("v5", id)
		require.Equal(t, report, heard[0])
		w.advance(time.Hour)
		require.Empty(t, w.shop.take(), "told once")
	})
	t.Run("AFailureIsToldToo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: onTill, Fault: FaultDriver}))
		w.register("v4", "sell", sale("v4", "a-1"))
		w.advance(seconds)
		heard := w.shop.take()
		require.Len(t, heard, 1)
		require.Equal(t, "fail", heard[0]["status"])
	})
	t.Run("NobodyIsToldWithoutAnAddress", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		doc := sale("v4", "a-1")
		delete(doc, "service")
		w.register("v4", "sell", doc)
		w.advance(time.Hour)
		require.Empty(t, w.shop.take())
	})
	t.Run("ThreeTriesThenTheReportWarns", func(t *testing.T) {
		t.Parallel()
		for _, status := range []int{http.StatusInternalServerError, http.StatusFound, 0} {
			w := setup(t)
			w.shop.answers(status)
			id := w.register("v4", "sell", sale("v4", "a-1"))
			for _, step := range []time.Duration{seconds, time.Minute, 5 * time.Minute, time.Hour} {
				w.advance(step)
			}
			require.Len(t, w.shop.take(), 3)
			require.NotNil(t, w.report("v4", id)["warnings"])
		}
	})
	t.Run("Dropped", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: onNotice, Fault: FaultDrop}))
		id := w.register("v4", "sell", sale("v4", "a-1"))
		w.advance(time.Hour)
		require.Empty(t, w.shop.take())
		require.Equal(t, "done", w.report("v4", id)["status"])
	})
	t.Run("Duplicated", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: onNotice, Fault: FaultDuplicate}))
		w.register("v4", "sell", sale("v4", "a-1"))
		w.advance(seconds)
		heard := w.shop.take()
		require.Len(t, heard, 2)
		require.Equal(t, heard[0], heard[1])
	})
	t.Run("Late", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: onNotice, Fault: FaultLate}))
		w.register("v4", "sell", sale("v4", "a-1"))
		w.advance(29 * time.Minute)
		require.Empty(t, w.shop.take())
		w.advance(time.Hour)
		require.Len(t, w.shop.take(), 1)
	})
	t.Run("ALieComesFirstAndOnlyTheReportTellsTheTruth", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: onNotice, Fault: FaultForged}))
		id := w.register("v4", "sell", sale("v4", "a-1"))
		require.NoError(t, w.service.Tick(t.Context()))
		heard := w.shop.take()
		require.Len(t, heard, 1)
		require.Equal(t, id, heard[0]["uuid"])
		require.Equal(t, "done", heard[0]["status"])
		require.Equal(t, json.Number("8001.00"), heard[0]["payload"].(map[string]any)["total"])
		require.Equal(t, "wait", w.report("v4", id)["status"])
		w.advance(seconds)
		require.Equal(t, json.Number("8000.00"), w.shop.take()[0]["payload"].(map[string]any)["total"])
	})
}
