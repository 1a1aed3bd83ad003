package jobs

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"pgregory.net/rapid"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/table/faulty"
	"giberno.ru/shared/platform/table/stamped"
)

// stage runs workers as goroutines that yield at each call of the table, the queue and the partner. Exactly one runs, and the
// game picks the next, or has it die where it stands.
type stage struct {
	rt      *rapid.T
	engine  *boltengine.Engine
	clock   *clock.Manual
	actors  []*actor
	pending []queue.Job       // that nobody has taken
	flying  map[string]*actor // by lane: whose request is in flight
	begun   map[string]time.Time
	bytes   map[string]string // by webhook-id
	heard   map[string]int    // by webhook-id
	answer  string            // of the partner: heard, sick, lost, unheard
	breach  string            // of what must never be
	seed    uint64
}

// actor is one worker, in a process of its own, at one job.
type actor struct {
	*stage
	resume chan bool // true: it dies here
	yield  chan struct{}
	ended  bool
}

// process makes a store of its own over a table.
func (s *stage) process(t table.Table) *store.Store {
	s.seed++
	random := &chance{of: rand.NewChaCha8([32]byte{byte(s.seed), byte(s.seed >> 8), byte(s.seed >> 16), byte(s.seed >> 24)})}
	tbl := stamped.New(t, stamped.Options{Sleep: func(context.Context, time.Duration) error { return nil }})
	return store.New(tbl, secret.NewKeeper(vault{}, random), s.clock, random)
}

// begin has a new worker take a job; it stands before its first call.
func (s *stage) begin(j queue.Job) {
	a := &actor{stage: s, resume: make(chan bool), yield: make(chan struct{})}
	w := &Worker{Store: s.process(gated{s.engine, a}), Queue: a, Out: a, Clock: s.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	s.actors = append(s.actors, a)
	go func() {
		defer func() {
			if r := recover(); r != nil && r != any(faulty.Crash) {
				panic(r)
			}
			a.ended = true
			a.yield <- struct{}{}
		}()
		a.gate()
		_ = w.Do(context.Background(), j) // what failed comes again by its due key
	}()
	<-a.yield
}

// step lets a worker go on to its next call, or die.
func (s *stage) step(i int, dies bool) {
	a := s.actors[i]
	a.resume <- dies
	<-a.yield
	if a.ended {
		s.actors = append(s.actors[:i:i], s.actors[i+1:]...)
	}
}

// gate is where a worker stands before a call.
func (a *actor) gate() {
	a.yield <- struct{}{}
	if <-a.resume {
		panic(faulty.Crash)
	}
}

// gated is the table of one worker. It dies before a call or after it.
type gated struct {
	table.Table
	actor *actor
}

func (g gated) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	g.actor.gate()
	return g.Table.GetMany(ctx, keys)
}

func (g gated) Query(ctx context.Context, q table.Query) (table.Page, error) {
	g.actor.gate()
	return g.Table.Query(ctx, q)
}

func (g gated) Write(ctx context.Context, actions ...table.Action) error {
	g.actor.gate()
	err := g.Table.Write(ctx, actions...)
	g.actor.gate()
	return err
}

// Send is the queue of one worker: what it sends is pending at once, whatever its delay.
func (a *actor) Send(_ context.Context, _ string, _ time.Duration, jobs ...queue.Job) error {
	a.gate()
	a.pending = append(a.pending, jobs...)
	return nil
}

// Do is the partner. A lane must have no other request in flight, and an event the bytes that it had before.
func (a *actor) Do(req *http.Request) (outbound.Answer, error) {
	id := req.Header.Get(notify.HeaderID)
	event, err := ids.Parse(id)
	body, err2 := io.ReadAll(req.Body)
	if err := errors.Join(err, err2); err != nil {
		return outbound.Answer{}, err
	}
	lane := req.URL.String() + " " + string(rune('0'+notify.LaneOf(event)))
	if a.flying[lane] != nil {
		a.breach = "two requests are in flight in one lane"
	}
	if first, known := a.bytes[id]; known && first != string(body) {
		a.breach = "an event was told in other bytes"
	}
	a.bytes[id] = string(body)
	a.flying[lane], a.begun[lane] = a, a.clock.Now()
	defer func() { delete(a.flying, lane) }()
	a.gate()
	switch a.answer {
	case "sick":
		return outbound.Answer{Status: 500}, nil
	case "lost":
		a.heard[id]++
		return outbound.Answer{}, context.DeadlineExceeded
	case "unheard":
		return outbound.Answer{}, &outbound.NotSentError{Cause: errLost}
	}
	a.heard[id]++
	return outbound.Answer{Status: 200}, nil
}

// advance lets time go by, but never past the end of a request: it is cut off there.
func (s *stage) advance(step time.Duration) {
	now := s.clock.Now()
	for lane := range s.flying {
		step = min(step, s.begun[lane].Add(notify.Timeout).Sub(now))
	}
	s.clock.Advance(step)
}

// relay makes jobs of the changes of the table.
func (s *stage) relay() {
	changes, err := s.engine.Changes(context.Background(), 10_000)
	if err != nil {
		s.rt.Fatal(err)
	}
	for _, c := range changes {
		s.pending = append(s.pending, FromChange(c)...)
	}
	if len(changes) > 0 {
		if err := s.engine.Done(context.Background(), changes[len(changes)-1].Seq); err != nil {
			s.rt.Fatal(err)
		}
	}
}
