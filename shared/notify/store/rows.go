package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// schemaVersion is written on every row as "sv".
const schemaVersion = 1

// goneAfter is when rows of an event may go: it can be asked for again to the end of notify.Kept, and is on its way then.
const goneAfter = notify.Kept + notify.OnTheWay

var eventFields = []field[notify.Event]{
	uuid("eid", func(e *notify.Event) *ids.ID { return &e.ID }),
	text("md", func(e *notify.Event) *ids.Mode { return &e.Mode }),
	uuid("pid", func(e *notify.Event) *ids.ID { return &e.Partner }),
	text("typ", func(e *notify.Event) *notify.Type { return &e.Type }),
	uuid("obj", func(e *notify.Event) *ids.ID { return &e.Object }),
	number("vrs", func(e *notify.Event) *int64 { return &e.Version }),
	instant("hat", func(e *notify.Event) *time.Time { return &e.At }),
	raw("dat", func(e *notify.Event) *json.RawMessage { return &e.Data }),
}

func eventRow(e notify.Event, now time.Time) table.Row {
	return table.Row{Key: eventKey(e.Mode, e.ID), First: eventPlace(e), TTL: now.Add(goneAfter).Unix(), Attrs: encode(eventFields, &e)}
}

func readEvent(row table.Row) (e notify.Event, err error) {
	if err = decode(eventFields, row.Attrs, &e); err != nil {
		return e, err
	}
	if eventKey(e.Mode, e.ID) != row.Key {
		return e, fmt.Errorf("store: the row %s holds the event %s", row.Key, e.ID)
	}
	return e, nil
}

var deliveryFields = []field[notify.Delivery]{
	text("md", func(d *notify.Delivery) *ids.Mode { return &d.Mode }),
	uuid("eid", func(d *notify.Delivery) *ids.ID { return &d.Event }),
	uuid("epd", func(d *notify.Delivery) *ids.ID { return &d.Endpoint }),
	uuid("pid", func(d *notify.Delivery) *ids.ID { return &d.Partner }),
	number("ln", func(d *notify.Delivery) *int { return &d.Lane }),
	text("st", func(d *notify.Delivery) *notify.Status { return &d.Status }),
	number("att", func(d *notify.Delivery) *int { return &d.Attempts }),
	instant("snc", func(d *notify.Delivery) *time.Time { return &d.Since }),
	moment("nxt", func(d *notify.Delivery) *time.Time { return &d.Next }),
	moment("due", func(d *notify.Delivery) *time.Time { return &d.Due }),
	document("tri", func(d *notify.Delivery) *[]notify.Attempt { return &d.Tries }, func(t *[]notify.Attempt) bool { return len(*t) == 0 }),
	number("ver", func(d *notify.Delivery) *int64 { return &d.Version }),
}

func deliveryRow(d notify.Delivery, now time.Time) table.Row {
	return table.Row{Key: deliveryKey(d.Mode, d.Event, d.Endpoint), First: waitingPlace(d), Second: duePlace(dueOf(d)),
		TTL: now.Add(goneAfter).Unix(), Attrs: encode(deliveryFields, &d)}
}

func readDelivery(row table.Row) (d notify.Delivery, err error) {
	if err = decode(deliveryFields, row.Attrs, &d); err != nil {
		return d, err
	}
	if deliveryKey(d.Mode, d.Event, d.Endpoint) != row.Key {
		return d, fmt.Errorf("store: the row %s holds the delivery of %s to %s", row.Key, d.Event, d.Endpoint)
	}
	return d, nil
}

var endpointFields = []field[notify.Endpoint]{
	uuid("epd", func(e *notify.Endpoint) *ids.ID { return &e.ID }),
	text("md", func(e *notify.Endpoint) *ids.Mode { return &e.Mode }),
	uuid("pid", func(e *notify.Endpoint) *ids.ID { return &e.Partner }),
	text("adr", func(e *notify.Endpoint) *string { return &e.URL }),
	document("tps", func(e *notify.Endpoint) *[]notify.Type { return &e.Types }, func(t *[]notify.Type) bool { return len(*t) == 0 }),
	document("sec", func(e *notify.Endpoint) *[]notify.Sealed { return &e.Secrets }, func(s *[]notify.Sealed) bool { return len(*s) == 0 }),
	instant("cat", func(e *notify.Endpoint) *time.Time { return &e.CreatedAt }),
	instant("dat", func(e *notify.Endpoint) *time.Time { return &e.DisabledAt }),
	number("ver", func(e *notify.Endpoint) *int64 { return &e.Version }),
}

func endpointRow(e notify.Endpoint) table.Row {
	return table.Row{Key: endpointKey(e.Mode, e.Partner, e.ID), Attrs: encode(endpointFields, &e)}
}

func readEndpoint(row table.Row) (e notify.Endpoint, err error) {
	if err = decode(endpointFields, row.Attrs, &e); err != nil {
		return e, err
	}
	if endpointKey(e.Mode, e.Partner, e.ID) != row.Key {
		return e, fmt.Errorf("store: the row %s holds the endpoint %s", row.Key, e.ID)
	}
	return e, nil
}

// Attributes of a lane that conditions ask about.
const (
	leaseAttr  = "lse"
	holderAttr = "hld"
	wakeAttr   = "wke"
)

var laneFields = append([]field[notify.Lane]{
	text("md", func(l *notify.Lane) *ids.Mode { return &l.Mode }),
	uuid("epd", func(l *notify.Lane) *ids.ID { return &l.Endpoint }),
	uuid("pid", func(l *notify.Lane) *ids.ID { return &l.Partner }),
	number("ln", func(l *notify.Lane) *int { return &l.N }),
	moment(leaseAttr, func(l *notify.Lane) *time.Time { return &l.Lease }),
	text(holderAttr, func(l *notify.Lane) *string { return &l.Holder }),
}, healthFields...)

// healthFields are what a release writes.
var healthFields = []field[notify.Lane]{
	moment(wakeAttr, func(l *notify.Lane) *time.Time { return &l.Wake }),
	moment("fls", func(l *notify.Lane) *time.Time { return &l.FailingSince }),
	moment("lok", func(l *notify.Lane) *time.Time { return &l.LastSuccess }),
	count("fln", func(l *notify.Lane) *int { return &l.Failures }),
}

func laneRow(l notify.Lane) table.Row {
	return table.Row{Key: laneKey(l.Mode, l.Endpoint, l.N), Attrs: encode(laneFields, &l)}
}

func readLane(row table.Row) (l notify.Lane, err error) {
	if err = decode(laneFields, row.Attrs, &l); err != nil {
		return l, err
	}
	if laneKey(l.Mode, l.Endpoint, l.N) != row.Key {
		return l, fmt.Errorf("store: the row %s holds the lane %d of %s", row.Key, l.N, l.Endpoint)
	}
	return l, nil
}

// isLane, isDelivery and isEndpoint tell rows of one kind by their keys.
func isLane(k table.Key) bool { return strings.HasPrefix(k.PK, Prefix+"LANE#") }

func isEndpoint(k table.Key) bool {
	return strings.HasPrefix(k.PK, Prefix+"END#") && k.SK != headSK
}

func isDelivery(k table.Key) bool {
	return strings.HasPrefix(k.PK, Prefix) && strings.HasPrefix(k.SK, deliverySK)
}
