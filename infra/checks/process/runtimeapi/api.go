// Package runtimeapi is a Lambda Runtime API (2018-06-01) of our own: it starts a function's binary as Lambda does, hands it
// events and hears its answers. The checks play events with it, the bench measures with it.
package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Event is one invocation.
type Event struct {
	Payload  []byte
	Deadline time.Time // zero: 30 s from now
	ID       string    // the request id; "" is a number of our own
}

// Answer is what the function said.
type Answer struct {
	ID     string
	Body   []byte
	Failed bool // it came as an error: Body is {"errorMessage", "errorType"}
}

// API serves one process of a function.
type API struct {
	server  *http.Server
	addr    string
	began   chan struct{} // closed by the first call of next
	once    sync.Once
	at      time.Time // of the first call of next
	events  chan Event
	answers chan Answer
	mu      sync.Mutex
	count   int
}

const base = "/2018-06-01/runtime/"

// maxAnswer is the largest answer that Lambda takes, in bytes, and a little more to see that it is too large.
const maxAnswer = 6<<20 + 1024

// New starts an API on a free port of the loopback.
func New() (*API, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("runtimeapi: %w", err)
	}
	a := &API{addr: l.Addr().String(), began: make(chan struct{}), events: make(chan Event), answers: make(chan Answer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", a.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", a.hear(false))
	mux.HandleFunc("POST "+base+"invocation/{id}/error", a.hear(true))
	a.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = a.server.Serve(l) }()
	return a, nil
}

// Addr is the value of AWS_LAMBDA_RUNTIME_API.
func (a *API) Addr() string { return a.addr }

// Close cuts the function off.
func (a *API) Close() error { return a.server.Close() }

func (a *API) next(w http.ResponseWriter, r *http.Request) {
	a.once.Do(func() { a.at = time.Now(); close(a.began) })
	select {
	case <-r.Context().Done():
	case e := <-a.events:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", e.ID)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(e.Deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:fn")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-65a00a1b-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0")
		_, _ = w.Write(e.Payload)
	}
}

func (a *API) hear(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
		if err != nil {
			http.Error(w, "the answer was cut off", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		select {
		case a.answers <- Answer{ID: r.PathValue("id"), Body: body, Failed: failed}:
		default: // nobody waits any more
		}
	}
}

// Began waits for the first call of next and tells when it came.
func (a *API) Began(ctx context.Context) (time.Time, error) {
	select {
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("runtimeapi: the function never asked for work: %w", ctx.Err())
	case <-a.began:
		return a.at, nil
	}
}

// ErrSilent is an event without an answer.
var ErrSilent = errors.New("runtimeapi: the function does not answer")

// Invoke hands the function one event and waits for its answer. One at a time.
func (a *API) Invoke(ctx context.Context, e Event) (Answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	if e.ID == "" {
		e.ID = "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(strconv.Itoa(a.count))) + strconv.Itoa(a.count)
	}
	if e.Deadline.IsZero() {
		e.Deadline = time.Now().Add(30 * time.Second)
	}
	select {
	case <-ctx.Done():
		return Answer{}, ErrSilent
	case a.events <- e:
	}
	for {
		select {
		case <-ctx.Done():
			return Answer{}, ErrSilent
		case answer := <-a.answers:
			if answer.ID == e.ID { // else it is a late one of an event that was given up
				return answer, nil
			}
		}
	}
}
