package api_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments/api"
)

type orders = page.List[api.Order]

func (w *world) list(t *testing.T, query string) orders {
	t.Helper()
	return read[orders](t, w.do(get("/api/v1/orders"+query)), 200)
}

// some makes n orders, one a minute, numbered by external_id, and as many of the rival, which must not be seen.
func (w *world) some(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		w.order(t, `,"external_id":"`+strconv.Itoa(i)+`"`)
		require.Equal(t, 201, w.do(post("/api/v1/order", orderBody("")).by(rival)).Code)
		w.clock.Advance(time.Minute)
	}
}

func numbers(l orders) string {
	var names []string
	for _, o := range l.Items {
		names = append(names, o.ExternalID)
	}
	return strings.Join(names, " ")
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	t.Run("NewestFirstAndOnlyOnesOwn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 5)
		require.Equal(t, "4 3 2 1 0", numbers(w.list(t, "")))
		require.Equal(t, `{"items":[]}`+"\n", w.do(get("/api/v1/orders").by(shopLive)).Body.String())
	})
	t.Run("AsTheyStandWithoutTheirChildren", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.paid(t)
		o.Payments = nil
		require.Equal(t, []api.Order{o}, w.list(t, "").Items)
	})
	t.Run("PageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 5)
		var pages []string
		query := "?limit=2"
		for range 4 {
			l := w.list(t, query)
			pages = append(pages, numbers(l))
			if l.NextCursor == "" {
				break
			}
			query = "?limit=2&cursor=" + l.NextCursor
		}
		require.Equal(t, []string{"4 3", "2 1", "0"}, pages)
	})
	t.Run("AFullLastPageHasNoCursor", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 2)
		require.Empty(t, w.list(t, "?limit=2").NextCursor)
	})
	t.Run("OrdersOfOneMillisecondAreNotLost", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		seen := map[string]bool{}
		for range 5 {
			w.order(t, "")
		}
		for query := "?limit=1"; query != ""; {
			l := w.list(t, query)
			for _, o := range l.Items {
				require.False(t, seen[o.UUID.String()])
				seen[o.UUID.String()] = true
			}
			query = ""
			if l.NextCursor != "" {
				query = "?limit=1&cursor=" + l.NextCursor
			}
		}
		require.Len(t, seen, 5)
	})
	t.Run("AnOrderMadeMeanwhileDoesNotDisturbThePages", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 3)
		l := w.list(t, "?limit=2")
		w.order(t, `,"external_id":"new"`)
		require.Equal(t, "0", numbers(w.list(t, "?limit=2&cursor="+l.NextCursor)))
	})
	t.Run("FiltersMakeShortPagesWithACursor", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 4)
		w.paid(t)
		l := w.list(t, "?limit=2&external_id=0")
		require.Empty(t, l.Items)
		require.NotEmpty(t, l.NextCursor)
		require.Equal(t, "", numbers(l))
		l = w.list(t, "?limit=2&external_id=0&cursor="+l.NextCursor)
		l = w.list(t, "?limit=2&external_id=0&cursor="+l.NextCursor)
		require.Equal(t, "0", numbers(l))
		require.Empty(t, l.NextCursor)
		require.Len(t, w.list(t, "?status=paid").Items, 1)
		require.Equal(t, "3 2 1 0", numbers(w.list(t, "?status=created")))
	})
	t.Run("FromIsInclusiveToIsExclusive", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 5) // at 09:00 … 09:04
		require.Equal(t, "2 1", numbers(w.list(t, "?created_from=2026-11-22T09:01:00Z&created_to=2026-11-22T09:03:00Z")))
		require.Equal(t, "4 3", numbers(w.list(t, "?created_from=2026-11-22T12:03:00%2B03:00")))
		require.Equal(t, "0", numbers(w.list(t, "?created_to=2026-11-22T09:00:00.001Z")))
		l := w.list(t, "?limit=1&created_from=2026-11-22T09:01:00Z&created_to=2026-11-22T09:03:00Z")
		require.Equal(t, "1", numbers(w.list(t, "?limit=1&created_from=2026-11-22T09:01:00Z&created_to=2026-11-22T09:03:00Z&cursor="+l.NextCursor)))
	})
	t.Run("EmptyParametersAreAbsent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 2)
		require.Equal(t, "1 0", numbers(w.list(t, "?created_from=&created_to=&status=&external_id=&limit=&cursor=")))
	})
	t.Run("OneQueryAndOneRead", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 3)
		w.table.Reset()
		w.list(t, "")
		counts := w.table.Snapshot()
		require.Equal(t, 1, counts.ByOp["query"].Trips)
		require.Equal(t, 1, counts.ByOp["get-many"].Trips)
		require.Equal(t, 2, counts.Total.Trips)
	})
}

func TestListOrdersRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ query, location string }{
		"ErrLimitZero":          {"limit=0", "query.limit"},
		"ErrLimitNegative":      {"limit=-1", "query.limit"},
		"ErrLimitTooHigh":       {"limit=101", "query.limit"},
		"ErrLimitNoNumber":      {"limit=ten", "query.limit"},
		"ErrLimitOverflow":      {"limit=99999999999999999999", "query.limit"},
		"ErrStatus":             {"status=done", "query.status"},
		"ErrFrom":               {"created_from=yesterday", "query.created_from"},
		"ErrFromWithoutZone":    {"created_from=2026-11-22T09:00:00", "query.created_from"},
		"ErrToBeforeFrom":       {"created_from=2026-11-22T09:00:00Z&created_to=2026-11-22T08:00:00Z", "query.created_to"},
		"ErrToAtFrom":           {"created_from=2026-11-22T09:00:00Z&created_to=2026-11-22T09:00:00Z", "query.created_to"},
		"ErrUnknownParameter":   {"offset=10", "query.offset"},
		"ErrParameterTwice":     {"limit=1&limit=2", "query.limit"},
		"ErrLongExternalID":     {"external_id=" + strings.Repeat("x", 65), "query.external_id"},
		"ErrLongCursor":         {"cursor=" + strings.Repeat("A", 1025), "query.cursor"},
		"ErrControlCharacter":   {"external_id=a%00", "query.external_id"},
		"ErrUTF8OfAQuery":       {"external_id=%ff", "query.external_id"},
		"ErrFromWithoutEscapes": {"created_from=2026-11-22T12:00:00+03:00", "query.created_from"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := refused(t, setup(t).do(get("/api/v1/orders?"+c.query)), 422, "validation_failed")
			require.Equal(t, c.location, p.Errors[0].Location)
		})
	}
	t.Run("ErrCursor", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.some(t, 3)
		cursor := w.list(t, "?limit=1").NextCursor
		tampered := []byte(cursor)
		tampered[len(tampered)/2] ^= 1
		ofTimes := w.list(t, "?limit=1&created_from=2026-11-22T09:01:00Z").NextCursor
		foreign := read[orders](t, w.do(get("/api/v1/orders?limit=1").by(rival)), 200).NextCursor
		for name, c := range map[string]call{
			"Tampered":           get("/api/v1/orders?cursor=" + url.QueryEscape(string(tampered))),
			"Cut":                get("/api/v1/orders?cursor=" + cursor[:len(cursor)-2]),
			"Garbage":            get("/api/v1/orders?cursor=!!"),
			"OfAnotherPartner":   get("/api/v1/orders?cursor=" + foreign),
			"OfTheOtherMode":     get("/api/v1/orders?cursor=" + cursor).by(shopLive),
			"OfOtherFilters":     get("/api/v1/orders?created_from=2026-11-22T09:02:00Z&cursor=" + cursor),
			"OfNarrowerFilters":  get("/api/v1/orders?cursor=" + ofTimes),
			"OfTheListOfAlarms":  get("/api/v1/admin/alarms?mode=test&cursor=" + cursor).by(operator),
			"OfAnotherStatus":    get("/api/v1/orders?status=paid&cursor=" + cursor),
			"OfAnotherExternal":  get("/api/v1/orders?external_id=1&cursor=" + cursor),
			"ASignatureAndNoRow": get("/api/v1/orders?cursor=AAAAAAAAAAAAAAAAAAAAAA"),
		} {
			t.Log(name)
			refused(t, w.do(c), 422, "invalid_cursor")
		}
	})
}
