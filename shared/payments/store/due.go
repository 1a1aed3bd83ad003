package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// Due is a row whose due key has come.
type Due struct {
	Mode  ids.Mode
	Order ids.ID
	Child ids.ID // the payment, refund or receipt; the order's own id for itself
	At    time.Time

	// Version is that of the row when it was looked at: a claim holds only for the row that the sweeper has judged. 0 is for an
	// order's own row, which never changes.
	Version int64
	// Refund is the row, where it is one's: its place in the lists is written with its due key, for a version before this one
	// gave it none.
	Refund payments.Refund
}

// Judged is d with what is known of its row once its order was read.
func (d Due) Judged(w payments.Whole) Due {
	d.Version = w.VersionOf(d.Child)
	if refund := d.Child; refund.Family() == ids.Refund {
		d.Refund, _ = w.Refund(refund.N())
	}
	return d
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

// MoveDue sets a due key to another time, or takes it away (zero time), if it still stands where it was read and the row is
// as it was: that is the claim of the sweeper. A refund that is let go leaves its partner's list of open ones in the same write. It leaves the
// row's version alone. One round trip.
func (s *Store) MoveDue(ctx context.Context, d Due, to time.Time) (claimed bool, err error) {
	a := table.Update(table.Key{PK: collection(d.Mode, d.Order), SK: d.what()}).
		If(table.Equals("due", table.N(d.At.UnixMilli()))).
		PlaceSecond(duePlace(d.Mode, d.Order, d.what(), to))
	if d.Version != 0 {
		a = a.If(table.Version(d.Version))
	}
	if to.IsZero() {
		a = a.Remove("due")
		if d.Child.Family() == ids.Refund {
			a = a.PlaceFirst(table.Key{})
		}
	} else {
		a = a.Set("due", table.N(to.UnixMilli()))
		if d.Refund.N != 0 {
			d.Refund.Due = to
			a = a.PlaceFirst(refundPlace(d.Refund))
		}
	}
	err = s.table.Write(ctx, a)
	if table.IsRefused(err) {
		return false, nil
	}
	return err == nil, err
}

// Changed is a change of one row that hangs on an order: before and after; nil where the row was not, or is not of the
// kind. What cannot be read is as if it were not there: the due keys find it.
type Changed struct {
	Mode    ids.Mode
	Order   ids.ID
	State   Pair[payments.State]
	Payment Pair[payments.Payment]
	Refund  Pair[payments.Refund]
	Receipt Pair[payments.Receipt]
}

// Pair is a row before and after a change.
type Pair[T any] struct{ Was, Is *T }

// Before is the row before the change; a zero one where it was not.
func (p Pair[T]) Before() (was T) {
	if p.Was != nil {
		was = *p.Was
	}
	return was
}

// ReadChange tells what a change of the table is about; ok is false for one that is about no row that hangs on an order.
func ReadChange(c table.Change) (out Changed, ok bool) {
	key := c.Key()
	out.Mode, out.Order, ok = collectionOf(key.PK)
	if !ok || len(key.SK) < 2 {
		return out, false
	}
	switch key.SK[:2] {
	case stateSK[:2]:
		out.State = pair(c, func(r table.Row) (s payments.State, err error) {
			err = fields.Read(stateFields, r.Attrs, &s)
			return s, err
		})
		return out, out.State.Is != nil
	case "P#":
		out.Payment = pair(c, func(r table.Row) (payments.Payment, error) { return readPayment(r, out.Order) })
		return out, out.Payment.Is != nil
	case "F#":
		out.Refund = pair(c, func(r table.Row) (payments.Refund, error) { return readRefund(r, out.Order) })
		return out, out.Refund.Is != nil
	case "R#":
		out.Receipt = pair(c, func(r table.Row) (receipt payments.Receipt, err error) {
			err = fields.Read(receiptFields, r.Attrs, &receipt)
			return receipt, err
		})
		return out, out.Receipt.Is != nil
	}
	return out, false
}

func pair[T any](c table.Change, read func(table.Row) (T, error)) (p Pair[T]) {
	if c.OldExists {
		if row, err := read(c.Old); err == nil {
			p.Was = &row
		}
	}
	if c.NewExists {
		if row, err := read(c.New); err == nil {
			p.Is = &row
		}
	}
	return p
}
