//go:build versions

package versions

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"giberno.ru/infra/sam/provision"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/queue"
)

const (
	allDone     = `{"batchItemFailures":[]}`
	streamBatch = 100
	queueBatch  = 10
	dueBatch    = 100
	farAhead    = 365 * 24 * time.Hour // beyond every due key
)

// stream reads the table's stream as Lambda's poller does.
type stream struct {
	client *dynamodbstreams.Client
	next   *string // iterator of the one shard that the server keeps
}

func openStream(t testing.TB, address, name string) *stream {
	t.Helper()
	tables := dynamodb.New(dynamodb.Options{Region: provision.Region, BaseEndpoint: &address, Credentials: provision.Anybody})
	described, err := tables.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	require.NoError(t, err)
	arn := described.Table.LatestStreamArn
	s := &stream{client: dynamodbstreams.New(dynamodbstreams.Options{Region: provision.Region, BaseEndpoint: &address, Credentials: provision.Anybody})}
	shape, err := s.client.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	require.NoError(t, err)
	require.Len(t, shape.StreamDescription.Shards, 1)
	at, err := s.client.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
		StreamArn: arn, ShardId: shape.StreamDescription.Shards[0].ShardId, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
	})
	require.NoError(t, err)
	s.next = at.ShardIterator
	return s
}

// read gives the next records as an event of Lambda; none: the stream has nothing new.
func (s *stream) read(ctx context.Context) (batch events.DynamoDBEvent, err error) {
	out, err := s.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: s.next, Limit: aws.Int32(streamBatch)})
	if err != nil {
		return batch, err
	}
	s.next = out.NextShardIterator
	for _, r := range out.Records {
		batch.Records = append(batch.Records, events.DynamoDBEventRecord{
			EventID: aws.ToString(r.EventID), EventName: string(r.EventName), EventSource: "aws:dynamodb", AWSRegion: provision.Region,
			Change: events.DynamoDBStreamRecord{
				Keys: image(r.Dynamodb.Keys), OldImage: image(r.Dynamodb.OldImage), NewImage: image(r.Dynamodb.NewImage),
				SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber), StreamViewType: string(streams.StreamViewTypeNewAndOldImages),
			},
		})
	}
	return batch, nil
}

func image(from map[string]streams.AttributeValue) map[string]events.DynamoDBAttributeValue {
	to := make(map[string]events.DynamoDBAttributeValue, len(from))
	for name, a := range from {
		switch a := a.(type) {
		case *streams.AttributeValueMemberS:
			to[name] = events.NewStringAttribute(a.Value)
		case *streams.AttributeValueMemberN:
			to[name] = events.NewNumberAttribute(a.Value)
		case *streams.AttributeValueMemberB:
			to[name] = events.NewBinaryAttribute(a.Value)
		case *streams.AttributeValueMemberBOOL:
			to[name] = events.NewBooleanAttribute(a.Value)
		default:
			to[name] = events.NewNullAttribute()
		}
	}
	return to
}

// relay hands every new record of the stream to a relay.
func (x *site) relay(t testing.TB, v version) {
	t.Helper()
	for {
		batch, err := x.stream.read(t.Context())
		require.NoError(t, err)
		if len(batch.Records) == 0 {
			return
		}
		x.batch(t, v, "workers/relay", batch)
	}
}

// batch hands a batch to a worker, who has to do all of it.
func (x *site) batch(t testing.TB, v version, folder string, event any) {
	t.Helper()
	raw, err := json.Marshal(event)
	require.NoError(t, err)
	said, err := x.invoke(t.Context(), v, folder, raw)
	require.NoError(t, err)
	require.JSONEq(t, allDone, string(said), "%s of the %s version", folder, v)
}

// line is a queue with its worker.
type line struct {
	name, address, dead string
	added               bool // this version's: the previous one sends nothing there, and has no worker
}

// work hands what the queues show to their workers and tells how many jobs that were.
func (x *site) work(t testing.TB, v version) (jobs int) {
	t.Helper()
	for _, l := range x.lines {
		if l.added {
			v = newer
		}
		jobs += x.workOn(t, v, l)
	}
	return jobs
}

func (x *site) workOn(t testing.TB, v version, l line) (jobs int) {
	t.Helper()
	for {
		got, err := x.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: &l.address, MaxNumberOfMessages: queueBatch, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		require.NoError(t, err)
		if len(got.Messages) == 0 {
			return jobs
		}
		jobs += len(got.Messages)
		var batch events.SQSEvent
		for _, m := range got.Messages {
			attributes := map[string]events.SQSMessageAttribute{}
			for name, a := range m.MessageAttributes {
				attributes[name] = events.SQSMessageAttribute{StringValue: a.StringValue, DataType: *a.DataType}
			}
			batch.Records = append(batch.Records, events.SQSMessage{
				MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Attributes: m.Attributes, MessageAttributes: attributes,
				EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:" + provision.Region + ":000000000000:" + l.name, AWSRegion: provision.Region,
			})
		}
		x.batch(t, v, "workers/"+l.name, batch)
		buried := x.requireBuried(t, v, l.dead)
		for _, m := range got.Messages { // Lambda removes what was done
			_, err := x.client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &l.address, ReceiptHandle: m.ReceiptHandle})
			require.True(t, err == nil || buried, err) // what a worker buries it removes itself
		}
	}
}

// age brings every due key forward into the past, since the functions' clock is the machine's, and tells how many there are.
func (x *site) age(t testing.TB, shard int) int {
	t.Helper()
	due, err := x.orders.DueBy(t.Context(), ids.Test, shard, time.Now().Add(farAhead), dueBatch)
	require.NoError(t, err)
	for _, d := range due {
		claimed, err := x.orders.MoveDue(t.Context(), d, time.Now().Add(-time.Minute).Truncate(time.Millisecond))
		require.NoError(t, err)
		require.True(t, claimed)
	}
	return len(due)
}

// sweep lets a sweeper go once through a shard.
func (x *site) sweep(t testing.TB, v version, shard int) {
	t.Helper()
	raw, err := json.Marshal(map[string][]int{"shards": {shard}})
	require.NoError(t, err)
	_, err = x.invoke(t.Context(), v, "workers/sweeper", raw)
	require.NoError(t, err)
}

// requireAtRest holds that nothing is left to do: no due key, no job, no dead letter, no alarm.
func (x *site) requireAtRest(t testing.TB) {
	t.Helper()
	for shard := range store.Shards {
		at, err := x.orders.OldestDue(t.Context(), ids.Test, shard)
		require.NoError(t, err)
		require.True(t, at.IsZero(), "a due key is left at %s", at)
	}
	for _, l := range x.lines {
		x.requireEmpty(t, l.address)
		x.requireEmpty(t, l.dead)
	}
	x.requireNoAlarm(t)
}

// requireBuried holds that a worker buried nothing but what the previous version cannot know: its due key sends that again, and
// requireAtRest holds that it was done in the end. The dead letter is an operator's to throw away.
func (x *site) requireBuried(t testing.TB, v version, dead string) (buried bool) {
	t.Helper()
	got, err := x.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &dead, MaxNumberOfMessages: queueBatch})
	require.NoError(t, err)
	for _, m := range got.Messages {
		var job queue.Job
		require.NoError(t, json.Unmarshal([]byte(*m.Body), &job))
		require.Equal(t, older, v, "%s buried %s", v, *m.Body)
		require.Contains(t, []string{jobs.Entry, jobs.Till, jobs.Mail, jobs.Refund, jobs.Return, jobs.Tell}, job.Kind)
	}
	if len(got.Messages) > 0 {
		_, err := x.client.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &dead})
		require.NoError(t, err)
	}
	return len(got.Messages) > 0
}

// requireEmpty holds that a queue shows nothing, or says what.
func (x *site) requireEmpty(t testing.TB, address string) {
	t.Helper()
	got, err := x.client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &address})
	require.NoError(t, err)
	for _, m := range got.Messages {
		require.Fail(t, "a job is left", "%s: %s", address, *m.Body)
	}
}

func (x *site) requireNoAlarm(t testing.TB) {
	t.Helper()
	alarms, _, err := x.orders.OpenAlarms(t.Context(), ids.Test, "", 10)
	require.NoError(t, err)
	require.Empty(t, alarms)
}
