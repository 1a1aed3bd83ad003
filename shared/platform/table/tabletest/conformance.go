// Package tabletest is the contract of table.Table as facts. Every engine passes it, alone and behind every decorator, and
// so does whatever comes to be an engine later.
package tabletest

import (
	"context"
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
)

// Conformance runs the suite. open gives a table, a fresh one or one that other facts use at the same time: every fact
// keeps to partition keys of its own. Facts run in parallel; queries over indexes are repeated until they agree.
func Conformance(t *testing.T, open func(t *testing.T) table.Table) {
	t.Helper()
	for _, group := range []struct {
		name  string
		facts []fact
	}{
		{"Rows", rowFacts}, {"Conditions", conditionFacts}, {"Transactions", transactionFacts},
		{"Queries", queryFacts}, {"Indexes", indexFacts}, {"Limits", limitFacts}, {"AtOnce", atOnceFacts},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range group.facts {
				t.Run(f.name, func(t *testing.T) {
					t.Parallel()
					f.holds(newSubject(t, open(t)))
				})
			}
		})
	}
}

type fact struct {
	name  string
	holds func(s *subject)
}

// subject is a table under test with a partition of its own.
type subject struct {
	t     *testing.T
	table table.Table
	own   string
}

func newSubject(t *testing.T, tb table.Table) *subject {
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return &subject{t: t, table: tb, own: fmt.Sprintf("test#%016x", h.Sum64())}
}

func (s *subject) ctx() context.Context { return s.t.Context() }

// key is a key in the subject's main partition.
func (s *subject) key(sk string) table.Key { return table.Key{PK: s.own, SK: sk} }

// other is a key in another partition of the subject, or a place in an index.
func (s *subject) other(partition, sk string) table.Key {
	return table.Key{PK: s.own + "#" + partition, SK: sk}
}

func (s *subject) write(actions ...table.Action) {
	s.t.Helper()
	require.NoError(s.t, s.table.Write(s.ctx(), actions...))
}

// refused writes and gives the refusal.
func (s *subject) refused(actions ...table.Action) *table.Refused {
	s.t.Helper()
	err := s.table.Write(s.ctx(), actions...)
	var r *table.Refused
	require.ErrorAs(s.t, err, &r)
	require.True(s.t, table.IsRefused(err))
	require.Len(s.t, r.Reasons, len(actions))
	return r
}

func (s *subject) tooMuch(actions ...table.Action) {
	s.t.Helper()
	require.ErrorIs(s.t, s.table.Write(s.ctx(), actions...), table.ErrLimit)
}

func (s *subject) get(key table.Key) table.Row {
	s.t.Helper()
	row, ok, err := s.table.Get(s.ctx(), key)
	require.NoError(s.t, err)
	require.True(s.t, ok, "row %s is missing", key)
	return row
}

func (s *subject) gone(key table.Key) {
	s.t.Helper()
	row, ok, err := s.table.Get(s.ctx(), key)
	require.NoError(s.t, err)
	require.False(s.t, ok, "row %s should not be there", key)
	require.True(s.t, row.Equal(table.Row{}))
}

// is checks that a row is exactly want.
func (s *subject) is(want table.Row) {
	s.t.Helper()
	s.same(want, s.get(want.Key))
}

func (s *subject) same(want, got table.Row) {
	s.t.Helper()
	require.True(s.t, want.Equal(got), "want %v\ngot  %v", want, got)
}

func (s *subject) page(q table.Query) table.Page {
	s.t.Helper()
	page, err := s.table.Query(s.ctx(), q)
	require.NoError(s.t, err)
	return page
}

// all reads every page of a query; the number of pages is bounded, so that a cursor that stands still is found out.
func (s *subject) all(q table.Query) []table.Row {
	s.t.Helper()
	var rows []table.Row
	for range 2000 {
		page := s.page(q)
		rows = append(rows, page.Rows...)
		if page.More == nil {
			return rows
		}
		q.After = page.More
	}
	s.t.Fatal("the pages do not end")
	return nil
}

// listed checks the sort keys that a query gives over all its pages; over an index it waits until they agree.
func (s *subject) listed(q table.Query, want ...string) {
	s.t.Helper()
	var got []string
	s.eventually(q.Index, func() bool {
		got = nil
		for _, row := range s.all(q) {
			got = append(got, row.Place(q.Index).SK)
		}
		return fmt.Sprint(got) == fmt.Sprint(want)
	}, func() string { return fmt.Sprintf("want %q\ngot  %q", want, got) })
}

// eventually asks once of the base table, and up to 100 times of an index, which may be stale.
func (s *subject) eventually(index table.Index, agrees func() bool, why func() string) {
	s.t.Helper()
	tries := 1
	if index != table.Base {
		tries = 100
	}
	for try := range tries {
		if try > 0 {
			time.Sleep(20 * time.Millisecond)
		}
		if agrees() {
			return
		}
	}
	s.t.Fatal(why())
}
