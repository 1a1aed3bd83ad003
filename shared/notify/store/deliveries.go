package store

import (
	"context"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// Parcel is a delivery with what it delivers.
type Parcel struct {
	notify.Delivery
	What   notify.Event
	Known  bool  // the event is still kept
	Damage error // why a row of it cannot be read; where that is the delivery's, only Event is known of it
}

// maxParcels is how many events are read together: each may have 20 KB.
const maxParcels = 10

// Waiting lists what waits in a lane and may be tried at now, longest waiting first, behind the place where the page before
// ended (nil: the first page). The zero time lists everything that waits. The index may be behind: look at the deliveries
// before acting. more is nil when nothing is left. One round trip.
func (s *Store) Waiting(ctx context.Context, n LaneName, now time.Time, after *table.Place) (events []ids.ID, more *table.Place, err error) {
	q := table.Query{Index: table.First, PK: waitingPK(n.Mode, n.Endpoint, n.N), Limit: maxParcels, After: after}
	if !now.IsZero() {
		q.To = stamp(now.Add(time.Millisecond))
	}
	page, err := s.table.Query(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range page.Rows {
		if event, ok := readWaiting(row.First.SK); ok {
			events = append(events, event)
		}
	}
	return events, page.More, nil
}

// Parcels reads deliveries to an endpoint with their events, in the order of the events; those that are not there are left
// out. One round trip for up to 50.
func (s *Store) Parcels(ctx context.Context, m ids.Mode, endpoint ids.ID, events []ids.ID) ([]Parcel, error) {
	if len(events) == 0 {
		return nil, nil
	}
	var keys []table.Key
	for _, event := range events {
		keys = append(keys, eventKey(m, event), deliveryKey(m, event, endpoint))
	}
	rows, err := s.byKey(ctx, keys)
	if err != nil {
		return nil, err
	}
	return parcels(rows, m, endpoint, events), nil
}

// parcels reads each by itself: one that cannot be read holds up nobody behind it.
func parcels(rows map[table.Key]table.Row, m ids.Mode, endpoint ids.ID, events []ids.ID) (list []Parcel) {
	for _, event := range events {
		row, there := rows[deliveryKey(m, event, endpoint)]
		if !there {
			continue
		}
		var p Parcel
		if p.Delivery, p.Damage = readDelivery(row); p.Damage != nil {
			list = append(list, Parcel{Delivery: notify.Delivery{Event: event}, Damage: p.Damage})
			continue
		}
		if row, p.Known = rows[eventKey(m, event)]; p.Known {
			p.What, p.Damage = readEvent(row)
		}
		list = append(list, p)
	}
	return list
}

// Outcome writes what became of a delivery. kept is false where somebody changed it meanwhile, such as a partner who asked for
// it again; then that stands. One round trip.
func (s *Store) Outcome(ctx context.Context, was, is notify.Delivery) (kept bool, err error) {
	err = s.table.Write(ctx, changed(was, is))
	if table.IsRefused(err) {
		return false, nil
	}
	return err == nil, err
}

func changed(was, is notify.Delivery) table.Action {
	return table.Update(deliveryKey(is.Mode, is.Event, is.Endpoint)).If(table.Version(was.Version)).
		SetAll(fields.Attrs(deliveryFields, &is)).PlaceFirst(waitingPlace(is)).PlaceSecond(duePlace(dueOf(is)))
}
