package kms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
)

type keys struct{}

func (keys) Unwrap(_ context.Context, name secret.KeyName) (key [secret.KeySize]byte, err error) {
	copy(key[:], name)
	return key, nil
}

// The client of the functions opens every key here, as it does at the real service.
func TestClientOpensEveryKey(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(Handler(keys{}))
	defer server.Close()
	client := kmskeys.New(kmskeys.Options{
		Region: "us-east-1", Endpoint: server.URL, Credentials: aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, Wrapped: Wrapped,
	})
	for _, name := range secret.KeyNames {
		got, err := client.Unwrap(t.Context(), name)
		require.NoError(t, err)
		want, _ := keys{}.Unwrap(t.Context(), name)
		require.Equal(t, want, got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ask := func(change func(*http.Request), body string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "TrentService.Decrypt")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local")
		change(r)
		rec := httptest.NewRecorder()
		Handler(keys{}).ServeHTTP(rec, r)
		var answer struct {
			Type string `json:"__type"`
		}
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &answer))
		return rec.Code, answer.Type
	}
	request := func(blob string, context map[string]string) string {
		text, err := json.Marshal(map[string]any{"CiphertextBlob": blob, "EncryptionContext": context})
		require.NoError(t, err)
		return string(text)
	}
	good := request(Wrapped(secret.TestData), kmskeys.Context(secret.TestData))
	for name, c := range map[string]struct {
		change func(*http.Request)
		body   string
		want   string
	}{
		"ErrOtherContext":   {func(*http.Request) {}, request(Wrapped(secret.TestData), kmskeys.Context(secret.LiveData)), "InvalidCiphertextException"},
		"ErrNoContext":      {func(*http.Request) {}, request(Wrapped(secret.TestData), nil), "InvalidCiphertextException"},
		"ErrNotWrappedHere": {func(*http.Request) {}, request(base64.StdEncoding.EncodeToString([]byte("x")), kmskeys.Context(secret.TestData)), "InvalidCiphertextException"},
		"ErrNoJSON":         {func(*http.Request) {}, "{", "InvalidCiphertextException"},
		"ErrUnsigned":       {func(r *http.Request) { r.Header.Del("Authorization") }, good, "MissingAuthenticationTokenException"},
		"ErrOtherCall":      {func(r *http.Request) { r.Header.Set("X-Amz-Target", "TrentService.Encrypt") }, good, "UnknownOperationException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, kind := ask(c.change, c.body)
			require.Equal(t, http.StatusBadRequest, status)
			require.Equal(t, c.want, kind)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"CiphertextBlob":"` + Wrapped(secret.TestData) + `","EncryptionContext":{"giberno":"root-key","name":"test"}}`))
	f.Add([]byte(`{"CiphertextBlob":1}`))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = read(text) })
}
