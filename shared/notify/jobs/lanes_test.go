package jobs

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

func TestLanes(t *testing.T) {
	t.Parallel()
	t.Run("TheLaneIsLookedAtOnceMore", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		all := inLane(partner, 0, 3)
		w.tell(all[0])
		w.relay()
		w.ears.answer = func(*http.Request) (outbound.Answer, error) {
			if n := w.ears.count(); n < len(all) { // told while the lane is held; its job comes and goes
				w.tell(all[n])
				w.relay()
				batch, err := w.jobs.Receive(t.Context(), queue.WebhookRetries, 1)
				require.NoError(t, err)
				require.NoError(t, w.worker.Do(t.Context(), batch[0].Job))
				require.NoError(t, w.jobs.Ack(t.Context(), queue.WebhookRetries, batch[0].Receipt))
			}
			return outbound.Answer{Status: 200}, nil
		}
		require.Equal(t, 1, w.work())
		require.Len(t, w.ears.requests, 3)
		w.nothingWaits()
	})
	t.Run("WhoWorkedLongEnoughHandsOn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		all := inLane(partner, 1, 7)
		w.ears.answer = func(*http.Request) (outbound.Answer, error) {
			w.clock.Advance(2 * time.Second)
			return outbound.Answer{Status: 200}, nil
		}
		w.tell(all...)
		w.forget()
		job := drainOf(w, all[0]).job()
		require.NoError(t, w.worker.Do(t.Context(), job))
		require.Len(t, w.ears.requests, 3, "five seconds of work")
		require.Equal(t, 2, w.work(), "one job that hands on, and one that ends")
		require.Len(t, w.ears.requests, 7)
		w.nothingWaits()
	})
	t.Run("ASlowTableDoesNotOutlastTheLease", func(t *testing.T) {
		t.Parallel()
		require.Less(t, workTime+2*notify.Timeout, notify.LeaseTime)
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		job := drainOf(w, paid).job()
		w.table.SetPlan(func(c faulty.Call) faulty.Fault {
			if c.Op == faulty.OpGetMany { // what comes after the claim
				w.clock.Advance(notify.LeaseTime)
			}
			return faulty.None
		})
		require.NoError(t, w.worker.Do(t.Context(), job))
		require.Empty(t, w.ears.requests)
		w.table.SetPlan(nil)
		require.Equal(t, 1, w.work(), "it has handed on")
		require.Len(t, w.ears.requests, 1)
	})
	t.Run("ADyingInvocationBeginsNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		ctx, cancel := context.WithTimeout(t.Context(), timeLeft-time.Second)
		defer cancel()
		require.NoError(t, w.worker.Do(ctx, drainOf(w, paid).job()))
		require.Empty(t, w.ears.requests)
		at, waits, err := w.jobs.Next(t.Context(), queue.WebhookRetries)
		require.NoError(t, err)
		require.True(t, waits)
		require.Equal(t, start.Add(comeBack), at)
		ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		require.NoError(t, w.worker.Do(ctx, drainOf(w, paid).job()))
		require.Len(t, w.ears.requests, 1)
	})
	t.Run("AnInvocationThatEndsIsNoFailure", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		ctx, cancel := context.WithCancel(t.Context())
		w.ears.answer = func(req *http.Request) (outbound.Answer, error) {
			cancel()
			return outbound.Answer{}, req.Context().Err()
		}
		require.ErrorIs(t, w.worker.Do(ctx, drainOf(w, paid).job()), context.Canceled)
		require.Zero(t, w.history(paid)[0].Attempts)
		w.ears.answer = nil
		w.pass(10 * time.Minute)
		require.Equal(t, notify.Delivered, w.status(paid))
	})
	t.Run("GoneDisablesAndDropsWhatWaits", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		var all []notify.Event
		for n := range 30 {
			all = append(all, fact(partner, n))
		}
		w.ears.answer = always(http.StatusGone)
		w.tell(all...)
		w.pass(time.Minute)
		require.LessOrEqual(t, len(w.ears.requests), notify.Lanes)
		for _, e := range all {
			require.Equal(t, notify.Dropped, w.status(e))
		}
		list, err := w.store.Endpoints(t.Context(), ids.Test, partner)
		require.NoError(t, err)
		require.Equal(t, start, list[0].DisabledAt)
		w.tell(fact(partner, 99))
		require.Empty(t, w.history(fact(partner, 99)))
		w.nothingWaits()
	})
	t.Run("DeletingDropsWhatWaits", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, _ := w.endpoint(address)
		var all []notify.Event
		for n := range 30 {
			all = append(all, fact(partner, n))
		}
		w.tell(all...)
		w.forget()
		require.NoError(t, w.store.Delete(t.Context(), ids.Test, partner, e.ID))
		w.relay()
		require.Equal(t, notify.Lanes, w.work())
		for _, e := range all {
			require.Equal(t, notify.Dropped, w.status(e))
		}
		require.Empty(t, w.ears.requests)
		w.nothingWaits()
	})
	t.Run("DeletingDropsWhatWaitsAlsoWithoutTheFeed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, _ := w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		require.NoError(t, w.store.Delete(t.Context(), ids.Test, partner, e.ID))
		w.forget()
		w.clock.Advance(notify.FeedFirst)
		w.sweepAll()
		w.work()
		require.Equal(t, notify.Dropped, w.status(paid))
		w.nothingWaits()
	})
	t.Run("WhatIsForgottenIsDropped", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.endpoint(address)
		paid := fact(partner, 1)
		w.tell(paid)
		changes, err := w.engine.Changes(t.Context(), 100)
		require.NoError(t, err)
		for _, c := range changes {
			if c.New.Key.SK == "EVENT" {
				require.NoError(t, w.engine.Write(t.Context(), table.Delete(c.New.Key)))
			}
		}
		w.pass(time.Minute)
		require.Empty(t, w.ears.requests)
		w.nothingWaits()
	})
}

// drainOf is the job of an event's only delivery.
func drainOf(w *world, e notify.Event) drain {
	d := w.history(e)[0]
	return drain{Mode: d.Mode, Partner: d.Partner, Endpoint: d.Endpoint, Lane: d.Lane, Event: d.Event}
}
