package boltengine

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
)

// The flags of a change's record.
const (
	changeVersion = 1

	hasOld         byte = 1
	hasNew         byte = 2
	allChangeFlags      = hasOld | hasNew
)

// SetFeed switches the log of changes on or off for the writes that follow. What is logged already stays.
func (e *Engine) SetFeed(on bool) { e.feed.Store(on) }

func logChange(changes *bbolt.Bucket, p *planned) error {
	seq, err := changes.NextSequence()
	if err != nil {
		return err
	}
	var old, is []byte
	if p.oldExists {
		old = encodeRow(p.old)
	}
	if p.isPresent {
		is = p.record
	}
	return changes.Put(binary.BigEndian.AppendUint64(nil, seq), encodeChange(p.key, old, is))
}

// encodeChange writes version, flags, the key, and each image that is there with its length.
func encodeChange(key table.Key, old, is []byte) []byte {
	b := make([]byte, 0, len(key.PK)+len(key.SK)+len(old)+len(is)+24)
	var flags byte
	if old != nil {
		flags |= hasOld
	}
	if is != nil {
		flags |= hasNew
	}
	b = appendText(appendText(append(b, changeVersion, flags), key.PK), key.SK)
	for _, image := range [][]byte{old, is} {
		if image != nil {
			b = append(binary.AppendUvarint(b, uint64(len(image))), image...)
		}
	}
	return b
}

func decodeChange(seq uint64, rec string) (table.Change, error) {
	in := input{rest: rec}
	if in.byte() != changeVersion {
		return table.Change{}, errDamaged
	}
	flags := in.byte()
	if flags == 0 || flags&^allChangeFlags != 0 {
		return table.Change{}, errDamaged
	}
	key := table.Key{PK: in.text(), SK: in.text()}
	c := table.Change{Seq: seq, OldExists: flags&hasOld != 0, NewExists: flags&hasNew != 0}
	var err error
	if c.OldExists {
		if c.Old, err = decodeRow(key, in.text()); err != nil {
			return table.Change{}, err
		}
	}
	if c.NewExists {
		if c.New, err = decodeRow(key, in.text()); err != nil {
			return table.Change{}, err
		}
	}
	if in.broken || in.rest != "" {
		return table.Change{}, errDamaged
	}
	return c, nil
}

// Changes gives up to limit of the oldest changes that are not done yet.
func (e *Engine) Changes(ctx context.Context, limit int) (changes []table.Change, err error) {
	err = e.file.View(ctx, func(tx *bbolt.Tx) error {
		cursor := tx.Bucket(changesBucket).Cursor()
		for k, v := cursor.First(); k != nil && len(changes) < limit; k, v = cursor.Next() {
			if len(k) != 8 {
				return fmt.Errorf("%w: a key of the changes", errDamaged)
			}
			c, err := decodeChange(beUint64(k), string(v))
			if err != nil {
				return fmt.Errorf("%w: change %d", err, beUint64(k))
			}
			changes = append(changes, c)
		}
		return nil
	})
	if err != nil {
		return nil, answer(err)
	}
	return changes, nil
}

// Done forgets all changes up to and including seq.
func (e *Engine) Done(ctx context.Context, seq uint64) error {
	return answer(e.file.Update(ctx, func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(changesBucket)
		var gone [][]byte // collected first: a cursor must not be moved over what it deletes
		cursor := bucket.Cursor()
		for k, _ := cursor.First(); len(k) == 8 && beUint64(k) <= seq; k, _ = cursor.Next() {
			gone = append(gone, append([]byte(nil), k...))
		}
		if len(gone) == 0 {
			return file.ErrNothing
		}
		for _, k := range gone {
			if err := bucket.Delete(k); err != nil {
				return file.Spoiled(err)
			}
		}
		return nil
	}))
}

// Wait returns at once while there are changes that are not done, else after the next write, or when ctx ends.
func (e *Engine) Wait(ctx context.Context) {
	for ctx.Err() == nil {
		next := e.wake.next()
		left := false
		err := e.file.View(ctx, func(tx *bbolt.Tx) error {
			k, _ := tx.Bucket(changesBucket).Cursor().First()
			left = k != nil
			return nil
		})
		if left || err != nil {
			return
		}
		select {
		case <-next:
		case <-ctx.Done():
		}
	}
}

// broadcast wakes everybody who waits.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) all() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
