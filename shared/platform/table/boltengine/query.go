package boltengine

import (
	"bytes"
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/table"
)

// Query reads one page. Here the indexes are never stale.
func (e *Engine) Query(ctx context.Context, q table.Query) (table.Page, error) {
	q, err := q.Valid()
	if err != nil {
		return table.Page{}, err
	}
	var page table.Page
	err = e.file.View(ctx, func(tx *bbolt.Tx) error {
		page, err = readPage(tx.Bucket(bucketOf(q.Index)), q)
		return err
	})
	if err != nil {
		return table.Page{}, answer(err)
	}
	return page, nil
}

func bucketOf(index table.Index) []byte {
	switch index {
	case table.First:
		return firstBucket
	case table.Second:
		return secondBucket
	default:
		return rowsBucket
	}
}

// readPage walks the span of the query; it looks one entry beyond the limit to know whether more is left.
func readPage(bucket *bbolt.Bucket, q table.Query) (table.Page, error) {
	lo, hi := span(q)
	if q.After != nil {
		at := rowKey(q.After.Base)
		if q.Index != table.Base {
			at = placeKey(q.After.Index, q.After.Base)
		}
		if q.Backward {
			hi = at
		} else {
			lo = append(at, 0) // the smallest key above it
		}
	}
	cursor := bucket.Cursor()
	k, v := start(cursor, lo, hi, q.Backward)
	page := table.Page{}
	for ; k != nil && bytes.Compare(k, lo) >= 0 && bytes.Compare(k, hi) < 0; k, v = step(cursor, q.Backward) {
		if len(page.Rows) == q.Limit {
			page.More = table.PlaceOf(q.Index, page.Rows[q.Limit-1])
			return page, nil
		}
		row, err := entry(q.Index, k, v)
		if err != nil {
			return table.Page{}, err
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

func start(c *bbolt.Cursor, lo, hi []byte, backward bool) (k, v []byte) {
	if !backward {
		return c.Seek(lo)
	}
	if k, _ = c.Seek(hi); k == nil {
		return c.Last()
	}
	return c.Prev()
}

func step(c *bbolt.Cursor, backward bool) (k, v []byte) {
	if backward {
		return c.Prev()
	}
	return c.Next()
}

// entry reads a row of the base table, or an entry of an index as the row it projects.
func entry(index table.Index, k, v []byte) (table.Row, error) {
	if index == table.Base {
		key, ok := cutRowKey(string(k))
		if !ok {
			return table.Row{}, fmt.Errorf("%w: a key of the rows", errDamaged)
		}
		return decodeRow(key, string(v))
	}
	place, key, ok := cutPlaceKey(string(k))
	if !ok {
		return table.Row{}, fmt.Errorf("%w: a key of an index", errDamaged)
	}
	in := input{rest: string(v)}
	if in.byte() != rowVersion {
		in.fail()
	}
	row := table.Row{Key: key, Attrs: in.attrs()}
	if in.broken || in.rest != "" {
		return table.Row{}, fmt.Errorf("%w: an entry of an index", errDamaged)
	}
	if index == table.First {
		row.First = place
	} else {
		row.Second = place
	}
	return row, nil
}
