// Package gateway serves endpoints behind API Gateway and function URLs (payload 2.0). It stands apart from onlambda, so
// that workers do not carry the web with them.
package gateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/web"
)

// Serve answers HTTP API and function URL events (payload 2.0) with the endpoints, behind the same door as everywhere.
// It does not return.
func Serve(o web.Options, endpoints ...web.Endpoint) { onlambda.Start(Of(o, endpoints...)) }

// Of is what Serve serves.
func Of(o web.Options, endpoints ...web.Endpoint) onlambda.Invocation {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	door := httpadapter.NewV2(restored{web.NewServer(o, endpoints...)})
	refusal := httpadapter.NewV2(restored{web.NewServer(web.Options{Clock: o.Clock, Random: o.Random, Log: o.Log}, web.Raw(
		web.Operation{Name: "refuse-request", Path: "/", Caller: web.Nobody},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { web.Fail(w, r, errMalformedRequest) })))})
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var event events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(payload, &event); err != nil || event.Version != "2.0" || event.RequestContext.HTTP.Method == "" {
			return nil, onlambda.OtherEvent("an HTTP request of payload 2.0", payload)
		}
		adapter := door
		if !readable(&event) {
			adapter, event = refusal, unreadable(event.Headers)
		}
		answer, err := through(context.WithValue(ctx, eventKey{}, &event), adapter, event, o.Log)
		if err != nil {
			return nil, errors.New("gateway: the answer of the endpoint cannot be written")
		}
		return onlambda.Marshal(answer)
	}
}

// through has the endpoint answer. The door catches what falls behind it; what falls after half an answer was written, which
// only a cut connection could tell elsewhere, has reached nobody here and is answered as an internal problem.
func through(ctx context.Context, adapter *httpadapter.HandlerAdapterV2, event events.APIGatewayV2HTTPRequest, log *slog.Logger) (answer events.APIGatewayV2HTTPResponse, err error) {
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if _, dies := caught.(interface{ Crash() }); dies {
			panic(caught)
		}
		if caught != http.ErrAbortHandler { // the door has logged that one
			log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("cause", fmt.Sprint(caught)), slog.String("stack", string(debug.Stack())))
		}
		answer, err = fallen()
	}()
	return adapter.ProxyWithContext(ctx, event)
}

func fallen() (events.APIGatewayV2HTTPResponse, error) {
	f := fault.Internal(nil)
	body, err := web.Render(web.Problem{
		Type: "/docs/problems#" + f.Code, Title: http.StatusText(http.StatusInternalServerError), Status: http.StatusInternalServerError,
		Code: f.Code, Detail: f.Message,
	})
	return events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusInternalServerError, Body: string(body),
		Headers: map[string]string{"Content-Type": web.ProblemType, "Cache-Control": "no-store"},
	}, err
}

// unreadable stands in for a request that cannot be made: nothing of it but its headers goes on.
func unreadable(headers map[string]string) (event events.APIGatewayV2HTTPRequest) {
	event.RawPath, event.Headers = "/", headers
	event.RequestContext.HTTP.Method, event.RequestContext.DomainName = http.MethodPost, "unreadable.invalid"
	return event
}

var errMalformedRequest = fault.Malformed("malformed_request", "The address or the body of the request cannot be read.")

// readable puts the address of an event right, or reports that it cannot be one, or that the body is not what its flag says.
// The adapter would print such a request, with whatever secret is in it, and answer as if we had failed.
func readable(event *events.APIGatewayV2HTTPRequest) bool {
	if event.RawPath == "" {
		event.RawPath = event.RequestContext.HTTP.Path
	}
	// AWS hands the path over decoded; what is in it must not become a query or a broken escape.
	if _, err := url.ParseRequestURI(event.RawPath); err != nil || strings.ContainsAny(event.RawPath, "?#") {
		event.RawPath = (&url.URL{Path: event.RawPath}).EscapedPath()
	}
	if !strings.HasPrefix(event.RawPath, "/") {
		event.RawPath = "/" + event.RawPath
	}
	if event.RawQueryString == "" { // else the adapter makes one of the parameters, in no order
		query := url.Values{}
		for name, value := range event.QueryStringParameters {
			query.Set(name, value)
		}
		event.RawQueryString, event.QueryStringParameters = query.Encode(), nil
	}
	address := "https://" + event.RequestContext.DomainName + event.RawPath + "?" + event.RawQueryString
	if _, err := http.NewRequest(strings.ToUpper(event.RequestContext.HTTP.Method), address, nil); err != nil {
		return false
	}
	if event.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return false
		}
		event.Body, event.IsBase64Encoded = string(body), false
	}
	return true
}

type eventKey struct{}

// restored gives a request the headers as they were sent. The adapter splits values at commas, which breaks signatures and
// dates; and it makes one header of what came under two spellings.
type restored struct{ http.Handler }

func (h restored) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	event, ok := r.Context().Value(eventKey{}).(*events.APIGatewayV2HTTPRequest)
	if !ok {
		panic("gateway: a request without its event")
	}
	r.Header = headersOf(event)
	if r.Header.Get("X-Request-Id") == "" {
		// Lambda's own id finds the platform's lines of this invocation, too. The event's is not unique everywhere.
		if lc, ok := lambdacontext.FromContext(r.Context()); ok && lc.AwsRequestID != "" {
			r.Header.Set("X-Request-Id", lc.AwsRequestID)
		}
	}
	h.Handler.ServeHTTP(w, r)
}

func headersOf(event *events.APIGatewayV2HTTPRequest) http.Header {
	h := make(http.Header, len(event.Headers)+1)
	for name, value := range event.Headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		h[name] = append(h[name], value)
	}
	delete(h, "Host") // as net/http does: it is in r.Host
	if len(event.Cookies) > 0 {
		h["Cookie"] = []string{strings.Join(event.Cookies, "; ")}
	}
	return h
}

// Country is the hint that CloudFront gives about where the caller is: two capital letters; "" is unknown.
func Country(r *http.Request) string {
	if c := r.Header.Get("CloudFront-Viewer-Country"); len(c) == 2 {
		return strings.ToUpper(c)
	}
	return ""
}
