package store

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// place is where an entry stands in the list of its shard and day.
type place struct {
	entry  table.Key
	posted time.Time
	shard  int
	seq    int64
}

// before is the order of a statement: by time, then by shard and number.
func (p place) before(o place) bool {
	if !p.posted.Equal(o.posted) {
		return p.posted.Before(o.posted)
	}
	if p.shard != o.shard {
		return p.shard < o.shard
	}
	return p.seq < o.seq
}

// places lists a span. An index may be behind its table, so the list is held against the numbers, which have no gaps: what
// is missing is ErrBehind, never a shorter list.
func (s *Store) places(ctx context.Context, of span) iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		q := table.Query{Index: table.First, PK: entriesPK(of.book, of.day, of.shard)}
		if of.after != "" {
			q.From = of.after + "\x00"
		}
		next := of.first
		for next <= of.last {
			page, err := s.table.Query(ctx, q)
			if err != nil {
				yield(place{}, err)
				return
			}
			for _, row := range page.Rows {
				p, err := readPlace(row, of.shard)
				if err == nil && next > of.last {
					return
				}
				if err == nil && p.seq != next {
					err = ErrBehind
				}
				if !yield(p, err) || err != nil {
					return
				}
				next++
			}
			if page.More == nil {
				if next <= of.last {
					yield(place{}, ErrBehind)
				}
				return
			}
			q.After = page.More
		}
	}
}

func readPlace(row table.Row, shard int) (p place, err error) {
	at, seq, _ := strings.Cut(row.First.SK, "#")
	p.entry, p.shard = row.Key, shard
	if p.posted, err = time.Parse(stampForm, at); err != nil {
		return p, err
	}
	_, err = fmt.Sscanf(seq, "%d", &p.seq)
	return p, err
}

// inTurn lists spans one after the other.
func (s *Store) inTurn(ctx context.Context, spans []span) iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		for _, of := range spans {
			for p, err := range s.places(ctx, of) {
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

// merged lists spans in the order of time.
func (s *Store) merged(ctx context.Context, spans []span) iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		heads := make([]head, 0, len(spans))
		defer func() {
			for _, h := range heads {
				h.stop()
			}
		}()
		for _, of := range spans {
			pull, stop := iter.Pull2(s.places(ctx, of))
			h := head{pull: pull, stop: stop}
			h.advance()
			heads = append(heads, h)
		}
		for {
			first := -1
			for i, h := range heads {
				if h.err != nil {
					yield(place{}, h.err)
					return
				}
				if h.there && (first < 0 || h.p.before(heads[first].p)) {
					first = i
				}
			}
			if first < 0 || !yield(heads[first].p, nil) {
				return
			}
			heads[first].advance()
		}
	}
}

// head is the next place of one span.
type head struct {
	p     place
	err   error
	there bool
	pull  func() (place, error, bool)
	stop  func()
}

func (h *head) advance() { h.p, h.err, h.there = h.pull() }

// Entries are read by chunks: small ones first, for a page wants few, and then as large as a round trip allows.
const firstChunk = 25

// recorded reads the entries that stand at places, in their order.
func (s *Store) recorded(ctx context.Context, places iter.Seq2[place, error]) iter.Seq2[ledger.Recorded, error] {
	return func(yield func(ledger.Recorded, error) bool) {
		size := firstChunk
		var keys []table.Key
		give := func() bool {
			more := s.give(ctx, keys, yield)
			keys, size = keys[:0], min(2*size, table.MaxKeys)
			return more
		}
		for p, err := range places {
			if err != nil {
				if len(keys) == 0 || give() {
					yield(ledger.Recorded{}, err)
				}
				return
			}
			if keys = append(keys, p.entry); len(keys) == size && !give() {
				return
			}
		}
		if len(keys) > 0 {
			give()
		}
	}
}

// give reads one chunk and hands it on. It reports whether more is wanted.
func (s *Store) give(ctx context.Context, keys []table.Key, yield func(ledger.Recorded, error) bool) bool {
	rows, err := s.table.GetMany(ctx, keys)
	if err != nil {
		yield(ledger.Recorded{}, err)
		return false
	}
	byKey := make(map[table.Key]table.Row, len(rows))
	for _, row := range rows {
		byKey[row.Key] = row
	}
	for _, key := range keys {
		row, there := byKey[key]
		if !there {
			yield(ledger.Recorded{}, fmt.Errorf("store: the entry %s is in a list and not in the table", key))
			return false
		}
		r, err := readEntry(row)
		if !yield(r, err) || err != nil {
			return false
		}
	}
	return true
}
