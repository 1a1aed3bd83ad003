package tbank

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// change is a step of the bank: rows to be put into the state together, or not at all.
type change struct {
	bank      *Bank
	old       *state
	now       time.Time
	payments  map[string]*Payment
	notices   []*Notice
	gone      []string // notices
	customers map[string]*customer
	terminals map[string]Terminal
	documents int64 // fiscal documents numbered in this change
	cards     int64
}

// change runs do alone. When do fails nothing is kept; when it succeeds everything is durable on return.
func (b *Bank) change(do func(*change) error) error {
	s := b.store
	s.mu.Lock()
	x := &change{
		bank: b, old: s.state, now: b.clock.Now(),
		payments: map[string]*Payment{}, customers: map[string]*customer{}, terminals: map[string]Terminal{},
	}
	err := do(x)
	if err == nil {
		err = s.install(x)
	}
	seen := s.seen
	s.mu.Unlock()
	if lost := s.flush(seen); lost != nil {
		return fmt.Errorf("tbank: state is not durable: %w", lost)
	}
	if err == nil && slices.ContainsFunc(x.notices, func(n *Notice) bool { return n.State == noticePending && n.Round == 0 }) {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	return err
}

// install puts the rows of x into memory and into the queue of the file.
func (s *store) install(x *change) error {
	rows, err := x.rows()
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(x.payments) {
		s.state.addPayment(x.payments[id])
	}
	for _, n := range x.notices {
		s.state.addNotice(n)
	}
	for _, c := range x.customers {
		s.state.addCustomer(c)
	}
	for _, t := range x.terminals {
		s.state.terminals[t.Key] = t
	}
	for _, id := range x.gone {
		delete(s.state.notices, id)
		s.state.shelf.set(id, time.Time{})
	}
	if s.file != nil && len(rows) > 0 {
		for key, row := range rows {
			s.pending[key] = row
		}
		s.seen++
	}
	return nil
}

// rows encodes everything that x writes.
func (x *change) rows() (map[string][]byte, error) {
	rows := map[string][]byte{}
	if x.bank.store.file == nil {
		return rows, nil
	}
	var failed error
	put := func(key string, value any) {
		row, err := json.Marshal(value)
		if err != nil {
			failed = err
		}
		rows[key] = row
	}
	for id, p := range x.payments {
		put(kindPayment+id, p)
	}
	for _, n := range x.notices {
		put(kindNotice+n.ID, n)
	}
	for key, c := range x.customers {
		put(kindCustomer+key, c)
	}
	for key, t := range x.terminals {
		put(kindTerminal+key, t)
	}
	for _, id := range x.gone {
		rows[kindNotice+id] = nil
	}
	return rows, failed
}

// see gives a payment to read only: as changed by this change, else as it stands.
func (x *change) see(id string) (*Payment, bool) {
	if p, ok := x.payments[id]; ok {
		return p, true
	}
	p, ok := x.old.payments[id]
	return p, ok
}

// edit gives a copy of a payment that will be kept with this change.
func (x *change) edit(id string) (*Payment, bool) {
	p, ok := x.see(id)
	if !ok {
		return nil, false
	}
	if x.payments[id] == nil {
		x.payments[id] = p.clone()
	}
	return x.payments[id], true
}

// editCustomer gives a copy of a customer, new if need be, that will be kept with this change.
func (x *change) editCustomer(terminal, key string) *customer {
	c := &customer{Terminal: terminal, Key: key}
	if had, ok := x.customers[c.key()]; ok {
		return had
	}
	if old, ok := x.old.customers[c.key()]; ok {
		c = old.clone()
	}
	x.customers[c.key()] = c
	return c
}

func (x *change) nextPayment() string {
	return strconv.FormatInt(x.old.lastPayment+int64(len(x.payments))+1, 10)
}

func (x *change) nextNotice() string {
	return fmt.Sprintf("%010d", x.old.lastNotice+int64(len(x.notices))+1)
}

func (x *change) nextDocument() int64 { x.documents++; return x.old.lastDocument + x.documents }

func (x *change) nextCard() int64 { x.cards++; return x.old.lastCard + x.cards }
