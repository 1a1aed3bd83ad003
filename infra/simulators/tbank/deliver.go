package tbank

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	noticeTimeout = 10 * time.Second // the bank waits so long for OK
	deliverers    = 16               // deliveries at once
	lookEvery     = 250 * time.Millisecond
	maxRounds     = 1000 // of one Tick; each round finds less to do
)

// Run does what is due, as soon as it is due by the bank's clock, until ctx is done.
func (b *Bank) Run(ctx context.Context) {
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	ticker := time.NewTicker(lookEvery) // the clock may be moved by others, so it is asked again and again
	defer ticker.Stop()
	slots := make(chan struct{}, deliverers)
	for {
		if _, err := b.passTime(); err != nil {
			b.log.Error("what is due cannot be done", "error", err)
		}
		b.launch(ctx, slots, &deliveries)
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		case <-ticker.C:
		}
	}
}

// Tick does everything that is due now — deadlines, refunds, receipts, notifications — and returns when it is done. It
// also waits for deliveries that Run has begun.
func (b *Bank) Tick(ctx context.Context) error {
	for range maxRounds {
		did, err := b.passTime()
		if err != nil {
			return err
		}
		var deliveries sync.WaitGroup
		sent := b.launch(ctx, make(chan struct{}, deliverers), &deliveries)
		deliveries.Wait()
		others := b.underWay()
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
	return errors.New("tbank: there is always more to do")
}

// passTime lets the bank's own deadlines have their effect and tells how many rows they touched. Every call begins with
// it, so that no answer is older than the clock.
func (b *Bank) passTime() (int, error) {
	done := 0
	payments, notices := b.dueRows(b.clock.Now())
	if len(payments)+len(notices) == 0 {
		return 0, nil
	}
	err := b.change(func(x *change) error {
		for _, id := range payments {
			p, ok := x.edit(id)
			if !ok || p.dueAt().IsZero() || p.dueAt().After(x.now) {
				continue
			}
			if err := x.pass(p); err != nil {
				return err
			}
			done++
		}
		for _, id := range notices {
			if n := x.old.notices[id]; n != nil && n.State != noticePending && !n.NextAt.After(x.now) {
				x.gone = append(x.gone, id)
				done++
			}
		}
		return nil
	})
	return done, err
}

// dueRows lists the payments that time changes now, and the notifications that have been shown long enough.
func (b *Bank) dueRows(now time.Time) (payments, notices []string) {
	b.store.look(func(s *state) {
		payments, notices = sortedKeys(s.deadlines.due(now)), sortedKeys(s.shelf.due(now))
	})
	return payments, notices
}

// pass does one thing that is due on a payment; the next look does the next.
func (x *change) pass(p *Payment) error {
	if r := p.openRefund(); r != nil && !r.Due.After(x.now) {
		if r.Refuse {
			return x.refundFailed(p, r)
		}
		_, err := x.refunded(p, r, "возврат СБП исполнен")
		return err
	}
	if len(p.Owed) > 0 && !p.Owed[0].Due.After(x.now) {
		return x.print(p)
	}
	switch p.Status {
	case Initial, FormShowed, AuthFail:
		return x.expire(p, "срок ссылки истёк")
	case Checking3DS:
		return x.expire(p, "плательщик не вернулся с 3-D Secure")
	case Authorized, PartialReversed:
		_, err := x.release(p, p.Held, "срок холда истёк", "")
		return err
	}
	return nil
}

// launch begins the deliveries that are due, those of one payment one after the other, and tells how many.
func (b *Bank) launch(ctx context.Context, slots chan struct{}, deliveries *sync.WaitGroup) int {
	due := b.dueNotices()
	launched := 0
	for _, payment := range sortedKeys(due) {
		over, free := b.begin(payment)
		if !free {
			continue
		}
		launched++
		deliveries.Go(func() {
			defer b.end(payment, over)
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
				return
			}
			for _, n := range due[payment] {
				b.deliver(ctx, n)
			}
		})
	}
	return launched
}

// dueNotices lists what is to be delivered now, by payment and in order.
func (b *Bank) dueNotices() map[string][]*Notice {
	now := b.clock.Now()
	due := map[string][]*Notice{}
	b.store.look(func(s *state) {
		for id := range s.outbox.due(now) {
			n := s.notices[id]
			due[n.PaymentID] = append(due[n.PaymentID], n)
		}
	})
	for _, list := range due {
		slices.SortFunc(list, func(a, b *Notice) int { return strings.Compare(a.ID, b.ID) })
	}
	return due
}

func (b *Bank) begin(payment string) (over chan struct{}, free bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.delivered[payment] != nil {
		return nil, false
	}
	over = make(chan struct{})
	b.delivered[payment] = over
	return over, true
}

func (b *Bank) end(payment string, over chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.delivered, payment)
	close(over)
}

func (b *Bank) underWay() []chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]chan struct{}, 0, len(b.delivered))
	for _, over := range b.delivered {
		list = append(list, over)
	}
	return list
}

// deliver makes one attempt and records it. An attempt that was cut off by the bank's own end is not counted.
func (b *Bank) deliver(ctx context.Context, n *Notice) {
	d := Delivery{At: b.clock.Now()}
	d.Status, d.Answer, d.Error = b.send(ctx, n)
	if ctx.Err() != nil {
		return
	}
	err := b.change(func(x *change) error {
		was, ok := x.old.notices[n.ID]
		if !ok || was.State != noticePending {
			return nil
		}
		is := *was
		is.Attempts = slices.Clone(was.Attempts)
		is.delivered(d, x.now)
		x.notices = append(x.notices, &is)
		return nil
	})
	if err != nil {
		b.log.Error("a delivery cannot be recorded", "notice", n.ID, "error", err)
	}
	b.log.Info("notification sent", "notice", n.ID, "payment", n.PaymentID, "status", n.Status, "http", d.Status, "error", d.Error)
}

func (b *Bank) send(ctx context.Context, n *Notice) (status int, body, failure string) {
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, strings.NewReader(n.Body))
	if err != nil {
		return 0, "", err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := b.client.Do(r)
	if err != nil {
		return 0, "", err.Error()
	}
	defer w.Body.Close()
	text, err := io.ReadAll(io.LimitReader(w.Body, 256))
	if err != nil {
		return w.StatusCode, "", err.Error()
	}
	return w.StatusCode, string(text), ""
}
