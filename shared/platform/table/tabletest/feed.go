package tabletest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// Fed is a table that is also the log of its own changes.
type Fed interface {
	table.Table
	table.Feed
}

// Feed is the contract of table.Feed. open gives a fresh table, used by nobody else.
func Feed(t *testing.T, open func(t *testing.T) Fed) {
	t.Helper()
	run := func(name string, holds func(s *fedSubject)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fed := open(t)
			holds(&fedSubject{newSubject(t, fed), fed})
		})
	}
	run("EveryChangeHasBothImages", bothImages)
	run("NothingChangedIsNoChange", func(s *fedSubject) {
		row := table.Row{Key: s.key("a"), Attrs: table.Attrs{"num": table.N(1)}}
		s.write(table.Put(row))
		s.write(table.Put(row))
		s.write(table.Update(row.Key).Set("num", table.N(1)).Remove("none0"))
		s.write(table.Delete(s.key("nobody")), table.Check(row.Key).If(table.Exists))
		s.refused(table.Put(table.Row{Key: row.Key}).If(table.Absent))
		require.Len(s.t, s.changes(10), 1)
	})
	run("DoneForgets", func(s *fedSubject) {
		for i := range 5 {
			s.write(table.Put(table.Row{Key: s.key(fmt.Sprint(i))}))
		}
		changes := s.changes(3)
		require.Len(s.t, changes, 3)
		require.Equal(s.t, changes, s.changes(3), "until they are done they are given again")
		require.NoError(s.t, s.fed.Done(s.ctx(), changes[1].Seq))
		left := s.changes(10)
		require.Len(s.t, left, 3)
		require.Equal(s.t, changes[2], left[0])
		require.NoError(s.t, s.fed.Done(s.ctx(), changes[0].Seq))
		require.Len(s.t, s.changes(10), 3)
		require.NoError(s.t, s.fed.Done(s.ctx(), left[2].Seq))
		require.Empty(s.t, s.changes(10))
		s.write(table.Put(table.Row{Key: s.key("later")}))
		require.Greater(s.t, s.changes(1)[0].Seq, left[2].Seq, "a number is never used again")
	})
	run("ATransactionIsLoggedWhole", func(s *fedSubject) {
		var actions []table.Action
		for i := range table.MaxActions {
			actions = append(actions, table.Put(table.Row{Key: s.key(fmt.Sprint(i))}))
		}
		s.write(actions...)
		require.Len(s.t, s.changes(1000), table.MaxActions)
	})
	run("WaitEndsWithAChange", func(s *fedSubject) {
		woken := make(chan struct{})
		go func() { s.fed.Wait(s.ctx()); close(woken) }()
		s.write(table.Put(table.Row{Key: s.key("a")}))
		<-woken
		s.fed.Wait(s.ctx()) // at once: the change is not done
	})
	run("WaitEndsWithItsContext", func(s *fedSubject) {
		ctx, cancel := context.WithCancel(s.ctx())
		woken := make(chan struct{})
		go func() { s.fed.Wait(ctx); close(woken) }()
		cancel()
		<-woken
	})
}

type fedSubject struct {
	*subject
	fed Fed
}

func (s *fedSubject) changes(limit int) []table.Change {
	s.t.Helper()
	changes, err := s.fed.Changes(s.ctx(), limit)
	require.NoError(s.t, err)
	return changes
}

func bothImages(s *fedSubject) {
	row := table.Row{
		Key: s.key("a\x00"), First: s.other("list", "1"), Second: s.other("due", "1"), TTL: 4_102_444_800,
		Attrs: table.Attrs{"num": table.N(1), "raw1": table.B([]byte{0})},
	}
	s.write(table.Put(row))
	s.write(table.Update(row.Key).Add("num", 1).PlaceFirst(table.Key{}).ExpireAt(0))
	s.write(table.Delete(row.Key))
	next := table.Row{Key: row.Key, Second: row.Second, Attrs: table.Attrs{"num": table.N(2), "raw1": table.B([]byte{0})}}

	changes := s.changes(10)
	require.Len(s.t, changes, 3)
	require.False(s.t, changes[0].OldExists)
	require.True(s.t, changes[0].NewExists)
	s.same(row, changes[0].New)
	require.True(s.t, changes[1].OldExists && changes[1].NewExists)
	s.same(row, changes[1].Old)
	s.same(next, changes[1].New)
	require.True(s.t, changes[2].OldExists)
	require.False(s.t, changes[2].NewExists)
	s.same(next, changes[2].Old)
	for i, c := range changes {
		require.Equal(s.t, row.Key, c.Key())
		require.Greater(s.t, c.Seq, uint64(i))
	}
}
