package samples

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"giberno.ru/infra/checks/process/world"
	"giberno.ru/shared/core/ids"
	ledgerjobs "giberno.ru/shared/ledger/jobs"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/jobs"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/platform/queue"
)

// messages is a batch of jobs for the function of a queue. The last of each is one that nobody can do, which ends among the
// dead letters.
func messages(w *world.World, folder string) (Sample, error) {
	_, name, _ := strings.Cut(folder, "/")
	list, err := map[string]func(*world.World) ([]queue.Job, error){
		queue.WebhookRetries: retries, queue.Receipts: receipts, queue.Settlements: settlements,
	}[name](w)
	if err != nil {
		return Sample{}, err
	}
	var batch events.SQSEvent
	for i, j := range list {
		text, err := json.Marshal(j)
		if err != nil {
			return Sample{}, err
		}
		batch.Records = append(batch.Records, message(name, fmt.Sprintf("19dd0b57-b21e-4ac1-bd88-01bbb068cb7%d", i), string(text)))
	}
	raw, err := marshal(batch)
	return Sample{Event: raw, Says: `{"batchItemFailures":[]}`}, err
}

// retries are an event to tell, one on its way to an endpoint, and questions to the bank about the pending payment, and about an
// order that nobody knows.
func retries(w *world.World) ([]queue.Job, error) {
	list, err := attempts(jobs.Tell, teller.AttemptJob{Order: w.Given.Order, N: 1})
	if err != nil {
		return nil, err
	}
	more, err := attempts(teller.JobAsk, teller.AttemptJob{Order: w.Pending.Order, N: 1}, teller.AttemptJob{Order: ids.FromParts("no order"), N: 1})
	return append(append(list, w.Drain), more...), err
}

// receipts are a receipt that the till has to make, a letter about one that is ready, and a receipt of an order that nobody
// knows.
func receipts(w *world.World) ([]queue.Job, error) {
	list, err := attempts(jobs.Till, teller.AttemptJob{Order: w.Unprinted.Order, N: 1})
	if err != nil {
		return nil, err
	}
	more, err := attempts(jobs.Mail, teller.AttemptJob{Order: w.Printed.Order, Child: payments.ReceiptID(w.Printed.ID)},
		teller.AttemptJob{Order: ids.FromParts("no order"), N: 1})
	return append(list, more...), err
}

// settlements are the entry of a paid order, the same again, a day whose settlement the partner has to hear of, and an entry
// that nobody can read.
func settlements(w *world.World) ([]queue.Job, error) {
	whole, err := w.House.Module.Store.Load(context.Background(), ids.Test, w.Paid.Order)
	if err != nil {
		return nil, err
	}
	entry, ok, err := whole.EntryOf(w.Paid.ID)
	if err != nil || !ok {
		return nil, fmt.Errorf("the paid order has no entry: %w", err)
	}
	j, err := ledgerjobs.PostJob(entry)
	if err != nil {
		return nil, err
	}
	day, err := settle.CloseJob(w.Book, w.Day)
	return []queue.Job{j, j, day, {Kind: ledgerjobs.Post, Version: 1, Key: "sample", Body: []byte(`"nothing"`)}}, err
}

func attempts(kind string, about ...teller.AttemptJob) ([]queue.Job, error) {
	var list []queue.Job
	for _, a := range about {
		a.Mode = ids.Test
		body, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		list = append(list, queue.Job{Kind: kind, Version: 1, Key: "sample", Body: body})
	}
	return list, nil
}

func message(queueName, id, body string) events.SQSMessage {
	return events.SQSMessage{
		MessageId: id, ReceiptHandle: "receipt-" + id, Body: body, EventSource: "aws:sqs", AWSRegion: "eu-central-1",
		EventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:giberno-" + queueName,
		Attributes: map[string]string{
			"ApproximateReceiveCount": "1", "SentTimestamp": fmt.Sprint(world.At.UnixMilli()), "SenderId": "AROAEXAMPLE:fn",
			"ApproximateFirstReceiveTimestamp": fmt.Sprint(world.At.UnixMilli() + 5),
		},
		MessageAttributes: map[string]events.SQSMessageAttribute{},
	}
}
