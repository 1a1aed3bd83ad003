package store

import (
	"context"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// Due is a waiting delivery as the sweeper finds it.
type Due struct {
	Mode     ids.Mode
	Endpoint ids.ID
	Lane     int
	Event    ids.ID
	At       time.Time
}

func dueOf(d notify.Delivery) Due {
	return Due{Mode: d.Mode, Endpoint: d.Endpoint, Lane: d.Lane, Event: d.Event, At: d.Due}
}

// Name is the lane that the delivery waits in.
func (d Due) Name() LaneName { return LaneName{d.Mode, d.Endpoint, d.Lane} }

// DueAfter lists deliveries of one shard of the due keys (0 … DueShards−1) that were due at now, oldest first, behind the
// place where the page before ended (nil: the first page). more is nil when nothing is left. One round trip.
func (s *Store) DueAfter(ctx context.Context, m ids.Mode, shard int, now time.Time, after *table.Place, limit int) (due []Due, more *table.Place, err error) {
	page, err := s.table.Query(ctx, table.Query{
		Index: table.Second, PK: duePK(m, shard), To: stamp(now.Add(time.Millisecond)), Limit: limit, After: after,
	})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range page.Rows {
		if d, ok := readDue(m, row.Second.SK); ok {
			due = append(due, d)
		}
	}
	return due, page.More, nil
}

// OldestDue is when the longest waiting delivery of a shard was due; the zero time when none waits.
func (s *Store) OldestDue(ctx context.Context, m ids.Mode, shard int) (time.Time, error) {
	page, err := s.table.Query(ctx, table.Query{Index: table.Second, PK: duePK(m, shard), Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		return time.Time{}, err
	}
	d, _ := readDue(m, page.Rows[0].Second.SK)
	return d.At, nil
}

// MoveDue moves a due key to another time. claimed is false where the delivery has ended or was moved by somebody else. One
// round trip.
func (s *Store) MoveDue(ctx context.Context, d Due, to time.Time) (claimed bool, err error) {
	was := d.At
	d.At = to.UTC().Truncate(time.Millisecond)
	err = s.table.Write(ctx, table.Update(deliveryKey(d.Mode, d.Event, d.Endpoint)).
		If(table.Equals("st", table.S(string(notify.Waiting))), table.Equals("due", table.N(fields.Millis(was)))).
		Set("due", table.N(fields.Millis(d.At))).PlaceSecond(duePlace(d)))
	if table.IsRefused(err) {
		return false, nil
	}
	return err == nil, err
}
