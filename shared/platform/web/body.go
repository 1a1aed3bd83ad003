package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"giberno.ru/shared/core/fault"
)

// The refusals of a request's body and query.
var (
	ErrBodyTooLarge     = &fault.Fault{Kind: fault.KindTooLarge, Code: "body_too_large", Message: "The body is too large."}
	ErrUnsupportedMedia = &fault.Fault{Kind: fault.KindUnsupportedMedia, Code: "unsupported_media_type", Message: "The body must be application/json in UTF-8, not compressed."}
	ErrMalformedBody    = fault.Malformed("malformed_body", "The body is not valid JSON.")
	ErrMalformedQuery   = fault.Malformed("malformed_query", "The query is not well-formed.")
)

// ReadBody reads the body of a Raw endpoint. It fails with ErrBodyTooLarge beyond the operation's MaxBody.
func ReadBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, ErrBodyTooLarge
	case err != nil:
		return nil, fault.Malformed("malformed_body", "The body ended early.").Because(err)
	}
	return body, nil
}

// readJSON reads and checks the whole JSON body, and hands the request on with the body in memory. An empty body is left
// to the endpoint, where it may be optional.
func readJSON(r *http.Request, limit int64) (*http.Request, error) {
	if r.ContentLength > limit {
		return r, ErrBodyTooLarge
	}
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, limit+1)); err != nil {
			return r, fault.Malformed("malformed_body", "The body ended early.").Because(err)
		}
	}
	if int64(len(body)) > limit {
		return r, ErrBodyTooLarge
	}
	if len(body) > 0 {
		if !isJSON(r.Header) {
			return r, ErrUnsupportedMedia
		}
		if err := checkJSON(body); err != nil {
			return r, err
		}
		r.Header["Content-Type"] = []string{"application/json"} // huma looks it up as it is spelt
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r, nil
}

func isJSON(h http.Header) bool {
	if h.Get("Content-Encoding") != "" && !strings.EqualFold(h.Get("Content-Encoding"), "identity") {
		return false
	}
	if h.Get("Content-Type") == "application/json" {
		return true
	}
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := params["charset"]
	return err == nil && media == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}

// checkHead refuses a query that cannot be decoded, says one thing twice, or hides bytes that no text has, and two
// idempotency keys on one request.
func checkHead(r *http.Request) error {
	if len(r.Header["Idempotency-Key"]) > 1 {
		return fault.Validation(fault.Field{Location: "header.Idempotency-Key", Message: "is given twice"})
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return ErrMalformedQuery
	}
	var fields []fault.Field
	for name, texts := range values {
		switch {
		case !plainText(name):
			fields = append(fields, fault.Field{Location: "query", Message: "a name has control characters or is not UTF-8"})
		case len(texts) > 1:
			fields = append(fields, fault.Field{Location: "query." + name, Message: "is given twice"})
		case !plainText(texts[0]):
			fields = append(fields, fault.Field{Location: "query." + name, Message: notPlain})
		}
	}
	if fields != nil {
		return fault.Validation(fields...)
	}
	return nil
}
