package boltengine_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/queue/faulty"
	"giberno.ru/shared/platform/queue/queuetest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func openFile(t testing.TB, path string) *file.File {
	t.Helper()
	f, err := file.Open(path, file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func open(t testing.TB, o boltengine.Options) (*boltengine.Engine, *clock.Manual) {
	t.Helper()
	c := clock.At(noon)
	e, err := boltengine.New(openFile(t, filepath.Join(t.TempDir(), "q.db")), c, o)
	require.NoError(t, err)
	return e, c
}

func job(key string) queue.Job { return queue.Job{Kind: "test.do", Version: 1, Key: key} }

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("Bolt", func(t *testing.T) {
		t.Parallel()
		queuetest.Conformance(t, func(t *testing.T) queuetest.Subject {
			e, c := open(t, boltengine.Options{})
			return queuetest.Subject{Queue: e, Graveyard: e, Advance: c.Advance}
		})
	})
	t.Run("BehindFaultyWithoutFaults", func(t *testing.T) {
		t.Parallel()
		queuetest.Conformance(t, func(t *testing.T) queuetest.Subject {
			e, c := open(t, boltengine.Options{})
			return queuetest.Subject{Queue: faulty.New(e, nil), Graveyard: e, Advance: c.Advance}
		})
	})
}

func TestReopenKeepsJobsReceiptsAndDeadLetters(t *testing.T) {
	t.Parallel()
	path, c := filepath.Join(t.TempDir(), "q.db"), clock.At(noon)
	f := openFile(t, path)
	e, err := boltengine.New(f, c, boltengine.Options{})
	require.NoError(t, err)
	require.NoError(t, e.Send(t.Context(), queue.Receipts, 0, job("a"), job("b")))
	require.NoError(t, e.Send(t.Context(), queue.Receipts, time.Minute, job("c")))
	batch, err := e.Receive(t.Context(), queue.Receipts, 10)
	require.NoError(t, err)
	require.Len(t, batch, 2)
	require.NoError(t, e.Bury(t.Context(), queue.Receipts, batch[0], "because"))
	require.NoError(t, f.Close())

	e, err = boltengine.New(openFile(t, path), c, boltengine.Options{})
	require.NoError(t, err)
	require.NoError(t, e.Ack(t.Context(), queue.Receipts, batch[1].Receipt), "a receipt outlives the process")
	c.Advance(queue.Visibility * 2)
	left, err := e.Receive(t.Context(), queue.Receipts, 10)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, "c", left[0].Job.Key)
	letters, err := e.Dead(t.Context(), queue.Receipts, 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, "because", letters[0].Reason)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	e, c := open(t, boltengine.Options{MaxReceives: 2, Visibility: map[string]time.Duration{queue.Receipts: time.Second}})
	require.NoError(t, e.Send(t.Context(), queue.Receipts, 0, job("a")))
	require.NoError(t, e.Send(t.Context(), queue.Settlements, 0, job("b")))
	for range 2 {
		batch, err := e.Receive(t.Context(), queue.Receipts, 1)
		require.NoError(t, err)
		require.Len(t, batch, 1)
		c.Advance(time.Second)
	}
	batch, err := e.Receive(t.Context(), queue.Receipts, 1)
	require.NoError(t, err)
	require.Empty(t, batch)
	letters, err := e.Dead(t.Context(), queue.Receipts, 1)
	require.NoError(t, err)
	require.Len(t, letters, 1)
}

func TestSentAndNextTellWhenToLook(t *testing.T) {
	t.Parallel()
	e, _ := open(t, boltengine.Options{})
	_, some, err := e.Next(t.Context(), queue.Receipts)
	require.NoError(t, err)
	require.False(t, some)
	sent := e.Sent()
	require.NoError(t, e.Send(t.Context(), queue.Receipts, time.Minute, job("a")))
	<-sent
	at, some, err := e.Next(t.Context(), queue.Receipts)
	require.NoError(t, err)
	require.True(t, some)
	require.Equal(t, noon.Add(time.Minute), at)
}

func TestPollingInVainWritesNothing(t *testing.T) {
	t.Parallel()
	f := openFile(t, filepath.Join(t.TempDir(), "q.db"))
	e, err := boltengine.New(f, clock.At(noon), boltengine.Options{})
	require.NoError(t, err)
	before := f.Commits()
	for range 10 {
		_, err := e.Receive(t.Context(), queue.Receipts, 10)
		require.NoError(t, err)
	}
	require.NoError(t, e.Ack(t.Context(), queue.Receipts, "1.1"))
	require.Equal(t, before, f.Commits())
}

func TestDamagedRecordIsAnError(t *testing.T) {
	t.Parallel()
	f := openFile(t, filepath.Join(t.TempDir(), "q.db"))
	e, err := boltengine.New(f, clock.At(noon), boltengine.Options{})
	require.NoError(t, err)
	require.NoError(t, e.Send(t.Context(), queue.Receipts, 0, job("a")))
	require.NoError(t, f.Update(t.Context(), func(tx *bbolt.Tx) error {
		jobs := tx.Bucket([]byte("queue/" + queue.Receipts)).Bucket([]byte("jobs"))
		k, _ := jobs.Cursor().First()
		return file.Spoiled(jobs.Put(k, []byte{9}))
	}))
	_, err = e.Receive(t.Context(), queue.Receipts, 1)
	require.ErrorContains(t, err, "damaged")
}

func FuzzReceipt(f *testing.F) {
	for _, seed := range []string{"", "1.1", ".", "1.", "zz.zz", "1.1.1", "-1.1", "1.99999999999999999999", "01.1"} {
		f.Add(seed)
	}
	e, _ := open(f, boltengine.Options{})
	require.NoError(f, e.Send(f.Context(), queue.Receipts, 0, job("a")))
	f.Fuzz(func(t *testing.T, receipt string) {
		require.NoError(t, e.Ack(t.Context(), queue.Receipts, receipt))
		_, some, err := e.Next(t.Context(), queue.Receipts)
		require.NoError(t, err)
		require.True(t, some, "a job that nobody received was removed by %q", receipt)
	})
}

func BenchmarkSendReceiveAck(b *testing.B) {
	e, _ := open(b, boltengine.Options{})
	for i := 0; b.Loop(); i++ {
		require.NoError(b, e.Send(b.Context(), queue.Receipts, 0, job(fmt.Sprint(i))))
		batch, err := e.Receive(b.Context(), queue.Receipts, 10)
		require.NoError(b, err)
		require.NoError(b, e.Ack(b.Context(), queue.Receipts, batch[0].Receipt))
	}
}
