package host_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/host"
)

func TestListen(t *testing.T) {
	t.Parallel()
	t.Run("OpenRequestsEndBeforeTheStop", func(t *testing.T) {
		t.Parallel()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		inside, finish := make(chan struct{}), make(chan struct{})
		ready, done := make(chan string, 1), make(chan error, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(inside)
			<-finish
			if r.Context().Err() != nil {
				w.WriteHeader(500)
			}
			_, _ = io.WriteString(w, "whole")
		})
		go func() {
			done <- host.Listen(ctx, "127.0.0.1:0", h, host.Options{Ready: func(a net.Addr) { ready <- a.String() }})
		}()
		addr := <-ready
		answer := make(chan string, 1)
		go func() {
			resp, err := http.Get("http://" + addr)
			if err != nil {
				answer <- err.Error()
				return
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			answer <- resp.Status + " " + string(body)
		}()
		<-inside
		stop()
		close(finish)
		require.Equal(t, "200 OK whole", <-answer)
		require.NoError(t, <-done)
	})
	t.Run("ErrAddressTaken", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer taken.Close()
		require.ErrorContains(t, host.Listen(t.Context(), taken.Addr().String(), http.NotFoundHandler(), host.Options{}), "cannot listen")
	})
}

type crash struct{}

func (crash) Crash() {}

func TestLoop(t *testing.T) {
	t.Parallel()
	t.Run("FailuresWaitLongerAndPanicsDoNotKill", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			var out bytes.Buffer
			began := time.Now()
			var at []time.Duration
			host.Loop(ctx, slog.New(slog.NewTextHandler(&out, nil)), "sweep", 100*time.Millisecond, func(context.Context) error {
				at = append(at, time.Since(began))
				switch len(at) {
				case 2:
					return errors.New("no table")
				case 3:
					panic("boom")
				case 6:
					stop()
				}
				return nil
			})
			ms := time.Millisecond
			require.Equal(t, []time.Duration{0, 100 * ms, 1100 * ms, 3100 * ms, 3200 * ms, 3300 * ms}, at)
			require.Contains(t, out.String(), "boom")
			require.Contains(t, out.String(), "loop=sweep")
		})
	})
	t.Run("BackOffIsBounded", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			last, widest, calls := time.Now(), time.Duration(0), 0
			host.Loop(ctx, slog.New(slog.DiscardHandler), "x", 0, func(context.Context) error {
				widest = max(widest, time.Since(last))
				last = time.Now()
				if calls++; calls == 100 {
					stop()
				}
				return errors.New("always")
			})
			require.Equal(t, time.Minute, widest)
		})
	})
	t.Run("InjectedCrashPassesThrough", func(t *testing.T) {
		t.Parallel()
		require.PanicsWithValue(t, crash{}, func() {
			host.Loop(t.Context(), slog.New(slog.DiscardHandler), "x", 0, func(context.Context) error { panic(crash{}) })
		})
	})
}

func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	h := host.LoopbackOnly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	cases := []struct {
		name, remote, host, forwarded string
		status                        int
	}{
		{"V4", "127.0.0.1:5", "127.0.0.1:8080", "", 204},
		{"V6", "[::1]:5", "[::1]:8080", "", 204},
		{"Mapped", "[::ffff:127.0.0.1]:5", "127.9.9.9", "", 204},
		{"Localhost", "127.0.0.1:5", "LocalHost.:8080", "", 204},
		{"ErrStranger", "10.0.0.7:5", "localhost", "", 404},
		{"ErrRebinding", "127.0.0.1:5", "evil.example:8080", "", 404},
		{"ErrNameThatOnlyBeginsSo", "127.0.0.1:5", "localhost.evil.example", "", 404},
		{"ErrNoHost", "127.0.0.1:5", "", "", 404},
		{"ErrProxied", "127.0.0.1:5", "localhost", "10.0.0.7", 404},
		{"ErrOddRemote", "@", "localhost", "", 404},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Host = c.remote, c.host
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			require.Equal(t, c.status, rec.Code)
		})
	}
}
