package road

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

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
var outageCalls = map[string]int{"table": 8, "queue": 8, "bank": 3, "mail": 3}

// stroke is damage to one call.
type stroke struct {
	at  int // number of the call
	how damage
}

// reads are the calls that change nothing: whether they fail before or after their effect is the same.
var reads = map[string]bool{"table get": true, "table get-many": true, "table query": true,
	"bank GetState": true, "bank CheckOrder": true, "bank GetQrState": true}

// idleLook is a look into a queue that had nothing to give.
const idleLook = "queue look"

// line is the wire out of the process. It numbers every external call, damages some of them, and lets an actor that is
// scheduled step by step pause before each.
type line struct {
	mu      sync.Mutex
	clock   *clock.Manual
	trace   []string // "table write", "bank Init" …
	faults  []stroke
	swallow int    // calls that an outage has left to swallow
	port    string // of the outage
	struck  int    // faults that happened
	calm    bool   // what happens now is neither counted nor damaged
	stray   string // the call of the bank whose next request is kept back, for later
	kept    *http.Request
}

// calmly lets something happen that the road presupposes.
func (w *world) calmly(do func()) {
	w.line.calm = true
	do()
	w.line.calm = false
}

// arrive lets the request that was kept back reach the bank at last.
func (w *world) arrive() {
	w.t.Helper()
	if w.line.kept == nil {
		return
	}
	answer, err := w.bank.Transport().RoundTrip(w.line.kept)
	require.NoError(w.t, err)
	require.NoError(w.t, answer.Body.Close())
}

// through makes one call of a port. lost is the port's word for an outcome that is not known.
func (l *line) through(ctx context.Context, port, call string, wait time.Duration, lost error, effect func() error) error {
	if l.calm {
		return effect()
	}
	pause(ctx)
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
	if l.swallow > 0 && l.port == port {
		l.swallow--
		return outage
	}
	for _, f := range l.faults {
		if f.at != n {
			continue
		}
		l.struck++
		if f.how == outage {
			l.port, l.swallow = port, outageCalls[port]-1
		}
		return f.how
	}
	return none
}

// idled names the last call, a look into a queue that gave nothing.
func (l *line) idled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := len(l.trace) - 1; !l.calm && l.trace[last] == "queue receive" {
		l.trace[last] = idleLook
	}
}

// tableLine is a table at the end of the line.
type tableLine struct {
	*line
	table.Table
}

func (t tableLine) call(ctx context.Context, name string, effect func() error) error {
	return t.through(ctx, "table", name, 5*time.Second, table.ErrUnavailable, effect)
}

func (t tableLine) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	err = t.call(ctx, "get", func() (err error) { row, ok, err = t.Table.Get(ctx, key); return err })
	return row, ok && err == nil, err
}

func (t tableLine) GetMany(ctx context.Context, keys []table.Key) (rows []table.Row, err error) {
	err = t.call(ctx, "get-many", func() (err error) { rows, err = t.Table.GetMany(ctx, keys); return err })
	return rows, err
}

func (t tableLine) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	err = t.call(ctx, "query", func() (err error) { page, err = t.Table.Query(ctx, q); return err })
	return page, err
}

func (t tableLine) Write(ctx context.Context, actions ...table.Action) error {
	return t.call(ctx, "write", func() error { return t.Table.Write(ctx, actions...) })
}

// queueLine is a queue at the end of the line.
type queueLine struct {
	*line
	queue.Queue
}

func (q queueLine) call(ctx context.Context, name string, effect func() error) error {
	return q.through(ctx, "queue", name, 5*time.Second, queue.ErrUnavailable, effect)
}

func (q queueLine) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	return q.call(ctx, "send", func() error { return q.Queue.Send(ctx, name, delay, jobs...) })
}

func (q queueLine) Receive(ctx context.Context, name string, most int) (batch []queue.Delivery, err error) {
	err = q.call(ctx, "receive", func() (err error) { batch, err = q.Queue.Receive(ctx, name, most); return err })
	if err != nil {
		return nil, err
	}
	if len(batch) == 0 {
		q.idled()
	}
	return batch, nil
}

func (q queueLine) Ack(ctx context.Context, name string, receipts ...string) error {
	return q.call(ctx, "ack", func() error { return q.Queue.Ack(ctx, name, receipts...) })
}

func (q queueLine) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	return q.call(ctx, "hide", func() error { return q.Queue.Hide(ctx, name, receipt, wait) })
}

func (q queueLine) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	return q.call(ctx, "bury", func() error { return q.Queue.Bury(ctx, name, d, reason) })
}

// mailLine is the mail at the end of the line.
type mailLine struct {
	*line
	world *world
}

func (m mailLine) Send(ctx context.Context, letter mail.Message) error {
	return m.through(ctx, "mail", "send", 10*time.Second, mail.ErrLater, func() error {
		m.world.letters[letter.Key]++
		return nil
	})
}

// bankLine is the bank at the end of the line.
type bankLine struct {
	*line
	bank http.RoundTripper
}

var errBroken = errors.New("the connection broke")

func (b bankLine) Do(req *http.Request) (a outbound.Answer, err error) {
	call := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
	wait := 10 * time.Second
	if call == "Init" {
		wait = 20 * time.Second
	}
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return a, err
	}
	req.Body = io.NopCloser(bytes.NewReader(raw))
	err = b.through(req.Context(), "bank", call, wait, errBroken, func() error {
		if b.stray == call {
			b.stray, b.kept = "", req.Clone(context.Background())
			return errBroken
		}
		answer, err := b.bank.RoundTrip(req)
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
