package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// schemaVersion is written on every row as "sv".
const schemaVersion = 1

// goneAfter is when rows of an event may go: it can be asked for again to the end of notify.Kept, and is on its way then.
const goneAfter = notify.Kept + notify.OnTheWay

var eventFields = []fields.Of[notify.Event]{
	fields.UUID("eid", func(e *notify.Event) *ids.ID { return &e.ID }),
	fields.Text("md", func(e *notify.Event) *ids.Mode { return &e.Mode }),
	fields.UUID("pid", func(e *notify.Event) *ids.ID { return &e.Partner }),
	fields.Text("typ", func(e *notify.Event) *notify.Type { return &e.Type }),
	fields.UUID("obj", func(e *notify.Event) *ids.ID { return &e.Object }),
	fields.Number("vrs", func(e *notify.Event) *int64 { return &e.Version }),
	fields.Instant("hat", func(e *notify.Event) *time.Time { return &e.At }),
	fields.Raw("dat", func(e *notify.Event) *json.RawMessage { return &e.Data }),
}

func eventRow(e notify.Event, now time.Time) table.Row {
	return table.Row{Key: eventKey(e.Mode, e.ID), First: eventPlace(e), TTL: now.Add(goneAfter).Unix(), Attrs: fields.New(schemaVersion, eventFields, &e)}
}

func readEvent(row table.Row) (e notify.Event, err error) {
	if err = fields.Read(eventFields, row.Attrs, &e); err != nil {
		return e, err
	}
	if eventKey(e.Mode, e.ID) != row.Key {
		return e, fmt.Errorf("store: the row %s holds the event %s", row.Key, e.ID)
	}
	return e, nil
}

var deliveryFields = []fields.Of[notify.Delivery]{
	fields.Text("md", func(d *notify.Delivery) *ids.Mode { return &d.Mode }),
	fields.UUID("eid", func(d *notify.Delivery) *ids.ID { return &d.Event }),
	fields.UUID("epd", func(d *notify.Delivery) *ids.ID { return &d.Endpoint }),
	fields.UUID("pid", func(d *notify.Delivery) *ids.ID { return &d.Partner }),
	fields.Number("ln", func(d *notify.Delivery) *int { return &d.Lane }),
	fields.Text("st", func(d *notify.Delivery) *notify.Status { return &d.Status }),
	fields.Number("att", func(d *notify.Delivery) *int { return &d.Attempts }),
	fields.Instant("snc", func(d *notify.Delivery) *time.Time { return &d.Since }),
	fields.Moment("nxt", func(d *notify.Delivery) *time.Time { return &d.Next }),
	fields.Moment("due", func(d *notify.Delivery) *time.Time { return &d.Due }),
	fields.Document("tri", func(d *notify.Delivery) *[]notify.Attempt { return &d.Tries }, func(t *[]notify.Attempt) bool { return len(*t) == 0 }),
	fields.Number("ver", func(d *notify.Delivery) *int64 { return &d.Version }),
}

func deliveryRow(d notify.Delivery, now time.Time) table.Row {
	return table.Row{Key: deliveryKey(d.Mode, d.Event, d.Endpoint), First: waitingPlace(d), Second: duePlace(dueOf(d)),
		TTL: now.Add(goneAfter).Unix(), Attrs: fields.New(schemaVersion, deliveryFields, &d)}
}

func readDelivery(row table.Row) (d notify.Delivery, err error) {
	if err = fields.Read(deliveryFields, row.Attrs, &d); err != nil {
		return d, err
	}
	if deliveryKey(d.Mode, d.Event, d.Endpoint) != row.Key {
		return d, fmt.Errorf("store: the row %s holds the delivery of %s to %s", row.Key, d.Event, d.Endpoint)
	}
	return d, nil
}

var endpointFields = []fields.Of[notify.Endpoint]{
	fields.UUID("epd", func(e *notify.Endpoint) *ids.ID { return &e.ID }),
	fields.Text("md", func(e *notify.Endpoint) *ids.Mode { return &e.Mode }),
	fields.UUID("pid", func(e *notify.Endpoint) *ids.ID { return &e.Partner }),
	fields.Text("adr", func(e *notify.Endpoint) *string { return &e.URL }),
	fields.Document("tps", func(e *notify.Endpoint) *[]notify.Type { return &e.Types }, func(t *[]notify.Type) bool { return len(*t) == 0 }),
	fields.Document("sec", func(e *notify.Endpoint) *[]notify.Sealed { return &e.Secrets }, func(s *[]notify.Sealed) bool { return len(*s) == 0 }),
	fields.Instant("cat", func(e *notify.Endpoint) *time.Time { return &e.CreatedAt }),
	fields.Instant("dat", func(e *notify.Endpoint) *time.Time { return &e.DisabledAt }),
	fields.Number("ver", func(e *notify.Endpoint) *int64 { return &e.Version }),
}

func endpointRow(e notify.Endpoint) table.Row {
	return table.Row{Key: endpointKey(e.Mode, e.Partner, e.ID), Attrs: fields.New(schemaVersion, endpointFields, &e)}
}

func readEndpoint(row table.Row) (e notify.Endpoint, err error) {
	if err = fields.Read(endpointFields, row.Attrs, &e); err != nil {
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

var laneFields = append([]fields.Of[notify.Lane]{
	fields.Text("md", func(l *notify.Lane) *ids.Mode { return &l.Mode }),
	fields.UUID("epd", func(l *notify.Lane) *ids.ID { return &l.Endpoint }),
	fields.UUID("pid", func(l *notify.Lane) *ids.ID { return &l.Partner }),
	fields.Number("ln", func(l *notify.Lane) *int { return &l.N }),
	fields.Moment(leaseAttr, func(l *notify.Lane) *time.Time { return &l.Lease }),
	fields.Text(holderAttr, func(l *notify.Lane) *string { return &l.Holder }),
}, healthFields...)

// healthFields are what a release writes.
var healthFields = []fields.Of[notify.Lane]{
	fields.Moment(wakeAttr, func(l *notify.Lane) *time.Time { return &l.Wake }),
	fields.Moment("fls", func(l *notify.Lane) *time.Time { return &l.FailingSince }),
	fields.Moment("lok", func(l *notify.Lane) *time.Time { return &l.LastSuccess }),
	fields.Count("fln", func(l *notify.Lane) *int { return &l.Failures }),
}

func laneRow(l notify.Lane) table.Row {
	return table.Row{Key: laneKey(l.Mode, l.Endpoint, l.N), Attrs: fields.New(schemaVersion, laneFields, &l)}
}

func readLane(row table.Row) (l notify.Lane, err error) {
	if err = fields.Read(laneFields, row.Attrs, &l); err != nil {
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
