// Package queuetest is the contract of queue.Queue as facts. Every engine passes it.
package queuetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
)

// Subject is a set of fresh queues with default settings, and the power to let time pass.
type Subject struct {
	Queue     queue.Queue
	Graveyard queue.Graveyard
	Advance   func(time.Duration)
}

// Conformance runs the suite; open gives fresh queues to each fact.
func Conformance(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	for name, holds := range map[string]func(*subject){
		"SentIsReceived": sentIsReceived, "NothingToReceive": nothing, "HiddenUntilItsVisibilityEnds": visibility,
		"AckIsForGood": ack, "StaleReceiptsAreIgnored": stale, "DelayedJobsComeLater": delay, "HideChangesTheTime": hide,
		"ReceiveTakesAtMostMax": atMost, "QueuesAreApart": apart, "TooManyReceivesLeadToTheDeadLetters": tooMany,
		"BuriedIsDead": bury, "RevivedIsAsNew": revive, "Limits": limits, "NoJobIsReceivedTwiceAtOnce": atOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			holds(&subject{t, open(t)})
		})
	}
}

type subject struct {
	t *testing.T
	Subject
}

func (s *subject) ctx() context.Context { return s.t.Context() }

func job(key string) queue.Job {
	return queue.Job{Kind: "test.do", Version: 1, Key: key, Body: json.RawMessage(`{"n":1,"text":"чай"}`)}
}

func (s *subject) send(delay time.Duration, keys ...string) {
	s.t.Helper()
	for _, key := range keys {
		require.NoError(s.t, s.Queue.Send(s.ctx(), queue.Receipts, delay, job(key)))
	}
}

func (s *subject) receive(max int) []queue.Delivery {
	s.t.Helper()
	batch, err := s.Queue.Receive(s.ctx(), queue.Receipts, max)
	require.NoError(s.t, err)
	return batch
}

// one receives exactly one job.
func (s *subject) one() queue.Delivery {
	s.t.Helper()
	batch := s.receive(queue.MaxBatch)
	require.Len(s.t, batch, 1)
	return batch[0]
}

func (s *subject) none() {
	s.t.Helper()
	require.Empty(s.t, s.receive(queue.MaxBatch))
}

func (s *subject) dead() []queue.DeadLetter {
	s.t.Helper()
	letters, err := s.Graveyard.Dead(s.ctx(), queue.Receipts, 100)
	require.NoError(s.t, err)
	return letters
}

func sentIsReceived(s *subject) {
	s.send(0, "a")
	d := s.one()
	require.Equal(s.t, job("a"), d.Job)
	require.Equal(s.t, 1, d.Received)
	require.NotEmpty(s.t, d.ID)
	require.NotEmpty(s.t, d.Receipt)
	require.False(s.t, d.SentAt.IsZero())
	require.NoError(s.t, s.Queue.Send(s.ctx(), queue.Receipts, 0, queue.Job{Kind: "test.bare", Key: "k"}))
	require.Equal(s.t, queue.Job{Kind: "test.bare", Key: "k"}, s.one().Job)
}

func nothing(s *subject) {
	s.none()
	require.NoError(s.t, s.Queue.Send(s.ctx(), queue.Receipts, 0))
	s.none()
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts))
	require.Empty(s.t, s.dead())
}

func visibility(s *subject) {
	s.send(0, "a")
	first := s.one()
	s.none()
	s.Advance(queue.Visibility - time.Second)
	s.none()
	s.Advance(2 * time.Second)
	second := s.one()
	require.Equal(s.t, 2, second.Received)
	require.Equal(s.t, first.ID, second.ID)
	require.Equal(s.t, first.SentAt, second.SentAt)
	require.NotEqual(s.t, first.Receipt, second.Receipt)
}

func ack(s *subject) {
	s.send(0, "a", "b")
	batch := s.receive(2)
	require.Len(s.t, batch, 2)
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts, batch[0].Receipt, batch[1].Receipt))
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts, batch[0].Receipt), "twice is harmless")
	s.Advance(24 * time.Hour)
	s.none()
}

func stale(s *subject) {
	s.send(0, "a")
	first := s.one()
	s.Advance(queue.Visibility + time.Second)
	second := s.one()
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts, first.Receipt))
	require.NoError(s.t, s.Queue.Hide(s.ctx(), queue.Receipts, first.Receipt, 0))
	require.NoError(s.t, s.Queue.Bury(s.ctx(), queue.Receipts, first, "stale"))
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts, "", "nonsense", "1.", "zz.zz"))
	s.none()
	require.Empty(s.t, s.dead())
	s.Advance(queue.Visibility + time.Second)
	require.Equal(s.t, second.ID, s.one().ID, "it is still there")
}

func delay(s *subject) {
	s.send(queue.MaxDelay, "late")
	s.send(time.Minute, "soon")
	s.none()
	s.Advance(time.Minute)
	require.Equal(s.t, "soon", s.one().Job.Key)
	s.Advance(queue.MaxDelay - time.Minute)
	var keys []string
	for _, d := range s.receive(10) {
		keys = append(keys, d.Job.Key)
	}
	require.Contains(s.t, keys, "late")
}

func hide(s *subject) {
	s.send(0, "a")
	d := s.one()
	require.NoError(s.t, s.Queue.Hide(s.ctx(), queue.Receipts, d.Receipt, time.Hour))
	s.Advance(time.Hour - time.Second)
	s.none()
	s.Advance(2 * time.Second)
	d = s.one()
	require.Equal(s.t, 2, d.Received)
	require.NoError(s.t, s.Queue.Hide(s.ctx(), queue.Receipts, d.Receipt, 0))
	d = s.one()
	require.NoError(s.t, s.Queue.Hide(s.ctx(), queue.Receipts, d.Receipt, time.Minute))
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts, d.Receipt), "a hidden job can still be acknowledged")
	s.Advance(time.Hour)
	s.none()
}

func atMost(s *subject) {
	want := make([]string, 0, 25)
	for i := range 25 {
		want = append(want, fmt.Sprintf("%02d", i))
	}
	s.send(0, want...)
	var got []string
	for _, max := range []int{1, 10, 3, 10, 10} {
		batch := s.receive(max)
		require.LessOrEqual(s.t, len(batch), max)
		for _, d := range batch {
			got = append(got, d.Job.Key)
		}
	}
	slices.Sort(got)
	require.Equal(s.t, want, got)
}

func apart(s *subject) {
	s.send(0, "a")
	for _, name := range queue.Names {
		if name != queue.Receipts {
			batch, err := s.Queue.Receive(s.ctx(), name, 1)
			require.NoError(s.t, err)
			require.Empty(s.t, batch)
		}
	}
	d := s.one()
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Settlements, d.Receipt))
	s.Advance(queue.Visibility + time.Second)
	s.one()
}

func limits(s *subject) {
	eleven := make([]queue.Job, queue.MaxBatch+1)
	for i := range eleven {
		eleven[i] = job("k")
	}
	send := func(delay time.Duration, jobs ...queue.Job) error {
		return s.Queue.Send(s.ctx(), queue.Receipts, delay, jobs...)
	}
	require.ErrorIs(s.t, send(0, eleven...), queue.ErrLimit)
	require.ErrorIs(s.t, send(-time.Second, job("a")), queue.ErrLimit)
	require.ErrorIs(s.t, send(queue.MaxDelay+time.Second, job("a")), queue.ErrLimit)
	require.ErrorIs(s.t, send(0, queue.Job{Key: "k"}), queue.ErrLimit)
	require.ErrorIs(s.t, send(0, queue.Job{Kind: "k"}), queue.ErrLimit)
	require.ErrorIs(s.t, send(0, queue.Job{Kind: "k", Key: "k", Body: json.RawMessage(`{`)}), queue.ErrLimit)
	large, _ := json.Marshal(strings.Repeat("x", queue.MaxJobBytes))
	require.ErrorIs(s.t, send(0, queue.Job{Kind: "k", Key: "k", Body: large}), queue.ErrLimit)
	require.ErrorIs(s.t, s.Queue.Send(s.ctx(), "nowhere", 0, job("a")), queue.ErrLimit)
	require.ErrorIs(s.t, s.Queue.Hide(s.ctx(), queue.Receipts, "x.1", queue.MaxHide+time.Second), queue.ErrLimit)
	for _, max := range []int{0, -1, queue.MaxBatch + 1} {
		_, err := s.Queue.Receive(s.ctx(), queue.Receipts, max)
		require.ErrorIs(s.t, err, queue.ErrLimit)
	}
	s.none()
	require.NoError(s.t, send(0, eleven[:queue.MaxBatch]...))
	require.Len(s.t, s.receive(queue.MaxBatch), queue.MaxBatch)
}

func atOnce(s *subject) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	for i := range 16 {
		wg.Go(func() {
			if err := s.Queue.Send(s.ctx(), queue.Receipts, 0, job(fmt.Sprint(i)), job(fmt.Sprint(i+100))); err != nil {
				s.t.Error(err)
			}
		})
	}
	wg.Wait()
	for range 16 {
		wg.Go(func() {
			for range 20 {
				batch, err := s.Queue.Receive(s.ctx(), queue.Receipts, 3)
				if err != nil {
					s.t.Error(err)
					return
				}
				mu.Lock()
				for _, d := range batch {
					seen[d.Job.Key]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(s.t, seen, 32)
	for key, times := range seen {
		require.Equal(s.t, 1, times, key)
	}
}
