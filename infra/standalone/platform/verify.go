package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	tableengine "giberno.ru/shared/platform/table/boltengine"
)

// Verified is what a look through all rows of the data found.
type Verified struct {
	store.Audit
	Ledger      ledgerstore.Audit
	Settlements int
	Rows        int // of all domains
}

// Verify holds the data in a file (a folder's giberno.db, or a backup) against the invariants. No process may hold it; no
// keys are needed, for nothing sealed is read.
func Verify(ctx context.Context, path string) (v Verified, err error) {
	f, err := openData(path)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	t, err := tableengine.New(f, tableengine.Options{})
	if err != nil {
		return v, err
	}
	auditor, books := store.NewAuditor(), ledgerstore.NewAuditor()
	chains, reconciled := ledgerstore.NewChains(), ledgerstore.NewReconciled()
	var places placed
	err = everyRow(ctx, f, t, func(row table.Row) {
		v.Rows++
		auditor.Add(row)
		chains.Add(row)
		reconciled.Add(row)
		if !ledgerstore.IsOfChain(row.Key) && !ledgerstore.IsOfReconciliation(row.Key) {
			books.Add(row)
		}
		places.take(row)
	})
	if err != nil {
		return v, err
	}
	v.Audit, v.Ledger = auditor.Done(), books.Done()
	settlements, broken := chains.Done()
	v.Settlements, v.Ledger.Breaches = settlements, slices.Concat(v.Ledger.Breaches, broken, reconciled.Done())
	v.Breaches = append(v.Breaches, v.Ledger.Breaches...)
	v.More += v.Ledger.More
	wrong, err := places.compare(ctx, f, t)
	v.Breaches = append(v.Breaches, wrong...)
	slices.Sort(v.Breaches)
	return v, err
}

// The buckets of the table in the file, as its engine names them.
const (
	rowsBucket   = "table/rows"
	firstBucket  = "table/first"
	secondBucket = "table/second"
)

// everyRow reads all rows in the order of their keys. The engine has no call for that, and must not have one: on AWS nobody
// may scan. So the keys are taken from the file, and the rows from the engine.
func everyRow(ctx context.Context, f *file.File, t *tableengine.Engine, each func(table.Row)) error {
	var last []byte
	for {
		keys, next, err := someKeys(ctx, f, last)
		if err != nil || len(keys) == 0 {
			return err
		}
		rows, err := t.GetMany(ctx, keys)
		if err != nil {
			return err
		}
		if len(rows) != len(keys) {
			return errors.New("platform: rows of the table cannot be read by their keys")
		}
		for _, row := range rows { // they come in the order in which they were asked for
			each(row)
		}
		last = next
	}
}

// someKeys gives up to 100 keys after the one that the last call ended with.
func someKeys(ctx context.Context, f *file.File, last []byte) (keys []table.Key, end []byte, err error) {
	err = f.View(ctx, func(tx *bbolt.Tx) error {
		cursor := tx.Bucket([]byte(rowsBucket)).Cursor()
		k, _ := cursor.First()
		if last != nil {
			if k, _ = cursor.Seek(last); bytes.Equal(k, last) {
				k, _ = cursor.Next()
			}
		}
		for ; k != nil && len(keys) < 100; k, _ = cursor.Next() {
			pk, sk, ok := bytes.Cut(k, []byte{0, 1})
			if !ok || bytes.IndexByte(pk, 0) >= 0 {
				return fmt.Errorf("platform: the key %q is none of ours", k)
			}
			keys = append(keys, table.Key{PK: string(pk), SK: string(sk)})
			end = append(end[:0], k...)
		}
		return nil
	})
	return keys, end, err
}

// placed is where the rows say that they stand in the two indexes: by partition, then by row.
type placed [2]map[string]map[table.Key]string

func (p *placed) take(row table.Row) {
	for i, place := range []table.Key{row.First, row.Second} {
		if place.IsZero() {
			continue
		}
		if p[i] == nil {
			p[i] = map[string]map[table.Key]string{}
		}
		if p[i][place.PK] == nil {
			p[i][place.PK] = map[table.Key]string{}
		}
		p[i][place.PK][row.Key] = place.SK
	}
}

// compare holds the indexes against the rows: every row where it says, and nothing else.
func (p *placed) compare(ctx context.Context, f *file.File, t *tableengine.Engine) (wrong []string, err error) {
	for i, bucket := range []string{firstBucket, secondBucket} {
		seen := 0
		for pk, rows := range p[i] {
			entries, err := partition(ctx, t, table.Index(i+1), pk)
			if err != nil {
				return wrong, err
			}
			seen += len(entries)
			for key, sk := range rows {
				if entries[key] != sk {
					wrong = append(wrong, fmt.Sprintf("%s %s: index %d does not have it at %s %s", key.PK, key.SK, i+1, pk, sk))
				}
			}
			for key, sk := range entries {
				if _, ok := rows[key]; !ok {
					wrong = append(wrong, fmt.Sprintf("%s %s: index %d has it at %s %s, the row does not say so", key.PK, key.SK, i+1, pk, sk))
				}
			}
		}
		all := 0
		err := f.View(ctx, func(tx *bbolt.Tx) error { all = tx.Bucket([]byte(bucket)).Stats().KeyN; return nil })
		if err != nil {
			return wrong, err
		}
		if all != seen {
			wrong = append(wrong, fmt.Sprintf("index %d: it has %d entries in partitions that no row names", i+1, all-seen))
		}
	}
	return wrong, nil
}

func partition(ctx context.Context, t *tableengine.Engine, index table.Index, pk string) (map[table.Key]string, error) {
	entries := map[table.Key]string{}
	q := table.Query{Index: index, PK: pk, Limit: 1000}
	for {
		page, err := t.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			entries[row.Key] = row.Place(index).SK
		}
		if page.More == nil {
			return entries, nil
		}
		q.After = page.More
	}
}
