package atol

import (
	"maps"
	"sync"
	"time"
)

const keptCalls = 500

// Call is one request as the service received it.
type Call struct {
	Number  int       `json:"number"`
	At      time.Time `json:"at"`
	Call    string    `json:"call"`
	Version string    `json:"version"`
	What    string    `json:"what,omitempty"` // the operation, or the uuid of a report
	Request string    `json:"request,omitempty"`
	Status  int       `json:"status"` // of HTTP; 0 when nothing sensible was answered
	Answer  string    `json:"answer,omitempty"`
}

// callLog counts calls and keeps the last ones in a ring, in memory only. Logins and tokens are not kept.
type callLog struct {
	mu     sync.Mutex
	total  int
	counts map[string]int
	ring   [keptCalls]Call
}

func (l *callLog) add(c call, at time.Time, request []byte, status int, body []byte) {
	kept := Call{At: at, Call: c.name, Version: c.version, What: clip(c.what, 64), Request: string(request), Status: status, Answer: string(body)}
	if c.name == "getToken" {
		kept.Request, kept.Answer = "", ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	l.counts[c.name]++
	kept.Number = l.total + 1
	l.ring[l.total%keptCalls] = kept
	l.total++
}

// Calls gives how often each call was made, and the last 500 calls, oldest first.
func (s *Service) Calls() (counts map[string]int, last []Call) {
	l := &s.calls
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := max(0, l.total-keptCalls); n < l.total; n++ {
		last = append(last, l.ring[n%keptCalls])
	}
	return maps.Clone(l.counts), last
}
