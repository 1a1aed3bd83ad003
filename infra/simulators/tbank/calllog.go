package tbank

import (
	"bytes"
	"maps"
	"sync"
	"time"
)

const keptCalls = 500

// Call is one request as the bank received it.
type Call struct {
	Number  int       `json:"number"`
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Request string    `json:"request"` // the raw bytes
	Status  int       `json:"status"`  // of HTTP; 0 when nothing sensible was answered
	Answer  string    `json:"answer,omitempty"`
}

// callLog counts calls per method and keeps the last ones in a ring, in memory only.
type callLog struct {
	mu     sync.Mutex
	total  int
	counts map[string]int
	ring   [keptCalls]Call
}

func (l *callLog) add(method string, at time.Time, request []byte, status int, body []byte) {
	text := string(request)
	if bytes.Contains(request, []byte(`"Password"`)) {
		text = "(the body carried a Password and is not kept)"
	}
	if _, known := calls[method]; !known {
		method = "unknown"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	l.counts[method]++
	l.ring[l.total%keptCalls] = Call{l.total + 1, at, method, text, status, string(body)}
	l.total++
}

// Calls gives how often each method was called, and the last 500 calls, oldest first.
func (b *Bank) Calls() (counts map[string]int, last []Call) {
	l := &b.calls
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := max(0, l.total-keptCalls); n < l.total; n++ {
		last = append(last, l.ring[n%keptCalls])
	}
	return maps.Clone(l.counts), last
}
