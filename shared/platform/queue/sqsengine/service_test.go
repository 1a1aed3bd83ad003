package sqsengine_test

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

	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
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
	body      map[string]any
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	a := s.answers[min(len(s.asked), len(s.answers)-1)]
	s.asked = append(s.asked, asked{operation, body})
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(bytes.NewBufferString(a.body)), Request: r,
	}, nil
}

func (s *service) operations() []string {
	var names []string
	for _, a := range s.asked {
		names = append(names, a.operation)
	}
	return names
}

// entries are the ids of the entries of one request.
func (a asked) entries(t *testing.T) []string {
	t.Helper()
	list, is := a.body["Entries"].([]any)
	require.True(t, is)
	var ids []string
	for _, one := range list {
		ids = append(ids, one.(map[string]any)["Id"].(string))
	}
	return ids
}

var errBroken = errors.New("connection reset by peer")

func ok(body string) answer { return answer{status: 200, body: body} }

func refusedWith(status int, code string) answer {
	return answer{status: status, body: `{"__type":"` + code + `","message":"no"}`}
}

func open(answers ...answer) (*sqsengine.Engine, *service) {
	s := &service{answers: answers}
	urls := map[string]string{}
	for _, name := range []string{queue.Receipts, queue.Settlements} {
		urls[name], urls[name+sqsengine.DeadSuffix] = "https://queues/"+name, "https://queues/"+name+sqsengine.DeadSuffix
	}
	return sqsengine.Open(sqsengine.Options{
		Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), URLs: urls, HTTPClient: s,
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

func job(key string) queue.Job { return queue.Job{Kind: "test.do", Version: 1, Key: key} }
