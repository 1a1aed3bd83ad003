package atol

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/fault"
)

const (
	noticeTimeout = 10 * time.Second
	deliverers    = 16 // deliveries at once
	lookEvery     = 250 * time.Millisecond
	maxRounds     = 1000 // of one Tick; each round finds less to do
)

// Run does what is due, as soon as it is due by the service's clock, until ctx is done.
func (s *Service) Run(ctx context.Context) {
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	ticker := time.NewTicker(lookEvery) // the clock may be moved by others, so it is asked again and again
	defer ticker.Stop()
	slots := make(chan struct{}, deliverers)
	for {
		if _, err := s.passTime(); err != nil {
			s.log.Error("what is due cannot be done", "error", err)
		}
		s.launch(ctx, slots, &deliveries)
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-ticker.C:
		}
	}
}

// Tick does everything that is due now — receipts and notices — and returns when it is done. It also waits for deliveries
// that Run has begun.
func (s *Service) Tick(ctx context.Context) error {
	for range maxRounds {
		did, err := s.passTime()
		if err != nil {
			return err
		}
		var deliveries sync.WaitGroup
		sent := s.launch(ctx, make(chan struct{}, deliverers), &deliveries)
		deliveries.Wait()
		others := s.underWay()
		for _, over := range others {
			<-over
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if did+sent+len(others) == 0 {
			return nil
		}
	}
	return errors.New("atol: there is always more to do")
}

// ErrClock is the fault of moving a clock that is not the simulator's to move.
var ErrClock = fault.Conflict("clock_not_ours", "This simulator cannot move its clock.")

// AdvanceClock moves the clock forward and does what has become due.
func (s *Service) AdvanceClock(ctx context.Context, step time.Duration) error {
	if s.advance == nil {
		return ErrClock
	}
	if step <= 0 {
		return fault.Invalid("step_invalid", "The clock moves forward only.")
	}
	s.advance(step)
	return s.Tick(ctx)
}

// passTime lets the tills make what they have got to and tells how many receipts that were. Every call begins with it, so
// that no answer is older than the clock.
func (s *Service) passTime() (int, error) {
	var due []*Receipt
	s.store.look(func(st *state) { due = st.dueReceipts(s.clock.Now()) })
	done := 0
	for _, r := range due {
		if r.Status == Wait && !r.TillAt.After(s.clock.Now()) {
			done++
		}
	}
	if done == 0 {
		return 0, nil
	}
	done = 0
	err := s.change(func(x *change) error {
		for _, was := range due {
			r, ok := x.edit(was.UUID)
			if !ok || r.Status != Wait || r.TillAt.After(x.now) {
				delete(x.receipts, was.UUID)
				continue
			}
			if err := x.finish(r); err != nil {
				return err
			}
			done++
		}
		return nil
	})
	return done, err
}

// launch begins the deliveries that are due and tells how many.
func (s *Service) launch(ctx context.Context, slots chan struct{}, deliveries *sync.WaitGroup) int {
	now := s.clock.Now()
	var due []*Receipt
	s.store.look(func(st *state) {
		for _, r := range st.dueReceipts(now) {
			if r.due(now) {
				due = append(due, r)
			}
		}
	})
	launched := 0
	for _, r := range due {
		over, free := s.begin(r.UUID)
		if !free {
			continue
		}
		launched++
		deliveries.Go(func() {
			defer s.end(r.UUID, over)
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
				return
			}
			s.deliver(ctx, r)
		})
	}
	return launched
}

func (s *Service) begin(uuid string) (over chan struct{}, free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delivered[uuid] != nil {
		return nil, false
	}
	over = make(chan struct{})
	s.delivered[uuid] = over
	return over, true
}

func (s *Service) end(uuid string, over chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.delivered, uuid)
	close(over)
}

func (s *Service) underWay() []chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]chan struct{}, 0, len(s.delivered))
	for _, over := range s.delivered {
		list = append(list, over)
	}
	return list
}

// deliver makes one attempt and records it. An attempt that was cut off by the service's own end is not counted.
func (s *Service) deliver(ctx context.Context, r *Receipt) {
	d := Delivery{At: s.clock.Now(), Forgery: r.lies()}
	body := r.report()
	if d.Forgery {
		body = r.lie()
	}
	body["timestamp"] = d.At.In(moscow).Format("02.01.2006 15:04:05")
	d.Body = string(marshal(body))
	d.Status, d.Error = s.send(ctx, r.Callback, d.Body)
	if ctx.Err() != nil {
		return
	}
	err := s.change(func(x *change) error {
		is, ok := x.edit(r.UUID)
		if ok && (d.Forgery && is.lies() || !d.Forgery && is.Notice == noticePending) {
			is.told(d, x.now)
		}
		return nil
	})
	if err != nil {
		s.log.Error("a delivery cannot be recorded", "uuid", r.UUID, "error", err)
	}
	s.log.Info("notice sent", "uuid", r.UUID, "forgery", d.Forgery, "http", d.Status, "error", d.Error)
}

func (s *Service) send(ctx context.Context, address, body string) (status int, failure string) {
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	w, err := s.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer w.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(w.Body, 64<<10)); err != nil {
		return w.StatusCode, err.Error()
	}
	return w.StatusCode, ""
}
