package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/platform/host"
	"giberno.ru/shared/platform/log"
)

// serve is the standalone platform as `make run` starts it, without the demo, until ctx ends. Its log is written and
// thrown away, for writing it is part of the work.
func serve(ctx context.Context, dir, addr string) error {
	logger := log.New(io.Discard, slog.LevelInfo)
	p, err := platform.Open(ctx, platform.Config{Dir: dir, BaseURL: "http://" + addr, Log: logger, NoDemo: true})
	if err != nil {
		return err
	}
	loops, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { p.Run(loops) })
	err = host.Listen(ctx, addr, p.Handler(), host.Options{Log: logger})
	stop()
	running.Wait()
	return errors.Join(err, p.Close())
}

// answerBytes is the header that tells the echo how long its answer has to be.
const answerBytes = "X-Answer-Bytes"

// echo is a bare net/http server that reads a body and answers as many bytes as it is told.
func echo(ctx context.Context, addr string) error {
	answer := make([]byte, 64<<10)
	for i := range answer {
		answer[i] = ' '
	}
	server := &http.Server{Addr: addr, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		n, err := strconv.Atoi(r.Header.Get(answerBytes))
		if err != nil || n < 0 || n > len(answer) {
			n = 0
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer[:n])
	})}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// child is this program in another role, in a process of its own.
type child struct {
	base string
	cmd  *exec.Cmd
}

// start runs a role on a free port of loopback and waits until it answers. The port is the role's last argument.
func start(ctx context.Context, role ...string) (*child, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, append(role, addr)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{"http://" + addr, cmd}
	dialer := net.Dialer{}
	for range 200 {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			return c, conn.Close()
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), c.stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil, errors.Join(errors.New(role[0]+" does not answer"), c.stop())
}

// stop ends the child as an operator does, and waits for it.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return c.cmd.Wait()
}
