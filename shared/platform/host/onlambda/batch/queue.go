// Package batch serves the events that come in batches and are answered in parts: messages of SQS and records of the table's
// stream. It stands apart from onlambda, so that endpoints do not carry the clients of queues with them.
package batch

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
)

// Work is what a function of a queue needs: the queue, to tell how jobs ended, and who does them.
type Work struct {
	Queue  queue.Queue
	Name   string // of the queue
	Worker queue.Worker
	// Together does a whole batch at once, where that is cheaper than one by one; nil: Worker does it.
	Together func(context.Context, []queue.Delivery) []queue.Outcome
	Log      *slog.Logger
}

func (w Work) do(ctx context.Context, batch []queue.Delivery) []queue.Outcome {
	if w.Together != nil {
		return w.Together(ctx, batch)
	}
	return queue.Dispatch(ctx, batch, w.Worker, w.Log)
}

// ServeQueue does the jobs of batches of SQS. It does not return.
func ServeQueue(w Work) { onlambda.Start(Queue(w)) }

// Queue is what ServeQueue serves. A job that is done is left out of the answer's failures, and Lambda removes it. One that
// must never be tried again is moved to the dead letters with its reason, and is then left out, too. One that is to come
// again is hidden for its wait and named a failure; so is whatever could not be told to the queue, and what is no job.
func Queue(w Work) onlambda.Invocation {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var event events.SQSEvent
		if err := json.Unmarshal(payload, &event); err != nil || len(event.Records) == 0 || event.Records[0].EventSource != sourceSQS {
			return nil, onlambda.OtherEvent("a batch of SQS", payload)
		}
		failures := []events.SQSBatchItemFailure{}
		var batch []queue.Delivery
		for _, m := range event.Records {
			d, err := sqsengine.FromEvent(m)
			if err != nil { // nobody of ours sent it; the redrive policy takes it away as it is
				w.Log.LogAttrs(ctx, slog.LevelError, "a message is no job", slog.String("message", m.MessageId), slog.String("cause", err.Error()))
				failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
				continue
			}
			batch = append(batch, d)
		}
		outcomes := w.do(ctx, batch)
		// The deadline that ended the work must not keep its outcome from being told: Margin is for that.
		telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), onlambda.Margin-100*time.Millisecond)
		defer cancel()
		for _, o := range outcomes {
			if !w.settled(telling, o) {
				failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: o.Delivery.ID})
			}
		}
		return onlambda.Marshal(events.SQSEventResponse{BatchItemFailures: failures})
	}
}

const sourceSQS = "aws:sqs"

// settled tells the queue how a job ended and reports whether Lambda may remove it.
func (w Work) settled(ctx context.Context, o queue.Outcome) bool {
	var err error
	switch o.Ending {
	case queue.Finished:
		return true
	case queue.Dead:
		err = w.Queue.Bury(ctx, w.Name, o.Delivery, o.Reason)
	case queue.Again:
		err = w.Queue.Hide(ctx, w.Name, o.Delivery.Receipt, o.Wait)
	}
	if err != nil {
		w.Log.LogAttrs(ctx, slog.LevelError, "the ending of a job could not be told", slog.String("kind", o.Delivery.Job.Kind),
			slog.String("key", o.Delivery.Job.Key), slog.String("cause", err.Error()))
	}
	return err == nil && o.Ending == queue.Dead
}
