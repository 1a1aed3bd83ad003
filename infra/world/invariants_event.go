package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/table"
)

// checkEvents looks at what a step has touched of events.
func (w *World) checkEvents(pk string) {
	rest, ours := strings.CutPrefix(pk, notifystore.Prefix)
	kind, text, _ := strings.Cut(rest, "#")
	if !ours {
		return
	}
	if id, err := ids.Parse(text); err == nil && ids.Mode(kind).Valid() {
		w.lookAtEvent(pk, ids.Mode(kind), id)
		return
	}
	m, text, _ := strings.Cut(text, "#")
	if partner, err := ids.Parse(text); err == nil && kind == "END" {
		w.lookAtEndpoints(ids.Mode(m), partner)
	}
}

// eventKept is how long the row of an event stands behind the moment at which its endpoints were read.
const eventKept = notify.Kept + notify.OnTheWay

// lookAtEvent holds an event and its deliveries against the fact that it tells.
func (w *World) lookAtEvent(pk string, m ids.Mode, id ids.ID) {
	f := w.hearing.facts[id]
	if f == nil {
		w.fail("EventIsFact", ids.ID{}, "the event %s is kept, and tells of nothing that happened", id)
		return
	}
	is, err := w.hearing.kept.Event(context.Background(), m, f.Partner, id)
	if err != nil || m != f.Mode {
		w.fail("EventsStayHome", f.order(), "the event %s of %s is not kept for %s: %v", id, f.Type, f.Partner, err)
		return
	}
	if f.told.IsZero() {
		row, _, err := w.durable.table.Get(context.Background(), table.Key{PK: pk, SK: "EVENT"})
		if err != nil {
			w.fail("Engine", f.order(), "%s cannot be read: %v", pk, err)
		}
		f.told, f.Data = time.Unix(row.TTL, 0).Add(-eventKept), is.Data
		w.coverage.event("told " + string(f.Type))
		if wrong := f.wrongIn(notify.Body(is.Event)); wrong != "" {
			w.fail("EventIsTrue", f.order(), "%s is told, and %s: %s", f.Type, wrong, is.Data)
		}
	}
	if string(is.Data) != string(f.Data) || !is.At.Equal(f.At.Truncate(time.Millisecond)) {
		w.fail("EventIsTrue", f.order(), "the event %s of %s at %s says %s, and said %s", id, f.Type, is.At, is.Data, f.Data)
	}
	for _, d := range is.Deliveries {
		if was, known := f.ways[d.Endpoint]; !known || was.Version != d.Version {
			w.checkWay(f, was, d)
			f.ways[d.Endpoint] = d
		}
	}
}

// checkWay holds a delivery that has changed against what its shop has heard.
func (w *World) checkWay(f *fact, was, is notify.Delivery) {
	e := w.hearing.byID[is.Endpoint]
	switch {
	case e == nil || e.shop.partner != f.Partner || e.shop.mode != f.Mode || is.Partner != f.Partner:
		w.fail("EventsStayHome", f.order(), "%s of %s goes to the endpoint %s, which is not his", f.Type, f.Partner, is.Endpoint)
		return
	case !e.hears(f.Type):
		w.fail("FilterHolds", f.order(), "%s goes to %s, which has asked for %v", f.Type, e.name, e.types)
	case is.Status == notify.Delivered && !e.heard[f.ID]:
		w.fail("DeliveredIsHeard", f.order(), "%s is said to be delivered to %s, which has not heard it", f.Type, e.name)
	case is.Status == notify.Dropped && !e.gone && e.deleted.IsZero():
		w.fail("EventArrives", f.order(), "%s is dropped, and %s would hear it", f.Type, e.name)
	case is.Status == notify.Failed && (w.clock.Now().Before(is.Since.Add(notify.OnTheWay)) || e.failed.Before(is.Since)):
		w.fail("EventArrives", f.order(), "%s is given up at %s; it is on its way to %s since %s, and that failed last at %s", f.Type, w.clock.Now(), e.name, is.Since, e.failed)
	case is.Status == notify.Waiting && (is.Next.IsZero() || is.Due.IsZero()):
		w.fail("WaitingIsDue", f.order(), "%s waits for %s, and nobody looks after it", f.Type, e.name)
	}
	switch {
	case is.Status != notify.Waiting:
		w.coverage.event(string(is.Status))
	case was.Status == "":
		w.coverage.event("set on its way")
	case was.Status != notify.Waiting || !was.Since.Equal(is.Since):
		w.coverage.event("redelivered")
	case is.Attempts > was.Attempts:
		w.coverage.event("retried")
	}
}

// wrongIn says what is wrong in the body of an event; "" for nothing.
func (f *fact) wrongIn(body []byte) string {
	var said struct {
		Type      notify.Type `json:"type"`
		Timestamp time.Time   `json:"timestamp"`
		Data      struct {
			UUID    ids.ID `json:"uuid"`
			ID      ids.ID `json:"id"` // of a settlement
			Order   ids.ID `json:"order_uuid"`
			Live    *bool  `json:"livemode"`
			Version int64  `json:"version"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return "it cannot be read: " + err.Error()
	}
	object := said.Data.UUID
	if f.Type == notify.SettlementReady {
		object = said.Data.ID
	}
	switch {
	case said.Type != f.Type || !said.Timestamp.Equal(f.At.Truncate(time.Millisecond)):
		return fmt.Sprintf("it happened as %s at %s", f.Type, f.At)
	case object != f.Object || !said.Data.Order.IsZero() && said.Data.Order != f.Object.Root():
		return "it is about another object than " + f.Object.String()
	case said.Data.Live != nil && *said.Data.Live != (f.Mode == ids.Live):
		return "it is of the other mode"
	case said.Data.Version < f.Version:
		return fmt.Sprintf("it is older than version %d", f.Version)
	}
	return ""
}

// checkPlaces holds that a delivery stands in its lane and among the due keys exactly as long as it waits.
func (w *World) checkPlaces(row table.Row) {
	if !strings.HasPrefix(row.Key.PK, notifystore.Prefix) || !strings.HasPrefix(row.Key.SK, "D#") {
		return
	}
	waits := row.Attrs["st"].Text() == string(notify.Waiting)
	if waits == row.First.IsZero() || waits == row.Second.IsZero() {
		w.fail("WaitingIsDue", ids.ID{}, "the delivery %s is %s, and stands at %q and %q", row.Key, row.Attrs["st"].Text(), row.First, row.Second)
	}
}

// readBehind is how far behind the table the endpoints may have been that an event was told to: the cache's time, and a while
// that a process stood still.
const readBehind = 2 * notifystore.CacheTime

// checkTold holds, at rest, that everything was told, and that everybody who has to has heard it.
func (w *World) checkTold() {
	for _, f := range w.hearing.owed {
		if f.told.IsZero() {
			w.fail("EventIsTold", f.order(), "%s of %s at version %d is told to nobody", f.Type, f.Object, f.Version)
			return
		}
		for _, e := range w.hearing.endpoints {
			if e.shop.partner != f.Partner || e.shop.mode != f.Mode || !e.alive() || !e.hears(f.Type) || e.made.After(f.told.Add(-readBehind)) {
				continue
			}
			if way := f.ways[e.id]; !e.heard[f.ID] && way.Status != notify.Failed {
				w.fail("EventArrives", f.order(), "%s of %s has not come to %s, and its delivery is %q", f.Type, f.Object, e.name, way.Status)
				return
			}
		}
	}
}

// checkEventDoors holds what partners are shown of events at rest against what was told to them, and of endpoints against those
// that there are.
func (w *World) checkEventDoors() {
	for _, s := range w.setting.shops {
		shown, cursor := map[ids.ID]int{}, ""
		for range rounds {
			got, ok := w.read(s, "/api/v1/events?limit=70"+cursor)
			if !ok || got.status != http.StatusOK {
				w.fail("DoorsAgree", ids.ID{}, "events are answered with %d %s", got.status, got.body)
				return
			}
			for _, id := range w.shownEvents(s, got.body) {
				shown[id]++
			}
			next := memberOf(got.body, "next_cursor")
			if next == "" {
				break
			}
			cursor = "&cursor=" + next
		}
		for _, f := range w.hearing.owed {
			over := w.clock.Now().Sub(f.At) >= notify.Kept // it was shown for a month, and a little longer where it was told late
			if f.Partner == s.partner && f.Mode == s.mode && shown[f.ID] != 1 && !(over && shown[f.ID] == 0) {
				w.fail("DoorsAgree", f.order(), "%s of %s is told, and shown %d times", f.Type, f.Object, shown[f.ID])
				return
			}
		}
		got, ok := w.read(s, endpointsPath)
		for _, e := range w.hearing.endpoints {
			there := ok && bytes.Contains(got.body, []byte(e.url))
			if e.shop == s && there == (e.id.IsZero() || !e.deleted.IsZero()) {
				w.fail("DoorsAgree", ids.ID{}, "%s, made at %s and deleted at %s, is shown: %v; %d %s", e.name, e.made, e.deleted, there, got.status, got.body)
			}
		}
	}
}
