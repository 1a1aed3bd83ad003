package store

import (
	"context"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// History is an event with all its deliveries.
type History struct {
	notify.Event
	Deliveries []notify.Delivery
}

// maxDeliveries bounds what is read of one event: endpoints that were deleted may stand among its deliveries.
const maxDeliveries = 100

// Event reads a partner's event with its deliveries. It fails with notify.ErrEventNotFound. One round trip.
func (s *Store) Event(ctx context.Context, m ids.Mode, partner, event ids.ID) (h History, err error) {
	page, err := s.table.Query(ctx, table.Query{PK: eventPK(m, event), Limit: 1 + maxDeliveries})
	if err != nil {
		return h, err
	}
	found := false
	for _, row := range page.Rows {
		if row.Key.SK == eventSK {
			h.Event, err = readEvent(row)
			found = s.kept(row)
		} else {
			var d notify.Delivery
			d, err = readDelivery(row)
			h.Deliveries = append(h.Deliveries, d)
		}
		if err != nil {
			return History{}, err
		}
	}
	if !found || h.Partner != partner {
		return History{}, notify.ErrEventNotFound
	}
	return h, nil
}

// kept reports an event whose time is not over. Its row lives for notify.OnTheWay more, for those who have asked for it again.
func (s *Store) kept(row table.Row) bool {
	return s.now().Before(time.Unix(row.TTL, 0).Add(-notify.OnTheWay))
}

// Window is a part of a list by time.
type Window struct {
	From, To time.Time // From inclusive, To exclusive; zero is open
	After    string    // the position of the last event of the page before
	Limit    int
}

// Events reads one page of a partner's events, newest first. next is "" when nothing is left. It fails with ErrPosition. One
// index query and one batch read.
func (s *Store) Events(ctx context.Context, m ids.Mode, partner ids.ID, w Window) (list []notify.Event, next string, err error) {
	q := table.Query{Index: table.First, PK: eventsPK(m, partner), Backward: true, Limit: w.Limit}
	if !w.From.IsZero() {
		q.From = stamp(w.From)
	}
	if !w.To.IsZero() {
		q.To = stamp(w.To)
	}
	if w.After != "" {
		_, text, _ := strings.Cut(w.After, "#")
		id, err := ids.Parse(text)
		if err != nil {
			return nil, "", ErrPosition
		}
		q.After = &table.Place{Base: eventKey(m, id), Index: table.Key{PK: q.PK, SK: w.After}}
	}
	page, err := s.table.Query(ctx, q)
	if err != nil || len(page.Rows) == 0 {
		return nil, "", err
	}
	keys := make([]table.Key, len(page.Rows))
	for i, row := range page.Rows {
		keys[i] = row.Key
	}
	rows, err := s.byKey(ctx, keys)
	if err != nil {
		return nil, "", err
	}
	for _, key := range keys {
		row, there := rows[key]
		if !there || !s.kept(row) { // its time was over meanwhile
			continue
		}
		e, err := readEvent(row)
		if err != nil {
			return nil, "", err
		}
		list = append(list, e)
	}
	if page.More != nil {
		next = page.Rows[len(page.Rows)-1].First.SK
	}
	return list, next, nil
}

// Redeliver sets an event on its way again, its age counted anew: to one endpoint, or, with the zero id, to all that hear it or
// have heard it. Their lanes are woken, for whoever asks has mended what was broken. It fails with notify.ErrEventNotFound, and
// with notify.ErrEndpointNotFound where no endpoint is left to hear it. Three round trips.
func (s *Store) Redeliver(ctx context.Context, m ids.Mode, partner, event, endpoint ids.ID) (History, error) {
	for range maxTries {
		h, err := s.Event(ctx, m, partner, event)
		if err != nil {
			return h, err
		}
		list, _, err := s.endpoints(ctx, m, partner)
		if err != nil {
			return h, err
		}
		actions := s.again(&h, list, endpoint)
		if len(actions) == 0 {
			return h, notify.ErrEndpointNotFound
		}
		if err = s.table.Write(ctx, actions...); !table.IsRefused(err) {
			return h, err
		}
	}
	return History{}, ErrChangedMeanwhile
}

// again sets the deliveries of h on their way to those of the endpoints that are meant, and gives the writes.
func (s *Store) again(h *History, list []notify.Endpoint, only ids.ID) (actions []table.Action) {
	now := s.now()
	for _, e := range list {
		at := -1
		for i, d := range h.Deliveries {
			if d.Endpoint == e.ID {
				at = i
			}
		}
		meant := e.ID == only || only.IsZero() && (at >= 0 || e.Hears(h.Type))
		if !meant || !e.DisabledAt.IsZero() {
			continue
		}
		if at < 0 {
			d := notify.Begin(h.Event, e.ID, now)
			h.Deliveries = append(h.Deliveries, d)
			actions = append(actions, table.Put(deliveryRow(d, now)).If(table.Absent))
		} else {
			was := h.Deliveries[at]
			h.Deliveries[at] = was.Again(now)
			actions = append(actions, changed(was, h.Deliveries[at]))
		}
		actions = append(actions, table.Update(laneKey(h.Mode, e.ID, notify.LaneOf(h.ID))).If(table.Exists).Set(wakeAttr, table.N(0)))
	}
	return actions
}
