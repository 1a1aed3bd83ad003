package sqsengine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"giberno.ru/shared/platform/queue"
)

// maxBatchBytes of a SendMessageBatch, attributes included (Developer Guide, «Amazon SQS message quotas»).
const maxBatchBytes = 1 << 20

// entryOverhead is more than a message's attributes add to its body, their values apart.
const entryOverhead = 64

// Send enqueues up to 10 jobs, in one call unless they are larger than a megabyte together.
func (e *Engine) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	if err := queue.Validate(delay, jobs); err != nil {
		return err
	}
	url, err := e.url(name)
	if err != nil || len(jobs) == 0 {
		return err
	}
	entries := make([]types.SendMessageBatchRequestEntry, len(jobs))
	for i, job := range jobs {
		body, err := encodeJob(job)
		if err != nil {
			return err
		}
		entries[i] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: &body, DelaySeconds: seconds(delay),
			MessageAttributes: map[string]types.MessageAttributeValue{kindAttr: textAttr(job.Kind)},
		}
	}
	return e.sendAll(ctx, url, entries)
}

// sendAll sends as many entries a call as fit into it.
func (e *Engine) sendAll(ctx context.Context, url *string, entries []types.SendMessageBatchRequestEntry) error {
	for len(entries) > 0 {
		n, size := 0, 0
		for ; n < len(entries); n++ {
			size += len(*entries[n].MessageBody) + entryOverhead
			for _, a := range entries[n].MessageAttributes {
				size += len(*a.StringValue)
			}
			if size > maxBatchBytes && n > 0 {
				break
			}
		}
		err := rounds(ctx, e, entries[:n], func(some []types.SendMessageBatchRequestEntry) ([]types.SendMessageBatchRequestEntry, error) {
			out, err := e.client().SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: some})
			if err != nil {
				return nil, failure("send", err)
			}
			return notTaken(some, out.Failed, func(entry types.SendMessageBatchRequestEntry) *string { return entry.Id })
		})
		if err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// notTaken gives the entries that the service did not take and may take another time; one that it will never take is an error.
func notTaken[T any](entries []T, failed []types.BatchResultErrorEntry, id func(T) *string) ([]T, error) {
	var left []T
	for _, f := range failed {
		if f.SenderFault {
			return nil, fmt.Errorf("%w: %s: %s", queue.ErrLimit, aws.ToString(f.Code), aws.ToString(f.Message))
		}
		at := slices.IndexFunc(entries, func(entry T) bool { return *id(entry) == aws.ToString(f.Id) })
		if at >= 0 {
			left = append(left, entries[at])
		}
	}
	return left, nil
}

// Receive takes up to max visible jobs. A message that is no job is left out: it comes again until the redrive policy takes it to the
// dead letters as it is. The service looks at some of its servers only, so an empty answer does not prove an empty queue.
func (e *Engine) Receive(ctx context.Context, name string, max int) ([]queue.Delivery, error) {
	if max < 1 || max > queue.MaxBatch {
		return nil, fmt.Errorf("%w: receive %d jobs, 1 to %d are allowed", queue.ErrLimit, max, queue.MaxBatch)
	}
	url, err := e.url(name)
	if err != nil {
		return nil, err
	}
	out, err := e.client().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: int32(max),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameApproximateReceiveCount, types.MessageSystemAttributeNameSentTimestamp,
		},
	})
	if err != nil {
		return nil, failure("receive", err)
	}
	batch := make([]queue.Delivery, 0, len(out.Messages))
	for _, m := range out.Messages {
		d, err := delivery(aws.ToString(m.MessageId), aws.ToString(m.ReceiptHandle), aws.ToString(m.Body), m.Attributes)
		if err == nil {
			batch = append(batch, d)
		}
	}
	return batch, nil
}

// Ack removes deliveries for good. A stale receipt is ignored; should the service still honour it, the job was done anyway.
func (e *Engine) Ack(ctx context.Context, name string, receipts ...string) error {
	url, err := e.url(name)
	if err != nil {
		return err
	}
	return e.remove(ctx, url, receipts)
}

func (e *Engine) remove(ctx context.Context, url *string, receipts []string) error {
	entries := make([]types.DeleteMessageBatchRequestEntry, 0, len(receipts))
	for i, receipt := range receipts {
		if receipt != "" {
			entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &receipt})
		}
	}
	for some := range slices.Chunk(entries, queue.MaxBatch) {
		err := rounds(ctx, e, some, func(some []types.DeleteMessageBatchRequestEntry) ([]types.DeleteMessageBatchRequestEntry, error) {
			out, err := e.client().DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: some})
			if err != nil {
				return nil, failure("ack", err)
			}
			fresh := slices.DeleteFunc(out.Failed, func(f types.BatchResultErrorEntry) bool { return staleCode(aws.ToString(f.Code)) })
			return notTaken(some, fresh, func(entry types.DeleteMessageBatchRequestEntry) *string { return entry.Id })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Hide changes when a received job is seen again. The service bounds the whole time since the receive to 12 hours: a wait that
// leads beyond changes nothing, as a stale receipt does.
func (e *Engine) Hide(ctx context.Context, name, receipt string, wait time.Duration) error {
	_, err := e.hide(ctx, name, receipt, wait)
	return err
}

// hide reports whether the receipt was still of use.
func (e *Engine) hide(ctx context.Context, name, receipt string, wait time.Duration) (bool, error) {
	if wait < 0 || wait > queue.MaxHide {
		return false, fmt.Errorf("%w: hide for %s, 0 to %s are allowed", queue.ErrLimit, wait, queue.MaxHide)
	}
	url, err := e.url(name)
	if err != nil || receipt == "" {
		return false, err
	}
	_, err = e.client().ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: &receipt, VisibilityTimeout: seconds(wait),
	})
	switch {
	case err == nil:
		return true, nil
	case isStale(err):
		return false, nil
	default:
		return false, failure("hide", err)
	}
}

// burial is how long a job stays hidden while it is moved to the dead letters.
const burial = time.Minute

// Bury moves a received job to the dead letters, in three calls: it is hidden, which finds out a stale receipt; it is sent to the
// dead letters; and only then removed here, so that it is never in neither place. Broken off between, it is worked on again.
func (e *Engine) Bury(ctx context.Context, name string, d queue.Delivery, reason string) error {
	dead, err := e.deadURL(name)
	if err != nil {
		return err
	}
	body, err := encodeJob(d.Job)
	if err != nil {
		return err
	}
	fresh, err := e.hide(ctx, name, d.Receipt, burial)
	if err != nil || !fresh {
		return err
	}
	err = e.sendAll(ctx, dead, []types.SendMessageBatchRequestEntry{{
		Id: aws.String("0"), MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			kindAttr: textAttr(d.Job.Kind), reasonAttr: textAttr(reasonText(reason)), receivedAttr: numberAttr(d.Received),
		},
	}})
	if err != nil {
		return err
	}
	return e.Ack(ctx, name, d.Receipt)
}
