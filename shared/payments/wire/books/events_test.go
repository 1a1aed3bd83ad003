package books

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table/boltengine"
)

func TestReady(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 3, 0, 10, 0, 0, time.UTC)
	partner := ids.FromParts("partner")
	book := ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB}
	made := ledger.Settlement{ID: ledger.SettlementID(book, "2026-03-02"), Book: book, Day: "2026-03-02", Status: ledger.SettlementClosed, ClosedAt: now,
		Entries: 1, Facts: ledger.Facts{Paid: 150_000, OurFee: 3_750}, Earned: 146_250, Payout: 146_250}
	setup := func(t *testing.T) (events, func() []notify.Event) {
		t.Helper()
		f, err := file.Open(filepath.Join(t.TempDir(), "data"), file.Options{NoSync: true})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, f.Close()) })
		engine, err := boltengine.New(f, boltengine.Options{})
		require.NoError(t, err)
		s := notifystore.New(engine, nil, clock.At(now), rand.NewChaCha8([32]byte{1}))
		return events{s}, func() []notify.Event {
			list, _, err := s.Events(t.Context(), ids.Test, partner, notifystore.Window{Limit: 10})
			require.NoError(t, err)
			return list
		}
	}
	t.Run("OnceAndAsItIs", func(t *testing.T) {
		t.Parallel()
		e, told := setup(t)
		require.NoError(t, e.Ready(t.Context(), made))
		paidOut := made
		paidOut.Status, paidOut.PaidOutAt = ledger.SettlementPaidOut, now.Add(time.Hour)
		require.NoError(t, e.Ready(t.Context(), paidOut), "the job of the day comes again")
		require.Len(t, told(), 1)
		one := told()[0]
		require.Equal(t, []any{notify.SettlementReady, made.ID, partner}, []any{one.Type, one.Object, one.Partner})
		var data struct {
			ID      ids.ID
			Status  string
			Payout  money.Money
			Version int64
		}
		require.NoError(t, json.Unmarshal(one.Data, &data))
		require.Equal(t, []any{made.ID, "closed", money.Of(146_250, money.RUB), int64(1)}, []any{data.ID, data.Status, data.Payout, data.Version})
	})
	t.Run("LateItIsTheNewerVersion", func(t *testing.T) {
		t.Parallel()
		e, told := setup(t)
		late := made
		late.Status, late.PaidOutAt, late.Reference = ledger.SettlementPaidOut, now.Add(time.Hour), "PP-1"
		require.NoError(t, e.Ready(t.Context(), late))
		require.Contains(t, string(told()[0].Data), `"version":2`)
	})
	t.Run("WhatSaysNothingIsNotTold", func(t *testing.T) {
		t.Parallel()
		e, told := setup(t)
		bare := made
		bare.Facts, bare.Earned, bare.Payout = ledger.Facts{}, 0, 0
		require.NoError(t, e.Ready(t.Context(), bare))
		require.Empty(t, told())
	})
}
