package atol

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Transport reaches the service within the process, without a network: a request to any host whose path begins with that
// of BaseURL is answered by Handler. A connection that a fault breaks is io.ErrUnexpectedEOF, and a caller whose context
// ends while a slow answer is held back gets the context's error, as over a network.
func (s *Service) Transport() http.RoundTripper { return transport{s, s.Handler()} }

type transport struct {
	service *Service
	handler http.Handler
}

func (t transport) RoundTrip(r *http.Request) (w *http.Response, err error) {
	defer func() {
		switch cause := recover(); {
		case cause == nil:
		case cause == any(http.ErrAbortHandler):
			w, err = nil, io.ErrUnexpectedEOF
		default:
			panic(cause)
		}
	}()
	in := r.Clone(r.Context())
	path, ok := strings.CutPrefix(r.URL.Path, t.service.prefix())
	if !ok {
		return nil, errors.New("atol: the address is not the service's")
	}
	in.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery}
	in.RequestURI = in.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	page := &heard{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(page, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(page.status), StatusCode: page.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: page.header, Body: io.NopCloser(&page.body), ContentLength: int64(page.body.Len()), Request: r,
	}, nil
}

// heard is an answer being written.
type heard struct {
	header http.Header
	status int
	body   bytes.Buffer
	began  bool
}

func (h *heard) Header() http.Header { return h.header }

func (h *heard) WriteHeader(status int) {
	if !h.began {
		h.status, h.began = status, true
	}
}

func (h *heard) Write(raw []byte) (int, error) {
	h.began = true
	return h.body.Write(raw)
}
