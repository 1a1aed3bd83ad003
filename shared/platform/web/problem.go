package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
)

// ProblemType is the content type of every refusal (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is what the outside sees of a fault.
type Problem struct {
	Type       string        `json:"type" format:"uri-reference" doc:"Address of the code's explanation" example:"/docs/problems#order_not_found"`
	Title      string        `json:"title" doc:"The status in words" example:"Not Found"`
	Status     int           `json:"status" doc:"HTTP status" example:"404"`
	Code       string        `json:"code" doc:"Stable code: the field to act on" example:"order_not_found"`
	Detail     string        `json:"detail" doc:"A sentence for people" example:"There is no such order."`
	Errors     []fault.Field `json:"errors,omitempty" maxItems:"50" doc:"The wrong places of the request"`
	RetryAfter int64         `json:"retry_after,omitempty" doc:"Seconds to wait before the next try; also in the Retry-After header" example:"30"`
	challenge  bool
}

// Error gives the sentence; a Problem travels through huma as an error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the status to huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the content type.
func (p *Problem) ContentType(string) string { return ProblemType }

// GetHeaders gives huma the headers that belong to the answer.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(p.RetryAfter, 10))
	}
	if p.challenge {
		h.Set("WWW-Authenticate", `Bearer realm="giberno", error="invalid_token"`)
	}
	return h
}

var statusOf = map[fault.Kind]int{
	fault.KindInternal:         http.StatusInternalServerError,
	fault.KindInvalid:          http.StatusUnprocessableEntity,
	fault.KindMalformed:        http.StatusBadRequest,
	fault.KindUnauthorized:     http.StatusUnauthorized,
	fault.KindForbidden:        http.StatusForbidden,
	fault.KindNotFound:         http.StatusNotFound,
	fault.KindConflict:         http.StatusConflict,
	fault.KindTooLarge:         http.StatusRequestEntityTooLarge,
	fault.KindUnsupportedMedia: http.StatusUnsupportedMediaType,
	fault.KindRateLimited:      http.StatusTooManyRequests,
	fault.KindUnavailable:      http.StatusServiceUnavailable,
	fault.KindBankUnavailable:  http.StatusBadGateway,
}

const (
	maxFields   = 50
	maxLocation = 200
)

// problemOf turns a fault into its answer. Of an internal fault nothing but the code leaves the house.
func problemOf(f *fault.Fault) *Problem {
	status, known := statusOf[f.Kind]
	if !known || f.Kind == fault.KindInternal {
		f = fault.Internal(nil)
		status = http.StatusInternalServerError
	}
	p := &Problem{
		Type: "/docs/problems#" + f.Code, Title: http.StatusText(status), Status: status,
		Code: f.Code, Detail: f.Message, challenge: status == http.StatusUnauthorized,
	}
	if f.RetryAfter > 0 {
		p.RetryAfter = int64((f.RetryAfter + time.Second - 1) / time.Second)
	}
	for _, field := range f.Fields[:min(len(f.Fields), maxFields)] {
		field.Location = short(field.Location)
		p.Errors = append(p.Errors, field)
	}
	return p
}

// short keeps a stranger's names from filling the answer.
func short(location string) string {
	if len(location) <= maxLocation {
		return location
	}
	return strings.ToValidUTF8(location[:maxLocation], "") + "…"
}

// ErrUnavailable is the refusal while the table or a queue does not answer.
var ErrUnavailable = fault.Unavailable("unavailable", "We cannot say now whether it happened. Repeat the call, with the same Idempotency-Key if it had one.").After(time.Second)

// Known gives the silence of the table and the queues its own answer: it is passing, and the caller can do something about it.
func Known(err error) error {
	var f *fault.Fault
	if (errors.Is(err, table.ErrUnavailable) || errors.Is(err, queue.ErrUnavailable)) && !errors.As(err, &f) {
		return ErrUnavailable.Because(err)
	}
	return err
}

// refuse turns an error into the Problem that huma writes, and keeps it for the log line.
func refuse(ctx context.Context, err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		p = problemOf(fault.As(Known(err)))
	}
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.code = p.Code
		if p.Status >= http.StatusInternalServerError {
			v.cause = err
		}
	}
	return p
}

// Fail answers a request with the problem of err: the way of Raw endpoints to refuse.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	p := refuse(r.Context(), err)
	body, marshalErr := Render(p)
	if marshalErr != nil { // a Problem has only texts and numbers
		panic(marshalErr)
	}
	h := w.Header()
	for name, values := range p.GetHeaders() {
		h[name] = values
	}
	h.Set("Content-Type", ProblemType)
	w.WriteHeader(p.Status)
	_, _ = w.Write(body)
}

// Render writes v as every JSON answer of the platform is written: compact, without HTML escapes, with a closing newline.
// The same value always gives the same bytes.
func Render(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
