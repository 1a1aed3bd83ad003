//go:build wire

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// weather gives what the table servers at hand never give: conflicts, throttling, keys left over, 5xx, connections that break before the
// request or after its effect. It stands under the SDK's client, so that its answers are read as the service's own.
type weather struct {
	inner aws.HTTPClient
	lossy bool // answers may be lost

	mu     sync.Mutex
	chance *rand.Rand
	faults *atomic.Int64
}

var errLost = errors.New("wire: the answer was lost")

// pick is true once in n times.
func (w *weather) pick(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chance.IntN(n) == 0
}

func (w *weather) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if w.pick(6) {
		if answer := w.refusal(operation, body); answer != nil {
			w.faults.Add(1)
			answer.Request = r
			return answer, nil
		}
	}
	var left map[string]batch
	if operation == "BatchGetItem" && w.pick(3) {
		body, left = leaveOver(body)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer, err := w.inner.Do(r)
	if err == nil && left != nil && answer.StatusCode == http.StatusOK {
		w.faults.Add(1)
		return nameLeft(answer, left)
	}
	if err != nil || !w.lossy || !w.pick(6) {
		return answer, err
	}
	if answer.StatusCode != http.StatusOK || !canBeProven(operation, body) || !isSingleWrite(operation) && !w.pick(rarely) {
		return answer, nil
	}
	w.faults.Add(1)
	_ = answer.Body.Close()
	if w.pick(2) {
		return service(http.StatusInternalServerError, "InternalServerError", `"message":"lost"`), nil
	}
	return nil, errLost
}

// rarely thins out what the SDK repeats by itself, for it waits real tenths of a second before that.
const rarely = 12

func isSingleWrite(operation string) bool {
	return operation == "PutItem" || operation == "UpdateItem" || operation == "DeleteItem"
}

// refusal is an answer without any effect; nil if the operation knows none.
func (w *weather) refusal(operation string, body []byte) *http.Response {
	throttled := w.pick(2) || !isSingleWrite(operation) && operation != "TransactWriteItems" && !w.pick(rarely)
	switch {
	case operation == "TransactWriteItems":
		var asked struct{ TransactItems []json.RawMessage }
		if json.Unmarshal(body, &asked) != nil || len(asked.TransactItems) == 0 {
			return nil
		}
		reasons := make([]string, len(asked.TransactItems))
		for i := range reasons {
			reasons[i] = `{"Code":"None"}`
		}
		code := "TransactionConflict"
		if throttled {
			code = "ThrottlingError"
		}
		reasons[len(reasons)/2] = `{"Code":"` + code + `","Message":"of the weather"}`
		return service(http.StatusBadRequest, "TransactionCanceledException", `"Message":"Transaction cancelled","CancellationReasons":[`+strings.Join(reasons, ",")+`]`)
	case throttled:
		return service(http.StatusBadRequest, "ProvisionedThroughputExceededException", `"message":"of the weather"`)
	case isSingleWrite(operation):
		return service(http.StatusBadRequest, "TransactionConflictException", `"message":"of the weather"`)
	default: // a read
		return service(http.StatusServiceUnavailable, "ServiceUnavailable", `"message":"of the weather"`)
	}
}

// leaveOver makes the server do half of a batch read. left is the other half, as the answer will name it; nil if it is too small.
func leaveOver(body []byte) (half []byte, left map[string]batch) {
	var all struct{ RequestItems map[string]batch }
	if json.Unmarshal(body, &all) != nil {
		return body, nil
	}
	left = map[string]batch{}
	for name, one := range all.RequestItems {
		n := len(one.Keys) / 2
		if n == 0 {
			return body, nil
		}
		left[name] = batch{one.Keys[n:], one.ConsistentRead}
		all.RequestItems[name] = batch{one.Keys[:n], one.ConsistentRead}
	}
	half, err := json.Marshal(all)
	if err != nil {
		return body, nil
	}
	return half, left
}

// batch is what a batch read asks of one table.
type batch struct {
	Keys           []json.RawMessage
	ConsistentRead bool
}

// nameLeft puts the keys that were left over into the answer.
func nameLeft(answer *http.Response, left map[string]batch) (*http.Response, error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	all["UnprocessedKeys"] = left
	if body, err = json.Marshal(all); err != nil {
		return nil, err
	}
	answer.Header.Del("X-Amz-Crc32")
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return answer, nil
}

// canBeProven reports whether package stamped can find out that the request had its effect: reads and unconditional puts go again;
// stamped rows carry the proof. What stays is a delete, whose row is gone, and a transaction of deletes.
func canBeProven(operation string, body []byte) bool {
	switch operation {
	case "PutItem", "UpdateItem", "TransactWriteItems":
		return !bytes.Contains(body, []byte("ConditionExpression")) || bytes.Contains(body, []byte(" <> :"))
	case "DeleteItem":
		return !bytes.Contains(body, []byte("ConditionExpression"))
	default:
		return true
	}
}

// service is an error as the service writes it.
func service(status int, code, rest string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(`{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `",` + rest + `}`)),
	}
}
