//go:build wire

package wire

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/queuetest"
	"giberno.ru/shared/platform/queue/sqsengine"
)

func sqsClient(t testing.TB) *sqs.Client {
	return sqs.New(sqs.Options{Region: region, BaseEndpoint: aws.String(server(t, "WIRE_SQS")), Credentials: anybody})
}

// createQueues makes queues as the template declares them, each with its dead letters, and gives their addresses.
func createQueues(t testing.TB, prefix string, names ...string) map[string]string {
	t.Helper()
	client := sqsClient(t)
	urls := map[string]string{}
	for _, name := range names {
		dead, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(prefix + name + sqsengine.DeadSuffix)})
		require.NoError(t, err)
		of, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: dead.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
		require.NoError(t, err)
		alive, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(prefix + name), Attributes: map[string]string{
			string(types.QueueAttributeNameVisibilityTimeout): fmt.Sprint(int(queue.Visibility / time.Second)),
			string(types.QueueAttributeNameRedrivePolicy):     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, of.Attributes["QueueArn"], queue.MaxReceives),
		}})
		require.NoError(t, err)
		urls[name], urls[name+sqsengine.DeadSuffix] = *alive.QueueUrl, *dead.QueueUrl
	}
	return urls
}

func openQueues(t testing.TB, urls map[string]string, carrier aws.HTTPClient) *sqsengine.Engine {
	return sqsengine.Open(sqsengine.Options{
		Region: region, Endpoint: server(t, "WIRE_SQS"), Credentials: anybody, URLs: urls, HTTPClient: carrier, Sleep: briefly,
	})
}

// The engine keeps the contract of the queues.
func TestQueues(t *testing.T) {
	t.Parallel()
	stamp := time.Now().UnixMilli()
	var n atomic.Int64
	queuetest.Conformance(t, func(t *testing.T) queuetest.Subject {
		lens := &timeLens{inner: direct(), plain: sqsClient(t), hidden: map[string]hiding{}}
		engine := openQueues(t, createQueues(t, fmt.Sprintf("w%d-%d-", stamp, n.Add(1)), queue.Names...), lens)
		ctx := t.Context()
		return queuetest.Subject{Queue: engine, Graveyard: engine, Advance: func(by time.Duration) { lens.advance(ctx, by) }}
	})
}
