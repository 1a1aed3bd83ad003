package tbank

import (
	"container/heap"
	"time"
)

// agenda says which rows want attention and when. Looking costs only what is due, however many payments are waiting.
type agenda struct {
	at    map[string]time.Time // by key of row: what holds
	queue entries              // by time; entries that no longer hold are dropped when they come up
	ready map[string]struct{}  // due, and not put off since
}

func newAgenda() *agenda {
	return &agenda{at: map[string]time.Time{}, ready: map[string]struct{}{}}
}

// set puts a row on the agenda, moves it, or with the zero time takes it off.
func (a *agenda) set(key string, at time.Time) {
	delete(a.ready, key)
	if at.IsZero() {
		delete(a.at, key)
		return
	}
	a.at[key] = at
	heap.Push(&a.queue, entry{at, key})
}

// due gives the keys of everything that is due; they stay due until they are set again. The map is the agenda's own.
func (a *agenda) due(now time.Time) map[string]struct{} {
	for len(a.queue) > 0 && !a.queue[0].at.After(now) {
		e := heap.Pop(&a.queue).(entry)
		if at, ok := a.at[e.key]; ok && at.Equal(e.at) {
			a.ready[e.key] = struct{}{}
		}
	}
	return a.ready
}

type entry struct {
	at  time.Time
	key string
}

type entries []entry

func (e entries) Len() int           { return len(e) }
func (e entries) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e entries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)        { *e = append(*e, x.(entry)) }
func (e *entries) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
