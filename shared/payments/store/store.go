package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

type moneyCurrency = money.Currency

// Store reads and writes the module's rows.
type Store struct{ table table.Table }

// New makes a store over a table.
func New(t table.Table) *Store { return &Store{t} }

// ErrRaced is a write that met a newer row: read again and decide again.
var ErrRaced = errors.New("store: the order changed meanwhile")

// Create writes a new order. If the id is taken, the order that took it comes back with created == false. One round trip.
func (s *Store) Create(ctx context.Context, o payments.Order) (kept payments.Order, created bool, err error) {
	err = s.table.Write(ctx, table.Put(orderRow(o)).If(table.Absent))
	if old, ok := table.OldOf(err, 0); ok {
		kept, err = readOrder(old)
		return kept, false, err
	}
	return o, err == nil, err
}

// Load reads an order with all its children in one query. An order that is not there is payments.ErrOrderNotFound. A query
// may see one half of a transaction that is being written beside it: what does not fit together is read again.
func (s *Store) Load(ctx context.Context, m ids.Mode, order ids.ID) (w payments.Whole, err error) {
	for range tornReads {
		if w, err = s.load(ctx, m, order); err != nil || !torn(w) {
			return w, err
		}
	}
	return payments.Whole{}, fmt.Errorf("store: the rows of order %s do not fit together: %w", order, table.ErrUnavailable)
}

// tornReads is how often an order is read whose rows do not fit together.
const tornReads = 3

// torn reports that the order's lock was read newer or older than the attempts and refunds that it counts.
func torn(w payments.Whole) bool {
	var promised, counted int64
	for _, p := range w.State.Promised {
		promised += p.Amount
	}
	for _, r := range w.Refunds {
		if r.Status != payments.RefundFailed {
			counted += r.Amount.Amount
		}
	}
	return w.State.Attempts != len(w.Payments) || promised != counted
}

func (s *Store) load(ctx context.Context, m ids.Mode, order ids.ID) (payments.Whole, error) {
	var w payments.Whole
	q := table.Query{PK: collection(m, order.Root()), Limit: 1000}
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return payments.Whole{}, err
		}
		for _, row := range page.Rows {
			if err := take(&w, row, order.Root()); err != nil {
				return payments.Whole{}, err
			}
		}
		if page.More == nil {
			break
		}
		q.After = page.More
	}
	if w.Order.ID.IsZero() {
		return payments.Whole{}, payments.ErrOrderNotFound
	}
	return w, nil
}

func take(w *payments.Whole, row table.Row, order ids.ID) (err error) {
	switch sk := row.Key.SK; {
	case sk == orderSK:
		w.Order, err = readOrder(row)
	case sk == stateSK:
		err = fields.Read(stateFields, row.Attrs, &w.State)
	case strings.HasPrefix(sk, "P#"):
		p, err := readPayment(row, order)
		if err != nil {
			return err
		}
		if p.N != len(w.Payments)+1 {
			return errors.New("store: an attempt is missing in " + row.Key.PK)
		}
		w.Payments = append(w.Payments, p)
	case strings.HasPrefix(sk, "F#"):
		r, err := readRefund(row, order)
		if err != nil {
			return err
		}
		if r.N != len(w.Refunds)+1 {
			return errors.New("store: a refund is missing in " + row.Key.PK)
		}
		w.Refunds = append(w.Refunds, r)
	case strings.HasPrefix(sk, "R#"):
		var r payments.Receipt
		err = fields.Read(receiptFields, row.Attrs, &r)
		w.Receipts = append(w.Receipts, r)
	case strings.HasPrefix(sk, "A#"):
		var a payments.Alarm
		err = fields.Read(alarmFields, row.Attrs, &a)
		w.Alarms = append(w.Alarms, a)
	}
	return err
}

// Save carries out an outcome: all its rows or none, on condition that the order's lock and the payments are as they were
// when the decision was made. A newer row is ErrRaced. One round trip; none for an empty outcome.
func (s *Store) Save(ctx context.Context, out payments.Outcome) error {
	actions := actionsOf(out)
	if len(actions) == 0 {
		return nil
	}
	err := s.table.Write(ctx, actions...)
	if table.IsRefused(err) {
		return ErrRaced
	}
	return err
}

func actionsOf(out payments.Outcome) []table.Action {
	o, was := out.Before.Order, out.Before
	var actions []table.Action
	if due := out.After.Order.Due; !due.Equal(o.Due) {
		actions = append(actions, table.Update(orderKey(o.Mode, o.ID)).If(table.Exists).Set("due", table.N(due.UnixMilli())).
			PlaceSecond(duePlace(o.Mode, o.ID, orderSK, due)))
	}
	if out.StateChanged() {
		is := out.After.State
		key := stateKey(o.Mode, o.ID)
		if was.State.Version == 0 {
			actions = append(actions, table.Put(table.Row{Key: key, Attrs: fields.New(schemaVersion, stateFields, &is)}).If(table.Absent))
		} else {
			actions = append(actions, fields.Change(table.Update(key), stateFields, &was.State, &is).If(table.Version(was.State.Version)))
		}
	}
	for _, p := range out.Changed() {
		old, existed := was.Payment(p.N)
		if !existed {
			actions = append(actions, table.Put(paymentRow(p)).If(table.Absent))
			continue
		}
		a := fields.Change(table.Update(paymentKey(p.Mode, p.Order, p.N)), paymentFields, &old, &p).If(table.Version(old.Version))
		if !old.Due.Equal(p.Due) {
			a = a.PlaceSecond(duePlace(p.Mode, p.Order, paymentSK(p.N), p.Due))
		}
		actions = append(actions, a)
	}
	for _, r := range out.ChangedRefunds() {
		old, existed := was.Refund(r.N)
		if !existed {
			actions = append(actions, table.Put(refundRow(r)).If(table.Absent))
			continue
		}
		a := fields.Change(table.Update(refundKey(r)), refundFields, &old, &r).If(table.Version(old.Version))
		if !old.Due.Equal(r.Due) {
			a = a.PlaceSecond(duePlace(r.Mode, r.Order, refundSK(r.N), r.Due))
		}
		if refundPlace(old) != refundPlace(r) {
			a = a.PlaceFirst(refundPlace(r))
		}
		actions = append(actions, a)
	}
	for _, r := range out.ChangedReceipts() {
		old, existed := was.ReceiptOf(r.ID)
		actions = append(actions, receiptActions(o, old, existed, r)...)
	}
	for _, a := range out.NewAlarms {
		actions = append(actions, table.Put(alarmRow(o.Mode, table.Key{PK: collection(o.Mode, o.ID), SK: alarmSK(a)}, a)))
	}
	return actions
}

// receiptActions writes a receipt with the rows by which it is found, once it has what it is found by. What a bank's till
// made may overwrite what the partner said of the same address; the partner never overwrites anything.
func receiptActions(o payments.Order, old payments.Receipt, existed bool, r payments.Receipt) []table.Action {
	row := table.Put(receiptRow(o.Mode, r)).If(table.Absent)
	if existed {
		key := receiptKey(o.Mode, r)
		row = fields.Change(table.Update(key), receiptFields, &old, &r).If(table.Equals("ver", table.N(old.Version)))
		if !old.Due.Equal(r.Due) {
			row = row.PlaceSecond(duePlace(o.Mode, o.ID, key.SK, r.Due))
		}
	}
	actions := []table.Action{row}
	found := table.Attrs{"sv": table.N(schemaVersion), "rid": table.S(r.ID.String())}
	look := func(key table.Key) {
		a := table.Put(table.Row{Key: key, Attrs: found})
		if !r.Verified {
			a = a.If(table.Absent)
		}
		actions = append(actions, a)
	}
	if r.Fiscal.URL != "" && r.Fiscal.URL != old.Fiscal.URL {
		look(urlKey(o.Mode, o.Partner, r.Fiscal.URL))
	}
	if r.Fiscal.FN != "" && r.Fiscal.Identity() != old.Fiscal.Identity() {
		look(fiscalKey(o.Mode, o.Partner, r.Fiscal.Identity()))
	}
	return actions
}

// Found is the id of the receipt that a partner can name by address or by fiscal identity ("" for none). One round trip.
func (s *Store) Found(ctx context.Context, m ids.Mode, partner ids.ID, url, identity string) (ids.ID, bool, error) {
	keys := []table.Key{urlKey(m, partner, url)}
	if identity != "" {
		keys = append(keys, fiscalKey(m, partner, identity))
	}
	rows, err := s.table.GetMany(ctx, keys)
	if err != nil || len(rows) == 0 {
		return ids.ID{}, false, err
	}
	row := rows[0]
	if row.Key == keys[0] { // the identity is the receipt itself; an address may have been told of another order before
		row = rows[len(rows)-1]
	}
	id, err := ids.Parse(row.Attrs["rid"].Text())
	return id, err == nil, err
}

// ClaimLook lets one caller in five seconds ask the bank because a payer's browser came by. One round trip.
func (s *Store) ClaimLook(ctx context.Context, p payments.Payment, now time.Time, every time.Duration) (bool, error) {
	err := s.table.Write(ctx, table.Update(paymentKey(p.Mode, p.Order, p.N)).Set(askedAttr, table.N(now.UnixMilli())).
		If(table.AtMost(askedAttr, now.Add(-every).UnixMilli())))
	if table.IsRefused(err) {
		return false, nil
	}
	return err == nil, err
}
