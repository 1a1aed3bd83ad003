package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
)

// Due is a row whose due key has come.
type Due struct {
	Mode  ids.Mode
	Order ids.ID
	Child ids.ID // the payment, refund or receipt; the order's own id for itself
	At    time.Time
}

// childAt reads the sort key of an order's row.
func childAt(order ids.ID, sk string) (child ids.ID, ok bool) {
	if sk == orderSK {
		return order, true
	}
	kind, digits, _ := strings.Cut(sk, "#")
	n, err := strconv.Atoi(digits)
	f := ids.Family(n / 100)
	switch kind {
	case "P":
		f = ids.Payment
	case "F":
		f = ids.Refund
	case "R":
		n %= 100
	default:
		return ids.ID{}, false
	}
	return order.Child(f, n), err == nil && n > 0 && n <= ids.MaxChild
}

func (d Due) what() string {
	switch n := d.Child.N(); d.Child.Family() {
	case ids.Root:
		return orderSK
	case ids.Payment:
		return paymentSK(n)
	case ids.Refund:
		return refundSK(n)
	default:
		return receiptSK(d.Child)
	}
}

// DueBy lists up to limit rows of a shard that were due at now, oldest first. One round trip.
func (s *Store) DueBy(ctx context.Context, m ids.Mode, shard int, now time.Time, limit int) ([]Due, error) {
	due, _, err := s.DueAfter(ctx, m, shard, now, nil, limit)
	return due, err
}

// DueAfter is DueBy behind the place where the page before ended (nil: the first page). more is nil when nothing is left.
func (s *Store) DueAfter(ctx context.Context, m ids.Mode, shard int, now time.Time, after *table.Place, limit int) (due []Due, more *table.Place, err error) {
	page, err := s.table.Query(ctx, table.Query{
		Index: table.Second, PK: duePK(m, shard), To: stamp(now.Add(time.Millisecond)), Limit: limit, After: after,
	})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range page.Rows {
		at, order, what, ok := readDue(row.Second.SK)
		if !ok {
			continue
		}
		if child, ok := childAt(order, what); ok {
			due = append(due, Due{Mode: m, Order: order, Child: child, At: at})
		}
	}
	return due, page.More, nil
}

// OldestDue is when the longest waiting row of a shard was due; the zero time when none waits.
func (s *Store) OldestDue(ctx context.Context, m ids.Mode, shard int) (time.Time, error) {
	page, err := s.table.Query(ctx, table.Query{Index: table.Second, PK: duePK(m, shard), Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		return time.Time{}, err
	}
	at, _, _, _ := readDue(page.Rows[0].Second.SK)
	return at, nil
}

// MoveDue sets a due key to another time, or takes it away (zero time), if it still stands where it was read: that is
// the claim of the sweeper. It leaves the row's version alone. One round trip.
func (s *Store) MoveDue(ctx context.Context, d Due, to time.Time) (claimed bool, err error) {
	a := table.Update(table.Key{PK: collection(d.Mode, d.Order), SK: d.what()}).
		If(table.Equals("due", table.N(d.At.UnixMilli()))).
		PlaceSecond(duePlace(d.Mode, d.Order, d.what(), to))
	if to.IsZero() {
		a = a.Remove("due")
	} else {
		a = a.Set("due", table.N(to.UnixMilli()))
	}
	err = s.table.Write(ctx, a)
	if table.IsRefused(err) {
		return false, nil
	}
	return err == nil, err
}

// ReadChange tells which order and attempt a change of the table is about; attempt 0 is the order's own rows.
func ReadChange(c table.Change) (m ids.Mode, order ids.ID, was, is *payments.Payment, ok bool) {
	key := c.Key()
	rest, mine := strings.CutPrefix(key.PK, Prefix)
	if !mine || len(rest) < 3 || rest[1] != '#' || !ids.Mode(rest[:1]).Valid() || !strings.HasPrefix(key.SK, "P#") {
		return "", ids.ID{}, nil, nil, false
	}
	order, err := ids.Parse(rest[2:])
	if err != nil {
		return "", ids.ID{}, nil, nil, false
	}
	if c.OldExists {
		if p, err := readPayment(c.Old, order); err == nil {
			was = &p
		}
	}
	if c.NewExists {
		if p, err := readPayment(c.New, order); err == nil {
			is = &p
		}
	}
	return ids.Mode(rest[:1]), order, was, is, is != nil
}
