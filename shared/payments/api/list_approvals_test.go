package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments/api"
)

func (w *world) approvals(t testing.TB, query string) page.List[api.Approval] {
	t.Helper()
	return read[page.List[api.Approval]](t, w.do(get("/api/v1/admin/approvals?mode=test"+query).by(operator)), 200)
}

func TestListApprovals(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p, r := w.awaiting(t, func(p api.Payment) call {
			return refundOf(p, `{"amount":{"amount":100,"currency":"RUB"},"reason":"a torn one"}`)
		})
		w.clock.Advance(time.Minute)
		q, _ := w.awaiting(t, byAnna)
		l := w.approvals(t, "")
		require.Equal(t, api.Approval{
			RefundUUID: r.UUID, PaymentUUID: p.UUID, PartnerUUID: shopID, Amount: roubles(100), Reason: "a torn one", Source: "partner",
			Author: "shopt", CreatedAt: "2026-11-22T09:00:00.000Z", ExpiresAt: "2026-11-23T09:00:00.000Z",
		}, l.Items[0])
		require.Len(t, l.Items, 2)
		require.Equal(t, q.UUID, l.Items[1].PaymentUUID)
		require.Equal(t, annaID.String(), l.Items[1].Author)
		require.Equal(t, "operator", l.Items[1].Source)
		require.Empty(t, l.NextCursor)
	})
	t.Run("LiveIsTheDefault", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.awaiting(t, byPartner)
		require.Equal(t, `{"items":[]}`+"\n", w.do(get("/api/v1/admin/approvals").by(operator)).Body.String())
		w.liveRefund(t)
		l := read[page.List[api.Approval]](t, w.do(get("/api/v1/admin/approvals").by(operator)), 200)
		require.Len(t, l.Items, 1)
		require.True(t, l.Items[0].Livemode)
	})
	t.Run("WhatIsDecidedIsGone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, one := w.awaiting(t, byPartner)
		_, two := w.awaiting(t, byPartner)
		_, three := w.awaiting(t, byPartner)
		w.do(approving(one.UUID))
		w.do(rejecting(two.UUID, "no"))
		l := w.approvals(t, "")
		require.Len(t, l.Items, 1)
		require.Equal(t, three.UUID, l.Items[0].RefundUUID)
	})
	t.Run("OldestFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var want, got []ids.ID
		for range 5 {
			_, r := w.awaiting(t, byPartner)
			want = append(want, r.UUID)
			w.clock.Advance(time.Minute)
		}
		pages := 0
		for query := "&limit=2"; query != ""; pages++ {
			l := w.approvals(t, query)
			for _, a := range l.Items {
				got = append(got, a.RefundUUID)
			}
			query = ""
			if l.NextCursor != "" {
				query = "&limit=2&cursor=" + l.NextCursor
			}
		}
		require.Equal(t, want, got)
		require.Equal(t, 3, pages)
		cursor := w.approvals(t, "&limit=2").NextCursor
		for _, path := range []string{"approvals?mode=live&cursor=" + cursor, "approvals?mode=test&cursor=" + cursor + "A", "alarms?mode=test&cursor=" + cursor} {
			refused(t, w.do(get("/api/v1/admin/"+path).by(operator)), 422, "invalid_cursor")
		}
	})
	t.Run("ErrOfAPartner", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t).do(get("/api/v1/admin/approvals")), 403, "forbidden_scope")
	})
	for name, query := range map[string]string{"ErrLimit": "limit=0", "ErrHugeLimit": "limit=101", "ErrMode": "mode=both", "ErrUnknownParameter": "kind=x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t).do(get("/api/v1/admin/approvals?"+query).by(operator)), 422, "validation_failed")
		})
	}
}
