package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/api"
)

type payouts = page.List[api.PartnerSettlement]

func TestListPayouts(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/admin/settlements"
	prepared := func(t *testing.T) *world {
		w := setup(t)
		for n := range 3 {
			w.paid(t, n*10, 1)
			w.settled(t)
		}
		return w
	}
	t.Run("LongestWaitingFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		first := read[payouts](t, w.do(get(path+"?mode=test&limit=2").by(operator)), 200)
		require.Len(t, first.Items, 2)
		require.Equal(t, "2026-03-02", first.Items[0].Day)
		require.Equal(t, shopID, first.Items[0].Partner)
		require.Equal(t, roubles(2_850), first.Items[0].ProviderFees)
		rest := read[payouts](t, w.do(get(path+"?mode=test&limit=2&cursor="+first.NextCursor).by(operator)), 200)
		require.Len(t, rest.Items, 1)
		require.Equal(t, "2026-03-04", rest.Items[0].Day)
		require.Empty(t, rest.NextCursor)
		refused(t, w, get(path+"?mode=live&cursor="+first.NextCursor).by(operator), 422, path, "invalid_cursor")
	})
	t.Run("WhatIsPaidOutWaitsNoMore", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		all := read[payouts](t, w.do(get(path+"?mode=test").by(operator)), 200)
		a := w.do(post("/api/v1/admin/settlement/"+all.Items[0].ID.String()+"/paid-out?mode=test", `{"reference":"P"}`))
		require.Equal(t, 200, a.Code, a.Body.String())
		require.Len(t, read[payouts](t, w.do(get(path+"?mode=test").by(operator)), 200).Items, 2)
		his := read[payouts](t, w.do(get(path+"?mode=test&partner="+shopID.String()).by(operator)), 200)
		require.Len(t, his.Items, 3)
		require.Equal(t, "paid_out", his.Items[2].Status)
		require.Equal(t, "anna", his.Items[2].PaidOutBy)
	})
	t.Run("LiveIsTheDefault", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, read[payouts](t, prepared(t).do(get(path).by(operator)), 200).Items)
	})
	t.Run("ErrOfAPartner", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get(path), 403, path, "forbidden_scope")
	})
	t.Run("ErrPartner", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get(path+"?partner=x").by(operator), 422, path, "validation_failed")
	})
}
