package queuetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
)

func tooMany(s *subject) {
	s.send(0, "a")
	for n := 1; n <= queue.MaxReceives; n++ {
		require.Equal(s.t, n, s.one().Received)
		s.Advance(queue.Visibility + time.Second)
	}
	s.none()
	letters := s.dead()
	require.Len(s.t, letters, 1)
	require.Equal(s.t, job("a"), letters[0].Job)
	require.Equal(s.t, queue.MaxReceives, letters[0].Receive)
	require.NotEmpty(s.t, letters[0].Reason)
}

func bury(s *subject) {
	s.send(0, "a", "b")
	for _, d := range s.receive(2) {
		require.NoError(s.t, s.Queue.Bury(s.ctx(), queue.Receipts, d, "no such order: "+d.Job.Key))
	}
	s.Advance(24 * time.Hour)
	s.none()
	letters := s.dead()
	require.Len(s.t, letters, 2)
	require.Equal(s.t, queue.Receipts, letters[0].Queue)
	require.Equal(s.t, "no such order: "+letters[0].Job.Key, letters[0].Reason)
	require.Equal(s.t, 1, letters[0].Receive)
	require.False(s.t, letters[0].Died.IsZero())
	one, err := s.Graveyard.Dead(s.ctx(), queue.Receipts, 1)
	require.NoError(s.t, err)
	require.Len(s.t, one, 1)
}

func revive(s *subject) {
	s.send(0, "a")
	first := s.one()
	require.NoError(s.t, s.Queue.Bury(s.ctx(), queue.Receipts, first, "why not"))
	letter := s.dead()[0]
	require.ErrorIs(s.t, s.Graveyard.Revive(s.ctx(), queue.Settlements, letter.ID), queue.ErrNoDeadLetter)
	require.ErrorIs(s.t, s.Graveyard.Revive(s.ctx(), queue.Receipts, "nobody!"), queue.ErrNoDeadLetter)
	require.NoError(s.t, s.Graveyard.Revive(s.ctx(), queue.Receipts, letter.ID))
	require.ErrorIs(s.t, s.Graveyard.Revive(s.ctx(), queue.Receipts, letter.ID), queue.ErrNoDeadLetter, "once only")
	require.Empty(s.t, s.dead())
	again := s.one()
	require.Equal(s.t, job("a"), again.Job)
	require.Equal(s.t, 1, again.Received)
	require.NoError(s.t, s.Queue.Ack(s.ctx(), queue.Receipts, first.Receipt), "the receipt from before its death is stale")
	s.Advance(queue.Visibility + time.Second)
	s.one()
}
