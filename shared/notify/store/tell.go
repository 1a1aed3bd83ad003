package store

import (
	"context"
	"errors"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// Tell keeps an event and sets it on its way to every endpoint that hears it, all or nothing. An event that is there already
// is success and changes nothing. It fails with notify.ErrEvent for one that must not be told. One round trip, and one more
// where the partner's endpoints were not read within CacheTime.
func (s *Store) Tell(ctx context.Context, e notify.Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	endpoints, err := s.hearing(ctx, e.Mode, e.Partner)
	if err != nil {
		return err
	}
	now := s.now()
	actions := []table.Action{table.Put(eventRow(e, now)).If(table.Absent)}
	for _, endpoint := range endpoints {
		if endpoint.Hears(e.Type) {
			actions = append(actions, table.Put(deliveryRow(notify.Begin(e, endpoint.ID, now), now)).If(table.Absent))
		}
	}
	err = s.table.Write(ctx, actions...)
	if refused := (*table.Refused)(nil); errors.As(err, &refused) && refused.Reasons[0].Failed {
		return nil
	}
	return err
}

// Told tells which of the events are kept, for the sweepers of other domains. One round trip per 100.
func (s *Store) Told(ctx context.Context, m ids.Mode, events ...ids.ID) (map[ids.ID]bool, error) {
	told := make(map[ids.ID]bool, len(events))
	for first := 0; first < len(events); first += table.MaxKeys {
		part := events[first:min(first+table.MaxKeys, len(events))]
		var keys []table.Key
		byKey := make(map[table.Key]ids.ID, len(part))
		for _, event := range part {
			key := eventKey(m, event)
			if _, twice := byKey[key]; !twice {
				keys, byKey[key] = append(keys, key), event
			}
		}
		rows, err := s.table.GetMany(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			told[byKey[row.Key]] = true
		}
	}
	return told, nil
}

// hearing gives a partner's endpoints, up to CacheTime old.
func (s *Store) hearing(ctx context.Context, m ids.Mode, partner ids.ID) ([]notify.Endpoint, error) {
	list, _, err := s.hearers.Get(partnerName{m, partner}, func() ([]notify.Endpoint, error) {
		list, _, err := s.endpoints(ctx, m, partner)
		return list, err
	})
	return list, err
}
