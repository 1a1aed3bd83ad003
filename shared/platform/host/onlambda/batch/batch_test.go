package batch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/host/onlambda/batch"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// told is a queue that remembers what it was told and refuses what it is asked to refuse.
type told struct {
	queue.Queue
	sent     [][]queue.Job
	buried   map[string]string
	hidden   map[string]time.Duration
	sendErr  map[int]error // by the number of the call
	otherErr error
}

func newTold() *told {
	return &told{buried: map[string]string{}, hidden: map[string]time.Duration{}, sendErr: map[int]error{}}
}

func (q *told) Send(_ context.Context, _ string, _ time.Duration, jobs ...queue.Job) error {
	q.sent = append(q.sent, jobs)
	return q.sendErr[len(q.sent)]
}

func (q *told) Bury(_ context.Context, _ string, d queue.Delivery, reason string) error {
	q.buried[d.ID] = reason
	return q.otherErr
}

func (q *told) Hide(_ context.Context, _, receipt string, wait time.Duration) error {
	q.hidden[receipt] = wait
	return q.otherErr
}

func message(id, kind, received string) events.SQSMessage {
	return events.SQSMessage{
		MessageId: id, ReceiptHandle: "receipt of " + id, EventSource: "aws:sqs", Body: fmt.Sprintf(`{"kind":%q,"version":1,"key":%q}`, kind, id),
		Attributes: map[string]string{"ApproximateReceiveCount": received},
	}
}

func messages(list ...events.SQSMessage) []byte {
	raw, err := json.Marshal(events.SQSEvent{Records: list})
	if err != nil {
		panic(err)
	}
	return raw
}

type crash struct{}

func (crash) Crash() {}

// worker ends a job as its kind says.
func worker(_ context.Context, j queue.Job) error {
	switch j.Kind {
	case "never":
		return queue.Never("it has no sense")
	case "later":
		return queue.Later(time.Hour)
	case "error":
		return errors.New("no table")
	case "panic":
		panic("boom")
	case "crash":
		panic(crash{})
	}
	return nil
}

func failuresOf(t *testing.T, raw []byte) []string {
	t.Helper()
	var answer struct {
		BatchItemFailures *[]struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	require.NoError(t, json.Unmarshal(raw, &answer))
	require.NotNil(t, answer.BatchItemFailures)
	names := []string{}
	for _, f := range *answer.BatchItemFailures {
		require.NotEmpty(t, f.ItemIdentifier, "an empty name fails the whole batch")
		names = append(names, f.ItemIdentifier)
	}
	return names
}

func TestQueue(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, ctx context.Context, q *told, list ...events.SQSMessage) []string {
		t.Helper()
		f := batch.Queue(batch.Work{Queue: q, Name: queue.WebhookRetries, Worker: worker, Log: slog.New(slog.DiscardHandler)})
		raw, err := f.Invoke(ctx, messages(list...))
		require.NoError(t, err)
		return failuresOf(t, raw)
	}
	t.Run("EachJobEndsByItself", func(t *testing.T) {
		t.Parallel()
		q := newTold()
		failed := run(t, t.Context(), q, message("a", "done", "1"), message("b", "never", "1"), message("c", "later", "1"),
			message("d", "error", "2"), message("e", "panic", "1"), message("f", "done", "1"))
		require.Equal(t, []string{"c", "d", "e"}, failed)
		require.Equal(t, map[string]string{"b": "it has no sense"}, q.buried)
		require.Equal(t, map[string]time.Duration{"receipt of c": time.Hour, "receipt of d": time.Minute, "receipt of e": 30 * time.Second}, q.hidden)
	})
	t.Run("TheLastReceiveIsTheEnd", func(t *testing.T) {
		t.Parallel()
		q := newTold()
		require.Empty(t, run(t, t.Context(), q, message("a", "error", "10")))
		require.Contains(t, q.buried["a"], "tried 10 times; at last: no table")
	})
	t.Run("WhatCannotBeToldComesAgain", func(t *testing.T) {
		t.Parallel()
		q := newTold()
		q.otherErr = errors.New("no queue")
		require.Equal(t, []string{"a", "b"}, run(t, t.Context(), q, message("a", "never", "1"), message("b", "later", "1"), message("c", "done", "1")))
	})
	t.Run("ErrNoJob", func(t *testing.T) {
		t.Parallel()
		bad := message("bad", "done", "1")
		bad.Body = "hunter2"
		q := newTold()
		require.Equal(t, []string{"bad"}, run(t, t.Context(), q, bad, message("good", "done", "1")))
		require.Empty(t, q.buried)
	})
	t.Run("ADeadlineLeavesTheRestForLater", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(onlambda.Margin/2))
		defer cancel()
		q := newTold()
		require.Equal(t, []string{"a", "b"}, run(t, ctx, q, message("a", "done", "1"), message("b", "done", "1")))
		require.Len(t, q.hidden, 2, "within the margin the queue is still told")
	})
	t.Run("ADeathIsNotSurvived", func(t *testing.T) {
		t.Parallel()
		f := batch.Queue(batch.Work{Queue: newTold(), Worker: worker, Log: slog.New(slog.DiscardHandler)})
		require.PanicsWithValue(t, crash{}, func() { _, _ = f(t.Context(), messages(message("a", "crash", "1"))) })
	})
	t.Run("ErrAnotherKind", func(t *testing.T) {
		t.Parallel()
		f := batch.Queue(batch.Work{Worker: worker, Log: slog.New(slog.DiscardHandler)})
		for _, payload := range []string{`{}`, `{"Records":[]}`, `[]`, `{"Records":[{"eventSource":"aws:sns"}]}`, `{"version":"2.0","requestContext":{"http":{"method":"GET"}}}`} {
			_, err := f.Invoke(t.Context(), []byte(payload))
			require.ErrorIs(t, err, onlambda.ErrOtherEvent)
		}
	})
}

// record is a change of a row whose new text is follow: the number of jobs that follow, "panic", or "poison".
func record(seq, follow string) json.RawMessage {
	image := fmt.Sprintf(`{"pk":{"S":"X#1"},"sk":{"S":"A"},"n":{"S":%q}}`, follow)
	if follow == "poison" {
		image = `{"pk":{"Q":1}}`
	}
	return json.RawMessage(fmt.Sprintf(`{"eventID":"1","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":%q,"NewImage":%s}}`, seq, image))
}

func records(list ...json.RawMessage) []byte {
	raw, err := json.Marshal(map[string]any{"Records": list})
	if err != nil {
		panic(err)
	}
	return raw
}

func follow(c table.Change) []queue.Job {
	text := c.New.Attrs["n"].Text()
	if text == "panic" {
		panic("boom")
	}
	var n int
	_, _ = fmt.Sscan(text, &n)
	jobs := make([]queue.Job, n)
	for i := range jobs {
		jobs[i] = queue.Job{Kind: "x.y", Version: 1, Key: fmt.Sprint(text, i)}
	}
	return jobs
}

func TestStream(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, q *told, list ...json.RawMessage) []string {
		t.Helper()
		f := batch.Stream(batch.Relay{Queue: q, Route: func(queue.Job) string { return queue.WebhookRetries }, Follow: []func(table.Change) []queue.Job{follow}, Log: slog.New(slog.DiscardHandler)})
		raw, err := f.Invoke(t.Context(), records(list...))
		require.NoError(t, err)
		return failuresOf(t, raw)
	}
	sizes := func(q *told) (n []int) {
		for _, jobs := range q.sent {
			n = append(n, len(jobs))
		}
		return n
	}
	t.Run("JobsAreSentTogether", func(t *testing.T) {
		t.Parallel()
		q := newTold()
		require.Empty(t, run(t, q, record("1", "7"), record("2", "0"), record("3", "9")))
		require.Equal(t, []int{10, 6}, sizes(q))
	})
	t.Run("ErrPoisonStopsThere", func(t *testing.T) {
		t.Parallel()
		for _, bad := range []string{"poison", "panic"} {
			q := newTold()
			require.Equal(t, []string{"2"}, run(t, q, record("1", "3"), record("2", bad), record("3", "5")))
			require.Equal(t, []int{3}, sizes(q), "what came before is relayed")
		}
	})
	t.Run("ErrNotSentBeginsThereAgain", func(t *testing.T) {
		t.Parallel()
		q := newTold()
		q.sendErr[2] = errors.New("no queue")
		require.Equal(t, []string{"2"}, run(t, q, record("1", "8"), record("2", "8"), record("3", "poison")), "the eleventh job is of the second record")
	})
	t.Run("ErrAnotherKind", func(t *testing.T) {
		t.Parallel()
		f := batch.Stream(batch.Relay{Queue: newTold(), Log: slog.New(slog.DiscardHandler)})
		for _, payload := range [][]byte{[]byte(`{}`), []byte(`[1]`), messages(message("a", "done", "1"))} {
			_, err := f.Invoke(t.Context(), payload)
			require.ErrorIs(t, err, onlambda.ErrOtherEvent)
		}
	})
}

func FuzzStream(f *testing.F) {
	f.Add(records(record("1", "3")))
	f.Add(records(record("1", "poison"), record("2", "panic")))
	f.Add([]byte(`{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"1","NewImage":{"pk":{"NULL":true},"sk":{"L":[{}]}}}}]}`))
	relay := batch.Stream(batch.Relay{Queue: newTold(), Follow: []func(table.Change) []queue.Job{func(table.Change) []queue.Job { return nil }}, Log: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, payload []byte) {
		raw, err := relay.Invoke(t.Context(), payload)
		if (err == nil) != bytes.Contains(raw, []byte("batchItemFailures")) || err != nil && !errors.Is(err, onlambda.ErrOtherEvent) {
			t.Fatalf("%s: %v", raw, err)
		}
	})
}

func FuzzQueue(f *testing.F) {
	f.Add(messages(message("a", "done", "1"), message("b", "never", "99")))
	f.Add([]byte(`{"Records":[{"messageId":"a","eventSource":"aws:sqs","body":"\ud800","attributes":{"ApproximateReceiveCount":"-1","SentTimestamp":"x"}}]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		w := batch.Queue(batch.Work{Queue: newTold(), Name: queue.WebhookRetries, Worker: func(context.Context, queue.Job) error { return nil }, Log: slog.New(slog.DiscardHandler)})
		raw, err := w.Invoke(t.Context(), payload)
		if (err == nil) != bytes.Contains(raw, []byte("batchItemFailures")) || err != nil && !errors.Is(err, onlambda.ErrOtherEvent) {
			t.Fatalf("%s: %v", raw, err)
		}
	})
}
