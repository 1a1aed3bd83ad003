// Package faulty puts faults between a client and the other side, so that tests can lose an answer at will.
package faulty

import (
	"context"
	"errors"
	"io"
	"net/http"

	"giberno.ru/shared/platform/outbound"
)

// Fault is what happens to one call.
type Fault int

// The faults. Only NotSent proves to the caller that nothing happened.
const (
	None          Fault = iota
	NotSent             // refused when dialled: the other side never sees it, and the caller knows
	LostBefore          // the connection breaks before the other side acts
	LostAfter           // the other side acts, its answer is lost
	TimeoutBefore       // the time runs out and the other side never acts
	TimeoutAfter        // the time runs out though the other side has acted
	CrashBefore         // our process dies before the call
	CrashAfter          // our process dies after the other side has acted
)

// ErrLost is the error of a broken connection.
var ErrLost = errors.New("faulty: the connection broke")

// Crashed is the value that a crash panics with, unless the Transport says otherwise.
type Crashed struct{ Call string }

// Plan chooses the fault of a call.
type Plan func(req *http.Request) Fault

// Transport carries calls to Next and lets Plan spoil them. It never waits: a time-out is answered at once.
type Transport struct {
	Next  http.RoundTripper
	Plan  Plan
	Crash func(call string) // how our process dies; nil: panic(Crashed{call})
}

// RoundTrip makes the call as the plan has it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	fault := None
	if t.Plan != nil {
		fault = t.Plan(req)
	}
	switch fault {
	case None:
		return t.Next.RoundTrip(req)
	case NotSent:
		return nil, &outbound.NotSentError{Cause: errors.New("faulty: connection refused")}
	case LostBefore:
		return nil, ErrLost
	case TimeoutBefore:
		return nil, context.DeadlineExceeded
	case CrashBefore:
		t.crash(req)
		return nil, ErrLost
	}
	t.act(req)
	switch fault {
	case TimeoutAfter:
		return nil, context.DeadlineExceeded
	case CrashAfter:
		t.crash(req)
	}
	return nil, ErrLost
}

// act makes the call to its end and throws the answer away.
func (t *Transport) act(req *http.Request) {
	resp, err := t.Next.RoundTrip(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

func (t *Transport) crash(req *http.Request) {
	call := req.Method + " " + req.URL.Path
	if t.Crash == nil {
		panic(Crashed{Call: call})
	}
	t.Crash(call)
}

// Handler is a transport that asks a handler of the same process: no port, no goroutine.
type Handler struct{ Serve http.Handler }

// RoundTrip serves the request and gives its answer back.
func (h Handler) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, &outbound.NotSentError{Cause: err}
	}
	return serve(h.Serve, req)
}
