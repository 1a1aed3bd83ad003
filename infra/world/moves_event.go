package world

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
)

// makeEndpoint is a partner who has events told to one more address.
func makeEndpoint(w *World, _ *actor) {
	s := pick(w.dice, w.setting.shops)
	if len(w.endpointsOf(s)) >= mostEndpoints {
		return
	}
	e := w.draft(s)
	p := w.house()
	w.inside(func() {
		_, shown, err := p.events.Create(context.Background(), notifystore.Wish{Mode: s.mode, Partner: s.partner, URL: e.url, Types: e.types})
		if err == nil {
			e.secret = shown
		}
	})
}

// someEndpoint draws an endpoint that nobody wants deleted.
func (w *World) someEndpoint() (*endpoint, bool) {
	list := w.endpointsOf(pick(w.dice, w.setting.shops))
	if len(list) == 0 {
		return nil, false
	}
	return pick(w.dice, list), true
}

// deleteEndpoint is a partner who has events told to an address no more. One that is gone is mostly the one.
func deleteEndpoint(w *World, _ *actor) {
	e, ok := w.someEndpoint()
	if !ok || !e.gone && w.dice.oneIn(2) {
		return
	}
	e.asked = true // for good: the answer may be lost, and it is gone all the same
	for range 3 {
		p := w.house()
		w.inside(func() {
			err := p.events.Delete(context.Background(), e.shop.mode, e.shop.partner, e.id)
			if (err == nil || errors.Is(err, notify.ErrEndpointNotFound)) && e.deleted.IsZero() {
				e.deleted = w.clock.Now()
			}
		})
		if !e.deleted.IsZero() {
			return
		}
	}
}

// rotateSecret is a partner who changes the secret of an endpoint. His shop knows the new one at once.
func rotateSecret(w *World, _ *actor) {
	e, ok := w.someEndpoint()
	if !ok || e.gone {
		return
	}
	before := e.secret
	e.secret = "" // until the answer comes, the shop takes either
	p := w.house()
	w.inside(func() {
		shown, _, err := p.events.Rotate(context.Background(), e.shop.mode, e.shop.partner, e.id)
		switch {
		case err == nil && before != "":
			e.secret, e.former, e.until = shown, before, w.clock.Now().Add(settling)
		case errors.Is(err, notify.ErrRotatedTwice), errors.Is(err, notify.ErrEndpointNotFound):
			e.secret = before
		}
	})
}

// askAgain is a partner who has an event told again, to one endpoint or to all.
func askAgain(w *World, a *actor) {
	n := len(w.hearing.owed)
	if n == 0 {
		return
	}
	f := w.hearing.owed[n-1-w.dice.IntN(min(n, 60))]
	if f.told.IsZero() {
		return
	}
	a.order = f.order()
	var only ids.ID
	list := w.endpointsOf(shopOf(w, f))
	if len(list) > 0 && w.dice.oneIn(2) {
		if e := pick(w.dice, list); e.hears(f.Type) {
			only = e.id
		}
	}
	p := w.house()
	w.inside(func() { _, _ = p.events.Redeliver(context.Background(), f.Mode, f.Partner, f.ID, only) })
}

func shopOf(w *World, f *fact) shop {
	for _, s := range w.setting.shops {
		if s.partner == f.Partner && s.mode == f.Mode {
			return s
		}
	}
	return shop{}
}

// fallIll makes a shop fail for a while, at times for days; seldom it is gone for good.
func fallIll(w *World, _ *actor) {
	e, ok := w.someEndpoint()
	if !ok || w.Clear || e.gone {
		return
	}
	if w.dice.oneIn(12) {
		e.gone = true
		return
	}
	e.illness, e.ill = pick(w.dice, illnesses), w.clock.Now().Add(w.dice.between(time.Second, 6*time.Hour))
	if w.dice.oneIn(5) {
		e.ill = w.clock.Now().Add(w.dice.between(6*time.Hour, 100*time.Hour))
	}
}

// heal ends all illness of shops.
func (w *World) heal() {
	for _, e := range w.hearing.endpoints {
		e.ill = time.Time{}
	}
}

// eventDue looks anew only after a write.
func (w *World) eventDue() bool {
	if w.watch.told {
		w.watch.told, w.hearing.due = false, w.oldestEvent()
	}
	return !w.hearing.due.IsZero() && !w.hearing.due.After(w.clock.Now())
}

// dueEvents lists the partitions of deliveries in which a key has come.
func (w *World) dueEvents() (due []shard) {
	now := w.clock.Now()
	for _, s := range w.hearing.shards {
		at, err := w.hearing.kept.OldestDue(context.Background(), s.mode, s.number)
		if err == nil && !at.IsZero() && !at.After(now) {
			due = append(due, s)
		}
	}
	return due
}

// sweepEvents works off one partition of the due keys of deliveries.
func sweepEvents(w *World, _ *actor) {
	due := w.dueEvents()
	if len(due) == 0 {
		return
	}
	s := pick(w.dice, due)
	p := w.house()
	w.inside(func() { _, _ = p.hooks.Sweeper.Sweep(context.Background(), s.mode, s.number) })
}
