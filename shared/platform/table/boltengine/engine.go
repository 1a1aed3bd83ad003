// Package boltengine keeps the platform's table in a bbolt file: serialisable, durable when a write returns, indexes and
// the log of changes written in the same transaction as the rows.
package boltengine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
)

// Options of New. The zero value is right for production.
type Options struct {
	// NoFeed begins without the log of changes, for a test that everything happens without it, too.
	NoFeed bool
}

// Engine is a table.Table and its table.Feed.
type Engine struct {
	file *file.File
	feed atomic.Bool
	wake broadcast
}

var (
	_ table.Table = (*Engine)(nil)
	_ table.Feed  = (*Engine)(nil)
)

// The buckets. Those of other users of the file have other prefixes.
var (
	rowsBucket    = []byte("table/rows")
	firstBucket   = []byte("table/first")
	secondBucket  = []byte("table/second")
	ttlBucket     = []byte("table/ttl")
	changesBucket = []byte("table/changes")
)

// New makes the table in f, which stays the caller's to close.
func New(f *file.File, o Options) (*Engine, error) {
	e := &Engine{file: f}
	e.feed.Store(!o.NoFeed)
	err := f.Update(context.Background(), func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{rowsBucket, firstBucket, secondBucket, ttlBucket, changesBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return file.Spoiled(err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("boltengine: make the table: %w", err)
	}
	return e, nil
}

// Get reads one row.
func (e *Engine) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	if err := table.ValidKey(key); err != nil {
		return table.Row{}, false, err
	}
	err = e.file.View(ctx, func(tx *bbolt.Tx) error {
		row, ok, err = readRow(tx.Bucket(rowsBucket), key)
		return err
	})
	return row, ok, answer(err)
}

// GetMany reads up to 100 rows in one state of the table.
func (e *Engine) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	if err := table.ValidKeys(keys); err != nil {
		return nil, err
	}
	rows := make([]table.Row, 0, len(keys))
	err := e.file.View(ctx, func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(rowsBucket)
		for _, key := range keys {
			row, ok, err := readRow(bucket, key)
			if err != nil {
				return err
			}
			if ok {
				rows = append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return rows, nil
}

func readRow(rows *bbolt.Bucket, key table.Key) (table.Row, bool, error) {
	raw := rows.Get(rowKey(key))
	if raw == nil {
		return table.Row{}, false, nil
	}
	row, err := decodeRow(key, string(raw))
	if err != nil {
		return table.Row{}, false, fmt.Errorf("%w: row %s", err, key)
	}
	return row, true, nil
}

// Expire deletes up to limit rows whose TTL is before now, oldest first, and says how many; fewer than limit means that
// none is left. Until then reads give them, as DynamoDB does, whose deletion takes days.
func (e *Engine) Expire(ctx context.Context, now time.Time, limit int) (deleted int, err error) {
	err = e.file.Update(ctx, func(tx *bbolt.Tx) error {
		deleted = 0
		var due []planned
		cursor := tx.Bucket(ttlBucket).Cursor()
		for k, _ := cursor.First(); k != nil && len(due) < limit; k, _ = cursor.Next() {
			if len(k) < 8 {
				return errDamaged
			}
			if sec := int64(beUint64(k)); sec >= now.Unix() {
				break
			}
			key, ok := cutRowKey(string(k[8:]))
			if !ok {
				return errDamaged
			}
			old, exists, err := readRow(tx.Bucket(rowsBucket), key)
			if err != nil {
				return err
			}
			if !exists {
				return errDamaged
			}
			due = append(due, planned{key: key, old: old, oldExists: true})
		}
		deleted = len(due)
		return e.writeAll(tx, due)
	})
	if err == nil && deleted > 0 {
		e.wake.all()
	}
	return deleted, answer(err)
}

// answer turns an error of the file into one of the table.
func answer(err error) error {
	if errors.Is(err, file.ErrCommit) {
		return fmt.Errorf("%w: %w", table.ErrUnavailable, err)
	}
	return err
}
