package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"giberno.ru/shared/platform/web"
)

// quiet is an answer that nobody reads.
type quiet struct{ header http.Header }

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q *quiet) WriteHeader(int)             {}

const benchBody = `{"lines":[{"name":"a","price":{"amount":100,"currency":"RUB"},"quantity":1.5},{"name":"b","price":{"amount":5,"currency":"RUB"},"quantity":2}],"mail":"buyer@example.com"}`

func serve(b *testing.B, h http.Handler) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/api/v1/thing", strings.NewReader(benchBody))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+goodToken)
		h.ServeHTTP(&quiet{http.Header{}}, r)
	}
}

// BenchmarkDoor is a request through the whole door; BenchmarkBare is the floor it is measured against.
func BenchmarkDoor(b *testing.B) {
	w := &world{}
	serve(b, web.NewServer(web.Options{Auth: guard{}, Rate: web.Rate{PerSecond: -1}}, w.endpoints()...))
}

func BenchmarkBare(b *testing.B) {
	serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in makeThing
		if json.NewDecoder(r.Body).Decode(&in.Body) != nil {
			b.Fatal("body")
		}
		out, err := handle(r.Context(), &in)
		if err != nil {
			b.Fatal(err)
		}
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(out)
	}))
}

func handle(ctx context.Context, in *makeThing) (thing, error) {
	out := thing{Partner: web.CallerOf(ctx).Partner}
	for _, l := range in.Body.Lines {
		out.Total += l.Price.Amount
	}
	return out, nil
}
