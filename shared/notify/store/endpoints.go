package store

import (
	"context"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// Seen is an endpoint with the health of its lanes.
type Seen struct {
	notify.Endpoint
	FailingSince  time.Time // the zero time: its last delivery arrived, or there was none
	LastDelivered time.Time // the zero time: none has arrived
}

// endpoints reads a partner's endpoints, oldest first, and the version of their head. One round trip.
func (s *Store) endpoints(ctx context.Context, m ids.Mode, partner ids.ID) (list []notify.Endpoint, head int64, err error) {
	page, err := s.table.Query(ctx, table.Query{PK: endpointsPK(m, partner)})
	if err != nil {
		return nil, 0, err
	}
	for _, row := range page.Rows {
		if row.Key.SK == headSK {
			head = row.Attrs["ver"].Number()
			continue
		}
		e, err := readEndpoint(row)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b notify.Endpoint) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, head, nil
}

// Endpoints lists a partner's endpoints with their health, oldest first. Two round trips; one where there are none.
func (s *Store) Endpoints(ctx context.Context, m ids.Mode, partner ids.ID) ([]Seen, error) {
	list, _, err := s.endpoints(ctx, m, partner)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var keys []LaneName
	for _, e := range list {
		for n := range notify.Lanes {
			keys = append(keys, LaneName{m, e.ID, n})
		}
	}
	lanes, err := s.Lanes(ctx, keys...)
	if err != nil {
		return nil, err
	}
	seen := make([]Seen, len(list))
	for i, e := range list {
		seen[i] = Seen{Endpoint: e}
		for n := range notify.Lanes {
			seen[i].add(lanes[LaneName{m, e.ID, n}])
		}
	}
	return seen, nil
}

func (s *Seen) add(l notify.Lane) {
	if l.LastSuccess.After(s.LastDelivered) {
		s.LastDelivered = l.LastSuccess
	}
	if !l.FailingSince.IsZero() && (s.FailingSince.IsZero() || l.FailingSince.Before(s.FailingSince)) {
		s.FailingSince = l.FailingSince
	}
}

// Delivered reports whether one of a partner's endpoints has heard an event, for the go-live checklist. Two round trips.
func (s *Store) Delivered(ctx context.Context, m ids.Mode, partner ids.ID) (bool, error) {
	list, err := s.Endpoints(ctx, m, partner)
	return slices.ContainsFunc(list, func(e Seen) bool { return !e.LastDelivered.IsZero() }), err
}

// endpoint reads one endpoint that is not disabled. It fails with notify.ErrEndpointNotFound. One round trip.
func (s *Store) endpoint(ctx context.Context, m ids.Mode, partner, id ids.ID) (notify.Endpoint, error) {
	row, found, err := s.table.Get(ctx, endpointKey(m, partner, id))
	if err != nil {
		return notify.Endpoint{}, err
	}
	if !found {
		return notify.Endpoint{}, notify.ErrEndpointNotFound
	}
	e, err := readEndpoint(row)
	if err == nil && !e.DisabledAt.IsZero() {
		err = notify.ErrEndpointNotFound
	}
	return e, err
}

// Delete takes an endpoint away with its lanes; the jobs that follow drop what waits for it. It fails with
// notify.ErrEndpointNotFound. One round trip.
func (s *Store) Delete(ctx context.Context, m ids.Mode, partner, id ids.ID) error {
	actions := []table.Action{table.Delete(endpointKey(m, partner, id)).If(table.Exists)}
	for n := range notify.Lanes {
		actions = append(actions, table.Delete(laneKey(m, id, n)))
	}
	err := s.table.Write(ctx, actions...)
	s.hearers.Forget()
	if table.IsRefused(err) {
		return notify.ErrEndpointNotFound
	}
	return err
}

// Disable notes that an endpoint has said it will never hear again. One that is disabled or deleted stays so. One round trip.
func (s *Store) Disable(ctx context.Context, e notify.Endpoint) error {
	err := s.table.Write(ctx, table.Update(endpointKey(e.Mode, e.Partner, e.ID)).
		If(table.Exists, table.Missing("dat")).Set("dat", table.N(s.now().UnixMilli())).Add("ver", 1))
	s.hearers.Forget()
	if table.IsRefused(err) {
		return nil
	}
	return err
}
