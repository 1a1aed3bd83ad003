// Package stub answers for DynamoDB, SQS and KMS over loopback HTTP, just enough for a function's process: reads come from
// the little world, writes are taken and forgotten, sends and endings are taken and counted, and KMS opens the world's root keys.
// It is no conformance server: those that others wrote are asked elsewhere.
package stub

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/world"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
)

// Server is the stub of all three services at one address.
type Server struct {
	table  table.Table
	server *http.Server
	url    string

	mu    sync.Mutex
	calls map[string]int // by target: "AmazonSQS.SendMessageBatch"
	down  map[string]bool
}

// New starts a stub that reads from t.
func New(t table.Table) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("stub: %w", err)
	}
	s := &Server{table: t, url: "http://" + l.Addr().String(), calls: map[string]int{}, down: map[string]bool{}}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Close stops the stub.
func (s *Server) Close() error { return s.server.Close() }

// Wrapped is the root key as the stub's KMS knows it.
func Wrapped(name secret.KeyName) string {
	return base64.StdEncoding.EncodeToString([]byte("wrapped sample key " + name))
}

// Env is the environment that leads a function here.
func (s *Server) Env() []string {
	list := []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + s.url, "AWS_ENDPOINT_URL_SQS=" + s.url, "AWS_ENDPOINT_URL_KMS=" + s.url,
		"TABLE_NAME=giberno", "BASE_URL=" + world.BaseURL,
		"DATA_KEY_TEST=" + Wrapped(secret.TestData), "DATA_KEY_LIVE=" + Wrapped(secret.LiveData), "CURSOR_KEY=" + Wrapped(secret.Signing),
	}
	for _, name := range queue.Names {
		variable, address := "QUEUE_URL_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), s.url+"/123456789012/"+name
		list = append(list, variable+"="+address, variable+"_DEAD="+address+"-dead")
	}
	return list
}

// Calls tells how often a service was called, by target such as "DynamoDB_20120810.Query".
func (s *Server) Calls(target string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[target]
}

// Break makes every call of a target fail from now on.
func (s *Server) Break(target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down[target] = true
}

// ServeHTTP answers any call of the three services.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.Header.Get("X-Amz-Target")
	service, operation, _ := strings.Cut(target, ".")
	s.mu.Lock()
	s.calls[target]++
	down := s.down[target]
	s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	var answer any
	switch {
	case err != nil:
	case down:
		refuse(w, http.StatusBadRequest, "AccessDeniedException")
		return
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="):
		refuse(w, http.StatusBadRequest, "MissingAuthenticationTokenException")
		return
	case strings.HasPrefix(service, "DynamoDB"):
		answer, err = s.dynamo(r.Context(), operation, body)
	case service == "AmazonSQS":
		answer, err = queues(operation, body)
	case service == "TrentService":
		answer, err = decrypt(operation, body)
	default:
		err = fmt.Errorf("no such service")
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "ValidationException")
		return
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	_ = json.NewEncoder(w).Encode(answer)
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"__type":"com.amazonaws#%s","message":"refused by the stub"}`, kind)
}

// decrypt opens the root keys of the little world; the encryption context has to name the same key as the wrapping.
func decrypt(operation string, body []byte) (any, error) {
	var in struct {
		CiphertextBlob    []byte
		EncryptionContext map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil || operation != "Decrypt" {
		return nil, fmt.Errorf("stub: KMS: %s: %w", operation, err)
	}
	name := secret.KeyName(in.EncryptionContext["name"])
	if base64.StdEncoding.EncodeToString(in.CiphertextBlob) != Wrapped(name) {
		return nil, fmt.Errorf("stub: KMS: another context")
	}
	key, err := world.Keys{}.Unwrap(context.Background(), name)
	return map[string]any{"Plaintext": key[:], "KeyId": "arn:aws:kms:eu-central-1:123456789012:key/1"}, err
}

// queues takes every message and every ending.
func queues(operation string, body []byte) (any, error) {
	var in struct {
		Entries []struct {
			ID          string `json:"Id"`
			MessageBody string
		}
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("stub: SQS: %w", err)
	}
	switch operation {
	case "ChangeMessageVisibility", "DeleteMessage":
		return struct{}{}, nil
	case "SendMessageBatch", "DeleteMessageBatch":
		taken := []map[string]string{}
		for i, e := range in.Entries {
			sum := md5.Sum([]byte(e.MessageBody)) // the protocol's own checksum
			taken = append(taken, map[string]string{"Id": e.ID, "MessageId": fmt.Sprintf("taken-%d", i), "MD5OfMessageBody": hex.EncodeToString(sum[:])})
		}
		return map[string]any{"Successful": taken, "Failed": []any{}}, nil
	}
	return nil, fmt.Errorf("stub: SQS: no %s here", operation)
}

func (s *Server) dynamo(ctx context.Context, operation string, body []byte) (any, error) {
	var in struct {
		Key                       map[string]attribute
		RequestItems              map[string]struct{ Keys []map[string]attribute }
		IndexName                 string
		KeyConditionExpression    string
		ExpressionAttributeValues map[string]attribute
		ScanIndexForward          *bool
		Limit                     int
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("stub: DynamoDB: %w", err)
	}
	switch operation {
	case "GetItem":
		row, ok, err := s.table.Get(ctx, keyOf(in.Key))
		if err != nil || !ok {
			return struct{}{}, err
		}
		return map[string]any{"Item": samples.Item(row)}, nil
	case "BatchGetItem":
		responses := map[string][]any{}
		for name, asked := range in.RequestItems {
			for _, key := range asked.Keys {
				if row, ok, err := s.table.Get(ctx, keyOf(key)); err == nil && ok {
					responses[name] = append(responses[name], samples.Item(row))
				}
			}
		}
		return map[string]any{"Responses": responses, "UnprocessedKeys": map[string]any{}}, nil
	case "Query":
		q := table.Query{PK: in.ExpressionAttributeValues[":p"].S, Backward: in.ScanIndexForward != nil && !*in.ScanIndexForward, Limit: min(in.Limit, 1000)}
		q.Index = map[string]table.Index{"": table.Base, "first": table.First, "second": table.Second}[in.IndexName]
		a, b := in.ExpressionAttributeValues[":a"].S, in.ExpressionAttributeValues[":b"].S
		switch condition := in.KeyConditionExpression; {
		case strings.Contains(condition, "begins_with"):
			q.Prefix = a
		case strings.Contains(condition, "BETWEEN"):
			q.From, q.To = a, b
			if len(b) < table.MaxSKBytes { // the engine's bounds are as long as keys can be, and no key is one
				q.To += "\x00"
			}
		case strings.Contains(condition, ">="):
			q.From = a
		case strings.Contains(condition, "<"):
			q.To = b
		}
		page, err := s.table.Query(ctx, q)
		items := make([]any, 0, len(page.Rows))
		for _, row := range page.Rows {
			items = append(items, samples.Item(row))
		}
		return map[string]any{"Items": items, "Count": len(items)}, err
	case "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems":
		return struct{}{}, nil
	}
	return nil, fmt.Errorf("stub: DynamoDB: no %s here", operation)
}

// attribute is a value of DynamoDB's wire; keys and conditions have texts only.
type attribute struct{ S string }

func keyOf(item map[string]attribute) table.Key { return table.Key{PK: item["pk"].S, SK: item["sk"].S} }
