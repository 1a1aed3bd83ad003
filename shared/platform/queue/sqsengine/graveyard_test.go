package sqsengine_test

import (
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
)

// letters are dead letters as the service gives them: one that a worker buried, one that the redrive policy moved, one that is no job.
const letters = `{"Messages":[
	{"MessageId":"3","ReceiptHandle":"r3","Body":"hello","Attributes":{"SentTimestamp":"1","ApproximateFirstReceiveTimestamp":"3000"}},
	{"MessageId":"2","ReceiptHandle":"r2","Body":"{\"kind\":\"k\",\"key\":\"y\"}","Attributes":{"SentTimestamp":"1","ApproximateFirstReceiveTimestamp":"2000"}},
	{"MessageId":"1","ReceiptHandle":"r1","Body":"{\"kind\":\"k\",\"key\":\"x\"}","Attributes":{"SentTimestamp":"1000","ApproximateFirstReceiveTimestamp":"9000"},
	 "MessageAttributes":{"reason":{"DataType":"String","StringValue":"no such order"},"received":{"DataType":"Number","StringValue":"3"}}}]}`

func TestDead(t *testing.T) {
	t.Parallel()
	inBubble(t, "EveryKindOfLetter", func(t *testing.T) {
		engine, s := open(ok(letters), ok(`{}`))
		got, err := engine.Dead(t.Context(), queue.Receipts, 10)
		require.NoError(t, err)
		require.Len(t, got, 3)
		require.Equal(t, queue.DeadLetter{ID: "1", Queue: queue.Receipts, Job: queue.Job{Kind: "k", Key: "x"}, Reason: "no such order", Died: time.UnixMilli(1000).UTC(), Receive: 3}, got[0])
		require.Equal(t, queue.DeadLetter{ID: "2", Queue: queue.Receipts, Job: queue.Job{Kind: "k", Key: "y"}, Reason: "received 10 times without an ending", Died: time.UnixMilli(2000).UTC(), Receive: 10}, got[1])
		require.Equal(t, `"hello"`, string(got[2].Job.Body))
		require.Equal(t, []string{"ReceiveMessage", "ReceiveMessage", "ChangeMessageVisibilityBatch"}, s.operations(), "and shown again")
		require.Equal(t, []string{"0", "1", "2"}, s.asked[2].entries(t))
		require.Zero(t, s.asked[2].body["Entries"].([]any)[0].(map[string]any)["VisibilityTimeout"])
	})
	inBubble(t, "NoMoreThanAskedFor", func(t *testing.T) {
		engine, s := open(ok(letters))
		got, err := engine.Dead(t.Context(), queue.Receipts, 1)
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Len(t, s.asked[1].entries(t), 3, "all that were hidden are shown")
	})
	inBubble(t, "AnEndlessQueueEnds", func(t *testing.T) {
		engine, s := open(ok(letters))
		_, err := engine.Dead(t.Context(), queue.Receipts, 1_000_000)
		require.NoError(t, err)
		require.Len(t, s.asked, 100+30)
	})
}

func TestRevive(t *testing.T) {
	t.Parallel()
	inBubble(t, "SentBeforeItIsRemoved", func(t *testing.T) {
		engine, s := open(ok(letters), ok(`{}`))
		require.NoError(t, engine.Revive(t.Context(), queue.Receipts, "2"))
		require.Equal(t, []string{"ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"}, s.operations())
		require.Equal(t, "https://queues/receipts", s.asked[1].body["QueueUrl"])
		require.Equal(t, "https://queues/receipts-dead", s.asked[2].body["QueueUrl"])
	})
	inBubble(t, "ErrNoDeadLetter", func(t *testing.T) {
		engine, _ := open(ok(letters), ok(`{}`))
		require.ErrorIs(t, engine.Revive(t.Context(), queue.Receipts, "9"), queue.ErrNoDeadLetter)
	})
	inBubble(t, "ErrNoJob", func(t *testing.T) {
		engine, s := open(ok(letters), ok(`{}`))
		require.ErrorIs(t, engine.Revive(t.Context(), queue.Receipts, "3"), queue.ErrLimit)
		require.NotContains(t, s.operations(), "DeleteMessageBatch")
	})
	inBubble(t, "NotRemovedIfItCouldNotBeSent", func(t *testing.T) {
		engine, s := open(ok(letters), answer{err: errBroken})
		require.ErrorIs(t, engine.Revive(t.Context(), queue.Receipts, "2"), queue.ErrUnavailable)
		require.NotContains(t, s.operations(), "DeleteMessageBatch")
	})
}

func TestFromEvent(t *testing.T) {
	t.Parallel()
	d, err := sqsengine.FromEvent(events.SQSMessage{
		MessageId: "1", ReceiptHandle: "r", Body: `{"kind":"k","version":2,"key":"x","body":{"n":1}}`,
		Attributes: map[string]string{"ApproximateReceiveCount": "2", "SentTimestamp": "1750000000123"},
	})
	require.NoError(t, err)
	require.Equal(t, queue.Delivery{ID: "1", Receipt: "r", Job: queue.Job{Kind: "k", Version: 2, Key: "x", Body: []byte(`{"n":1}`)}, Received: 2,
		SentAt: time.UnixMilli(1750000000123).UTC()}, d)
}

// Whatever a message holds, the answer is a job with kind and key, received once at least, or an error.
func FuzzFromEvent(f *testing.F) {
	f.Add(`{"kind":"k","version":2,"key":"x","body":{"n":1}}`, "2", "1750000000123")
	f.Add(`{"kind":"k"}`, "-1", "-5")
	f.Add(`hello`, "", "")
	f.Fuzz(func(t *testing.T, body, received, sent string) {
		d, err := sqsengine.FromEvent(events.SQSMessage{Body: body, Attributes: map[string]string{"ApproximateReceiveCount": received, "SentTimestamp": sent}})
		if err != nil {
			return
		}
		require.NotEmpty(t, d.Job.Kind)
		require.NotEmpty(t, d.Job.Key)
		require.GreaterOrEqual(t, d.Received, 1)
	})
}
