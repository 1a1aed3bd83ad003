package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// Relay is what turns the table's changes into jobs.
type Relay struct {
	Queue queue.Sender
	Route func(queue.Job) string // the queue that a job goes to
	// Follow lists the jobs that follow from a change, one function a domain. Pure.
	Follow []func(table.Change) []queue.Job
	Log    *slog.Logger
}

// ServeStream relays batches of the table's stream. It does not return.
func ServeStream(r Relay) { onlambda.Start(Stream(r)) }

// Stream is what ServeStream serves. Records are taken in their order. At the first one that cannot be read, or whose jobs
// cannot be sent, it stops and names that record: Lambda begins there again, halves the batch, and in the end hands a record
// that never passes to the on-failure destination; the due keys see to what it would have caused. A job that is sent twice
// is harmless.
func Stream(r Relay) onlambda.Invocation {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var event struct {
			Records []json.RawMessage `json:"Records"`
		}
		if err := json.Unmarshal(payload, &event); err != nil || len(event.Records) == 0 {
			return nil, onlambda.OtherEvent("a batch of a DynamoDB stream", payload)
		}
		var waiting []pending
		failures := []events.DynamoDBBatchItemFailure{}
		stopped := ""
		for _, raw := range event.Records {
			seq, jobs, err := r.follow(raw)
			if seq == "" {
				return nil, onlambda.OtherEvent("a batch of a DynamoDB stream", payload)
			}
			if err != nil {
				r.Log.LogAttrs(ctx, slog.LevelError, "a record of the stream cannot be relayed", slog.String("sequence", seq), slog.String("cause", err.Error()))
				stopped = seq
				break
			}
			for _, j := range jobs {
				waiting = append(waiting, pending{seq, j})
			}
		}
		if unsent, err := r.send(ctx, waiting); err != nil {
			r.Log.LogAttrs(ctx, slog.LevelError, "jobs could not be sent", slog.String("sequence", unsent), slog.String("cause", err.Error()))
			stopped = unsent
		}
		if stopped != "" {
			failures = append(failures, events.DynamoDBBatchItemFailure{ItemIdentifier: stopped})
		}
		return onlambda.Marshal(events.DynamoDBEventResponse{BatchItemFailures: failures})
	}
}

const sourceStream = "aws:dynamodb"

// pending is a job with the record that it follows from.
type pending struct {
	seq string
	job queue.Job
}

// follow reads one record by itself, so that a poisoned one spoils no other. seq is "" for what is no record of a stream.
func (r Relay) follow(raw json.RawMessage) (seq string, jobs []queue.Job, err error) {
	var head struct {
		EventSource string `json:"eventSource"`
		Change      struct {
			SequenceNumber string `json:"SequenceNumber"`
		} `json:"dynamodb"`
	}
	if json.Unmarshal(raw, &head) != nil || head.EventSource != sourceStream {
		return "", nil, nil
	}
	seq = head.Change.SequenceNumber
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if _, dies := caught.(interface{ Crash() }); dies {
			panic(caught)
		}
		err = fmt.Errorf("batch: following the change panicked: %v", caught)
	}()
	var record events.DynamoDBEventRecord
	if err := json.Unmarshal(raw, &record); err != nil {
		return seq, nil, fmt.Errorf("batch: the record cannot be read: %w", err)
	}
	change, err := dynamoengine.Change(record)
	if err != nil {
		return seq, nil, err
	}
	for _, f := range r.Follow {
		jobs = append(jobs, f(change)...)
	}
	return seq, jobs, nil
}

// send sends the jobs in batches; unsent names the record of the first job that may not have been sent.
func (r Relay) send(ctx context.Context, waiting []pending) (unsent string, err error) {
	jobs := make([]queue.Job, len(waiting))
	for i, p := range waiting {
		jobs[i] = p.job
	}
	first, err := queue.SendAll(ctx, r.Queue, r.Route, jobs...)
	if err != nil {
		return waiting[first].seq, err
	}
	return "", nil
}
