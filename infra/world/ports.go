package world

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// tableLine is the table at the end of the line.
type tableLine struct{ of *process }

var _ table.Table = tableLine{}

// call makes one call and says a lost outcome in the table's words.
func (t tableLine) call(name string, effect func() error) error {
	f, err := t.of.through(tablePort, name, effect)
	switch {
	case f == conflict && name == "write":
		return table.ErrConflict
	case f == throttle || f == conflict:
		return table.ErrThrottled
	case errors.Is(err, errLost):
		return table.ErrUnavailable
	}
	return err
}

func (t tableLine) inner() table.Table { return t.of.world.durable.table }

func (t tableLine) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	ctx = context.WithoutCancel(ctx)
	if err = t.call("get", func() (err error) { row, ok, err = t.inner().Get(ctx, key); return err }); err != nil {
		return table.Row{}, false, err
	}
	return row, ok, nil
}

func (t tableLine) GetMany(ctx context.Context, keys []table.Key) (rows []table.Row, err error) {
	ctx = context.WithoutCancel(ctx)
	if err = t.call("get-many", func() (err error) { rows, err = t.inner().GetMany(ctx, keys); return err }); err != nil {
		return nil, err
	}
	return rows, nil
}

func (t tableLine) Query(ctx context.Context, q table.Query) (page table.Page, err error) {
	ctx = context.WithoutCancel(ctx)
	if err = t.call("query", func() (err error) { page, err = t.inner().Query(ctx, q); return err }); err != nil {
		return table.Page{}, err
	}
	return page, nil
}

func (t tableLine) Write(ctx context.Context, actions ...table.Action) error {
	ctx = context.WithoutCancel(ctx)
	return t.call("write", func() error {
		err := t.inner().Write(ctx, actions...)
		if err == nil {
			for _, a := range actions {
				t.of.world.watch.touch(a.Key().PK)
			}
		}
		return err
	})
}

// queueLine is the queue at the end of the line.
type queueLine struct{ of *process }

var _ queue.Queue = queueLine{}

func (q queueLine) call(name string, effect func() error) error {
	_, err := q.of.through(queuePort, name, effect)
	if errors.Is(err, errLost) {
		return queue.ErrUnavailable
	}
	return err
}

func (q queueLine) inner() queue.Queue { return q.of.world.durable.queue }

func (q queueLine) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	ctx = context.WithoutCancel(ctx)
	return q.call("send", func() error { return q.inner().Send(ctx, name, delay, jobs...) })
}

func (q queueLine) Receive(ctx context.Context, name string, most int) (batch []queue.Delivery, err error) {
	ctx = context.WithoutCancel(ctx)
	if err = q.call("receive", func() (err error) { batch, err = q.inner().Receive(ctx, name, most); return err }); err != nil {
		return nil, err
	}
	return batch, nil
}

func (q queueLine) Ack(ctx context.Context, name string, receipts ...string) error {
	ctx = context.WithoutCancel(ctx)
	return q.call("ack", func() error { return q.inner().Ack(ctx, name, receipts...) })
}

func (q queueLine) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	return q.call("hide", func() error { return q.inner().Hide(ctx, name, receipt, wait) })
}

func (q queueLine) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	ctx = context.WithoutCancel(ctx)
	return q.call("bury", func() error { return q.inner().Bury(ctx, name, d, reason) })
}

// mailLine is the mail server at the end of the line. A letter that comes twice is dropped by the mailbox, by its key.
type mailLine struct{ of *process }

var _ mail.Sender = mailLine{}

func (m mailLine) Send(_ context.Context, letter mail.Message) error {
	_, err := m.of.through(mailPort, "send", func() error {
		m.of.world.receive(letter)
		return nil
	})
	if errors.Is(err, errLost) {
		return mail.ErrLater
	}
	return err
}

// bankLine is the banks and the fiscal service at the end of the line.
type bankLine struct{ of *process }

var _ outbound.Doer = bankLine{}

var errBroken = errors.New("the connection broke")

// Do makes one call. The request's own time-out is that of the machine; what a late answer is, the line decides.
func (b bankLine) Do(req *http.Request) (a outbound.Answer, err error) {
	var raw []byte
	if req.Body != nil {
		if raw, err = io.ReadAll(req.Body); err != nil {
			return a, err
		}
	}
	at, call := b.of.world.lineTo(req)
	f, err := b.of.through(at, call, func() error {
		out := req.Clone(context.Background())
		out.Body = io.NopCloser(bytes.NewReader(raw))
		a, err = b.of.world.atBank(out)
		return err
	})
	switch f {
	case notSent:
		return outbound.Answer{}, &outbound.NotSentError{Cause: errBroken}
	case failedBefore, failedAfter:
		return outbound.Answer{Status: http.StatusInternalServerError, Header: http.Header{}, Body: []byte("<html>500</html>")}, nil
	case garbled:
		a.Body = a.Body[:len(a.Body)/2]
	}
	if errors.Is(err, errLost) {
		err = errBroken
	}
	if err != nil {
		return outbound.Answer{}, err
	}
	return a, nil
}

// lineTo is the port of a request, and the name of its call.
func (w *World) lineTo(req *http.Request) (at port, call string) {
	folder, call := path.Split(req.URL.Path)
	for _, m := range modes {
		if req.URL.Host != w.tills[m].host {
			continue
		}
		switch {
		case strings.HasSuffix(folder, "/report/"):
			call = "report"
		case call != "getToken":
			call = "register"
		}
		return tillPort, call
	}
	at = bankPort
	if call == "Init" || call == "GetQr" {
		at.patience = 20 * time.Second
	}
	return at, call
}

// atBank carries a request to the bank or fiscal service whose address it has.
func (w *World) atBank(req *http.Request) (a outbound.Answer, err error) {
	for _, m := range modes {
		door := w.banks[m].door
		switch req.URL.Host {
		case w.banks[m].host:
		case w.tills[m].host:
			door = w.tills[m].door
		default:
			continue
		}
		answer, err := door.RoundTrip(req)
		if err != nil {
			return a, err
		}
		defer answer.Body.Close()
		a.Status, a.Header = answer.StatusCode, answer.Header
		a.Body, err = io.ReadAll(answer.Body)
		return a, err
	}
	return a, &outbound.NotSentError{Cause: errors.New("there is no such host")}
}
