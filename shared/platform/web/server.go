package web

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
)

// The refusals of the router.
var (
	ErrNotFound         = fault.NotFound("not_found", "There is nothing at this address.")
	ErrMethodNotAllowed = &fault.Fault{Kind: fault.KindMalformed, Code: "method_not_allowed", Message: "This address does not know this method."}
)

type server struct {
	o       Options
	mux     *http.ServeMux
	buckets *buckets
}

// NewServer mounts endpoints behind the door. It panics on what only a programmer can have got wrong: two endpoints of one
// method and path, two of one name in an API, a caller asked for without an Authenticator.
func NewServer(o Options, endpoints ...Endpoint) http.Handler {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{o: o, mux: http.NewServeMux(), buckets: newBuckets(o.Rate, o.Clock)}
	described := newDocuments(o)
	described.unread = !o.Docs
	for _, e := range endpoints {
		op := e.Operation
		if op.Caller != Nobody && o.Auth == nil {
			panic("web: " + op.Name + " asks who is calling, and nobody can tell")
		}
		s.mux.Handle(strings.TrimSpace(op.Method+" "+op.Path), s.door(e, described.mount(e)))
	}
	if o.Docs {
		for _, e := range described.endpoints() {
			s.mux.Handle(e.Operation.Method+" "+e.Operation.Path, s.door(e, e.raw))
		}
	}
	return http.HandlerFunc(s.serve)
}

// serve is the outermost room: it gives the request its id, writes its log line and catches what falls.
func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	v := &visit{id: requestID(r, s.o.Random), began: s.o.Clock.Now()}
	out := &recorder{ResponseWriter: w, head: r.Method == http.MethodHead}
	r = r.WithContext(v.context(r.Context()))
	h := out.Header()
	h.Set("X-Request-Id", v.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	defer func() {
		if caught := recover(); caught != nil {
			s.fallen(out, r, v, caught)
		}
		s.logLine(out, r, v)
	}()
	s.route(out, r)
}

func (s *server) route(w *recorder, r *http.Request) {
	if p := r.URL.Path; !strings.HasPrefix(p, "/") || path.Clean(p) != p && path.Clean(p)+"/" != p || !plainText(p) {
		Fail(w, r, ErrNotFound)
		return
	}
	handler, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	probe := &verdict{header: http.Header{}}
	handler.ServeHTTP(probe, r)
	switch {
	case probe.status != http.StatusMethodNotAllowed:
		Fail(w, r, ErrNotFound)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", probe.header.Get("Allow")+", OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", probe.header.Get("Allow")+", OPTIONS")
		p := problemOf(ErrMethodNotAllowed)
		p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
		Fail(w, r, p)
	}
}

// door is what every endpoint stands behind.
func (s *server) door(e Endpoint, handler http.Handler) http.Handler {
	op := e.Operation
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r)
		v.route = op.Path
		caller, err := admit(r, s.o.Auth, op)
		v.caller = caller
		if err == nil && op.Caller != Nobody {
			err = s.buckets.take(caller.TokenID)
		}
		if err == nil && e.raw == nil { // a page may be opened with whatever a browser or a campaign adds
			err = checkHead(r)
		}
		if err == nil && e.body {
			r, err = readJSON(r, op.MaxBody)
		}
		if err != nil {
			Fail(w, r, err)
			return
		}
		if e.raw != nil {
			r.Body = http.MaxBytesReader(w, r.Body, op.MaxBody)
			handler.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		// huma must not move the connection's deadlines: the body has been read, and the host has its own.
		handler.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	})
}

// verdict hears what the router would answer, without answering.
type verdict struct {
	header http.Header
	status int
}

func (v *verdict) Header() http.Header         { return v.header }
func (v *verdict) Write(b []byte) (int, error) { return len(b), nil }
func (v *verdict) WriteHeader(status int)      { v.status = status }
