// Package host runs the platform as one process: an HTTP server that stops cleanly, and loops that do not die.
package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

// The limits of every connection (DESIGN §7). Write is longer than the 20 s that a payment may wait for its bank.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 16 << 10
)

// Options of a listener.
type Options struct {
	Log   *slog.Logger   // nil is silence
	Drain time.Duration  // how long open requests may end after the stop; 0 is 25 s
	Ready func(net.Addr) // called once, when connections are accepted
}

// Listen serves h on addr until ctx ends, then lets open requests end. A taken address is an error; a clean stop is nil.
// Requests keep their context while they drain.
func Listen(ctx context.Context, addr string, h http.Handler, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Drain == 0 {
		o.Drain = 25 * time.Second
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("host: cannot listen on %s: %w", addr, err)
	}
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		BaseContext:    func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if o.Ready != nil {
		o.Ready(listener.Addr())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("host: the server stopped: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Drain)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("host: some requests did not end: %w", err), server.Close())
	}
	return nil
}

// UntilSignal makes the context of a process: it ends with SIGTERM or SIGINT. A second signal kills as usual.
func UntilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
