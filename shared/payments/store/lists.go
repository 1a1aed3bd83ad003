package store

import (
	"context"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// Window is a part of a partner's orders, newest first.
type Window struct {
	From, To time.Time // From inclusive, To exclusive; zero is open
	After    string    // the position of the last order of the page before
	Limit    int
}

// List reads one page of a partner's orders with their states and without their children: one index query and one batch
// read. next is "" when nothing is left.
func (s *Store) List(ctx context.Context, m ids.Mode, partner ids.ID, w Window) (orders []payments.Whole, next string, err error) {
	q := table.Query{Index: table.First, PK: listPK(m, partner), Backward: true, Limit: w.Limit}
	if !w.From.IsZero() {
		q.From = stamp(w.From)
	}
	if !w.To.IsZero() {
		q.To = stamp(w.To)
	}
	if w.After != "" {
		id, ok := positionOf(w.After)
		if !ok {
			return nil, "", errPosition
		}
		q.After = &table.Place{Base: orderKey(m, id), Index: table.Key{PK: listPK(m, partner), SK: w.After}}
	}
	page, err := s.table.Query(ctx, q)
	if err != nil {
		return nil, "", err
	}
	if page.More != nil && len(page.Rows) > 0 {
		next = page.Rows[len(page.Rows)-1].First.SK
	}
	orders, err = s.withStates(ctx, m, page.Rows)
	return orders, next, err
}

var errPosition = fault.Invalid("invalid_cursor", "The cursor does not belong to this list.")

func positionOf(sk string) (ids.ID, bool) {
	_, id, _ := strings.Cut(sk, "#")
	order, err := ids.Parse(id)
	return order, err == nil
}

func (s *Store) withStates(ctx context.Context, m ids.Mode, rows []table.Row) ([]payments.Whole, error) {
	found := map[string]*payments.Whole{}
	for chunk := range chunks(rows, 50) {
		var keys []table.Key
		for _, r := range chunk {
			keys = append(keys, r.Key, table.Key{PK: r.Key.PK, SK: stateSK})
		}
		got, err := s.table.GetMany(ctx, keys)
		if err != nil {
			return nil, err
		}
		for _, row := range got {
			w := found[row.Key.PK]
			if w == nil {
				w = &payments.Whole{}
				found[row.Key.PK] = w
			}
			if err := take(w, row, ids.ID{}); err != nil {
				return nil, err
			}
		}
	}
	orders := make([]payments.Whole, 0, len(rows))
	for _, r := range rows {
		if w := found[r.Key.PK]; w != nil && !w.Order.ID.IsZero() {
			orders = append(orders, *w)
		}
	}
	return orders, nil
}

func chunks(rows []table.Row, size int) func(func([]table.Row) bool) {
	return func(yield func([]table.Row) bool) {
		for len(rows) > 0 {
			n := min(size, len(rows))
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// RaiseHouse opens an alarm that belongs to no order. One that is open already stays as it is. One round trip.
func (s *Store) RaiseHouse(ctx context.Context, m ids.Mode, a payments.Alarm) error {
	err := s.table.Write(ctx, table.Put(alarmRow(m, houseKey(m, a), a)).If(table.Missing("oat")))
	if old, ok := table.OldOf(err, 0); ok {
		var was payments.Alarm
		if err := fields.Read(alarmFields, old.Attrs, &was); err != nil {
			return err
		}
		if was.IsOpen() {
			return nil
		}
		return s.table.Write(ctx, table.Put(alarmRow(m, houseKey(m, a), a)))
	}
	return err
}

// OpenAlarm is an alarm as the operator's list shows it.
type OpenAlarm struct {
	payments.Alarm
	Mode  ids.Mode
	Order ids.ID // zero: it belongs to no order
	Place string // its position in the list, the cursor
}

// OpenAlarms lists the open alarms of a mode, oldest first.
func (s *Store) OpenAlarms(ctx context.Context, m ids.Mode, after string, limit int) (alarms []OpenAlarm, next string, err error) {
	q := table.Query{Index: table.First, PK: alarmsPK(m), Limit: limit, From: after}
	if after != "" {
		q.From = after + "\x00"
	}
	page, err := s.table.Query(ctx, q)
	if err != nil || len(page.Rows) == 0 {
		return nil, "", err
	}
	for chunk := range chunks(page.Rows, 100) {
		place := map[table.Key]string{}
		keys := make([]table.Key, len(chunk))
		for i, r := range chunk {
			keys[i], place[r.Key] = r.Key, r.First.SK
		}
		rows, err := s.table.GetMany(ctx, keys)
		if err != nil {
			return nil, "", err
		}
		byKey := map[table.Key]table.Row{}
		for _, r := range rows {
			byKey[r.Key] = r
		}
		for _, key := range keys {
			a := OpenAlarm{Mode: m, Place: place[key]}
			if err := fields.Read(alarmFields, byKey[key].Attrs, &a.Alarm); err != nil {
				return nil, "", err
			}
			a.Order, _ = ids.Parse(strings.TrimPrefix(key.PK, Prefix+string(m)+"#"))
			if a.Kind != "" && a.IsOpen() {
				alarms = append(alarms, a)
			}
		}
	}
	if page.More != nil {
		next = page.Rows[len(page.Rows)-1].First.SK
	}
	return alarms, next, nil
}

// CloseAlarm marks an alarm as seen to. order is zero for one that belongs to none. It reports whether it was open.
func (s *Store) CloseAlarm(ctx context.Context, m ids.Mode, order ids.ID, kind payments.AlarmKind, object, by string, now time.Time) (bool, error) {
	a := payments.Alarm{Kind: kind, Object: object}
	key := houseKey(m, a)
	if !order.IsZero() {
		key = table.Key{PK: collection(m, order), SK: alarmSK(a)}
	}
	err := s.table.Write(ctx, table.Update(key).If(table.Exists, table.Missing("cat")).
		Set("cat", table.N(now.UnixMilli())).Set("cby", table.S(by)).PlaceFirst(table.Key{}))
	if table.IsRefused(err) {
		return false, nil
	}
	return err == nil, err
}

// Approvals lists the refunds of a mode that wait for a second operator, oldest first. One index query, one batch read.
func (s *Store) Approvals(ctx context.Context, m ids.Mode, after string, limit int) (refunds []payments.Refund, next string, err error) {
	q := table.Query{Index: table.First, PK: approvalsPK(m), Limit: limit}
	if after != "" {
		q.From = after + "\x00"
	}
	page, err := s.table.Query(ctx, q)
	if err != nil || len(page.Rows) == 0 {
		return nil, "", err
	}
	for chunk := range chunks(page.Rows, 100) {
		keys := make([]table.Key, len(chunk))
		for i, r := range chunk {
			keys[i] = r.Key
		}
		rows, err := s.table.GetMany(ctx, keys)
		if err != nil {
			return nil, "", err
		}
		byKey := map[table.Key]table.Row{}
		for _, r := range rows {
			byKey[r.Key] = r
		}
		for _, key := range keys {
			_, order, ok := collectionOf(key.PK)
			row, there := byKey[key]
			if !ok || !there {
				continue // the index is behind the table
			}
			r, err := readRefund(row, order)
			if err != nil {
				return nil, "", err
			}
			if r.Status == payments.RefundAwaitsApproval {
				refunds = append(refunds, r)
			}
		}
	}
	if page.More != nil {
		next = page.Rows[len(page.Rows)-1].First.SK
	}
	return refunds, next, nil
}
