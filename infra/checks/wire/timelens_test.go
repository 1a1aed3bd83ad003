//go:build wire

package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"giberno.ru/shared/platform/queue"
)

// timeLens makes the hours of a queue's life pass in a moment, on a server whose clock cannot be moved. It watches the requests of one
// set of queues: what would be visible again by the time that passed is made visible by its receipt, and delays are told to
// the server shrunk to a few seconds, which really pass.
type timeLens struct {
	inner aws.HTTPClient
	plain *sqs.Client // to the server, past the lens

	mu      sync.Mutex
	now     time.Duration // that passed by Advance
	hidden  map[string]hiding
	delayed []delay
}

type hiding struct {
	url   string
	until time.Duration
}

type delay struct {
	due  time.Duration
	real time.Time
}

// shrunk is how long the server delays a message for a delay in seconds: a minute is a second, a quarter of an hour six.
func shrunk(sec int64) int64 { return 1 + sec/180 }

// lensRequest is what the lens reads of every request.
type lensRequest struct {
	QueueUrl          string
	ReceiptHandle     string
	VisibilityTimeout *int64
	Entries           []struct {
		ReceiptHandle     string
		VisibilityTimeout int64
	}
}

func (l *timeLens) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if operation == "SendMessageBatch" {
		body = l.shrink(body)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer, err := l.inner.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	var asked lensRequest
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	switch operation {
	case "ReceiveMessage":
		return l.received(asked, answer)
	case "ChangeMessageVisibility":
		l.hide(asked.QueueUrl, asked.ReceiptHandle, *asked.VisibilityTimeout)
	case "ChangeMessageVisibilityBatch":
		for _, entry := range asked.Entries {
			l.hide(asked.QueueUrl, entry.ReceiptHandle, entry.VisibilityTimeout)
		}
	}
	return answer, nil
}

func (l *timeLens) hide(url, receipt string, sec int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.hidden, receipt)
	if sec > 0 {
		l.hidden[receipt] = hiding{url, l.now + time.Duration(sec)*time.Second}
	}
}

// received remembers until when the received messages are hidden.
func (l *timeLens) received(asked lensRequest, answer *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	var got struct {
		Messages []struct{ ReceiptHandle string }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return nil, err
	}
	sec := int64(queue.Visibility / time.Second)
	if asked.VisibilityTimeout != nil && *asked.VisibilityTimeout > 0 {
		sec = *asked.VisibilityTimeout
	}
	for _, m := range got.Messages {
		l.hide(asked.QueueUrl, m.ReceiptHandle, sec)
	}
	return answer, nil
}

// shrink shortens the delays of a batch.
func (l *timeLens) shrink(body []byte) []byte {
	var all map[string]any
	if json.Unmarshal(body, &all) != nil {
		return body
	}
	entries, _ := all["Entries"].([]any)
	for _, one := range entries {
		entry, _ := one.(map[string]any)
		sec, _ := entry["DelaySeconds"].(float64)
		if sec <= 0 {
			continue
		}
		entry["DelaySeconds"] = shrunk(int64(sec))
		l.mu.Lock()
		l.delayed = append(l.delayed, delay{l.now + time.Duration(sec)*time.Second, time.Now().Add(time.Duration(shrunk(int64(sec))) * time.Second)})
		l.mu.Unlock()
	}
	short, err := json.Marshal(all)
	if err != nil {
		return body
	}
	return short
}

// advance lets time pass.
func (l *timeLens) advance(ctx context.Context, by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now += by
	for receipt, h := range l.hidden {
		if h.until <= l.now {
			delete(l.hidden, receipt)
			// It fails for what was acknowledged meanwhile.
			_, _ = l.plain.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &h.url, ReceiptHandle: &receipt})
		}
	}
	for _, d := range l.delayed {
		if d.due <= l.now {
			time.Sleep(time.Until(d.real) + 100*time.Millisecond)
		}
	}
}
