package world

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"giberno.ru/shared/core/ids"
)

const endpointsPath = "/api/v1/webhook-endpoints"

// makeEndpoint is a partner who has events told to one more address. The secret is shown once, also where nobody heard it.
func makeEndpoint(w *World, _ *actor) {
	s := pick(w.dice, w.setting.shops)
	if len(w.endpointsOf(s)) >= mostEndpoints {
		return
	}
	e := w.draft(s)
	wish := map[string]any{"url": e.url}
	if len(e.types) > 0 {
		wish["events"] = e.types
	}
	body, err := json.Marshal(wish)
	if err != nil {
		w.fail("Engine", ids.ID{}, "the wish for an endpoint cannot be written: %v", err)
		return
	}
	k := &keyed{shop: s, method: http.MethodPost, path: endpointsPath, body: string(body), key: w.newKey()}
	for range 1 + w.dice.IntN(3) { // a partner who hears nothing calls again
		got, ok := w.keyedCall(k)
		switch {
		case ok && got.status == http.StatusCreated && e.secret != "":
			w.fail("SecretOnce", ids.ID{}, "the secret of %s is shown again", e.name)
		case ok && got.status == http.StatusCreated:
			e.secret = memberOf(got.body, "secret")
		}
	}
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
		got, ok := w.keyedCall(&keyed{shop: e.shop, method: http.MethodDelete, path: endpointsPath + "/" + e.id.String()})
		if ok && (got.status == http.StatusNoContent || got.status == http.StatusNotFound) {
			if e.deleted.IsZero() {
				e.deleted = w.clock.Now()
			}
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
	got, ok := w.keyedCall(&keyed{shop: e.shop, method: http.MethodPost, path: endpointsPath + "/" + e.id.String() + "/rotate"})
	switch {
	case ok && got.status == http.StatusOK && before != "":
		e.secret, e.former, e.until = memberOf(got.body, "secret"), before, w.clock.Now().Add(settling)
	case ok && (got.status == http.StatusConflict || got.status == http.StatusNotFound):
		e.secret = before
	}
}

// readEvents is a partner who looks at what was told to him, and at one of the events.
func readEvents(w *World, _ *actor) {
	s := pick(w.dice, w.setting.shops)
	w.read(s, endpointsPath)
	got, ok := w.read(s, "/api/v1/events?limit="+itoa(1+w.dice.IntN(20)))
	if !ok || got.status != http.StatusOK {
		return
	}
	for _, id := range w.shownEvents(s, got.body) {
		if w.dice.oneIn(5) {
			w.read(s, "/api/v1/event/"+id.String())
		}
	}
}

// shownEvents are the events in a list, which are the partner's own.
func (w *World) shownEvents(s shop, body []byte) (shown []ids.ID) {
	var list struct {
		Items []struct {
			UUID ids.ID `json:"uuid"`
		} `json:"items"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		w.fail("EventsStayHome", ids.ID{}, "events are answered with %s", body)
	}
	for _, one := range list.Items {
		if f := w.hearing.facts[one.UUID]; f == nil || f.Partner != s.partner || f.Mode != s.mode {
			w.fail("EventsStayHome", ids.ID{}, "%s in mode %s is shown the event %s, which is not his", s.partner, s.mode, one.UUID)
		}
		shown = append(shown, one.UUID)
	}
	return shown
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
	s, body := shopOf(w, f), ""
	list := w.endpointsOf(s)
	if len(list) > 0 && w.dice.oneIn(2) {
		if e := pick(w.dice, list); e.hears(f.Type) {
			body = `{"endpoint_uuid":"` + e.id.String() + `"}`
		}
	}
	if w.dice.oneIn(8) { // another partner asks for it
		s = pick(w.dice, w.setting.shops)
	}
	got, ok := w.keyedCall(&keyed{shop: s, method: http.MethodPost, path: "/api/v1/event/" + f.ID.String() + "/redeliver", body: body})
	if ok && got.status < http.StatusMultipleChoices && s != shopOf(w, f) {
		w.fail("EventsStayHome", f.order(), "%s in mode %s has the event %s told again, which is not his", s.partner, s.mode, f.ID)
	}
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
