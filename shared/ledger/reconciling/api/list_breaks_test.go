package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/reconciling/api"
)

func TestListBreaks(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/admin/breaks"
	list := func(t *testing.T, w *world, query string) page.List[api.Break] {
		t.Helper()
		return read[page.List[api.Break]](t, w.do(get(path+query)))
	}
	t.Run("WhatAnOperatorHasToKnow", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		b := w.broke(t)
		require.Equal(t, "missing_there", b.Kind)
		require.Equal(t, "open", b.State)
		require.Equal(t, account, b.AccountID)
		require.Equal(t, reference(0), b.Ours.Reference)
		require.Nil(t, b.Theirs)
		require.Equal(t, int64(-100), b.Difference.Amount)
		require.Zero(t, b.AgeSec)
		w.clock.Advance(90 * time.Second)
		require.Equal(t, int64(90), list(t, w, "?mode=test").Items[0].AgeSec)
	})
	t.Run("OldestFirstPageByPage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for n := range 5 {
			w.paid(t, n)
			read[api.Reconciliation](t, w.do(send(period(), heading)))
			w.clock.Advance(time.Minute)
		}
		var seen []string
		cursor := ""
		for {
			got := list(t, w, "?mode=test&limit=2&cursor="+cursor)
			for _, b := range got.Items {
				seen = append(seen, b.Ours.Reference)
			}
			if cursor = got.NextCursor; cursor == "" {
				break
			}
		}
		require.Equal(t, []string{reference(0), reference(1), reference(2), reference(3), reference(4)}, seen)
	})
	t.Run("ByStateModeAndAccount", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.broke(t)
		require.Empty(t, list(t, w, "").Items, "live")
		require.Empty(t, list(t, w, "?mode=test&state=resolved").Items)
		require.Empty(t, list(t, w, "?mode=test&account="+ids.FromParts("other").String()).Items)
		require.Len(t, list(t, w, "?mode=test&account="+account.String()).Items, 1)
		read[api.Reconciliation](t, w.do(send(period(), heading+line(0))))
		require.Len(t, list(t, w, "?mode=test&state=vanished").Items, 1)
	})
	for name, query := range map[string]string{"ErrState": "?state=new", "ErrLimit": "?limit=0", "ErrAccount": "?account=x", "ErrUnknown": "?x=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t).do(get(path+query)), 422, "validation_failed")
		})
	}
	t.Run("ErrCursor", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t).do(get(path+"?cursor=abc")), 422, "invalid_cursor")
	})
}
