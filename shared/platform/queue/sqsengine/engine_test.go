package sqsengine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
)

func TestSend(t *testing.T) {
	t.Parallel()
	inBubble(t, "OnlyWhatFailedIsSentAgain", func(t *testing.T) {
		engine, s := open(
			ok(`{"Successful":[{"Id":"0"},{"Id":"2"}],"Failed":[{"Id":"1","SenderFault":false,"Code":"InternalError"}]}`),
			ok(`{"Successful":[{"Id":"1"}]}`),
		)
		require.NoError(t, engine.Send(t.Context(), queue.Receipts, 1500*time.Millisecond, job("a"), job("b"), job("c")))
		require.Len(t, s.asked, 2)
		require.Equal(t, []string{"0", "1", "2"}, s.asked[0].entries(t))
		require.Equal(t, []string{"1"}, s.asked[1].entries(t))
		entry := s.asked[1].body["Entries"].([]any)[0].(map[string]any)
		require.Equal(t, map[string]any{
			"Id": "1", "DelaySeconds": 2.0, "MessageBody": `{"kind":"test.do","version":1,"key":"b"}`,
			"MessageAttributes": map[string]any{"kind": map[string]any{"DataType": "String", "StringValue": "test.do"}},
		}, entry)
	})
	inBubble(t, "ButNotForEver", func(t *testing.T) {
		engine, s := open(ok(`{"Failed":[{"Id":"0","SenderFault":false,"Code":"InternalError"}]}`))
		require.ErrorIs(t, engine.Send(t.Context(), queue.Receipts, 0, job("a")), queue.ErrUnavailable)
		require.Len(t, s.asked, 4)
	})
	inBubble(t, "ErrOurFault", func(t *testing.T) {
		engine, s := open(ok(`{"Failed":[{"Id":"0","SenderFault":true,"Code":"InvalidMessageContents"}]}`))
		require.ErrorIs(t, engine.Send(t.Context(), queue.Receipts, 0, job("a")), queue.ErrLimit)
		require.Len(t, s.asked, 1)
	})
	inBubble(t, "LargeJobsTakeSeveralCalls", func(t *testing.T) {
		engine, s := open(ok(`{}`))
		large, err := json.Marshal(strings.Repeat("x", 200<<10))
		require.NoError(t, err)
		jobs := make([]queue.Job, 10)
		for i := range jobs {
			jobs[i] = queue.Job{Kind: "k", Key: "k", Body: large}
		}
		require.NoError(t, engine.Send(t.Context(), queue.Receipts, 0, jobs...))
		require.Len(t, s.asked, 2)
		require.Len(t, s.asked[0].entries(t), 5)
		require.Equal(t, []string{"5", "6", "7", "8", "9"}, s.asked[1].entries(t))
	})
	inBubble(t, "CharactersThatTheServiceRefusesAreEscaped", func(t *testing.T) {
		engine, s := open(ok(`{}`))
		require.NoError(t, engine.Send(t.Context(), queue.Receipts, 0, queue.Job{Kind: "k", Key: "\uffff", Body: json.RawMessage("\"\ufffe\"")}))
		body := s.asked[0].body["Entries"].([]any)[0].(map[string]any)["MessageBody"].(string)
		require.Equal(t, `{"kind":"k","version":0,"key":"\uffff","body":"\ufffe"}`, body)
		require.ErrorIs(t, engine.Send(t.Context(), queue.Receipts, 0, queue.Job{Kind: "k", Key: "k", Body: json.RawMessage("\"\xff\"")}), queue.ErrLimit)
	})
	inBubble(t, "ErrNoAddress", func(t *testing.T) {
		engine, _ := open(ok(`{}`))
		require.ErrorIs(t, engine.Send(t.Context(), queue.Treasury, 0, job("a")), sqsengine.ErrBug)
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()
	inBubble(t, "WhatIsNoJobIsLeftOut", func(t *testing.T) {
		engine, s := open(ok(`{"Messages":[
			{"MessageId":"1","ReceiptHandle":"r1","Body":"hello"},
			{"MessageId":"2","ReceiptHandle":"r2","Body":"{\"kind\":\"k\"}"},
			{"MessageId":"3","ReceiptHandle":"r3","Body":"{\"kind\":\"k\",\"key\":\"x\"}","Attributes":{"ApproximateReceiveCount":"4","SentTimestamp":"1750000000123"}}]}`))
		batch, err := engine.Receive(t.Context(), queue.Receipts, 3)
		require.NoError(t, err)
		require.Equal(t, []queue.Delivery{{ID: "3", Receipt: "r3", Job: queue.Job{Kind: "k", Key: "x"}, Received: 4, SentAt: time.UnixMilli(1750000000123).UTC()}}, batch)
		require.Equal(t, 3.0, s.asked[0].body["MaxNumberOfMessages"])
	})
}

func TestStaleReceipts(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight", "com.amazonaws.sqs#InvalidParameterValueException", "InvalidParameterValue",
	} {
		inBubble(t, code, func(t *testing.T) {
			engine, s := open(ok(`{"Failed":[{"Id":"0","SenderFault":true,"Code":"` + code + `"}]}`))
			require.NoError(t, engine.Ack(t.Context(), queue.Receipts, "stale", ""))
			require.Equal(t, []string{"0"}, s.asked[0].entries(t), "an empty receipt is not sent")
			engine, _ = open(refusedWith(400, code))
			require.NoError(t, engine.Hide(t.Context(), queue.Receipts, "stale", time.Second))
			engine, s = open(refusedWith(400, code))
			require.NoError(t, engine.Bury(t.Context(), queue.Receipts, queue.Delivery{Receipt: "stale", Job: job("a")}, "why"))
			require.Equal(t, []string{"ChangeMessageVisibility"}, s.operations(), "nothing goes to the dead letters")
		})
	}
}

func TestAck(t *testing.T) {
	t.Parallel()
	inBubble(t, "TenACall", func(t *testing.T) {
		engine, s := open(ok(`{}`))
		receipts := strings.Fields(strings.Repeat("r ", 25))
		require.NoError(t, engine.Ack(t.Context(), queue.Receipts, receipts...))
		require.Len(t, s.asked, 3)
		require.Len(t, s.asked[2].entries(t), 5)
	})
	inBubble(t, "WhatFailedIsAskedAgain", func(t *testing.T) {
		engine, s := open(ok(`{"Failed":[{"Id":"1","SenderFault":false,"Code":"InternalError"}]}`), ok(`{}`))
		require.NoError(t, engine.Ack(t.Context(), queue.Receipts, "a", "b"))
		require.Equal(t, []string{"1"}, s.asked[1].entries(t))
	})
}

// At no moment is a job neither in its queue nor among the dead letters.
func TestBury(t *testing.T) {
	t.Parallel()
	d := queue.Delivery{Receipt: "r", Job: job("a"), Received: 3}
	inBubble(t, "SentBeforeItIsRemoved", func(t *testing.T) {
		engine, s := open(ok(`{}`))
		require.NoError(t, engine.Bury(t.Context(), queue.Receipts, d, "no such order\x00"))
		require.Equal(t, []string{"ChangeMessageVisibility", "SendMessageBatch", "DeleteMessageBatch"}, s.operations())
		require.Equal(t, "https://queues/receipts-dead", s.asked[1].body["QueueUrl"])
		attributes := s.asked[1].body["Entries"].([]any)[0].(map[string]any)["MessageAttributes"].(map[string]any)
		require.Equal(t, map[string]any{"DataType": "String", "StringValue": "no such order "}, attributes["reason"])
		require.Equal(t, map[string]any{"DataType": "Number", "StringValue": "3"}, attributes["received"])
	})
	inBubble(t, "NotRemovedIfItCouldNotBeSent", func(t *testing.T) {
		engine, s := open(ok(`{}`), answer{err: errBroken})
		require.ErrorIs(t, engine.Bury(t.Context(), queue.Receipts, d, "why"), queue.ErrUnavailable)
		require.NotContains(t, s.operations(), "DeleteMessageBatch")
	})
	inBubble(t, "ALongReasonIsCut", func(t *testing.T) {
		engine, s := open(ok(`{}`))
		require.NoError(t, engine.Bury(t.Context(), queue.Receipts, d, "x"+strings.Repeat("ж", 2000)))
		attributes := s.asked[1].body["Entries"].([]any)[0].(map[string]any)["MessageAttributes"].(map[string]any)
		require.Equal(t, "x"+strings.Repeat("ж", 511), attributes["reason"].(map[string]any)["StringValue"])
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		name   string
		answer answer
		want   error
		calls  int
	}{
		{"NoQueue", refusedWith(400, "com.amazonaws.sqs#QueueDoesNotExist"), sqsengine.ErrBug, 1},
		{"OldCode", refusedWith(400, "AWS.SimpleQueueService.NonExistentQueue"), sqsengine.ErrBug, 1},
		{"Denied", refusedWith(403, "AccessDenied"), sqsengine.ErrBug, 1},
		{"TooLong", refusedWith(400, "AWS.SimpleQueueService.BatchRequestTooLong"), queue.ErrLimit, 1},
		{"OverLimit", refusedWith(400, "OverLimit"), queue.ErrUnavailable, 1},
		{"Throttled", refusedWith(400, "RequestThrottled"), queue.ErrUnavailable, 3},
		{"Internal", refusedWith(500, "InternalFailure"), queue.ErrUnavailable, 3},
		{"NoJSON", answer{status: 503, body: "<html>"}, queue.ErrUnavailable, 3},
		{"Broken", answer{err: errBroken}, queue.ErrUnavailable, 3},
	} {
		inBubble(t, f.name, func(t *testing.T) {
			engine, s := open(f.answer)
			require.ErrorIs(t, engine.Send(t.Context(), queue.Receipts, 0, job("a")), f.want)
			require.Len(t, s.asked, f.calls)
			_, err := engine.Receive(t.Context(), queue.Receipts, 1)
			require.ErrorIs(t, err, f.want)
			_, err = engine.Dead(t.Context(), queue.Receipts, 1)
			require.ErrorIs(t, err, f.want)
			if f.name != "TooLong" {
				require.ErrorIs(t, engine.Ack(t.Context(), queue.Receipts, "r"), f.want)
				require.ErrorIs(t, engine.Hide(t.Context(), queue.Receipts, "r", time.Second), f.want)
			}
		})
	}
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL_SQS": "http://one",
		"QUEUE_URL_WEBHOOK_RETRIES": "https://w", "QUEUE_URL_WEBHOOK_RETRIES_DEAD": "https://wd", "QUEUE_URL_RECEIPTS": "https://r",
	}
	o := sqsengine.FromEnv(func(name string) string { return env[name] })
	require.Equal(t, map[string]string{"webhook-retries": "https://w", "webhook-retries-dead": "https://wd", "receipts": "https://r"}, o.URLs)
	require.Equal(t, "eu-central-1 http://one", o.Region+" "+o.Endpoint)
	c, err := o.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "id secret session", strings.Join([]string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken}, " "))
}
