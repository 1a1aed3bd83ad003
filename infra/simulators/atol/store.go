package atol

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// state is everything the service knows, with its indexes. Rows are never written to once they are here: a change works on
// copies and puts them in whole.
type state struct {
	receipts   map[string]*Receipt
	accounts   map[string]Account
	tills      map[string]till   // by group
	byExternal map[string]string // group and external_id → receipt
	byFiscal   map[string]string // fn, fd and fp → receipt
	due        map[string]time.Time
	last       int64
}

func newState() *state {
	return &state{
		receipts: map[string]*Receipt{}, accounts: map[string]Account{}, tills: map[string]till{},
		byExternal: map[string]string{}, byFiscal: map[string]string{}, due: map[string]time.Time{},
	}
}

func externalKey(group, external string) string { return group + "\x00" + external }

func (s *state) addReceipt(r *Receipt) {
	s.receipts[r.UUID] = r
	s.byExternal[externalKey(r.Group, r.ExternalID)] = r.UUID
	if r.Fiscal != nil {
		s.byFiscal[r.Fiscal.index()] = r.UUID
	}
	s.last = max(s.last, r.Number)
	if at := r.dueAt(); at.IsZero() {
		delete(s.due, r.UUID)
	} else {
		s.due[r.UUID] = at
	}
}

// dueReceipts lists the receipts that time changes or tells of now, oldest first.
func (s *state) dueReceipts(now time.Time) []*Receipt {
	var list []*Receipt
	for id, at := range s.due {
		if !at.After(now) {
			list = append(list, s.receipts[id])
		}
	}
	slices.SortFunc(list, func(a, b *Receipt) int { return int(a.Number - b.Number) })
	return list
}

// change is a step of the service: rows to be put into the state together, or not at all.
type change struct {
	service  *Service
	old      *state
	now      time.Time
	receipts map[string]*Receipt
	accounts map[string]Account
	tills    map[string]till
}

// edit gives a copy of a receipt that will be put into the state.
func (x *change) edit(uuid string) (*Receipt, bool) {
	if r, ok := x.receipts[uuid]; ok {
		return r, true
	}
	was, ok := x.old.receipts[uuid]
	if !ok {
		return nil, false
	}
	is := *was
	is.Attempts = slices.Clone(was.Attempts)
	x.receipts[uuid] = &is
	return &is, true
}

// till gives the till of a group as this change has left it.
func (x *change) till(group string) till {
	if t, ok := x.tills[group]; ok {
		return t
	}
	return x.old.tills[group]
}

// change runs do alone. When do fails nothing is kept; when it succeeds everything is durable on return.
func (s *Service) change(do func(*change) error) error {
	st := s.store
	st.mu.Lock()
	x := &change{
		service: s, old: st.state, now: s.clock.Now(),
		receipts: map[string]*Receipt{}, accounts: map[string]Account{}, tills: map[string]till{},
	}
	err := do(x)
	if err == nil {
		err = st.install(x)
	}
	seen := st.seen
	st.mu.Unlock()
	if lost := st.flush(seen); lost != nil {
		return fmt.Errorf("atol: state is not durable: %w", lost)
	}
	if err == nil && len(x.receipts) > 0 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return err
}

// The kinds of row, as they begin their keys in the file.
const (
	kindReceipt = "receipt/"
	kindAccount = "account/"
	kindTill    = "till/"
)

// install puts the rows of x into memory and into the queue of the file.
func (s *store) install(x *change) error {
	if s.file != nil {
		rows := map[string]any{}
		for id, r := range x.receipts {
			rows[kindReceipt+id] = r
		}
		for login, a := range x.accounts {
			rows[kindAccount+login] = a
		}
		for group, t := range x.tills {
			rows[kindTill+group] = t
		}
		for key, row := range rows {
			raw, err := json.Marshal(row)
			if err != nil {
				return err
			}
			s.pending[key] = raw
		}
		s.seen++
	}
	for _, id := range sortedKeys(x.receipts) {
		s.state.addReceipt(x.receipts[id])
	}
	maps.Copy(s.state.accounts, x.accounts)
	maps.Copy(s.state.tills, x.tills)
	return nil
}

// store keeps the state in memory and, where there is a file, on disk. Changes wait together for one fsync: whoever finds
// the file free writes for all, and nobody is answered before what he has seen is durable.
type store struct {
	mu      sync.Mutex
	state   *state
	pending map[string][]byte // key → row as it shall be
	seen    uint64            // number of the last change in memory

	file    *bbolt.DB
	fileMu  sync.Mutex
	durable uint64 // number of the last change on disk
	broken  error  // once a write has failed nothing may be promised any more
}

var bucket = []byte("atol")

// lockPatience is how long a start waits for another process to let the file go.
const lockPatience = 200 * time.Millisecond

func openStore(path string, accounts []Account) (*store, error) {
	s := &store{state: newState(), pending: map[string][]byte{}}
	for _, a := range accounts {
		s.state.accounts[a.Login] = a
	}
	if path == "" {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("atol: state folder: %w", err)
	}
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockPatience})
	if err != nil {
		return nil, fmt.Errorf("atol: state file %s: %w", filepath.Base(path), err)
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
				return fmt.Errorf("atol: row %s: %w", k, err)
			}
			return nil
		})
	})
}

func (s *state) restore(key string, row []byte) error {
	switch {
	case strings.HasPrefix(key, kindReceipt):
		return restored(row, func(r Receipt) { s.addReceipt(&r) })
	case strings.HasPrefix(key, kindAccount):
		return restored(row, func(a Account) { s.accounts[a.Login] = a })
	case strings.HasPrefix(key, kindTill):
		return restored(row, func(t till) { s.tills[strings.TrimPrefix(key, kindTill)] = t })
	}
	return errors.New("unknown kind of row")
}

func restored[T any](row []byte, add func(T)) error {
	var value T
	if err := json.Unmarshal(row, &value); err != nil {
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
			if err := b.Put([]byte(key), rows[key]); err != nil {
				return err
			}
		}
		return nil
	})
	s.durable = upTo
	return s.broken
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

var errClosed = errors.New("atol: the service is closed")

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
