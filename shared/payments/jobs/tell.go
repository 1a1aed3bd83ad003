package jobs

import (
	"context"
	"encoding/json"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/queue"
)

// Events tells partners what happened.
type Events interface {
	// Tell keeps an event with its object's data and has it delivered. One that is kept already stays as it is.
	Tell(ctx context.Context, m ids.Mode, partner ids.ID, e payments.Event, data json.RawMessage) error
	// Told tells of each of these events whether it is kept. One batch read for a hundred.
	Told(ctx context.Context, m ids.Mode, events ...payments.Event) ([]bool, error)
}

// MaxData is how many bytes an event's object may have (payments.md §3: an event is below 20 KB).
const MaxData = 19_000

// tell tells the partner what happened to a child of an order. The object goes as it stands now: where the event waited,
// its version says that it has gone on.
func (d *Worker) tell(ctx context.Context, w payments.Whole, child ids.ID) error {
	if d.Events == nil {
		return nil
	}
	for _, e := range w.EventsOf(child, d.Clock.Now()) {
		data, err := d.data(w, e.Object)
		if err != nil {
			return queue.Never("its object cannot be written: %v", err)
		}
		if err := d.Events.Tell(ctx, w.Order.Mode, w.Order.Partner, e, data); err != nil {
			return err
		}
	}
	return nil
}

// data writes an object with its version, as an event carries it. Of one that is too large for an event the lines are left
// out, and then what the partner himself has noted on the order; what was left out is named.
func (d *Worker) data(w payments.Whole, of ids.ID) (json.RawMessage, error) {
	switch of.Family() {
	case ids.Root:
		out := object.Listed(w, d.BaseURL)
		return written(w.State.Version, &out, without("items", &out.Items), without("metadata", &out.Metadata))
	case ids.Payment:
		p, _ := w.Payment(of.N())
		out := object.OfPayment(w, p)
		out.QR = nil // nobody pays with it any more, and its drawing is large
		return written(p.Version, &out, without("redirect_url", &out.RedirectURL), without("link", &out.Link))
	case ids.Refund:
		r, _ := w.Refund(of.N())
		out := object.OfRefund(w, r)
		return written(r.Version, &out, without("items", &out.Items))
	}
	r, _ := w.ReceiptOf(of)
	out := object.OfReceipt(w, r)
	return written(r.Version, &out, without("items", &out.Items))
}

// lighter makes an object lighter, and names what it has left out.
type lighter struct {
	left string
	out  func()
}

func without[T any](name string, part *T) lighter {
	return lighter{name, func() { var none T; *part = none }}
}

// written is an object as JSON with its version beside its own fields.
func written(version int64, object any, lighter ...lighter) (json.RawMessage, error) {
	var omitted []string
	for {
		own, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		also, err := json.Marshal(struct {
			Version int64    `json:"version"`
			Omitted []string `json:"omitted,omitempty"`
		}{version, omitted})
		if err != nil {
			return nil, err
		}
		own[len(own)-1] = ',' // two objects, of one field at least, become one
		out := append(own, also[1:]...)
		if len(out) <= MaxData || len(lighter) == 0 {
			return out, nil
		}
		lighter[0].out()
		omitted, lighter = append(omitted, lighter[0].left), lighter[1:]
	}
}
