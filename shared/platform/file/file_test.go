package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/file"
)

var bucket = []byte("b")

func open(t testing.TB, path string, o file.Options) *file.File {
	t.Helper()
	o.NoSync = true
	f, err := file.Open(path, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	require.NoError(t, f.Update(t.Context(), func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	}))
	return f
}

func fresh(t testing.TB) *file.File {
	return open(t, filepath.Join(t.TempDir(), "f.db"), file.Options{})
}

func put(key, value string) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error { return file.Spoiled(tx.Bucket(bucket).Put([]byte(key), []byte(value))) }
}

func get(t testing.TB, f *file.File, key string) (value string) {
	t.Helper()
	require.NoError(t, f.View(t.Context(), func(tx *bbolt.Tx) error {
		value = string(tx.Bucket(bucket).Get([]byte(key)))
		return nil
	}))
	return value
}

// together makes the updates one group: the first holds the writer until all others wait behind it.
func together(t testing.TB, f *file.File, updates ...func(*bbolt.Tx) error) []func() error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	go func() {
		_ = f.Update(t.Context(), func(*bbolt.Tx) error { close(held); <-release; return file.ErrNothing })
	}()
	<-held
	answers := make([]func() error, len(updates))
	for i, fn := range updates {
		enqueued, done := make(chan struct{}), make(chan error, 1)
		go func() {
			defer func() {
				if r := recover(); r != nil {
					done <- fmt.Errorf("panic: %v", r)
				}
			}()
			done <- f.Update(&waiting{Context: t.Context(), enqueued: enqueued}, fn)
		}()
		<-enqueued
		answers[i] = func() error { return <-done }
	}
	close(release)
	return answers
}

// waiting tells when Update waits for its turn: it asks for Done once to get into the queue, and again to wait.
type waiting struct {
	context.Context
	asked    int
	enqueued chan struct{}
}

func (w *waiting) Done() <-chan struct{} {
	if w.asked++; w.asked == 2 {
		close(w.enqueued)
	}
	return w.Context.Done()
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	t.Run("GroupsShareACommit", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		before := f.Commits()
		var updates []func(*bbolt.Tx) error
		for i := range 200 {
			updates = append(updates, put(fmt.Sprint(i), "x"))
		}
		for _, answer := range together(t, f, updates...) {
			require.NoError(t, answer())
		}
		require.LessOrEqual(t, f.Commits()-before, int64(3))
		require.Equal(t, "x", get(t, f, "0"))
		require.Equal(t, "x", get(t, f, "199"))
	})
	t.Run("ARefusalHarmsNobody", func(t *testing.T) {
		t.Parallel()
		f, no := fresh(t), errors.New("no")
		answers := together(t, f, put("a", "1"), func(*bbolt.Tx) error { return no }, put("b", "2"))
		require.NoError(t, answers[0]())
		require.Equal(t, no, answers[1]())
		require.NoError(t, answers[2]())
		require.Equal(t, "12", get(t, f, "a")+get(t, f, "b"))
	})
	t.Run("ASpoiledMemberIsUndoneAlone", func(t *testing.T) {
		t.Parallel()
		f, broken := fresh(t), errors.New("broken")
		answers := together(t, f, put("a", "1"), func(tx *bbolt.Tx) error {
			return errors.Join(put("spoiled", "x")(tx), file.Spoiled(broken))
		}, put("b", "2"))
		require.NoError(t, answers[0]())
		require.ErrorIs(t, answers[1](), broken)
		require.NoError(t, answers[2]())
		require.Equal(t, "1|2|", get(t, f, "a")+"|"+get(t, f, "b")+"|"+get(t, f, "spoiled"))
	})
	t.Run("APanicIsItsCallersOnly", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		answers := together(t, f, put("a", "1"), func(tx *bbolt.Tx) error { _ = put("p", "x")(tx); panic("ouch") }, put("b", "2"))
		require.NoError(t, answers[0]())
		require.EqualError(t, answers[1](), "panic: ouch")
		require.NoError(t, answers[2]())
		require.Equal(t, "12", get(t, f, "a")+get(t, f, "b")+get(t, f, "p"))
		require.PanicsWithValue(t, "alone", func() { _ = f.Update(t.Context(), func(*bbolt.Tx) error { panic("alone") }) })
		require.NoError(t, f.Update(t.Context(), put("c", "3")))
	})
	t.Run("MembersSeeThoseBeforeThem", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		var updates []func(*bbolt.Tx) error
		for range 50 {
			updates = append(updates, func(tx *bbolt.Tx) error {
				return put("n", string(tx.Bucket(bucket).Get([]byte("n")))+"|")(tx)
			})
		}
		for _, answer := range together(t, f, updates...) {
			require.NoError(t, answer())
		}
		require.Len(t, get(t, f, "n"), 50)
	})
}

func TestUpdateAtTheEdges(t *testing.T) {
	t.Parallel()
	t.Run("NothingToWriteIsNoCommit", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		before := f.Commits()
		require.NoError(t, f.Update(t.Context(), func(*bbolt.Tx) error { return file.ErrNothing }))
		require.Error(t, f.Update(t.Context(), func(*bbolt.Tx) error { return errors.New("no") }))
		require.Equal(t, before, f.Commits())
	})
	t.Run("AnEndedContextWritesNothing", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, f.Update(ctx, put("a", "1")), context.Canceled)
		require.ErrorIs(t, f.View(ctx, func(*bbolt.Tx) error { return nil }), context.Canceled)
		require.Empty(t, get(t, f, "a"))
	})
	t.Run("AFullDiskIsAnErrorAndLifeGoesOn", func(t *testing.T) {
		t.Parallel()
		f := open(t, filepath.Join(t.TempDir(), "f.db"), file.Options{MaxBytes: 96 << 10})
		large := string(bytes.Repeat([]byte("x"), 128<<10))
		answers := together(t, f, put("a", "1"), put("large", large))
		require.ErrorIs(t, answers[0](), file.ErrCommit, "whoever shares the commit does not know either")
		require.ErrorIs(t, answers[1](), file.ErrCommit)
		require.NoError(t, f.Update(t.Context(), put("b", "2")))
		require.Equal(t, "2", get(t, f, "b"))
	})
}

func TestWithdrawnUpdateWritesNothing(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	held, release := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- f.Update(t.Context(), func(*bbolt.Tx) error { close(held); <-release; return file.ErrNothing })
	}()
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	second, enqueued := make(chan error, 1), make(chan struct{})
	go func() { second <- f.Update(&waiting{Context: ctx, enqueued: enqueued}, put("a", "1")) }()
	<-enqueued
	cancel()
	require.ErrorIs(t, <-second, context.Canceled)
	close(release)
	require.NoError(t, <-first)
	require.NoError(t, f.Update(t.Context(), put("b", "1")))
	require.Empty(t, get(t, f, "a"))
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("ReopenKeepsEverything", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "f.db")
		f := open(t, path, file.Options{})
		require.NoError(t, f.Update(t.Context(), put("a", "1")))
		require.NoError(t, f.Close())
		require.Equal(t, "1", get(t, open(t, path, file.Options{}), "a"))
	})
	t.Run("ErrHeldSaysWho", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "f.db")
		f := open(t, path, file.Options{Note: "starting"})
		require.NoError(t, f.SetNote("http://127.0.0.1:8080"))
		_, err := file.Open(path, file.Options{LockWait: 1})
		require.ErrorIs(t, err, file.ErrHeld)
		var held *file.HeldError
		require.ErrorAs(t, err, &held)
		require.Equal(t, fmt.Sprintf("process %d, http://127.0.0.1:8080", os.Getpid()), held.Holder)
		require.ErrorContains(t, err, held.Holder)
		require.NoError(t, f.Close())
		open(t, path, file.Options{})
	})
	t.Run("OnlyTheOwnerReadsIt", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		for _, path := range []string{f.Path(), f.Path() + ".holder"} {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), path)
		}
	})
	t.Run("ErrNotOurFile", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "f.db")
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("not a database\n"), 1000), 0o600))
		_, err := file.Open(path, file.Options{})
		require.Error(t, err)
		require.NotErrorIs(t, err, file.ErrHeld)
	})
	t.Run("CopyIsAWholeFile", func(t *testing.T) {
		t.Parallel()
		f := fresh(t)
		require.NoError(t, f.Update(t.Context(), put("a", "1")))
		var copied bytes.Buffer
		n, err := f.CopyTo(&copied)
		require.NoError(t, err)
		require.Equal(t, int64(copied.Len()), n)
		path := filepath.Join(t.TempDir(), "copy.db")
		require.NoError(t, os.WriteFile(path, copied.Bytes(), 0o600))
		require.Equal(t, "1", get(t, open(t, path, file.Options{}), "a"))
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	answers := together(t, f, put("a", "1"), put("b", "2"), put("c", "3"))
	require.NoError(t, f.Close())
	require.NoError(t, f.Close(), "twice is harmless")
	for _, answer := range answers {
		require.NoError(t, answer(), "what waited was written")
	}
	require.ErrorIs(t, f.Update(t.Context(), put("d", "4")), file.ErrClosed)
	require.ErrorIs(t, f.View(t.Context(), func(*bbolt.Tx) error { return nil }), file.ErrClosed)
	_, err := os.Stat(f.Path() + ".holder")
	require.ErrorIs(t, err, os.ErrNotExist)
	g := open(t, f.Path(), file.Options{})
	require.Equal(t, "123", get(t, g, "a")+get(t, g, "b")+get(t, g, "c"))
}
