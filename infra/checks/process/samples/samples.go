// Package samples makes one event for every function, from the little world: the files under events/. Each says what the
// function has to answer.
package samples

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/world"
)

// Sample is the event of one function with the answer that is due.
type Sample struct {
	Folder string // of the function
	Event  []byte
	Status int    // of an HTTP answer; 0 for other kinds
	Says   string // part of the answer's body
}

// All makes the samples of every function in the catalogue.
func All(w *world.World) ([]Sample, error) {
	calls := callsOf(w)
	var list []Sample
	for _, f := range catalogue.Functions() {
		var s Sample
		var err error
		switch f.Kind {
		case catalogue.Stream:
			s, err = stream(w)
		case catalogue.Queue, catalogue.Letters:
			s, err = messages(w, f.Folder)
		case catalogue.Schedule:
			s = Sample{Event: []byte(`{"shards":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}`), Says: "{}"}
		case catalogue.Webhook:
			s, err = notice(w, f)
		default:
			c, ok := calls[f.Folder]
			if !ok {
				return nil, fmt.Errorf("samples: %s has no sample; give it one in callsOf", f.Folder)
			}
			s, err = c.sample(f.Routes)
		}
		if err != nil {
			return nil, fmt.Errorf("samples: %s: %w", f.Folder, err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, s.Event, "", "  "); err != nil {
			return nil, err
		}
		pretty.WriteByte('\n')
		s.Folder, s.Event = f.Folder, pretty.Bytes()
		list = append(list, s)
	}
	return list, nil
}

// call is a request as the sample of an endpoint makes it.
type call struct {
	route  string // "POST /api/v1/order"; it must be one of the function's
	path   string // "" is the route's
	query  string
	token  string
	body   string
	media  string // of the body; "" is JSON
	key    string
	status int
	says   string
}

func (c call) sample(routes []string) (Sample, error) {
	route := c.route
	if route == "" && len(routes) == 1 {
		route = routes[0]
	}
	method, path, _ := strings.Cut(route, " ")
	if c.path != "" {
		path = c.path
	}
	headers := map[string]string{
		"accept": "application/json", "host": "pay.example", "user-agent": "sample/1", "x-amzn-trace-id": "Root=1-65a00a1b-0123456789abcdef01234567",
		"x-forwarded-for": "203.0.113.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
	}
	if c.token != "" {
		headers["authorization"] = "Bearer " + c.token
	}
	if c.body != "" {
		headers["content-type"], headers["content-length"] = cmp.Or(c.media, "application/json"), fmt.Sprint(len(c.body))
	}
	if c.key != "" {
		headers["idempotency-key"] = c.key
	}
	event := httpEvent(route, method, path, c.query, headers, c.body)
	raw, err := marshal(event)
	status := c.status
	if status == 0 {
		status = 200
	}
	return Sample{Event: raw, Status: status, Says: c.says}, err
}

// httpEvent is an event of API Gateway's HTTP API, payload 2.0.
func httpEvent(route, method, path, query string, headers map[string]string, body string) map[string]any {
	event := map[string]any{
		"version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": query, "headers": headers,
		"requestContext": map[string]any{
			"accountId": "123456789012", "apiId": "a1b2c3", "domainName": "pay.example", "domainPrefix": "pay",
			"http":      map[string]any{"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "sample/1"},
			"requestId": "JKJaXmPLvHcESHA=", "routeKey": route, "stage": "$default", "time": "22/Nov/2026:10:00:00 +0000", "timeEpoch": world.At.UnixMilli(),
		},
		"isBase64Encoded": false,
	}
	if values, err := url.ParseQuery(query); err == nil && len(values) > 0 {
		joined := map[string]string{}
		for name, texts := range values {
			joined[name] = strings.Join(texts, ",")
		}
		event["queryStringParameters"] = joined
	}
	if body != "" {
		event["body"] = body
	}
	return event
}

// noticeOfTill is what the fiscal service posts, of a receipt that is none of ours.
const noticeOfTill = `{"uuid":"4f8f4bd8-2f2b-4a46-a3a1-3e9f6f7a1c11","status":"done","external_id":"sample","callback_url":"https://pay.example/api/atol/notifications"}`

// notice is what a sender posts to its function URL: T-Bank's own bytes once the pending payment was paid, or the fiscal
// service's word that a receipt may be ready.
func notice(w *world.World, f catalogue.Function) (Sample, error) {
	body, says := w.Notice, "OK"
	if f.Folder != "banks/notify-tbank" {
		body, says = []byte(noticeOfTill), ""
	}
	_, path, _ := strings.Cut(f.Routes[0], " ")
	headers := map[string]string{
		"content-type": "application/json", "content-length": fmt.Sprint(len(body)), "host": "abc123.lambda-url.eu-central-1.on.aws",
		"user-agent": "sample bank/1", "x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https",
	}
	event := httpEvent("$default", "POST", path, "", headers, base64.StdEncoding.EncodeToString(body))
	event["isBase64Encoded"] = true
	at := event["requestContext"].(map[string]any)
	at["accountId"], at["apiId"], at["domainPrefix"], at["domainName"] = "anonymous", "abc123", "abc123", "abc123.lambda-url.eu-central-1.on.aws"
	raw, err := marshal(event)
	return Sample{Event: raw, Status: 200, Says: says}, err
}

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return out.Bytes(), err
}
