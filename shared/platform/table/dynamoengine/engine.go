// Package dynamoengine keeps the platform's table in DynamoDB. Expressions and marshalling are written by hand: they are
// short, cheap and can be read beside the service's own manual.
//
// Who repeats what, said once:
//
//   - The SDK repeats, three attempts in all, what is safe to repeat as it stands after a broken connection or a 5xx: reads,
//     and transactions, whose request token makes all attempts one.
//   - This engine repeats the keys that a batch read left over, and nothing else. A write of one row goes out once: the second
//     attempt of an addition whose answer was lost could add twice.
//   - Package stamped, in front, repeats conflicts, throttling and lost answers, for it alone can tell its own row from
//     another's. The request token of a transaction is made from the stamp, so its tries carry the same token.
//
// Attribute names stand in expressions as they are; package limits holds in the tests that no store uses a reserved word. A sum
// of Action.Add that leaves int64 is accepted by the service and makes the row unreadable; amounts are bounded by the domains.
package dynamoengine

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyrand "github.com/aws/smithy-go/rand"

	"giberno.ru/shared/platform/table"
)

// The names of the global indexes of the table, as the template declares them.
const (
	FirstIndex  = "first"
	SecondIndex = "second"
)

// Options of Open. Region, Credentials and Table are needed.
type Options struct {
	Region      string
	Endpoint    string // "" is the service's own
	Credentials aws.CredentialsProvider
	Table       string // its name
	// HTTPClient carries the requests; nil is one that fits a Lambda: it dials for a second and waits three for an answer.
	HTTPClient aws.HTTPClient
	// Rand gives request tokens and jitter; nil is the system's. The engine reads it from one goroutine at a time.
	Rand io.Reader
	// Sleep waits between the rounds of a batch read, or less if ctx ends, which it answers with ctx's error; nil is a timer.
	Sleep func(ctx context.Context, wait time.Duration) error
}

// FromEnv reads the options from the environment of a Lambda; getenv is os.Getenv. The table's name is TABLE_NAME; an
// empty AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL is an unset one.
func FromEnv(getenv func(string) string) Options {
	endpoint := getenv("AWS_ENDPOINT_URL_DYNAMODB")
	if endpoint == "" {
		endpoint = getenv("AWS_ENDPOINT_URL")
	}
	return Options{
		Region:      getenv("AWS_REGION"),
		Endpoint:    endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")),
		Table:       getenv("TABLE_NAME"),
	}
}

// Engine is a table.Table over DynamoDB, safe for use by many.
type Engine struct {
	table  string
	client func() *dynamodb.Client // opened on first use
	safe   func() aws.RetryerV2    // its retryer
	rand   *lockedReader
	sleep  func(context.Context, time.Duration) error
}

var _ table.Table = (*Engine)(nil)

// Open makes the engine. Nothing is connected, nor the client built, before the first call.
func Open(o Options) *Engine {
	if o.Rand == nil {
		o.Rand = crand.Reader
	}
	if o.Sleep == nil {
		o.Sleep = sleepByTimer
	}
	e := &Engine{table: o.Table, rand: &lockedReader{inner: o.Rand}, sleep: o.Sleep}
	e.safe = sync.OnceValue(safeRetryer)
	e.client = sync.OnceValue(func() *dynamodb.Client { return newClient(o, e.safe(), e.rand) })
	return e
}

func newClient(o Options, retryer aws.Retryer, random io.Reader) *dynamodb.Client {
	if o.HTTPClient == nil {
		o.HTTPClient = lambdaHTTP()
	}
	var endpoint *string
	if o.Endpoint != "" {
		endpoint = aws.String(o.Endpoint)
	}
	return dynamodb.New(dynamodb.Options{
		Region:                   o.Region,
		BaseEndpoint:             endpoint,
		Credentials:              aws.NewCredentialsCache(o.Credentials),
		HTTPClient:               o.HTTPClient,
		Retryer:                  retryer,
		IdempotencyTokenProvider: smithyrand.NewUUIDIdempotencyToken(random),
	})
}

func lambdaHTTP() aws.HTTPClient {
	return awshttp.NewBuildableClient().
		WithTimeout(3 * time.Second).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = time.Second }).
		WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })
}

// safeRetryer leaves throttling and conflicts to package stamped, or they would be repeated twice over.
func safeRetryer() aws.RetryerV2 {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 3
		o.MaxBackoff = 500 * time.Millisecond
		o.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{},
			retry.RetryableConnectionError{},
			retry.RetryableHTTPStatusCode{Codes: retry.DefaultRetryableHTTPStatusCodes},
			retry.RetryableErrorCode{Codes: map[string]struct{}{codeInProgress: {}, "RequestTimeout": {}, "RequestTimeoutException": {}}},
		}
	})
}

// once lets a call go out a single time.
func once(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// watch is a retryer that remembers whether the answer of an attempt was lost. It serves one call.
type watch struct {
	aws.RetryerV2
	lost bool
}

// IsErrorRetryable is asked after every attempt that failed.
func (w *watch) IsErrorRetryable(err error) bool {
	again := w.RetryerV2.IsErrorRetryable(err)
	w.lost = w.lost || again
	return again
}

// Get reads one row.
func (e *Engine) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	if err := validKey(key); err != nil {
		return table.Row{}, false, err
	}
	out, err := e.client().GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &e.table, Key: encodeKey(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return table.Row{}, false, failure("get", err)
	}
	if len(out.Item) == 0 {
		return table.Row{}, false, nil
	}
	row, err := decodeRow(out.Item)
	return row, err == nil, err
}

// The rounds of a batch read, and the longest waits before the second and the last of them.
const (
	batchRounds   = 6
	batchWait     = 20 * time.Millisecond
	batchLastWait = 300 * time.Millisecond
)

// GetMany reads up to 100 rows. What the service leaves over is asked again, in at most six rounds.
func (e *Engine) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	if err := table.ValidKeys(keys); err != nil || len(keys) == 0 {
		return nil, err
	}
	asked := make([]map[string]types.AttributeValue, len(keys))
	for i, key := range keys {
		if err := validKey(key); err != nil {
			return nil, err
		}
		asked[i] = encodeKey(key)
	}
	rows := make([]table.Row, 0, len(keys))
	left := map[string]types.KeysAndAttributes{e.table: {Keys: asked, ConsistentRead: aws.Bool(true)}}
	for round := range batchRounds {
		if round > 0 {
			if err := e.pause(ctx, round); err != nil {
				return nil, fmt.Errorf("%w: get many: %w", table.ErrUnavailable, err)
			}
		}
		out, err := e.client().BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: left})
		if err != nil {
			return nil, failure("get many", err)
		}
		for _, item := range out.Responses[e.table] {
			row, err := decodeRow(item)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
		if left = out.UnprocessedKeys; len(left) == 0 {
			return rows, nil
		}
	}
	return nil, fmt.Errorf("%w: get many: keys were left over %d times", table.ErrThrottled, batchRounds)
}

// pause waits anything up to the doubling bound of the round: full jitter keeps those that were throttled together apart.
func (e *Engine) pause(ctx context.Context, round int) error {
	var b [8]byte
	if _, err := io.ReadFull(e.rand, b[:]); err != nil {
		return err
	}
	bound := uint64(min(batchWait<<min(round-1, 10), batchLastWait))
	return e.sleep(ctx, time.Duration(binary.LittleEndian.Uint64(b[:])%(bound+1)))
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

// lockedReader lets many goroutines share one source of randomness.
type lockedReader struct {
	mu    sync.Mutex
	inner io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return io.ReadFull(r.inner, p)
}
