// Package file keeps the one file of a standalone platform: opened by one process at a time, written by one goroutine
// that takes all waiting transactions into one commit, so that they share an fsync.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Options of Open. The zero value is right for production.
type Options struct {
	// NoSync leaves out the fsync: for tests, and for data that may be lost with the machine's power.
	NoSync bool
	// LockWait is how long Open waits for another process to let go of the file; 0 is 300 ms.
	LockWait time.Duration
	// MaxBytes is the size the file may not outgrow; 0 is no limit. Writes beyond it fail as on a full disk.
	MaxBytes int
	// Note is kept beside the file for whoever finds it held, such as the address of the server. The process id is added.
	Note string
}

// File is an open file. All its methods may be called at once.
type File struct {
	db     *bbolt.DB
	path   string
	queue  chan *update
	ended  chan struct{} // closed when the writer has left
	mu     sync.RWMutex  // guards closed, and sending on queue against its close
	closed bool

	commits atomic.Int64
}

// The bounds of a group: how many transactions may wait for the writer, and how many share one commit.
const (
	waiting  = 1024
	maxGroup = 512
)

// The file maps this much at once, so that a young file does not stop its readers for every doubling.
const firstMapBytes = 64 << 20

var (
	// ErrClosed is a use of a closed file.
	ErrClosed = errors.New("file: closed")
	// ErrCommit is a commit that failed (disk full, input or output error): what the transaction wrote may be there or not.
	// The file stays usable.
	ErrCommit = errors.New("file: the commit failed, its outcome is not known")
)

// Open opens or makes the file (mode 0600). If another process holds it, the error is a *HeldError, which is ErrHeld.
func Open(path string, o Options) (*File, error) {
	wait := o.LockWait
	if wait <= 0 {
		wait = 300 * time.Millisecond
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: wait, NoSync: o.NoSync, NoGrowSync: o.NoSync, MaxSize: o.MaxBytes,
		FreelistType: bbolt.FreelistMapType, InitialMmapSize: firstMapBytes, NoStatistics: true,
		// The list of free pages, long after much forgetting of changes, is not written with every commit but found again
		// at the next start: a fifth of a busy process's time went into it. A start reads the file once for it, about 1.6 s per gigabyte in memory.
		NoFreelistSync: true,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, &HeldError{Path: path, Holder: readNote(path)}
	}
	if err != nil {
		return nil, fmt.Errorf("file: open %s: %w", path, err)
	}
	f := &File{db: db, path: path, queue: make(chan *update, waiting), ended: make(chan struct{})}
	if err := f.SetNote(o.Note); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go f.write()
	return f, nil
}

// View reads a consistent state. What fn gets from tx must be copied before it returns.
func (f *File) View(ctx context.Context, fn func(tx *bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := f.db.View(fn)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// Update runs fn in a write transaction that it may share with others, and returns when the commit is on the disk.
//
// fn must decide before it writes: an error that it returns refuses the whole update and is the answer of Update, and the
// transaction goes on without it, so nothing may have been written by then. An error while writing must be returned as
// Spoiled(err): then the group is rolled back and its members run again, each alone. So fn may run more than once, and
// must begin anew each time. A panic of fn is treated in the same way and is raised again in the caller.
//
// When ctx ends while the update still waits for its turn, it is withdrawn and ctx's error returned; once it has begun, Update
// waits for its end. A failed commit is ErrCommit for every member.
func (f *File) Update(ctx context.Context, fn func(tx *bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	u := &update{fn: fn, done: make(chan struct{})}
	if err := f.enqueue(ctx, u); err != nil {
		return err
	}
	select {
	case <-u.done:
	case <-ctx.Done():
		if u.withdraw() {
			return ctx.Err()
		}
		<-u.done
	}
	if u.panicked != nil {
		panic(u.panicked)
	}
	return u.err
}

func (f *File) enqueue(ctx context.Context, u *update) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return ErrClosed
	}
	select {
	case f.queue <- u:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Commits is how many commits the file has made since it was opened.
func (f *File) Commits() int64 { return f.commits.Load() }

// Path is where the file is.
func (f *File) Path() string { return f.path }

// CopyTo writes a consistent copy of the whole file, while others read and write.
func (f *File) CopyTo(w io.Writer) (written int64, err error) {
	err = f.View(context.Background(), func(tx *bbolt.Tx) error {
		written, err = tx.WriteTo(w)
		return err
	})
	return written, err
}

// Close lets the updates that wait finish, and lets go of the file. Closing twice is harmless.
func (f *File) Close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		<-f.ended
		return nil
	}
	f.closed = true
	close(f.queue)
	f.mu.Unlock()
	<-f.ended
	return errors.Join(removeNote(f.path), f.db.Close())
}
