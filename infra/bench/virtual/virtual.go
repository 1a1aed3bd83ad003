// Package virtual is a time that passes only while everybody waits, for measuring waits: who waits for a service far away, or
// for another, is counted, and how busy this machine is is not. Of those who take part only one runs at a moment, the one whose
// wait ended first, so that the same run gives the same numbers.
package virtual

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Time is a clock.Clock of its own. Those who take part are started by Run and wait by Sleep; they must not wait for each other
// in another way, but for locks that nobody holds while he sleeps.
type Time struct {
	mu      sync.Mutex
	now     time.Time
	arrived uint64
	waiting alarms
}

// New makes a time that stands at now.
func New(now time.Time) *Time { return &Time{now: now.UTC()} }

// Now is where the time stands.
func (t *Time) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

// Run has all of them take part from now on, and returns how long it took until the last one ended.
func (t *Time) Run(all ...func()) time.Duration {
	began := t.Now()
	var running sync.WaitGroup
	for _, do := range all {
		ready := t.wait(0)
		running.Go(func() {
			<-ready
			do()
			t.wakeNext()
		})
	}
	t.wakeNext()
	running.Wait()
	return t.Now().Sub(began)
}

// Sleep waits. It is for those whom Run started, and gives ctx's error when that has ended.
func (t *Time) Sleep(ctx context.Context, wait time.Duration) error {
	over := t.wait(wait)
	t.wakeNext()
	<-over
	return ctx.Err()
}

// wait notes when somebody wants to go on; the channel is closed by then.
func (t *Time) wait(wait time.Duration) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.arrived++
	a := alarm{t.now.Add(max(wait, 0)), t.arrived, make(chan struct{})}
	heap.Push(&t.waiting, a)
	return a.rings
}

// wakeNext moves the time to the next alarm, if there is any.
func (t *Time) wakeNext() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		return
	}
	a := heap.Pop(&t.waiting).(alarm)
	t.now = a.at
	close(a.rings)
}

// alarm is when one goes on; of two at the same time the one who came first does.
type alarm struct {
	at      time.Time
	arrived uint64
	rings   chan struct{}
}

// alarms is a heap, the next one first.
type alarms []alarm

func (a alarms) Len() int { return len(a) }
func (a alarms) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].arrived < a[j].arrived
	}
	return a[i].at.Before(a[j].at)
}
func (a alarms) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)   { *a = append(*a, x.(alarm)) }
func (a *alarms) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
