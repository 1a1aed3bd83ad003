package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	identitystore "giberno.ru/shared/identity/store"
	paymentsapi "giberno.ru/shared/payments/api"
	"giberno.ru/shared/payments/wire"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/queue"
	queueengine "giberno.ru/shared/platform/queue/boltengine"
	"giberno.ru/shared/platform/secret"
	tableengine "giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/web"
)

// stage is the payment module behind its door, over a table that can be frozen.
type stage struct {
	scene   scene
	handler http.Handler
	table   *frozen
	notice  []byte
	close   func() error
}

func newStage(ctx context.Context, dir string) (s stage, err error) {
	f, err := file.Open(filepath.Join(dir, "stage.db"), file.Options{NoSync: true})
	if err != nil {
		return s, err
	}
	s.close = f.Close
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	engine, err := tableengine.New(f, tableengine.Options{NoFeed: true})
	if err != nil {
		return s, err
	}
	jobs, err := queueengine.New(f, clock.System{}, queueengine.Options{})
	if err != nil {
		return s, err
	}
	keys, err := secret.LoadKeyFile(filepath.Join(dir, "keys"), rand.Reader)
	if err != nil {
		return s, err
	}
	s.table = &frozen{Table: engine}
	logger := log.New(io.Discard, nil)
	contracts := identitystore.New(s.table, secret.NewKeeper(keys, rand.Reader), clock.System{}, rand.Reader)
	module := wire.New(wire.Parts{
		Table: s.table, Queue: queue.Queue(jobs), Contracts: contracts, Clock: clock.System{}, Random: rand.Reader, Log: logger,
		Banks:   banks.NewRegistry(map[string]*banks.Bank{"tbank": banks.New(tbank.New(nil), banks.Limits{}).Using(clock.System{}, logger)}),
		BaseURL: "http://127.0.0.1", CursorKey: make([]byte, 32),
	})
	if s.scene, err = furnish(ctx, contracts, clock.System{}.Now()); err != nil {
		return s, err
	}
	reference, err := s.scene.pending(ctx, module, clock.System{}.Now(), "4100000001")
	if err != nil {
		return s, err
	}
	s.notice = notice(reference, "4100000001")
	s.handler = web.NewServer(web.Options{Auth: contracts, Log: logger, Rate: web.Rate{PerSecond: -1}}, module.Service.Endpoints()...)
	return s, nil
}

// call makes one request in process and gives its answer.
func call(h http.Handler, path, token string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// handlers measures the two busiest roads from request to answer.
func handlers(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "giberno-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newStage(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	token := s.scene.tokens[0]
	call(s.handler, "/api/v1/order", token, []byte(orderBody)) // the token's first use is written down
	s.table.on.Store(true)

	made := call(s.handler, "/api/v1/order", token, []byte(orderBody))
	if made.Code != http.StatusCreated {
		return fmt.Errorf("create-order answers %d: %s", made.Code, made.Body)
	}
	bareOrder, err := bareCreate(made.Body.Bytes())
	if err != nil {
		return err
	}
	if told := call(s.handler, "/api/a2c/notifications", "", s.notice); told.Body.String() != "OK" {
		return fmt.Errorf("notify-tbank answers %d: %s", told.Code, told.Body)
	}
	compare(out, "create-order", s.handler, bareOrder, "/api/v1/order", token, []byte(orderBody))
	compare(out, "notify-tbank", s.handler, http.HandlerFunc(bareNotice), "/api/a2c/notifications", "", s.notice)
	return nil
}

// bareCreate decodes an order as it is asked for and encodes one as it is answered, and does nothing else.
func bareCreate(answer []byte) (http.Handler, error) {
	var order paymentsapi.Order
	if err := json.Unmarshal(answer, &order); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in paymentsapi.OrderRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(order)
	}), nil
}

// bareNotice decodes a notice and answers OK.
func bareNotice(w http.ResponseWriter, r *http.Request) {
	var in struct {
		TerminalKey, OrderId, Status, ErrorCode, Pan, ExpDate, Token string
		Success                                                      bool
		PaymentId, Amount, CardId                                    int64
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "OK")
}

// compare measures ours and the floor in turns.
func compare(out io.Writer, name string, ours, floor http.Handler, path, token string, body []byte) {
	measure := func(h http.Handler) testing.BenchmarkResult {
		return testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := call(h, path, token, body); w.Code >= 300 {
					b.Fatal(w.Code, w.Body.String())
				}
			}
		})
	}
	var our, bare, ratio []float64
	var last testing.BenchmarkResult
	for range rounds {
		last = measure(ours)
		at, floorAt := microseconds(last), microseconds(measure(floor))
		our, bare, ratio = append(our, at), append(bare, floorAt), append(ratio, at/floorAt)
	}
	fmt.Fprintf(out, "%-14s %7.1f µs   floor %6.1f µs   ratio %.2f   (%d allocations)\n", name, median(our), median(bare), median(ratio), last.AllocsPerOp())
}
