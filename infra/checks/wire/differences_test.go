//go:build wire

package wire

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// Each fact is a line of differences.md. When one fails, the server has come nearer to the real service: take the line away, and
// whatever bears with it.
func TestDifferencesOfTheTable(t *testing.T) {
	t.Parallel()
	createTable(t, "differences")
	f := openFeed(t, "differences")
	row := table.Row{Key: table.Key{PK: "p", SK: "a"}, Attrs: table.Attrs{"num": table.N(1)}}
	require.NoError(t, f.Write(t.Context(), table.Put(row)))
	require.NoError(t, f.Write(t.Context(), table.Put(row)))
	records, err := f.client.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: f.next})
	require.NoError(t, err)
	require.Len(t, records.Records, 2, "T1: a write that changes nothing is streamed")

	var conflicts atomic.Int64
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for range 5 {
				err := f.Write(t.Context(), table.Update(row.Key).Add("num", 1), table.Put(table.Row{Key: table.Key{PK: "p", SK: "b"}}))
				if errors.Is(err, table.ErrConflict) {
					conflicts.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.Zero(t, conflicts.Load(), "T2: transactions never conflict")
}

func TestDifferencesOfTheQueues(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	client := sqsClient(t)
	urls := createQueues(t, fmt.Sprintf("differences-%d-", time.Now().UnixMilli()), queue.Receipts)
	url := aws.String(urls[queue.Receipts])

	_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: aws.String("nonsense")})
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, "com.amazonaws.sqs#ReceiptHandleIsInvalid", api.ErrorCode(), "Q1: codes carry a prefix")

	_, err = client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{}})
	require.NoError(t, err, "Q2: an empty batch is accepted")

	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	require.NoError(t, err)
	hide := func(receipt *string, sec int32) error {
		_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: sec})
		return err
	}
	var last *string
	for n := 1; n <= queue.MaxReceives; n++ {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
		require.NoError(t, err)
		require.Len(t, got.Messages, 1)
		last = got.Messages[0].ReceiptHandle
		if n == 1 {
			require.NoError(t, hide(last, 12*60*60+1), "Q3: a message can be hidden for longer than 12 hours")
		}
		require.NoError(t, hide(last, 0))
	}
	require.NoError(t, hide(last, 0), "Q4: the receipt of a message that is visible again can be used")

	none, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	require.NoError(t, err)
	require.Empty(t, none.Messages)
}
