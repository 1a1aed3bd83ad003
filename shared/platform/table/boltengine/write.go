package boltengine

import (
	"context"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
)

// planned is one row's change, decided and not yet written.
type planned struct {
	key                  table.Key
	old, is              table.Row
	oldExists, isPresent bool
	record               []byte // of is, once it is encoded
}

// Write carries out all actions or none.
func (e *Engine) Write(ctx context.Context, actions ...table.Action) error {
	if err := table.Validate(actions); err != nil {
		return err
	}
	err := e.file.Update(ctx, func(tx *bbolt.Tx) error {
		plan, err := decide(tx.Bucket(rowsBucket), actions)
		if err != nil {
			return err
		}
		return e.writeAll(tx, plan)
	})
	if err == nil {
		e.wake.all()
	}
	return answer(err)
}

// decide asks all conditions of the state before the write and computes the rows after it. It writes nothing.
func decide(rows *bbolt.Bucket, actions []table.Action) ([]planned, error) {
	plan := make([]planned, len(actions))
	var refused *table.Refused
	for i, a := range actions {
		old, exists, err := readRow(rows, a.Key())
		if err != nil {
			return nil, err
		}
		plan[i] = planned{key: a.Key(), old: old, oldExists: exists}
		if !a.Holds(old, exists) {
			if refused == nil {
				refused = &table.Refused{Reasons: make([]table.Reason, len(actions))}
			}
			refused.Reasons[i] = table.Reason{Failed: true, Old: old, Exists: exists}
		}
	}
	if refused != nil {
		return nil, refused
	}
	for i, a := range actions {
		is, present, err := a.Apply(plan[i].old, plan[i].oldExists)
		if err != nil {
			return nil, err
		}
		plan[i].is, plan[i].isPresent = is, present
	}
	return plan, nil
}

// writeAll writes rows, indexes, TTL and the log of changes. A row that stays as it is costs nothing and is no change.
func (e *Engine) writeAll(tx *bbolt.Tx, plan []planned) error {
	logged, changed := e.feed.Load(), false
	for i := range plan {
		p := &plan[i]
		if p.oldExists == p.isPresent && (!p.isPresent || p.old.Equal(p.is)) {
			continue
		}
		changed = true
		if err := writeRow(tx, p); err != nil {
			return file.Spoiled(err)
		}
		if !logged {
			continue
		}
		if err := logChange(tx.Bucket(changesBucket), p); err != nil {
			return file.Spoiled(err)
		}
	}
	if !changed {
		return file.ErrNothing
	}
	return nil
}

func writeRow(tx *bbolt.Tx, p *planned) error {
	rows := tx.Bucket(rowsBucket)
	if !p.isPresent {
		if err := rows.Delete(rowKey(p.key)); err != nil {
			return err
		}
	} else {
		p.record = encodeRow(p.is)
		if err := rows.Put(rowKey(p.key), p.record); err != nil {
			return err
		}
	}
	if err := writePlace(tx.Bucket(firstBucket), table.First, p); err != nil {
		return err
	}
	if err := writePlace(tx.Bucket(secondBucket), table.Second, p); err != nil {
		return err
	}
	return writeTTL(tx.Bucket(ttlBucket), p)
}

// writePlace moves the row's entry within one index. What the row was not before is a zero Row, which has no place.
func writePlace(entries *bbolt.Bucket, index table.Index, p *planned) error {
	was, is := p.old.Place(index), p.is.Place(index)
	if !was.IsZero() && was != is {
		if err := entries.Delete(placeKey(was, p.key)); err != nil {
			return err
		}
	}
	if is.IsZero() {
		return nil
	}
	seen := p.is.Projection(index)
	if was == is && seen.Equal(p.old.Projection(index)) {
		return nil
	}
	return entries.Put(placeKey(is, p.key), appendAttrs([]byte{rowVersion}, seen.Attrs))
}

func writeTTL(entries *bbolt.Bucket, p *planned) error {
	if p.old.TTL == p.is.TTL {
		return nil
	}
	if p.old.TTL != 0 {
		if err := entries.Delete(ttlKey(p.old.TTL, p.key)); err != nil {
			return err
		}
	}
	if p.is.TTL == 0 {
		return nil
	}
	return entries.Put(ttlKey(p.is.TTL, p.key), []byte{})
}

func beUint64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
