package api_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

type alarms = page.List[api.Alarm]

func (w *world) alarms(t *testing.T, query string) alarms {
	t.Helper()
	return read[alarms](t, w.do(get("/api/v1/admin/alarms?mode=test"+query).by(operator)), 200)
}

// wrongAmount lets the bank tell another amount than ours, which opens an alarm on the order.
func (w *world) wrongAmount(t *testing.T) api.Payment {
	t.Helper()
	p := w.payment(t, w.order(t, "").UUID, "card")
	a := w.do(post("/api/a2c/notifications", noticeOf(ids.Reference(ids.Test, p.OrderUUID, 1), "paid", money.Of(1, money.RUB))).by("-"))
	require.Equal(t, 200, a.Code)
	return p
}

func TestListAlarms(t *testing.T) {
	t.Parallel()
	t.Run("OfAnOrderAndOfTheHouse", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.wrongAmount(t)
		w.clock.Advance(time.Minute)
		refused(t, w.do(post("/api/a2c/notifications", `{"terminal":"T1","password":"guess"}`).by("-")), 403, "notice_refused")
		l := w.alarms(t, "")
		require.Len(t, l.Items, 2)
		require.Equal(t, api.Alarm{Kind: "amount_mismatch", Object: p.UUID.String(), OrderUUID: &p.OrderUUID,
			Detail: l.Items[0].Detail, OpenedAt: "2026-11-22T09:00:00.000Z"}, l.Items[0])
		require.Contains(t, l.Items[0].Detail, "0.01 RUB")
		require.Equal(t, "forged_notice", l.Items[1].Kind)
		require.Nil(t, l.Items[1].OrderUUID)
		require.Empty(t, l.NextCursor)
	})
	t.Run("LiveIsTheDefault", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.wrongAmount(t)
		require.Equal(t, `{"items":[]}`+"\n", w.do(get("/api/v1/admin/alarms").by(operator)).Body.String())
	})
	t.Run("OneAlarmPerKindAndObject", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for range 3 {
			w.do(post("/api/a2c/notifications", `{"terminal":"T1","password":"guess"}`).by("-"))
			w.clock.Advance(time.Minute)
		}
		l := w.alarms(t, "") // the guess may be meant for either world: the test account is the last one asked
		require.Len(t, l.Items, 1)
		require.Equal(t, "2026-11-22T09:00:00.000Z", l.Items[0].OpenedAt, "the first time counts")
	})
	t.Run("OldestFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for i := range 5 {
			require.NoError(t, w.store.RaiseHouse(context.Background(), ids.Test, payments.Alarm{Kind: payments.ForgedNotice, Object: fmt.Sprint(i), Detail: "d", OpenedAt: w.clock.Now()}))
			w.clock.Advance(time.Minute)
		}
		seen := ""
		for query := "&limit=2"; query != ""; {
			l := w.alarms(t, query)
			for _, a := range l.Items {
				seen += a.Object
			}
			seen += "|"
			query = ""
			if l.NextCursor != "" {
				query = "&limit=2&cursor=" + l.NextCursor
			}
		}
		require.Equal(t, "01|23|4|", seen)
		cursor := w.alarms(t, "&limit=2").NextCursor
		refused(t, w.do(get("/api/v1/admin/alarms?mode=live&cursor="+cursor).by(operator)), 422, "invalid_cursor")
		refused(t, w.do(get("/api/v1/admin/alarms?mode=test&cursor="+cursor+"A").by(operator)), 422, "invalid_cursor")
	})
	t.Run("ErrOfAPartner", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t).do(get("/api/v1/admin/alarms")), 403, "forbidden_scope")
	})
	for name, query := range map[string]string{"ErrLimit": "limit=0", "ErrMode": "mode=both", "ErrUnknownParameter": "kind=x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t).do(get("/api/v1/admin/alarms?"+query).by(operator)), 422, "validation_failed")
		})
	}
}
