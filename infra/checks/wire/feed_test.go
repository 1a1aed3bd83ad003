//go:build wire

package wire

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// feed reads a table's stream as Lambda's poller does, and keeps what is not done yet.
type feed struct {
	table.Table
	client *dynamodbstreams.Client

	mu      sync.Mutex
	next    *string // iterator of the one shard
	last    uint64
	pending []table.Change
}

func openFeed(t testing.TB, name string) *feed {
	t.Helper()
	described, err := dynamoClient(t).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	require.NoError(t, err)
	f := &feed{
		Table:  openTable(t, name, direct()),
		client: dynamodbstreams.New(dynamodbstreams.Options{Region: region, BaseEndpoint: aws.String(server(t, "WIRE_DYNAMODB")), Credentials: anybody}),
	}
	stream, err := f.client.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: described.Table.LatestStreamArn})
	require.NoError(t, err)
	require.Len(t, stream.StreamDescription.Shards, 1, "this server keeps one shard; the real service splits them")
	at, err := f.client.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
		StreamArn: described.Table.LatestStreamArn, ShardId: stream.StreamDescription.Shards[0].ShardId, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
	})
	require.NoError(t, err)
	f.next = at.ShardIterator
	return f
}

// read takes what the stream has, until it has nothing more.
func (f *feed) read(ctx context.Context) error {
	for {
		out, err := f.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: f.next, Limit: aws.Int32(1000)})
		if err != nil {
			return err
		}
		f.next = out.NextShardIterator
		for _, r := range out.Records {
			c, err := dynamoengine.Change(eventOf(r))
			if err != nil {
				return err
			}
			// The real service keeps quiet about a write that changes nothing; this server does not.
			if c.OldExists && c.NewExists && c.Old.Equal(c.New) {
				continue
			}
			f.last++
			c.Seq = f.last
			f.pending = append(f.pending, c)
		}
		if len(out.Records) == 0 {
			return nil
		}
	}
}

func (f *feed) Changes(ctx context.Context, limit int) ([]table.Change, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.read(ctx); err != nil {
		return nil, err
	}
	return append([]table.Change(nil), f.pending[:min(limit, len(f.pending))]...), nil
}

func (f *feed) Done(_ context.Context, seq uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.pending) > 0 && f.pending[0].Seq <= seq {
		f.pending = f.pending[1:]
	}
	return nil
}

func (f *feed) Wait(ctx context.Context) {
	for ctx.Err() == nil {
		if changes, err := f.Changes(ctx, 1); err != nil || len(changes) > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// eventOf is a record of the stream as Lambda's poller hands it on.
func eventOf(r streams.Record) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{
		EventID: aws.ToString(r.EventID), EventName: string(r.EventName), EventSource: aws.ToString(r.EventSource),
		Change: events.DynamoDBStreamRecord{
			Keys: imageOf(r.Dynamodb.Keys), OldImage: imageOf(r.Dynamodb.OldImage), NewImage: imageOf(r.Dynamodb.NewImage),
			SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber),
		},
	}
}

func imageOf(from map[string]streams.AttributeValue) map[string]events.DynamoDBAttributeValue {
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
