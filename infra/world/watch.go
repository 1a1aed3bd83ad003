package world

import (
	"context"
	"slices"
	"strings"
	"time"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/table"
)

// watch knows what the step has touched, and how every order was when it was last looked at.
type watch struct {
	touched    []string // partitions, in their order
	last       map[string]payments.Whole
	partitions map[string]bool   // that were ever written
	papers     map[string]ids.ID // fiscal papers, by mode and identity
	deaf       map[ids.ID]bool   // orders that the bank told us of in vain
	settled    map[string]ledger.Settlement
	entries    map[string]ledger.Hash           // what every entry of the ledger said when it was first seen
	days       map[table.Key]ledgerstore.Closed // of the ledger
	moved      bool                             // something was written since the due keys were looked at
	told       bool                             // and something of events
	due        time.Time                        // when the first of them comes
	day        time.Time                        // and when the first of the ledger's was over
}

func newWatch() watch {
	return watch{last: map[string]payments.Whole{}, partitions: map[string]bool{}, papers: map[string]ids.ID{}, deaf: map[ids.ID]bool{},
		settled: map[string]ledger.Settlement{}, entries: map[string]ledger.Hash{}, days: map[table.Key]ledgerstore.Closed{}}
}

func (v *watch) touch(pk string) {
	v.partitions[pk] = true
	if strings.HasPrefix(pk, notifystore.Prefix) {
		v.told = true
	} else {
		v.moved = true
	}
	if !slices.Contains(v.touched, pk) {
		v.touched = append(v.touched, pk)
	}
}

// partitionOf is where an order and its children are kept.
func partitionOf(m ids.Mode, order ids.ID) string {
	return store.Prefix + string(m) + "#" + order.String()
}

// known is an order as it was last looked at.
func (v *watch) known(t *ticket) payments.Whole { return v.last[partitionOf(t.shop.mode, t.id)] }

// whole is an order as it stands.
func (w *World) whole(t *ticket) payments.Whole {
	whole, err := store.New(w.durable.table).Load(context.Background(), t.shop.mode, t.id)
	if err != nil {
		w.fail("NothingForgotten", t.id, "the order cannot be read: %v", err)
	}
	return whole
}

// look is one order before and after a step, with what its bank says.
type look struct {
	world   *World
	mode    ids.Mode
	id      ids.ID
	was, is payments.Whole
	asked   bool
	bank    []tbank.Payment
}

// atBank is what the bank of the order's mode has under its references.
func (l *look) atBank() []tbank.Payment {
	if !l.asked {
		l.asked, l.bank = true, l.world.paymentsAt(l.mode, l.id, len(l.is.Payments))
	}
	return l.bank
}

// bankOf is the bank's payment of attempt n.
func (l *look) bankOf(p payments.Payment) (tbank.Payment, bool) {
	for _, b := range l.atBank() {
		if b.OrderID == p.Reference() {
			return b, true
		}
	}
	return tbank.Payment{}, false
}

// checkTouched holds the invariants of every order that the step has touched.
func (w *World) checkTouched() {
	touched := w.watch.touched
	w.watch.touched = nil
	for _, pk := range touched {
		if w.failure != nil {
			return
		}
		w.checkOrder(pk, everyStep)
		w.checkSettlement(pk)
		w.checkEvents(pk)
	}
}

func (w *World) checkOrder(pk string, when moment) {
	m, id, ok := store.OrderAt(table.Key{PK: pk, SK: "ORDER"})
	if !ok {
		return
	}
	is, err := store.New(w.durable.table).Load(context.Background(), m, id)
	if err != nil {
		w.fail("NothingForgotten", id, "the order cannot be read: %v", err)
		return
	}
	l := &look{world: w, mode: m, id: id, was: w.watch.last[pk], is: is}
	w.oweMarks(l)
	for _, i := range invariants {
		if i.when != when || i.holds == nil {
			continue
		}
		if wrong := i.holds(l); wrong != "" {
			w.fail(i.name, id, "%s", wrong)
		}
	}
	w.coverage.transitions(l)
	w.watch.last[pk] = is
}
