package tills

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

// damage is what happens to one external call of the process.
type damage int

const (
	none        damage = iota
	errorBefore        // it fails, nothing happened
	errorAfter         // it happened, the answer is lost
	timeout            // it happened, and the caller waited in vain as long as he waits
	outage             // this call and the next ones of its port fail, nothing happened
	crashBefore        // the process dies
	crashAfter         // the process dies, it happened
)

var damages = map[string]damage{"ErrorBefore": errorBefore, "ErrorAfter": errorAfter, "Timeout": timeout, "Outage": outage,
	"CrashBefore": crashBefore, "CrashAfter": crashAfter}

// outageCalls is how many calls in a row an outage swallows: of the table more than one write is tried.
var outageCalls = map[string]int{"table": 8, "queue": 8, "atol": 3, "mail": 3}

// idleLook is a look into a queue that had nothing to give.
const idleLook = "queue look"

// reads are the calls that change nothing: whether they fail before or after their effect is the same.
var reads = map[string]bool{"table get": true, "table query": true, "atol report": true}

// pointless reports damage that is the same as another one to the same call.
func (how damage) pointless(call string) bool {
	if call == idleLook {
		return how != errorBefore && how != crashBefore
	}
	return reads[call] && (how == errorAfter || how == crashAfter)
}

// line is the wire out of the process. It numbers every external call and damages one of them.
type line struct {
	mu      sync.Mutex
	clock   *clock.Manual
	trace   []string // "table write", "atol register" …
	at      int      // the call to damage
	how     damage
	swallow int    // calls that the outage has left to swallow
	port    string // of the outage
	struck  bool
	calm    bool            // what happens now is neither counted nor damaged
	dead    map[string]bool // ports that are away, by the test's hand
}

// calmly lets something happen that the road presupposes.
func (l *line) calmly(do func()) {
	l.calm = true
	do()
	l.calm = false
}

// through makes one call of a port. lost is the port's word for an outcome that is not known.
func (l *line) through(port, call string, wait time.Duration, lost error, effect func() error) error {
	if l.calm {
		return effect()
	}
	how := l.next(port, call)
	switch how {
	case errorBefore, outage:
		return lost
	case crashBefore:
		panic(faulty.Crash)
	}
	err := effect()
	switch how {
	case timeout:
		l.clock.Advance(wait)
		return lost
	case errorAfter:
		return lost
	case crashAfter:
		panic(faulty.Crash)
	}
	return err
}

func (l *line) next(port, call string) damage {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.trace)
	l.trace = append(l.trace, port+" "+call)
	switch {
	case l.dead[port]:
		return outage
	case l.swallow > 0 && l.port == port:
		l.swallow--
		return outage
	case n != l.at || l.how == none:
		return none
	}
	if l.struck = true; l.how == outage {
		l.port, l.swallow = port, outageCalls[port]-1
	}
	return l.how
}

// rename gives the newest call another name, once it is known what it was.
func (l *line) rename(from, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.trace) - 1; n >= 0 && l.trace[n] == from {
		l.trace[n] = to
	}
}

// count tells how often a call was made.
func (l *line) count(call string) (n int) {
	for _, c := range l.trace {
		if c == call {
			n++
		}
	}
	return n
}

// tableLine is a table at the end of the line.
type tableLine struct {
	*line
	table.Table
}

func (t tableLine) call(name string, effect func() error) error {
	return t.through("table", name, 5*time.Second, table.ErrUnavailable, effect)
}

func (t tableLine) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	err = t.call("get", func() (err error) { row, ok, err = t.Table.Get(ctx, key); return err })
	return row, ok && err == nil, err
}

func (t tableLine) GetMany(ctx context.Context, keys []table.Key) (rows []table.Row, err error) {
	err = t.call("get", func() (err error) { rows, err = t.Table.GetMany(ctx, keys); return err })
	return rows, err
}

func (t tableLine) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = t.call("query", func() (err error) { page, err = t.Table.Query(ctx, q); return err })
	return page, err
}

func (t tableLine) Write(ctx context.Context, actions ...table.Action) error {
	return t.call("write", func() error { return t.Table.Write(ctx, actions...) })
}

// queueLine is a queue at the end of the line.
type queueLine struct {
	*line
	queue.Queue
}

func (q queueLine) call(name string, effect func() error) error {
	return q.through("queue", name, 5*time.Second, queue.ErrUnavailable, effect)
}

func (q queueLine) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	return q.call("send", func() error { return q.Queue.Send(ctx, name, delay, jobs...) })
}

func (q queueLine) Receive(ctx context.Context, name string, most int) (batch []queue.Delivery, err error) {
	err = q.call("receive", func() (err error) { batch, err = q.Queue.Receive(ctx, name, most); return err })
	if err != nil {
		return nil, err
	}
	if len(batch) == 0 {
		q.rename("queue receive", idleLook)
	}
	return batch, nil
}

func (q queueLine) Ack(ctx context.Context, name string, receipts ...string) error {
	return q.call("ack", func() error { return q.Queue.Ack(ctx, name, receipts...) })
}

func (q queueLine) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	return q.call("hide", func() error { return q.Queue.Hide(ctx, name, receipt, wait) })
}

func (q queueLine) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	return q.call("bury", func() error { return q.Queue.Bury(ctx, name, d, reason) })
}

// atolLine is the fiscal service at the end of the line.
type atolLine struct {
	*line
	service http.RoundTripper
}

var errBroken = errors.New("the connection broke")

func (l atolLine) Do(req *http.Request) (a outbound.Answer, err error) {
	call := "register"
	for _, name := range []string{"getToken", "report"} {
		if strings.Contains(req.URL.Path, "/"+name) {
			call = name
		}
	}
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return a, err
	}
	err = l.through("atol", call, 15*time.Second, errBroken, func() error {
		req.Body = io.NopCloser(bytes.NewReader(raw))
		answer, err := l.service.RoundTrip(req)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		a.Status, a.Header = answer.StatusCode, answer.Header
		a.Body, err = io.ReadAll(answer.Body)
		return err
	})
	return a, err
}

// mailLine is the mail server at the end of the line.
type mailLine struct {
	*line
	sender mail.Sender
}

func (l mailLine) Send(ctx context.Context, m mail.Message) error {
	return l.through("mail", "send", 15*time.Second, fmt.Errorf("%w: %w", mail.ErrLater, errBroken), func() error { return l.sender.Send(ctx, m) })
}
