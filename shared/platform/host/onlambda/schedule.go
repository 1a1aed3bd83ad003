package onlambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
)

// ServeSchedule calls f with the input of a schedule. It does not return.
func ServeSchedule[T any](f func(ctx context.Context, input T) error) { Start(Schedule(f)) }

// Schedule is what ServeSchedule serves. The input is the JSON that the template gives the schedule; unknown fields are
// refused, so that an event of another kind is not taken for an empty input.
func Schedule[T any](f func(ctx context.Context, input T) error) Invocation {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var input T
		d := json.NewDecoder(bytes.NewReader(payload))
		d.DisallowUnknownFields()
		if !bytes.HasPrefix(bytes.TrimSpace(payload), []byte("{")) || d.Decode(&input) != nil || d.More() {
			return nil, OtherEvent("the input of the schedule", payload)
		}
		if err := f(ctx, input); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		return []byte("{}"), nil // what the deadline left over is the next call's
	}
}
