package web

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
)

// visit is what the door remembers of one request, for its log line.
type visit struct {
	id     string
	began  time.Time
	route  string // the pattern, never the path: a path may hold a payer's link
	caller Caller
	code   string // of the problem, if one was answered
	cause  error  // of a 5xx
	stack  []byte // of a panic
}

type visitKey struct{}

func (v *visit) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

func visitOf(r *http.Request) *visit {
	v, _ := r.Context().Value(visitKey{}).(*visit)
	return v
}

// RequestID gives the id of the request that ctx belongs to; "" outside a request.
func RequestID(ctx context.Context) string {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v.id
	}
	return ""
}

const maxRequestID = 64

// requestID takes the caller's id when it is harmless, else makes one of 128 random bits.
func requestID(r *http.Request, random io.Reader) string {
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= maxRequestID && harmless(id) {
		return id
	}
	var raw [16]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "none" // an id is for finding log lines; a request is not refused for the lack of one
	}
	return hex.EncodeToString(raw[:])
}

func harmless(id string) bool {
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}

// fallen answers a panic. The sentinel of an injected crash and the abort of net/http pass through: a dead process answers
// nothing and logs nothing.
func (s *server) fallen(w *recorder, r *http.Request, v *visit, caught any) {
	if _, dies := caught.(interface{ Crash() }); dies {
		panic(caught)
	}
	if caught == http.ErrAbortHandler {
		panic(caught)
	}
	v.code, v.stack = "internal", debug.Stack()
	cause, isError := caught.(error)
	if !isError {
		cause = panicked{caught}
	}
	v.cause = cause
	if w.status != 0 { // half an answer is out: only cutting the connection tells the caller
		s.logLine(w, r, v)
		panic(http.ErrAbortHandler)
	}
	Fail(w, r, fault.Internal(cause))
}

type panicked struct{ value any }

func (p panicked) Error() string {
	if text, ok := p.value.(string); ok {
		return "panic: " + text
	}
	return "panic with a value that is no text"
}

// logLine writes the one line of a request. It names ids only: no path, no header, no body.
func (s *server) logLine(w *recorder, r *http.Request, v *visit) {
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.String("method", r.Method), slog.String("route", v.route), slog.Int("status", w.status),
		slog.Int64("duration_us", s.o.Clock.Now().Sub(v.began).Microseconds()), slog.String("request_id", v.id))
	if v.route == "" {
		attrs = append(attrs, slog.String("path", masked(r.URL.Path)))
	}
	if v.caller.TokenID != "" {
		attrs = append(attrs, slog.String("token_id", v.caller.TokenID))
	}
	if v.caller.Kind == Partner {
		attrs = append(attrs, slog.String("partner", v.caller.Partner.String()), slog.String("mode", string(v.caller.Mode)))
	}
	if v.code != "" {
		attrs = append(attrs, slog.String("code", v.code))
	}
	level := slog.LevelInfo
	if v.cause != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("cause", v.cause.Error()))
	}
	if v.stack != nil {
		attrs = append(attrs, slog.String("stack", string(v.stack)))
	}
	s.o.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// masked shows a path that no route knows, without what might be a secret in it.
func masked(path string) string {
	segments := strings.Split(path, "/")
	if len(segments) > 8 {
		segments = append(segments[:8], "…")
	}
	for i, s := range segments {
		if len(s) > 24 || i > 0 && (segments[i-1] == "p" || segments[i-1] == "r") {
			segments[i] = "…"
		}
	}
	return strings.Join(segments, "/")
}

// recorder remembers the status and keeps HEAD answers without a body, whoever the server is.
type recorder struct {
	http.ResponseWriter
	status int
	head   bool
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.head {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
