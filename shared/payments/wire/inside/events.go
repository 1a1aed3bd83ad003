package inside

import (
	"context"
	"encoding/json"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments"
)

// events is the store of events as the module's jobs see it.
type events struct{ store *notifystore.Store }

func nameOf(m ids.Mode, e payments.Event) ids.ID {
	return notify.EventID(m, e.Object, notify.Type(e.Type), e.Version)
}

func (s events) Tell(ctx context.Context, m ids.Mode, partner ids.ID, e payments.Event, data json.RawMessage) error {
	event, err := notify.New(m, partner, notify.Type(e.Type), e.Object, e.Version, e.At, data)
	if err != nil {
		return err
	}
	return s.store.Tell(ctx, event)
}

func (s events) Told(ctx context.Context, m ids.Mode, list ...payments.Event) ([]bool, error) {
	names := make([]ids.ID, len(list))
	for i, e := range list {
		names[i] = nameOf(m, e)
	}
	kept, err := s.store.Told(ctx, m, names...)
	if err != nil {
		return nil, err
	}
	told := make([]bool, len(list))
	for i, name := range names {
		told[i] = kept[name]
	}
	return told, nil
}
