package boltengine

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/platform/queue"
)

// errDamaged is a record that this code did not write.
var errDamaged = errors.New("boltengine: a damaged record of a queue")

const recordVersion = 1

// headBytes: version, visible at, sent at (unix nanoseconds), received, turn.
const headBytes = 1 + 8 + 8 + 4 + 4

// record is a message in the file: a fixed head, then the job as JSON, which is never read to change the head.
type record struct {
	visible  int64
	sent     int64
	received uint32
	turn     uint32 // counts every receive ever, revivals too: it makes older receipts stale
	job      []byte
}

func (r record) encode() []byte {
	b := make([]byte, 0, headBytes+len(r.job))
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(r.visible))
	b = binary.BigEndian.AppendUint64(b, uint64(r.sent))
	b = binary.BigEndian.AppendUint32(b, r.received)
	b = binary.BigEndian.AppendUint32(b, r.turn)
	return append(b, r.job...)
}

// decodeRecord copies what it reads.
func decodeRecord(b []byte) (record, error) {
	if len(b) < headBytes || b[0] != recordVersion {
		return record{}, errDamaged
	}
	return record{
		visible:  int64(binary.BigEndian.Uint64(b[1:])),
		sent:     int64(binary.BigEndian.Uint64(b[9:])),
		received: binary.BigEndian.Uint32(b[17:]),
		turn:     binary.BigEndian.Uint32(b[21:]),
		job:      append([]byte(nil), b[headBytes:]...),
	}, nil
}

func (r record) delivery(id uint64) (queue.Delivery, error) {
	d := queue.Delivery{ID: idText(id), Receipt: receiptText(id, r.turn), Received: int(r.received), SentAt: time.Unix(0, r.sent).UTC()}
	if err := json.Unmarshal(r.job, &d.Job); err != nil {
		return queue.Delivery{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return d, nil
}

func idText(id uint64) string { return strconv.FormatUint(id, 36) }

func parseID(text string) (uint64, bool) {
	id, err := strconv.ParseUint(text, 36, 64)
	return id, err == nil && idText(id) == text
}

func receiptText(id uint64, turn uint32) string {
	return idText(id) + "." + strconv.FormatUint(uint64(turn), 36)
}

// parseReceipt reads what receiptText wrote; anything else is a receipt of nothing.
func parseReceipt(text string) (id uint64, turn uint32, ok bool) {
	first, second, dotted := strings.Cut(text, ".")
	id, ok = parseID(first)
	n, err := strconv.ParseUint(second, 36, 32)
	return id, uint32(n), dotted && ok && err == nil
}

func idKey(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// visibleKey orders messages by the time they can be seen, then by the order they were sent in.
func visibleKey(at int64, id uint64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(at)), id)
}
