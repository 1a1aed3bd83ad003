package dynamoengine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// service answers as the real one does, by the list; the last answer is given again and again.
type service struct {
	mu      sync.Mutex
	answers []answer
	asked   []asked
}

type answer struct {
	status int
	body   string
	err    error // the connection broke
}

type asked struct {
	operation string
	body      string
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	a := s.answers[min(len(s.asked), len(s.answers)-1)]
	s.asked = append(s.asked, asked{operation, string(body)})
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amzn-Requestid": {"R1"}},
		Body: io.NopCloser(bytes.NewBufferString(a.body)), Request: r,
	}, nil
}

// field reads a field of the request as it was sent.
func (a asked) field(t *testing.T, name string) any {
	t.Helper()
	var all map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &all))
	return all[name]
}

var errBroken = errors.New("connection reset by peer")

func ok(body string) answer { return answer{status: 200, body: body} }

// refusedWith is an error of the service as it is written on the wire.
func refusedWith(status int, code, message string) answer {
	body, _ := json.Marshal(map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message})
	return answer{status: status, body: string(body)}
}

// canceled is a TransactionCanceledException; its reasons are JSON.
func canceled(reasons ...string) answer {
	return answer{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",` +
		`"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [see the list]",` +
		`"CancellationReasons":[` + strings.Join(reasons, ",") + `]}`}
}

const (
	none        = `{"Code":"None"}`
	conflict    = `{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}`
	throttled   = `{"Code":"ThrottlingError","Message":"Throughput exceeds the current capacity of your table"}`
	overdrawn   = `{"Code":"ProvisionedThroughputExceeded","Message":"The level of configured provisioned throughput was exceeded"}`
	invalid     = `{"Code":"ValidationError","Message":"An operand in the update expression has an incorrect data type"}`
	conditional = `{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}`
	withItem    = `{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"pk":{"S":"p"},"sk":{"S":"b"},"num":{"N":"7"}}}`
)

func open(answers ...answer) (*dynamoengine.Engine, *service) {
	s := &service{answers: answers}
	return dynamoengine.Open(dynamoengine.Options{
		Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), Table: "tab", HTTPClient: s,
	}), s
}

// inBubble runs one fact on virtual time, for the SDK waits between its attempts.
func inBubble(t *testing.T, name string, holds func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, holds)
	})
}

func key(sk string) table.Key { return table.Key{PK: "p", SK: sk} }

func put(sk string) table.Action { return table.Put(table.Row{Key: key(sk)}).If(table.Absent) }
