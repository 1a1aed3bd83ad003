package tbank

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// state is everything the bank knows, with its indexes. Rows are never written to once they are here: a change works on
// copies and puts them in whole.
type state struct {
	payments  map[string]*Payment
	notices   map[string]*Notice
	customers map[string]*customer
	terminals map[string]Terminal

	byOrder   map[string][]string // terminal and OrderId → payments, oldest first
	byPage    map[string]string
	byQR      map[string]string
	byReceipt map[string]string // fn, fd and fp → payment
	deadlines *agenda           // payments that time will change
	outbox    *agenda           // notifications to deliver
	shelf     *agenda           // notifications that are over, until they are forgotten

	lastPayment, lastNotice, lastDocument, lastCard int64
}

func newState() *state {
	return &state{
		payments: map[string]*Payment{}, notices: map[string]*Notice{}, customers: map[string]*customer{},
		terminals: map[string]Terminal{}, byOrder: map[string][]string{}, byPage: map[string]string{},
		byQR: map[string]string{}, byReceipt: map[string]string{}, deadlines: newAgenda(), outbox: newAgenda(), shelf: newAgenda(),
		lastPayment: 4_100_000_000, lastCard: 90_000,
	}
}

func orderKey(terminal, order string) string { return terminal + "\x00" + order }

// The kinds of row, as they begin their keys in the file.
const (
	kindPayment  = "payment/"
	kindNotice   = "notice/"
	kindCustomer = "customer/"
	kindTerminal = "terminal/"
)

func (s *state) addPayment(p *Payment) {
	if _, known := s.payments[p.ID]; !known {
		key := orderKey(p.Terminal, p.OrderID)
		s.byOrder[key] = append(s.byOrder[key], p.ID)
		s.byPage[p.Page] = p.ID
		s.lastPayment = max(s.lastPayment, number(p.ID))
	}
	if p.QR != "" {
		s.byQR[p.QR] = p.ID
	}
	if p.Card != nil {
		s.lastCard = max(s.lastCard, p.Card.ID)
	}
	for _, r := range p.Receipts {
		s.byReceipt[r.index()] = p.ID
		s.lastDocument = max(s.lastDocument, r.Document)
	}
	s.payments[p.ID] = p
	s.deadlines.set(p.ID, p.dueAt())
}

func (s *state) addNotice(n *Notice) {
	s.notices[n.ID] = n
	s.lastNotice = max(s.lastNotice, number(n.ID))
	if n.State == noticePending {
		s.outbox.set(n.ID, n.NextAt)
		s.shelf.set(n.ID, time.Time{})
		return
	}
	s.outbox.set(n.ID, time.Time{})
	s.shelf.set(n.ID, n.NextAt)
}

func (s *state) addCustomer(c *customer) {
	s.customers[c.key()] = c
	for _, card := range c.Cards {
		s.lastCard = max(s.lastCard, card.ID)
	}
}

// number reads a row's own number; rows are numbered by this package only.
func number(id string) int64 { n, _ := strconv.ParseInt(id, 10, 64); return n }

// store keeps the state in memory and, where there is a file, on disk. Changes wait together for one fsync: whoever
// finds the file free writes for all, and nobody is answered before what he has seen is durable.
type store struct {
	mu      sync.Mutex
	state   *state
	pending map[string][]byte // key → row as it shall be; nil removes it
	seen    uint64            // number of the last change in memory

	file    *bbolt.DB
	fileMu  sync.Mutex
	durable uint64 // number of the last change on disk
	broken  error  // once a write has failed nothing may be promised any more
}

var bucket = []byte("bank")

// lockPatience is how long a start waits for another process to let the file go.
const lockPatience = 200 * time.Millisecond

func openStore(path string, terminals []Terminal) (*store, error) {
	s := &store{state: newState(), pending: map[string][]byte{}}
	for _, t := range terminals {
		s.state.terminals[t.Key] = t
	}
	if path == "" {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("tbank: state folder: %w", err)
	}
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockPatience})
	if err != nil {
		return nil, fmt.Errorf("tbank: state file %s: %w", filepath.Base(path), err)
	}
	s.file = file
	if err := s.load(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func (s *store) load() error {
	return s.file.Update(func(tx *bbolt.Tx) error {
		rows, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		return rows.ForEach(func(k, v []byte) error {
			if err := s.state.restore(string(k), v); err != nil {
				return fmt.Errorf("tbank: row %s: %w", k, err)
			}
			return nil
		})
	})
}

func (s *state) restore(key string, row []byte) error {
	switch {
	case strings.HasPrefix(key, kindPayment):
		return restored(row, s.addPayment)
	case strings.HasPrefix(key, kindNotice):
		return restored(row, s.addNotice)
	case strings.HasPrefix(key, kindCustomer):
		return restored(row, s.addCustomer)
	case strings.HasPrefix(key, kindTerminal):
		return restored(row, func(t *Terminal) { s.terminals[t.Key] = *t })
	}
	return errors.New("unknown kind of row")
}

func restored[T any](row []byte, add func(*T)) error {
	value := new(T)
	if err := json.Unmarshal(row, value); err != nil {
		return err
	}
	add(value)
	return nil
}

// look reads the state. What it saw is durable when it returns without a failure of the file, which shows at the next change.
func (s *store) look(read func(*state)) {
	s.mu.Lock()
	read(s.state)
	seen := s.seen
	s.mu.Unlock()
	_ = s.flush(seen)
}

// flush returns once change n and all before it are on disk.
func (s *store) flush(n uint64) error {
	if s.file == nil {
		return nil
	}
	s.fileMu.Lock()
	defer s.fileMu.Unlock()
	if s.broken != nil || s.durable >= n {
		return s.broken
	}
	s.mu.Lock()
	rows, upTo := s.pending, s.seen
	s.pending = map[string][]byte{}
	s.mu.Unlock()
	s.broken = s.file.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		for _, key := range sortedKeys(rows) {
			if err := write(b, key, rows[key]); err != nil {
				return err
			}
		}
		return nil
	})
	s.durable = upTo
	return s.broken
}

func write(b *bbolt.Bucket, key string, row []byte) error {
	if row == nil {
		return b.Delete([]byte(key))
	}
	return b.Put([]byte(key), row)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *store) close() error {
	s.fileMu.Lock()
	defer s.fileMu.Unlock()
	if s.file == nil || errors.Is(s.broken, errClosed) {
		return nil
	}
	s.broken = errClosed
	return s.file.Close()
}

var errClosed = errors.New("tbank: the bank is closed")
