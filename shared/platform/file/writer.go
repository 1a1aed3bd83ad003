package file

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// update is one transaction that waits, runs or has ended. err and panicked are read only after done is closed.
type update struct {
	fn       func(*bbolt.Tx) error
	state    atomic.Int32
	err      error
	panicked any
	done     chan struct{}
}

const (
	updateWaits int32 = iota
	updateBegun
	updateWithdrawn
)

func (u *update) begin() bool    { return u.state.CompareAndSwap(updateWaits, updateBegun) }
func (u *update) withdraw() bool { return u.state.CompareAndSwap(updateWaits, updateWithdrawn) }

type spoiled struct{ cause error }

func (s *spoiled) Error() string { return "file: a write failed: " + s.cause.Error() }
func (s *spoiled) Unwrap() error { return s.cause }

// Spoiled marks an error of an update that has written already, so that what it wrote is rolled back.
func Spoiled(err error) error {
	if err == nil {
		return nil
	}
	return &spoiled{err}
}

// ErrNothing is what an update returns that found nothing to write: Update answers nil, and no commit is made for it.
var ErrNothing = errors.New("file: nothing to write")

// write is the one goroutine that writes, until the queue is closed and empty.
func (f *File) write() {
	defer close(f.ended)
	group := make([]*update, 0, maxGroup)
	for first := range f.queue {
		group = f.gather(append(group[:0], first))
		f.finish(group)
		clear(group) // let go of what the answered ones captured
	}
}

// gather adds what waits. Those whom the last commit answered may have their next write ready in a moment: as long as the
// group grows they are given one, so that they need not wait for a commit of their own.
func (f *File) gather(group []*update) []*update {
	for before := 0; len(group) > before; {
		before = len(group)
		runtime.Gosched()
		for waiting := len(f.queue); waiting > 0 && len(group) < maxGroup; waiting-- {
			u, open := <-f.queue
			if !open {
				return group
			}
			group = append(group, u)
		}
	}
	return group
}

// finish carries out a group, and its members one by one if one of them spoils it.
func (f *File) finish(group []*update) {
	begun := group[:0]
	for _, u := range group {
		if u.begin() {
			begun = append(begun, u)
		}
	}
	if len(begun) == 0 {
		return
	}
	if !f.together(begun) && len(begun) > 1 {
		for _, u := range begun {
			f.together([]*update{u})
		}
	}
	for _, u := range begun {
		close(u.done)
	}
}

// together runs all members in one transaction. false says that a member spoiled it: nothing of the group was written.
// A group in which every member refused itself costs no commit.
func (f *File) together(group []*update) bool {
	tx, err := f.db.Begin(true)
	if err != nil {
		fail(group, err)
		return true
	}
	wrote := false
	for _, u := range group {
		u.run(tx)
		var s *spoiled
		if u.panicked != nil || errors.As(u.err, &s) {
			_ = tx.Rollback()
			return false
		}
		if errors.Is(u.err, ErrNothing) {
			u.err = nil
		} else if u.err == nil {
			wrote = true
		}
	}
	if !wrote {
		_ = tx.Rollback()
		return true
	}
	f.commits.Add(1)
	if err := commit(tx); err != nil {
		// A member that was refused may have been refused for what another of this group wrote: it has no answer either.
		fail(group, err)
	}
	return true
}

// commit turns a panic of the library (it has them for a damaged file) into an error.
func commit(tx *bbolt.Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
			_ = tx.Rollback()
		}
	}()
	return tx.Commit()
}

func fail(group []*update, err error) {
	for _, u := range group {
		u.err = fmt.Errorf("%w: %w", ErrCommit, err)
	}
}

func (u *update) run(tx *bbolt.Tx) {
	u.err, u.panicked = nil, nil
	returned := false
	defer func() {
		if r := recover(); r != nil {
			u.panicked = r
		} else if !returned {
			u.panicked = "file: the update left its goroutine"
		}
	}()
	u.err = u.fn(tx)
	returned = true
}
