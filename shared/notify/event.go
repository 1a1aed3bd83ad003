package notify

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// Type says what happened.
type Type string

// The types of events.
const (
	OrderPaid       Type = "order.paid"
	OrderExpired    Type = "order.expired"
	OrderCancelled  Type = "order.cancelled"
	PaymentHeld     Type = "payment.held"
	PaymentPaid     Type = "payment.paid"
	PaymentDeclined Type = "payment.declined"
	PaymentUnknown  Type = "payment.unknown"
	PaymentExpired  Type = "payment.expired"
	RefundSucceeded Type = "refund.succeeded"
	RefundFailed    Type = "refund.failed"
	ReceiptReady    Type = "receipt.ready"
	ReceiptFailed   Type = "receipt.failed"
	SettlementReady Type = "settlement.ready"
)

// Types lists every type of event.
var Types = []Type{
	OrderPaid, OrderExpired, OrderCancelled, PaymentHeld, PaymentPaid, PaymentDeclined, PaymentUnknown, PaymentExpired,
	RefundSucceeded, RefundFailed, ReceiptReady, ReceiptFailed, SettlementReady,
}

// Known reports whether t is one of Types.
func (t Type) Known() bool { return slices.Contains(Types, t) }

// The limits of an event.
const (
	MaxBody = 20_000              // bytes of Body
	Kept    = 30 * 24 * time.Hour // how long events are listed and can be delivered again
)

// Event is a fact told to the partner. It never changes: the bytes of its body are the same at each attempt.
type Event struct {
	ID      ids.ID // EventID of the four fields that name it
	Mode    ids.Mode
	Partner ids.ID
	Type    Type
	Object  ids.ID // the order, payment, refund, receipt or settlement
	Version int64  // of the object when it happened, from 1
	At      time.Time
	Data    json.RawMessage // the object as it was told, with its "version" inside: newer where the event had to wait
}

// EventID names the event of a type about one version of an object, so that telling it again tells the same event.
func EventID(m ids.Mode, object ids.ID, t Type, version int64) ids.ID {
	return ids.FromParts("event", string(m), object.String(), string(t), strconv.FormatInt(version, 10))
}

// New makes an event and names it. data is the object as it was, with its "version" inside.
func New(m ids.Mode, partner ids.ID, t Type, object ids.ID, version int64, at time.Time, data json.RawMessage) (Event, error) {
	e := Event{
		ID: EventID(m, object, t, version), Mode: m, Partner: partner, Type: t, Object: object, Version: version,
		At: at.UTC().Truncate(time.Millisecond), Data: data,
	}
	return e, e.Validate()
}

// ErrEvent is the fault of an event that must not be told: its producer is wrong.
var ErrEvent = fault.Invalid("invalid_event", "The event cannot be told.")

// Validate refuses, with ErrEvent, an event that is not complete, not named after what it tells, or too large to be sent.
func (e Event) Validate() error {
	switch {
	case !e.Mode.Valid() || e.Partner.IsZero() || e.Object.IsZero() || e.Version < 1 || e.At.IsZero():
		return ErrEvent.At("event", "a field is missing")
	case !e.Type.Known():
		return ErrEvent.At("type", "is not known")
	case e.ID != EventID(e.Mode, e.Object, e.Type, e.Version):
		return ErrEvent.At("id", "is not made of what the event tells")
	case len(Body(e)) > MaxBody:
		return ErrEvent.At("data", "is larger than "+strconv.Itoa(MaxBody)+" bytes with what stands around it")
	}
	var inside map[string]json.RawMessage
	if json.Unmarshal(e.Data, &inside) != nil || inside == nil {
		return ErrEvent.At("data", "expected an object")
	}
	if at, err := strconv.ParseInt(string(inside["version"]), 10, 64); err != nil || at < e.Version {
		return ErrEvent.At("data.version", "is older than the event")
	}
	return nil
}

const timeForm = "2006-01-02T15:04:05.000Z"

// Body is what is signed and sent: {"type","timestamp","data"}. The data goes out as it was told, byte by byte.
func Body(e Event) []byte {
	body := make([]byte, 0, len(e.Data)+100)
	body = append(body, `{"type":"`...)
	body = append(body, e.Type...)
	body = append(body, `","timestamp":"`...)
	body = e.At.UTC().AppendFormat(body, timeForm)
	body = append(body, `","data":`...)
	body = append(body, e.Data...)
	return append(body, '}')
}
