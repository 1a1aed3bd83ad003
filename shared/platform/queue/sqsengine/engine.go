// Package sqsengine keeps the platform's queues in SQS standard queues. Each queue has a second one for its dead letters, to
// which a redrive policy of queue.MaxReceives moves what is received too often; the template declares both.
//
// Who repeats what: the SDK repeats broken connections, 5xx and throttling, three attempts in all; the engine repeats the
// entries of a batch that the service did not take. A message may so be sent twice, which the key of every job makes harmless.
package sqsengine

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"giberno.ru/shared/platform/queue"
)

// DeadSuffix follows a queue's name in the name of the queue of its dead letters.
const DeadSuffix = "-dead"

// Options of Open. Region, Credentials and URLs are needed.
type Options struct {
	Region      string
	Endpoint    string // "" is the service's own
	Credentials aws.CredentialsProvider
	// URLs are the addresses of the queues that this process uses, by name, and of their dead letters, by name and DeadSuffix.
	URLs map[string]string
	// HTTPClient carries the requests; nil is one that fits a Lambda: it dials for a second and waits five for an answer.
	HTTPClient aws.HTTPClient
	// Rand gives jitter; nil is the system's. The engine reads it from one goroutine at a time.
	Rand io.Reader
	// Sleep waits between the rounds of a batch, or less if ctx ends, which it answers with ctx's error; nil is a timer.
	Sleep func(ctx context.Context, wait time.Duration) error
}

// FromEnv reads the options from the environment of a Lambda; getenv is os.Getenv. The addresses are QUEUE_URL_RECEIPTS,
// QUEUE_URL_RECEIPTS_DEAD, QUEUE_URL_WEBHOOK_RETRIES and so on; a function has those that it uses. An empty
// AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL is an unset one.
func FromEnv(getenv func(string) string) Options {
	endpoint := getenv("AWS_ENDPOINT_URL_SQS")
	if endpoint == "" {
		endpoint = getenv("AWS_ENDPOINT_URL")
	}
	urls := make(map[string]string, 2*len(queue.Names))
	for _, name := range queue.Names {
		for _, full := range []string{name, name + DeadSuffix} {
			if url := getenv("QUEUE_URL_" + strings.ToUpper(strings.ReplaceAll(full, "-", "_"))); url != "" {
				urls[full] = url
			}
		}
	}
	return Options{
		Region:      getenv("AWS_REGION"),
		Endpoint:    endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")),
		URLs:        urls,
	}
}

// Engine is a queue.Queue and its queue.Graveyard over SQS, safe for use by many.
type Engine struct {
	urls   map[string]string
	client func() *sqs.Client // opened on first use
	mu     sync.Mutex         // guards rand
	rand   io.Reader
	sleep  func(context.Context, time.Duration) error
}

var (
	_ queue.Queue     = (*Engine)(nil)
	_ queue.Graveyard = (*Engine)(nil)
)

// Open makes the engine. Nothing is connected, nor the client built, before the first call.
func Open(o Options) *Engine {
	e := &Engine{urls: maps.Clone(o.URLs), rand: o.Rand, sleep: o.Sleep, client: sync.OnceValue(func() *sqs.Client { return newClient(o) })}
	if e.rand == nil {
		e.rand = crand.Reader
	}
	if e.sleep == nil {
		e.sleep = sleepByTimer
	}
	return e
}

func newClient(o Options) *sqs.Client {
	if o.HTTPClient == nil {
		o.HTTPClient = awshttp.NewBuildableClient().
			WithTimeout(5 * time.Second).
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = time.Second }).
			WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })
	}
	var endpoint *string
	if o.Endpoint != "" {
		endpoint = aws.String(o.Endpoint)
	}
	return sqs.New(sqs.Options{
		Region: o.Region, BaseEndpoint: endpoint, Credentials: aws.NewCredentialsCache(o.Credentials), HTTPClient: o.HTTPClient,
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 3
			o.MaxBackoff = 500 * time.Millisecond
		}),
	})
}

// url is the address of a queue; only those of queue.Names have one.
func (e *Engine) url(name string) (*string, error) {
	if !slices.Contains(queue.Names, name) {
		return nil, fmt.Errorf("%w: there is no queue %q", queue.ErrLimit, name)
	}
	return e.address(name)
}

// deadURL is the address of the queue's dead letters.
func (e *Engine) deadURL(name string) (*string, error) {
	if _, err := e.url(name); err != nil {
		return nil, err
	}
	return e.address(name + DeadSuffix)
}

func (e *Engine) address(full string) (*string, error) {
	url, ok := e.urls[full]
	if !ok {
		return nil, fmt.Errorf("%w: this process was not told the address of %q", ErrBug, full)
	}
	return &url, nil
}

// The waits before the rounds of a batch are anything up to a bound that doubles from the first to the last.
const (
	batchRounds = 4
	firstBound  = 20 * time.Millisecond
)

// rounds sends the entries of one batch, and those again that were not taken. send gives the entries to send again.
func rounds[T any](ctx context.Context, e *Engine, entries []T, send func([]T) ([]T, error)) error {
	for round := range batchRounds {
		if round > 0 {
			if err := e.pause(ctx, round); err != nil {
				return fmt.Errorf("%w: %w", queue.ErrUnavailable, err)
			}
		}
		left, err := send(entries)
		if err != nil || len(left) == 0 {
			return err
		}
		entries = left
	}
	return fmt.Errorf("%w: %d entries of a batch were not taken", queue.ErrUnavailable, len(entries))
}

func (e *Engine) pause(ctx context.Context, round int) error {
	var b [8]byte
	e.mu.Lock()
	_, err := io.ReadFull(e.rand, b[:])
	e.mu.Unlock()
	if err != nil {
		return err
	}
	return e.sleep(ctx, time.Duration(binary.LittleEndian.Uint64(b[:])%uint64(firstBound<<round)))
}

func sleepByTimer(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// seconds rounds up: a job must not be seen too early.
func seconds(wait time.Duration) int32 {
	return int32((wait + time.Second - 1) / time.Second)
}
