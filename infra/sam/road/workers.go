package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/world"
	"giberno.ru/infra/sam/provision"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// crew is the workers under `sam local start-lambda`, with the queue that Lambda would poll for them.
type crew struct {
	*facts
	ctx    context.Context
	lambda string
	queue  string
	client *sqs.Client
	orders *store.Store
	world  *world.World
}

// lateBy is how long ago the little world of the workers was left alone: by now its due keys have come.
const lateBy = 10 * time.Minute

// workersThroughLambda plays what AWS does between the functions: a schedule, a poll of the queue, a batch of the stream.
func workersThroughLambda(ctx context.Context, book *facts, x *site) error {
	w, err := x.littleWorld(ctx, "lambda", time.Now().Add(-lateBy))
	if err != nil {
		return err
	}
	const name = stack + "-lambda"
	if err := x.furnish(ctx, name, w); err != nil {
		return err
	}
	environment, err := x.environment("lambda", world.BaseURL, func(string) string { return name })
	if err != nil {
		return err
	}
	s, err := x.start(ctx, environment, "start-lambda")
	if err != nil {
		return err
	}
	defer s.stop()
	engine := dynamoengine.Open(dynamoengine.Options{Region: provision.Region, Endpoint: x.DynamoDB, Credentials: provision.Anybody, Table: name})
	c := crew{
		book, ctx, s.address, x.queues["WebhookRetriesQueue"],
		sqs.New(sqs.Options{Region: provision.Region, BaseEndpoint: &x.SQS, Credentials: provision.Anybody}), store.New(engine), w,
	}
	if _, err := c.client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &c.queue}); err != nil {
		return fmt.Errorf("purge what other parts have sent: %w", err)
	}
	fell := book.fell
	if err := c.work(); err != nil {
		return err
	}
	if book.fell > fell {
		fmt.Println(short(s.said()))
	}
	return nil
}

func (c crew) work() error {
	c.answers("Sweeper", `{"shards":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}`, "{}", "the sweeper works the due keys off")
	batch, found, err := c.poll()
	if err != nil {
		return err
	}
	c.fact(found > 0, "and enqueues jobs", found)
	text, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	c.answers("WebhookRetries", string(text), `{"batchItemFailures":[]}`, "webhook-retries does a batch of the queue")
	whole, err := c.orders.Load(c.ctx, ids.Test, c.world.Pending.Order)
	p, ok := whole.Payment(1)
	c.fact(err == nil && ok && p.Status == payments.Paid, "the bank was asked, and the payment that nobody told of is paid", err, p.Status)

	change, err := os.ReadFile(filepath.Join("events", "workers", "relay.json"))
	if err != nil {
		return err
	}
	c.answers("Relay", string(change), `{"batchItemFailures":[]}`, "the relay takes a batch of the stream")
	batch, found, err = c.poll()
	if err != nil {
		return err
	}
	tidy := slices.ContainsFunc(batch.Records, func(m events.SQSMessage) bool { return strings.Contains(m.Body, "payments.tidy") })
	c.fact(found == 7 && tidy, "and sends the jobs that follow", found)

	notice, err := os.ReadFile(filepath.Join("events", "banks", "notify-tbank.json"))
	if err != nil {
		return err
	}
	status, answer, err := c.invoke("NotifyTbank", string(notice))
	what := wrong(samples.Sample{Status: http.StatusOK, Says: "OK"}, []byte(answer))
	c.fact(err == nil && status == http.StatusOK && what == "", "a notification at the function URL is taken", status, what, answer, err)
	status, answer, err = c.invoke("Relay", string(notice))
	c.fact(err == nil && strings.Contains(answer, "an event of another kind"), "a worker refuses an event of another kind", status, answer, err)
	return nil
}

// answers invokes a function and holds its answer against the JSON that is due.
func (c crew) answers(function, event, due, name string) {
	status, answer, err := c.invoke(function, event)
	what := wrong(samples.Sample{Says: due}, []byte(answer))
	c.fact(err == nil && status == http.StatusOK && what == "", "start-lambda: "+name, status, what, answer, err)
}

func (c crew) invoke(function, event string) (int, string, error) {
	return call(c.ctx, http.MethodPost, c.lambda+"/2015-03-31/functions/"+function+"/invocations", "", event)
}

// poll takes what the queue shows, as Lambda does, and makes the event of it. What Lambda would remove after success is
// removed at once: a job that fails shows in the answer.
func (c crew) poll() (events.SQSEvent, int, error) {
	var batch events.SQSEvent
	for range 5 {
		got, err := c.client.ReceiveMessage(c.ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &c.queue, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
			MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return batch, 0, fmt.Errorf("poll the queue: %w", err)
		}
		if len(got.Messages) == 0 {
			break
		}
		for _, m := range got.Messages {
			batch.Records = append(batch.Records, events.SQSMessage{
				MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Attributes: m.Attributes, MessageAttributes: attributesOf(m),
				EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:" + provision.Region + ":000000000000:" + stack + "-webhook-retries", AWSRegion: provision.Region,
			})
			if _, err := c.client.DeleteMessage(c.ctx, &sqs.DeleteMessageInput{QueueUrl: &c.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
				return batch, 0, fmt.Errorf("remove a message: %w", err)
			}
		}
	}
	return batch, len(batch.Records), nil
}

func attributesOf(m types.Message) map[string]events.SQSMessageAttribute {
	all := map[string]events.SQSMessageAttribute{}
	for name, a := range m.MessageAttributes {
		all[name] = events.SQSMessageAttribute{StringValue: a.StringValue, DataType: *a.DataType}
	}
	return all
}
