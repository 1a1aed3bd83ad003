// Package store keeps events, endpoints, lanes and deliveries: the only place that knows their keys and conditions.
package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// Prefix begins every key that this domain writes, index keys included.
const Prefix = "EVT#"

// DueShards is over how many partitions the due keys of a mode are spread.
const DueShards = 16

func eventPK(m ids.Mode, event ids.ID) string { return Prefix + string(m) + "#" + event.String() }

const eventSK = "EVENT"

// eventKey is an event; its deliveries stand in the same partition, so that one query reads all.
func eventKey(m ids.Mode, event ids.ID) table.Key {
	return table.Key{PK: eventPK(m, event), SK: eventSK}
}

const deliverySK = "D#"

// deliveryKey is an event on its way to an endpoint.
func deliveryKey(m ids.Mode, event, endpoint ids.ID) table.Key {
	return table.Key{PK: eventPK(m, event), SK: deliverySK + endpoint.String()}
}

const stampForm = "2006-01-02T15:04:05.000Z"

// stamp writes a time so that texts sort as times do.
func stamp(t time.Time) string { return t.UTC().Format(stampForm) }

// eventsPK lists the events of a partner.
func eventsPK(m ids.Mode, partner ids.ID) string {
	return Prefix + "LIST#" + string(m) + "#" + partner.String()
}

// eventPlace is where an event stands among its partner's, by time.
func eventPlace(e notify.Event) table.Key {
	return table.Key{PK: eventsPK(e.Mode, e.Partner), SK: stamp(e.At) + "#" + e.ID.String()}
}

// waitingPK lists what waits in a lane.
func waitingPK(m ids.Mode, endpoint ids.ID, lane int) string {
	return Prefix + "WAIT#" + string(m) + "#" + endpoint.String() + "#" + strconv.Itoa(lane)
}

// waitingPlace is where a delivery waits in its lane, by the time of its next attempt; nowhere once it has ended.
func waitingPlace(d notify.Delivery) table.Key {
	if d.Status != notify.Waiting {
		return table.Key{}
	}
	return table.Key{PK: waitingPK(d.Mode, d.Endpoint, d.Lane), SK: stamp(d.Next) + "#" + d.Event.String()}
}

// readWaiting gives the event of a place in a lane.
func readWaiting(sk string) (ids.ID, bool) {
	_, event, _ := strings.Cut(sk, "#")
	id, err := ids.Parse(event)
	return id, err == nil
}

// duePK is one shard of the due keys: {domain}#DUE#{mode}#{shard}.
func duePK(m ids.Mode, shard int) string { return fmt.Sprintf(Prefix+"DUE#%s#%02d", m, shard) }

// duePlace is where the sweeper finds a waiting delivery; nowhere once it is due no more.
func duePlace(d Due) table.Key {
	if d.At.IsZero() {
		return table.Key{}
	}
	return table.Key{PK: duePK(d.Mode, int(d.Endpoint[0])%DueShards),
		SK: stamp(d.At) + "#" + d.Endpoint.String() + "#" + strconv.Itoa(d.Lane) + "#" + d.Event.String()}
}

// readDue reads a due place back.
func readDue(m ids.Mode, sk string) (d Due, ok bool) {
	parts := strings.Split(sk, "#")
	if len(parts) != 4 {
		return Due{}, false
	}
	at, err := time.Parse(stampForm, parts[0])
	endpoint, err2 := ids.Parse(parts[1])
	lane, err3 := strconv.Atoi(parts[2])
	event, err4 := ids.Parse(parts[3])
	d = Due{Mode: m, Endpoint: endpoint, Lane: lane, Event: event, At: at}
	return d, err == nil && err2 == nil && err3 == nil && err4 == nil && lane >= 0 && lane < notify.Lanes
}

// endpointsPK holds the endpoints of a partner, and the head that counts their making.
func endpointsPK(m ids.Mode, partner ids.ID) string {
	return Prefix + "END#" + string(m) + "#" + partner.String()
}

func endpointKey(m ids.Mode, partner, endpoint ids.ID) table.Key {
	return table.Key{PK: endpointsPK(m, partner), SK: endpoint.String()}
}

const headSK = "HEAD"

// headKey is the lock under which endpoints are made: two at once could be the eleventh together.
func headKey(m ids.Mode, partner ids.ID) table.Key {
	return table.Key{PK: endpointsPK(m, partner), SK: headSK}
}

// laneKey is one road to an endpoint. It is there exactly as long as its endpoint.
func laneKey(m ids.Mode, endpoint ids.ID, lane int) table.Key {
	return table.Key{PK: Prefix + "LANE#" + string(m) + "#" + endpoint.String(), SK: strconv.Itoa(lane)}
}

// onceKey is a call with an Idempotency-Key that has made an endpoint.
func onceKey(name ids.ID) table.Key {
	return table.Key{PK: Prefix + "ONCE#" + name.String(), SK: "N"}
}
