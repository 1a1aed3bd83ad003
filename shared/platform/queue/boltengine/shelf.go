package boltengine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/queue"
)

// shelf is one queue within a transaction.
type shelf struct {
	name              string
	jobs, order, dead *bbolt.Bucket
}

type message struct {
	id     uint64
	record record
}

func open(tx *bbolt.Tx, name string) shelf {
	outer := tx.Bucket(bucketName(name))
	return shelf{name, outer.Bucket(jobsBucket), outer.Bucket(visibleBucket), outer.Bucket(deadBucket)}
}

// put writes a message that was not there.
func (q shelf) put(id uint64, r record) error {
	if err := q.jobs.Put(idKey(id), r.encode()); err != nil {
		return err
	}
	return q.order.Put(visibleKey(r.visible, id), []byte{})
}

// move replaces the record of a message.
func (q shelf) move(m message, is record) error {
	if err := q.order.Delete(visibleKey(m.record.visible, m.id)); err != nil {
		return err
	}
	return q.put(m.id, is)
}

func (q shelf) remove(m message) error {
	if err := q.order.Delete(visibleKey(m.record.visible, m.id)); err != nil {
		return err
	}
	return q.jobs.Delete(idKey(m.id))
}

func (q shelf) read(id uint64) (message, bool, error) {
	raw := q.jobs.Get(idKey(id))
	if raw == nil {
		return message{}, false, nil
	}
	r, err := decodeRecord(raw)
	if err != nil {
		return message{}, false, fmt.Errorf("%w: %s in %s", err, idText(id), q.name)
	}
	return message{id, r}, true, nil
}

// received finds the message of a receipt that no newer receive has made stale.
func (q shelf) received(receipt string) (message, bool, error) {
	id, turn, ok := parseReceipt(receipt)
	if !ok {
		return message{}, false, nil
	}
	m, ok, err := q.read(id)
	return m, ok && err == nil && m.record.turn == turn && turn > 0, err
}

// visible lists up to max messages that can be seen now.
func (q shelf) visible(now int64, max int) ([]message, error) {
	var found []message
	cursor := q.order.Cursor()
	for k, _ := cursor.First(); k != nil && len(found) < max; k, _ = cursor.Next() {
		if len(k) != 16 {
			return nil, errDamaged
		}
		if int64(binary.BigEndian.Uint64(k)) > now {
			break
		}
		m, ok, err := q.read(binary.BigEndian.Uint64(k[8:]))
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errDamaged
		}
		found = append(found, m)
	}
	return found, nil
}

// grave is a dead letter in the file.
type grave struct {
	queue.DeadLetter
	Turn   uint32    `json:"turn"`
	SentAt time.Time `json:"sent_at"`
}

func (q shelf) bury(m message, reason string, now time.Time) error {
	d, err := m.record.delivery(m.id)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(grave{
		DeadLetter: queue.DeadLetter{ID: d.ID, Queue: q.name, Job: d.Job, Reason: reason, Died: now, Receive: d.Received},
		Turn:       m.record.turn, SentAt: d.SentAt,
	})
	if err != nil {
		return err
	}
	if err := q.dead.Put(idKey(m.id), raw); err != nil {
		return err
	}
	return q.remove(m)
}
