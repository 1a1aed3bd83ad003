package world

import (
	"bytes"
	"encoding/json"
	"net/http"

	"giberno.ru/shared/core/ids"
)

// ticket is an order as its people know it.
type ticket struct {
	id    ids.ID
	shop  shop
	path  string // of the payer's link
	total int64
	hold  bool
	lines []line
	pages []bankPage // that payers have been led to
}

// line is one item of an order.
type line struct {
	price, quantity int64 // minor units, pieces
}

// bankPage is a page of the bank that a payer may come back to.
type bankPage struct {
	payment string // the bank's number
	sbp     bool
}

// keyed is a call under an Idempotency-Key, to be made again.
type keyed struct {
	shop               shop
	method, path, body string
	key                string
	order              ids.ID
	status             int    // of its first final answer; 0: none yet
	first              []byte // that answer
}

// book is what the world's people remember.
type book struct {
	orders []*ticket
	byID   map[ids.ID]*ticket
	keyed  []*keyed
	made   int // keys ever made

	payouts   map[ids.ID]*payout // by settlement
	transfers []*transfer
	corrected []string // entries by which an operator resolved a break
}

// remembered is how many keyed calls are kept for replays.
const remembered = 200

// recall draws an order: mostly one of the newest.
func (w *World) recall() (*ticket, bool) {
	n := len(w.book.orders)
	if n == 0 {
		return nil, false
	}
	newest := min(n, 5)
	if w.dice.oneIn(8) {
		newest = n
	}
	return w.book.orders[n-1-w.dice.IntN(newest)], true
}

// keyedCall makes a call under a key, and remembers it. It checks that one key has one answer.
func (w *World) keyedCall(k *keyed) (answer, bool) {
	req := request(k.method, k.path, k.body)
	req.Header.Set("Authorization", "Bearer "+k.shop.token)
	req.Header.Set("Content-Type", "application/json")
	if k.key != "" {
		req.Header.Set("Idempotency-Key", k.key)
	}
	a, ok := w.ask(req)
	if ok {
		w.coverage.answer(k.method+" "+shapeOf(k.path), a)
		w.holdKey(k, a)
	}
	return a, ok
}

// remember keeps a call for a replay.
func (w *World) remember(k *keyed) {
	if k.key == "" {
		return
	}
	if len(w.book.keyed) < remembered {
		w.book.keyed = append(w.book.keyed, k)
		return
	}
	w.book.keyed[w.dice.IntN(remembered)] = k
}

// holdKey holds an answer against the first final one under the same key. Answers that are not final are not kept: 202,
// refusals and failures.
func (w *World) holdKey(k *keyed, a answer) {
	if k.key == "" || a.status < 200 || a.status > 299 || a.status == http.StatusAccepted {
		if k.status != 0 && a.status >= 400 && a.status < 500 && a.status != http.StatusConflict && a.status != http.StatusTooManyRequests {
			w.fail("SameKeySameBytes", k.order, "%s %s was answered with %d, and again under the same key with %d: %s", k.method, k.path, k.status, a.status, a.body)
		}
		return
	}
	if k.status == 0 {
		k.status, k.first = a.status, bytes.Clone(a.body)
		return
	}
	if k.status != a.status || !bytes.Equal(k.first, a.body) {
		w.fail("SameKeySameBytes", k.order, "%s %s under one key:\n  first %d %s\n  again %d %s", k.method, k.path, k.status, k.first, a.status, a.body)
	}
}

// newKey makes a key that nobody has used.
func (w *World) newKey() string {
	w.book.made++
	return "key-" + itoa(w.book.made)
}

// read asks for an object of a partner's.
func (w *World) read(s shop, path string) (answer, bool) {
	return w.keyedCall(&keyed{shop: s, method: http.MethodGet, path: path})
}

// fieldsOf reads an answer; nil if it is no object.
func fieldsOf(raw []byte) map[string]any {
	var o map[string]any
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}
