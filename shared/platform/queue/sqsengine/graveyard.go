package sqsengine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"giberno.ru/shared/platform/queue"
)

const (
	// lookSec is how long dead letters are hidden from others while somebody looks at them.
	lookSec = 30
	// lookRounds bounds a look to a thousand letters.
	lookRounds = 100
)

// Dead lists up to limit dead letters, at most a thousand, by the time of their death. SQS can only look at messages by
// receiving them: each is hidden from others for the moment of the look, and shown again at its end.
func (e *Engine) Dead(ctx context.Context, name string, limit int) ([]queue.DeadLetter, error) {
	var letters []queue.DeadLetter
	err := e.look(ctx, name, func(m types.Message) (bool, error) {
		if len(letters) < limit {
			letters = append(letters, letter(name, m))
		}
		return len(letters) < limit, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(letters, func(a, b queue.DeadLetter) int {
		return cmp.Or(a.Died.Compare(b.Died), cmp.Compare(a.ID, b.ID))
	})
	return letters, nil
}

// Revive sends a dead letter's job into its queue again, visible at once and as if never received, and only then removes the letter.
// ErrNoDeadLetter if it is not among the first thousand, or hidden because somebody looks at it.
func (e *Engine) Revive(ctx context.Context, name, id string) error {
	dead, err := e.deadURL(name)
	if err != nil {
		return err
	}
	found := false
	err = e.look(ctx, name, func(m types.Message) (bool, error) {
		if found || aws.ToString(m.MessageId) != id {
			return !found, nil
		}
		found = true
		job, err := decodeJob(aws.ToString(m.Body))
		if err != nil {
			return false, fmt.Errorf("%w: %w", queue.ErrLimit, err)
		}
		if err := e.Send(ctx, name, 0, job); err != nil {
			return false, err
		}
		return false, e.remove(ctx, dead, []string{aws.ToString(m.ReceiptHandle)})
	})
	if err == nil && !found {
		return queue.ErrNoDeadLetter
	}
	return err
}

// look shows dead letters to see until it has seen enough or none is left, then makes them visible again.
func (e *Engine) look(ctx context.Context, name string, see func(types.Message) (more bool, err error)) error {
	dead, err := e.deadURL(name)
	if err != nil {
		return err
	}
	var receipts []string
	more := true
	for round := 0; more && err == nil && round < lookRounds; round++ {
		var out *sqs.ReceiveMessageOutput
		out, err = e.client().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: dead, MaxNumberOfMessages: queue.MaxBatch, VisibilityTimeout: lookSec,
			WaitTimeSeconds:             1, // a long poll asks all servers of the queue
			MessageAttributeNames:       []string{reasonAttr, receivedAttr},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp},
		})
		if err != nil {
			err = failure("dead", err)
			break
		}
		more = len(out.Messages) > 0
		for _, m := range out.Messages {
			receipts = append(receipts, aws.ToString(m.ReceiptHandle))
			if more && err == nil {
				more, err = see(m)
			}
		}
	}
	e.show(ctx, dead, receipts)
	return err
}

// show makes letters visible at once. Those for which it fails show themselves when the look's time is over, and one that was
// removed meanwhile has no use for it, so no error is told.
func (e *Engine) show(ctx context.Context, dead *string, receipts []string) {
	for some := range slices.Chunk(receipts, queue.MaxBatch) {
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(some))
		for i, receipt := range some {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &receipt}
		}
		if _, err := e.client().ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: dead, Entries: entries}); err != nil {
			return
		}
	}
}

// letter reads a dead letter. One without a reason was moved by the redrive policy, which does not tell when: its first receive stands
// for its death, and the policy's number for its receives.
func letter(name string, m types.Message) queue.DeadLetter {
	l := queue.DeadLetter{ID: aws.ToString(m.MessageId), Queue: name, Receive: queue.MaxReceives}
	job, err := decodeJob(aws.ToString(m.Body))
	if err != nil {
		raw, _ := json.Marshal(aws.ToString(m.Body)) // a text is always JSON
		job = queue.Job{Body: raw}
	}
	l.Job = job
	if reason, buried := m.MessageAttributes[reasonAttr]; buried {
		l.Reason = aws.ToString(reason.StringValue)
		l.Died = timeOf(m.Attributes[string(types.MessageSystemAttributeNameSentTimestamp)])
		l.Receive, _ = strconv.Atoi(aws.ToString(m.MessageAttributes[receivedAttr].StringValue))
		return l
	}
	l.Died = timeOf(m.Attributes[string(types.MessageSystemAttributeNameApproximateFirstReceiveTimestamp)])
	l.Reason = fmt.Sprintf("received %d times without an ending", queue.MaxReceives)
	if err != nil {
		l.Reason += ": " + err.Error()
	}
	return l
}
