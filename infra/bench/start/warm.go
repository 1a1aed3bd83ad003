package start

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/stage"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/platform/table"
)

// Warm compares a warm create-order (event, adapter, door, validation, domain; the table stubbed) with a bare handler that
// decodes the same event and body and encodes the same answer. Both are medians over batches taken by turns.
func Warm(ctx context.Context) (ours, bare time.Duration, err error) {
	dir, err := os.MkdirTemp("", "warm-*")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	s, err := stage.New(ctx, dir)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	around := s.World.Surroundings
	around.Table, around.Log = taking{s.World.Table}, slog.New(slog.DiscardHandler)
	var handler lambda.Handler
	for _, f := range catalogue.Functions() {
		if f.Folder == usualSample {
			handler = f.Build(around)
		}
	}
	sample := s.Samples[usualSample].Event
	first, err := handler.Invoke(ctx, sample) // the caller's token is cached from now on
	if err != nil {
		return 0, 0, err
	}
	var answer events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(first, &answer); err != nil || answer.StatusCode != 201 {
		return 0, 0, errors.Join(errors.New("start: the warm request was answered: "+string(first)), err)
	}
	floor := bareHandler(answer)
	const batches, size = 30, 100
	var ourTimes, bareTimes []time.Duration
	for range batches {
		ourTimes = append(ourTimes, batch(ctx, handler, sample, size))
		bareTimes = append(bareTimes, batch(ctx, floor, sample, size))
	}
	return median(ourTimes) / size, median(bareTimes) / size, nil
}

func batch(ctx context.Context, h lambda.Handler, event []byte, size int) time.Duration {
	began := time.Now()
	for range size {
		if _, err := h.Invoke(ctx, event); err != nil {
			panic(err) // it has answered before
		}
	}
	return time.Since(began)
}

// bareHandler does with the JSON what has to be done, and nothing else.
func bareHandler(answer events.APIGatewayV2HTTPResponse) lambda.Handler {
	var order api.Order
	if err := json.Unmarshal([]byte(answer.Body), &order); err != nil {
		panic(err) // our own answer
	}
	return lambda.NewHandler(func(_ context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		var in api.OrderRequest
		if err := json.Unmarshal([]byte(event.Body), &in); err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		body, err := json.Marshal(order)
		return events.APIGatewayV2HTTPResponse{StatusCode: answer.StatusCode, Headers: answer.Headers, Body: string(body)}, err
	})
}

// taking is a table that takes every write and keeps none.
type taking struct{ table.Table }

// Write takes.
func (taking) Write(context.Context, ...table.Action) error { return nil }
