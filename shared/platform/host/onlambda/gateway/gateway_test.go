package gateway_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/host/onlambda/gateway"
	"giberno.ru/shared/platform/web"
)

// seen is what an endpoint saw of a request.
type seen struct {
	Method, Path, Query, Host, Remote string
	Header                            http.Header
	Body                              []byte
	Deadline                          time.Time
}

// mirror is a function whose only endpoint takes everything and remembers it.
func mirror(t *testing.T) (onlambda.Invocation, *seen) {
	t.Helper()
	var s seen
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		deadline, _ := r.Context().Deadline()
		s = seen{r.Method, r.URL.Path, r.URL.RawQuery, r.Host, r.RemoteAddr, r.Header, body, deadline}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(body)
	})
	return gateway.Of(web.Options{}, web.Raw(web.Operation{Name: "mirror", Path: "/", Caller: web.Nobody, MaxBody: 8 << 20}, h)), &s
}

type event map[string]any

// request is an event of payload 2.0; each pair of change is a field and its value.
func request(change ...any) []byte {
	e := event{
		"version": "2.0", "routeKey": "POST /x", "rawPath": "/x", "rawQueryString": "",
		"headers": map[string]string{"host": "pay.example", "content-type": "application/json"},
		"requestContext": map[string]any{"domainName": "pay.example", "requestId": "constant", "stage": "$default",
			"http": map[string]any{"method": "POST", "path": "/x", "sourceIp": "203.0.113.7"}},
	}
	for i := 0; i+1 < len(change); i += 2 {
		e[change[i].(string)] = change[i+1]
	}
	raw, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return raw
}

func answerOf(t *testing.T, f onlambda.Invocation, ctx context.Context, payload []byte) events.APIGatewayV2HTTPResponse {
	t.Helper()
	raw, err := f.Invoke(ctx, payload)
	require.NoError(t, err)
	var answer events.APIGatewayV2HTTPResponse
	require.NoError(t, json.Unmarshal(raw, &answer))
	return answer
}

func TestRequest(t *testing.T) {
	t.Parallel()
	t.Run("TheBytesAreTheBanksOwn", func(t *testing.T) {
		t.Parallel()
		f, got := mirror(t)
		for _, body := range [][]byte{[]byte(`{"Token":"ab" , "x":"ё"}`), {0xff, 0, 0xfe}, []byte(""), []byte(" \n")} {
			answer := answerOf(t, f, t.Context(), request("body", base64.StdEncoding.EncodeToString(body), "isBase64Encoded", true))
			require.Equal(t, body, append([]byte{}, got.Body...))
			require.Equal(t, 200, answer.StatusCode)
		}
		answerOf(t, f, t.Context(), request("body", `{"a": 1}`))
		require.Equal(t, `{"a": 1}`, string(got.Body))
	})
	t.Run("HeadersAreNotSplit", func(t *testing.T) {
		t.Parallel()
		f, got := mirror(t)
		signature := `keyId="a",algorithm="b", signature="c"`
		answerOf(t, f, t.Context(), request("headers", map[string]string{
			"Signature": signature, "date": "Sun, 22 Nov 2026 10:00:00 GMT", "x-UPPER-case": "1", "host": "pay.example"}))
		require.Equal(t, []string{signature}, got.Header["Signature"])
		require.Equal(t, []string{"Sun, 22 Nov 2026 10:00:00 GMT"}, got.Header["Date"])
		require.Equal(t, "1", got.Header.Get("X-Upper-Case"))
		require.Equal(t, "pay.example", got.Host)
		require.NotContains(t, got.Header, "Host")
	})
	t.Run("CookiesComeAndGo", func(t *testing.T) {
		t.Parallel()
		f, got := mirror(t)
		answer := answerOf(t, f, t.Context(), request("cookies", []string{"sid=abc", "theme=dark"}))
		require.Equal(t, []string{"sid=abc; theme=dark"}, got.Header["Cookie"])
		require.Equal(t, []string{"a=1", "b=2"}, answer.Cookies)
	})
	t.Run("BinaryAnswersAreBase64", func(t *testing.T) {
		t.Parallel()
		f, _ := mirror(t)
		answer := answerOf(t, f, t.Context(), request("body", base64.StdEncoding.EncodeToString([]byte{0xff, 0}), "isBase64Encoded", true))
		require.True(t, answer.IsBase64Encoded)
		require.Equal(t, "/wA=", answer.Body)
	})
	t.Run("QueryAndAddress", func(t *testing.T) {
		t.Parallel()
		f, got := mirror(t)
		answerOf(t, f, t.Context(), request("rawPath", "/a b/ё", "rawQueryString", "x=1&x=2&y=%2F"))
		require.Equal(t, "/a b/ё", got.Path)
		require.Equal(t, "x=1&x=2&y=%2F", got.Query)
		require.Equal(t, "203.0.113.7", got.Remote)
		answerOf(t, f, t.Context(), request("queryStringParameters", map[string]string{"b": "2", "a": "1&"}))
		require.Equal(t, "a=1%26&b=2", got.Query)
	})
	t.Run("TheRequestIDIsLambdas", func(t *testing.T) {
		t.Parallel()
		f, got := mirror(t)
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "4f1c"})
		answer := answerOf(t, f, ctx, request())
		require.Equal(t, "4f1c", answer.Headers["X-Request-Id"])
		answer = answerOf(t, f, ctx, request("headers", map[string]string{"X-Request-Id": "callers-own"}))
		require.Equal(t, "callers-own", answer.Headers["X-Request-Id"])
		first := answerOf(t, f, t.Context(), request()).Headers["X-Request-Id"]
		require.NotEqual(t, first, answerOf(t, f, t.Context(), request()).Headers["X-Request-Id"], "the event's own id is constant in places")
		require.NotNil(t, got)
	})
	t.Run("TimeIsLeftToAnswer", func(t *testing.T) {
		t.Parallel()
		f, got := mirror(t)
		deadline := time.Now().Add(time.Hour)
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		defer cancel()
		answerOf(t, f, ctx, request())
		require.Equal(t, deadline.Add(-onlambda.Margin), got.Deadline)
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	t.Run("ErrAnotherKind", func(t *testing.T) {
		t.Parallel()
		f, _ := mirror(t)
		for payload, kind := range map[string]string{
			`{"Records":[{"eventSource":"aws:sqs","body":"hunter2"}]}`:            "a batch of SQS",
			`{"Records":[{"eventSource":"aws:dynamodb"}]}`:                        "a batch of a DynamoDB stream",
			`{"version":"1.0","httpMethod":"GET","path":"/hunter2"}`:              "an HTTP request of payload 1.0",
			`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`: "a schedule without an input",
			`{"hunter2":1}`: "JSON of an unknown kind",
			`hunter2`:       "what is no JSON",
			`[]`:            "JSON of an unknown shape",
		} {
			_, err := f.Invoke(t.Context(), []byte(payload))
			require.ErrorIs(t, err, onlambda.ErrOtherEvent)
			require.ErrorContains(t, err, kind)
			require.NotContains(t, err.Error(), "hunter2")
		}
	})
	t.Run("ErrUnreadable", func(t *testing.T) {
		t.Parallel()
		f, _ := mirror(t)
		for _, payload := range [][]byte{
			request("body", "{not base64", "isBase64Encoded", true),
			request("rawPath", "/x", "rawQueryString", "a=\x01"),
		} {
			answer := answerOf(t, f, t.Context(), payload)
			require.Equal(t, 400, answer.StatusCode)
			require.Contains(t, answer.Body, `"code":"malformed_request"`)
			require.Equal(t, web.ProblemType, answer.Headers["Content-Type"])
		}
	})
	t.Run("APanicIsAProblem", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		falls := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Half") != "" {
				_, _ = io.WriteString(w, "half an answer")
			}
			panic("boom")
		})
		f := gateway.Of(web.Options{Log: slog.New(slog.NewTextHandler(&out, nil))}, web.Raw(web.Operation{Name: "fall", Path: "/", Caller: web.Nobody}, falls))
		for _, headers := range []map[string]string{{}, {"x-half": "1"}} {
			answer := answerOf(t, f, t.Context(), request("headers", headers))
			require.Equal(t, 500, answer.StatusCode)
			require.Contains(t, answer.Body, `"code":"internal"`)
			require.NotContains(t, answer.Body, "boom")
			require.NotContains(t, answer.Body, "half")
		}
		require.Contains(t, out.String(), "boom")
	})
}

func TestCountry(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"kz": "KZ", "": "", "KAZ": ""} {
		r := &http.Request{Header: http.Header{}}
		r.Header.Set("CloudFront-Viewer-Country", header)
		require.Equal(t, want, gateway.Country(r))
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(request())
	f.Add(request("body", "eA==", "isBase64Encoded", true, "cookies", []string{"a=b"}))
	f.Add(request("rawPath", "%zz?#\x00", "rawQueryString", ";;=&%", "queryStringParameters", map[string]string{"": "\xff"}))
	f.Add([]byte(`{"version":"2.0","requestContext":{"http":{"method":"G T"},"domainName":"[::1"}}`))
	invoke := gateway.Of(web.Options{}, web.Raw(web.Operation{Name: "any", Path: "/", Caller: web.Nobody}, http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sum := sha256.Sum256(body)
			_, _ = w.Write(sum[:])
		})))
	f.Fuzz(func(t *testing.T, payload []byte) {
		raw, err := invoke.Invoke(t.Context(), payload)
		if err != nil {
			if !errors.Is(err, onlambda.ErrOtherEvent) {
				t.Fatal(err)
			}
			return
		}
		var answer events.APIGatewayV2HTTPResponse
		if json.Unmarshal(raw, &answer) != nil || answer.StatusCode < 200 || answer.StatusCode >= 500 {
			t.Fatalf("answered %s", raw)
		}
	})
}
