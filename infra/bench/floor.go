package main

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/bbolt"
)

// footprint is what one operation of the platform writes into its file: whole keys and values, by bucket.
type footprint struct {
	puts    []pair
	deletes []pair
}

type pair struct {
	bucket, key, value string
}

// contents reads every key of a file.
func contents(path string) (map[[2]string]string, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	all := map[[2]string]string{}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				all[[2]string{string(name), string(k)}] = string(v)
				return nil
			})
		})
	})
	return all, err
}

// difference is what was written between two readings.
func difference(before, after map[[2]string]string) (f footprint) {
	for at, value := range after {
		if old, ok := before[at]; !ok || old != value {
			f.puts = append(f.puts, pair{at[0], at[1], value})
		}
	}
	for at := range before {
		if _, ok := after[at]; !ok {
			f.deletes = append(f.deletes, pair{at[0], at[1], ""})
		}
	}
	return f
}

// bytes is how much the operation writes.
func (f footprint) bytes() (n int) {
	for _, p := range f.puts {
		n += len(p.key) + len(p.value)
	}
	return n
}

// bare is a bbolt file with one writer that takes all waiting transactions into one commit, as the platform's does, and
// knows nothing else.
type bare struct {
	db    *bbolt.DB
	queue chan bareWrite
	ended chan struct{}
}

type bareWrite struct {
	f    footprint
	n    uint64
	done chan error
}

func openBare(dir, name string, noSync bool) (*bare, error) {
	db, err := bbolt.Open(filepath.Join(dir, name), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType, InitialMmapSize: 64 << 20, NoSync: noSync, NoStatistics: true})
	if err != nil {
		return nil, err
	}
	b := &bare{db, make(chan bareWrite, 1024), make(chan struct{})}
	go b.write()
	return b, nil
}

// do writes operation number n of this footprint and returns when it is on the disk.
func (b *bare) do(f footprint, n uint64) error {
	w := bareWrite{f, n, make(chan error, 1)}
	b.queue <- w
	return <-w.done
}

func (b *bare) write() {
	defer close(b.ended)
	for first := range b.queue {
		group := []bareWrite{first}
		for before := 0; len(group) > before; {
			before = len(group)
			runtime.Gosched()
			for waiting := len(b.queue); waiting > 0 && len(group) < 512; waiting-- {
				group = append(group, <-b.queue)
			}
		}
		err := b.db.Update(func(tx *bbolt.Tx) error {
			for _, w := range group {
				if err := w.f.write(tx, w.n); err != nil {
					return err
				}
			}
			return nil
		})
		for _, w := range group {
			w.done <- err
		}
	}
}

// write puts the footprint under keys of operation n: as long as the real ones, spread as ids are, the log of changes in
// a row.
func (f footprint) write(tx *bbolt.Tx, n uint64) error {
	for _, p := range f.puts {
		b, err := tx.CreateBucketIfNotExists([]byte(p.bucket))
		if err != nil {
			return err
		}
		if err := b.Put(keyOf(p, n), []byte(p.value)); err != nil {
			return err
		}
	}
	for _, p := range f.deletes {
		b, err := tx.CreateBucketIfNotExists([]byte(p.bucket))
		if err != nil {
			return err
		}
		if err := b.Delete(keyOf(p, n)); err != nil {
			return err
		}
	}
	return nil
}

func keyOf(p pair, n uint64) []byte {
	key := []byte(p.key)
	if len(key) == 8 { // a place in the log
		binary.BigEndian.PutUint64(key, n)
		return key
	}
	spread := rand.NewPCG(n, 1)
	at := min(6, max(len(key)-8, 0)) // behind the prefix
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], spread.Uint64())
	copy(key[at:], id[:])
	return key
}

// fill makes the file as full as the platform's will be: what updates change has to be there, and a full tree is deeper.
func fill(dir, name string, f footprint, n int) error {
	b, err := openBare(dir, name, true)
	if err != nil {
		return err
	}
	whole := footprint{puts: f.puts}
	for _, p := range f.deletes {
		p.value = p.key
		whole.puts = append(whole.puts, p)
	}
	for from := 0; from < n; from += 500 {
		err = b.db.Update(func(tx *bbolt.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				if err := whole.write(tx, uint64(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return b.close()
}

func (b *bare) close() error {
	close(b.queue)
	<-b.ended
	return b.db.Close()
}

// size is a file's length in bytes, 0 when there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
