package world

import (
	"cmp"
	"context"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/secret"
)

// hearing is what partners have to hear of, and what their shops have heard.
type hearing struct {
	kept      *notifystore.Store // past every fault
	facts     map[ids.ID]*fact   // by the name of the event
	owed      []*fact            // in the order in which they happened
	untold    map[ids.ID][]*fact // by order, what nobody has told yet
	endpoints []*endpoint
	byURL     map[string]*endpoint
	byID      map[ids.ID]*endpoint
	said      map[ids.ID][]byte // the first body of every event that came to a shop
	flights   []*flight
	shards    []shard   // of the due keys in which deliveries may stand
	due       time.Time // when the first of them comes
}

// fact is something that a partner has to hear of.
type fact struct {
	notify.Event                            // its data is what was told of it
	told         time.Time                  // when his endpoints were read for it, to the second; zero: nobody has told it
	ways         map[ids.ID]notify.Delivery // by endpoint, as they were last looked at
}

// order is the order that the fact is of; zero for a settlement.
func (f *fact) order() ids.ID {
	if f.Type == notify.SettlementReady {
		return ids.ID{}
	}
	return f.Object.Root()
}

// endpoint is a partner's address for events, as he and his shop know it.
type endpoint struct {
	id     ids.ID // zero: the platform does not have it
	shop   shop
	url    string
	name   string // in stories
	types  []notify.Type
	secret string // that was shown last; "": the answer was lost, and the partner has it from us in another way
	former string // the one before, which somebody who has just begun to work may still sign with
	until  time.Time

	made     time.Time // its row was written
	deleted  time.Time // its row is gone, or the partner was told so
	asked    bool      // the partner wants it deleted
	gone     bool      // it has answered that it will never hear again
	disabled time.Time // and that was noted

	illness illness
	ill     time.Time // until then
	failed  time.Time // when a request failed last, here or on its way
	heard   map[ids.ID]bool
}

func (e *endpoint) hears(t notify.Type) bool {
	return len(e.types) == 0 || slices.Contains(e.types, t)
}

// alive reports an endpoint that the platform has and sends to.
func (e *endpoint) alive() bool {
	return !e.id.IsZero() && e.deleted.IsZero() && !e.gone && e.disabled.IsZero()
}

// settling is how long somebody who has just begun to work may still believe what has changed since.
const settling = time.Minute

// silent reports an endpoint to which no request may begin any more.
func (e *endpoint) silent(at time.Time) bool {
	for _, end := range []time.Time{e.deleted, e.disabled} {
		if !end.IsZero() && at.After(end.Add(settling)) {
			return true
		}
	}
	return false
}

func (w *World) newHearing() hearing {
	return hearing{
		kept:  notifystore.New(w.durable.table, secret.NewKeeper(rootKeys{}, w.random), w.clock, w.random),
		facts: map[ids.ID]*fact{}, untold: map[ids.ID][]*fact{}, byURL: map[string]*endpoint{}, byID: map[ids.ID]*endpoint{}, said: map[ids.ID][]byte{},
	}
}

// owe notes that a partner has to hear of something.
func (h *hearing) owe(e notify.Event) {
	e.ID = notify.EventID(e.Mode, e.Object, e.Type, e.Version)
	if h.facts[e.ID] != nil {
		return
	}
	f := &fact{Event: e, ways: map[ids.ID]notify.Delivery{}}
	h.facts[e.ID] = f
	h.owed = append(h.owed, f)
	if order := f.order(); !order.IsZero() {
		h.untold[order] = append(h.untold[order], f)
	}
}

// filters are what endpoints hear; nil is everything.
var filters = [][]notify.Type{
	nil, nil, {notify.OrderPaid, notify.OrderExpired, notify.OrderCancelled}, {notify.PaymentPaid, notify.PaymentDeclined, notify.PaymentUnknown},
	{notify.RefundSucceeded, notify.RefundFailed, notify.ReceiptReady, notify.ReceiptFailed}, {notify.SettlementReady, notify.PaymentHeld, notify.PaymentExpired},
}

// mostEndpoints is how many a partner has in one mode at most.
const mostEndpoints = 3

// draft is a new endpoint of a shop, which the platform does not have yet.
func (w *World) draft(s shop) *endpoint {
	n := len(w.hearing.endpoints)
	e := &endpoint{shop: s, name: "endpoint " + itoa(n), url: "https://shop-" + itoa(n) + ".test/hooks?mode=" + wordsOfModes[s.mode],
		types: pick(w.dice, filters), heard: map[ids.ID]bool{}}
	w.hearing.endpoints = append(w.hearing.endpoints, e)
	w.hearing.byURL[e.url] = e
	return e
}

// endpointsOf lists the endpoints of a shop that nobody wants deleted.
func (w *World) endpointsOf(s shop) (list []*endpoint) {
	for _, e := range w.hearing.endpoints {
		if e.shop == s && !e.id.IsZero() && !e.asked {
			list = append(list, e)
		}
	}
	return list
}

// foundEndpoints gives the shops none, one, two and three endpoints.
func (w *World) foundEndpoints(ctx context.Context, p *process) error {
	for n, s := range w.setting.shops {
		for range (n + int(w.Seed%4)) % (mostEndpoints + 1) {
			e := w.draft(s)
			_, shown, err := p.events.Create(ctx, notifystore.Wish{Mode: s.mode, Partner: s.partner, URL: e.url, Types: e.types})
			if err != nil {
				return err
			}
			e.secret = shown
		}
	}
	w.checkTouched()
	return nil
}

// lookAtEndpoints learns which endpoints of a partner there are.
func (w *World) lookAtEndpoints(m ids.Mode, partner ids.ID) {
	list, err := w.hearing.kept.Endpoints(context.Background(), m, partner)
	if err != nil {
		w.fail("Engine", ids.ID{}, "the endpoints of %s cannot be read: %v", partner, err)
		return
	}
	there := map[ids.ID]bool{}
	for _, is := range list {
		there[is.ID] = true
		e := w.hearing.byURL[is.URL]
		switch {
		case e == nil || e.shop.mode != m || e.shop.partner != partner:
			w.fail("EventsStayHome", ids.ID{}, "%s is an endpoint of %s in mode %s, who has not asked for it", is.URL, partner, m)
			return
		case e.id.IsZero():
			w.hearing.settle(e, is.ID, w.clock.Now())
		}
		if e.disabled.IsZero() && !is.DisabledAt.IsZero() {
			e.disabled = w.clock.Now()
			if !e.gone {
				w.fail("GoneIsSaid", ids.ID{}, "%s is disabled and has not said that it is gone", e.name)
			}
		}
	}
	for _, e := range w.hearing.endpoints {
		if e.shop.mode != m || e.shop.partner != partner || e.id.IsZero() || there[e.id] || !e.deleted.IsZero() {
			continue
		}
		e.deleted = w.clock.Now()
		if !e.asked {
			w.fail("EventArrives", ids.ID{}, "%s is deleted, and its partner has not asked for that", e.name)
		}
	}
}

// settle notes that the platform has an endpoint.
func (h *hearing) settle(e *endpoint, id ids.ID, now time.Time) {
	e.id, e.made = id, now
	h.byID[id] = e
	if s := (shard{e.shop.mode, int(id[0]) % notifystore.DueShards}); !slices.Contains(h.shards, s) {
		h.shards = append(h.shards, s)
	}
}

// oldestEvent is when the first due key of a delivery comes; the zero time when there is none.
func (w *World) oldestEvent() (first time.Time) {
	for _, s := range w.hearing.shards {
		at, err := w.hearing.kept.OldestDue(context.Background(), s.mode, s.number)
		if err == nil && !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// secretsOf are the secrets that a shop verifies with.
func (w *World) secretsOf(e *endpoint) (list []string) {
	if e.secret != "" {
		list = append(list, e.secret)
		if e.former != "" && w.clock.Now().Before(e.until) {
			list = append(list, e.former)
		}
		return list
	}
	seen, err := w.hearing.kept.Endpoints(context.Background(), e.shop.mode, e.shop.partner)
	for _, is := range seen {
		if is.ID != e.id {
			continue
		}
		keys, keysErr := w.hearing.kept.Keys(context.Background(), is.Endpoint)
		err = cmp.Or(err, keysErr)
		for _, key := range keys {
			list = append(list, notify.ShowSecret(key))
		}
	}
	if err != nil {
		w.fail("Engine", ids.ID{}, "the secrets of %s cannot be read: %v", e.name, err)
	}
	return list
}
