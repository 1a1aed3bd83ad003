package onlambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"giberno.ru/shared/platform/log"
)

// Margin is how long before its deadline an invocation is told to end: the answer has to be written, too.
const Margin = 500 * time.Millisecond

// ErrOtherEvent is an event of a kind that the function does not serve: a mistake in the template, never a stranger's doing.
var ErrOtherEvent = errors.New("onlambda: an event of another kind")

// Invocation does one event: payload in, answer out. It is a lambda.Handler, and tests call Invoke by hand.
type Invocation func(ctx context.Context, payload []byte) ([]byte, error)

// Invoke does one event within its deadline less Margin. A panic becomes an error; the sentinel of an injected crash passes.
func (f Invocation) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	if at, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, at.Add(-Margin))
		defer cancel()
	}
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if _, dies := caught.(interface{ Crash() }); dies {
			panic(caught)
		}
		// Lambda prints the error of an invocation as it is, so the panic's own text goes to the masked log alone.
		err = errPanicked
		fallenLog().LogAttrs(ctx, slog.LevelError, "panic", slog.String("cause", fmt.Sprint(caught)), slog.String("stack", string(debug.Stack())))
	}()
	return f(ctx, payload)
}

var errPanicked = errors.New("onlambda: the function panicked; its log says where")

func fallenLog() *slog.Logger { return LogTo(os.Stdout) }

// Start hands the process over to Lambda; it does not return.
func Start(f Invocation) { lambda.StartWithOptions(f) }

// LogTo makes the logger of a function: JSON lines from the level that AWS_LAMBDA_LOG_LEVEL names; the default is INFO.
func LogTo(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	switch os.Getenv("AWS_LAMBDA_LOG_LEVEL") {
	case "TRACE", "DEBUG":
		level = slog.LevelDebug
	case "WARN":
		level = slog.LevelWarn
	case "ERROR", "FATAL":
		level = slog.LevelError
	}
	return log.New(w, level)
}

// OtherEvent says what came instead of what was expected. Nothing of the event itself is told: it may hold secrets.
func OtherEvent(expected string, payload []byte) error {
	return fmt.Errorf("%w: expected %s, got %s", ErrOtherEvent, expected, kindOf(payload))
}

// kindOf names the kind of an event in words.
func kindOf(payload []byte) string {
	var probe struct {
		Version        string `json:"version"`
		HTTPMethod     string `json:"httpMethod"`
		RequestContext struct {
			HTTP struct {
				Method string `json:"method"`
			} `json:"http"`
		} `json:"requestContext"`
		Records []struct {
			EventSource string `json:"eventSource"`
		} `json:"Records"`
		Source string `json:"source"`
	}
	switch err := json.Unmarshal(payload, &probe); {
	case !json.Valid(payload):
		return "what is no JSON"
	case len(probe.Records) > 0:
		switch probe.Records[0].EventSource {
		case "aws:sqs":
			return "a batch of SQS"
		case "aws:dynamodb":
			return "a batch of a DynamoDB stream"
		}
		return "records of another source"
	case probe.RequestContext.HTTP.Method != "":
		return "an HTTP request of payload 2.0"
	case probe.HTTPMethod != "":
		return "an HTTP request of payload 1.0"
	case probe.Source == "aws.events" || probe.Source == "aws.scheduler":
		return "a schedule without an input"
	case err != nil:
		return "JSON of an unknown shape"
	}
	return "JSON of an unknown kind"
}

// Marshal writes an answer without escapes that only HTML needs.
func Marshal(answer any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return nil, fmt.Errorf("onlambda: the answer cannot be written: %w", err)
	}
	return out.Bytes(), nil
}
