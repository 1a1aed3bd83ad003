// Command atol-simulator runs the ATOL Online simulator as a program of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/clock"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, s, os.Stderr, func(address string) {
			fmt.Println("ATOL simulator:", address+"/")
			for _, a := range s.accounts {
				fmt.Println("  login", a.Login, "group", a.Group)
			}
		})
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "atol-simulator:", err)
		os.Exit(1)
	}
}

// settings are the flags of the program.
type settings struct {
	addr, base, data string
	accounts         []atol.Account
	shy              bool
}

const wantAccount = "LOGIN:PASSWORD:GROUP:INN"

func parse(args []string) (settings, error) {
	var s settings
	f := flag.NewFlagSet("atol-simulator", flag.ContinueOnError)
	f.StringVar(&s.addr, "addr", "127.0.0.1:8098", "address to listen on")
	f.StringVar(&s.base, "base", "", "own address as people see it; default http:// and the listening address")
	f.StringVar(&s.data, "data", "", "file that keeps the state; empty: memory only")
	f.BoolVar(&s.shy, "shy", false, "error 34 until a receipt is done or has failed")
	f.Func("account", wantAccount+"; may be given several times", func(text string) error {
		parts := strings.Split(text, ":")
		if len(parts) != 4 {
			return errors.New("want " + wantAccount)
		}
		s.accounts = append(s.accounts, atol.Account{Login: parts[0], Password: parts[1], Group: parts[2], INN: parts[3]})
		return nil
	})
	if err := f.Parse(args); err != nil {
		return settings{}, err
	}
	if len(s.accounts) == 0 {
		s.accounts = []atol.Account{{Login: "giberno", Password: "s3cr3t-pass", Group: "giberno-group", INN: "5544332219"}}
	}
	for i := range s.accounts {
		s.accounts[i].Shy = s.shy
	}
	return s, nil
}

// run serves until ctx is done; ready hears the service's own address once it listens.
func run(ctx context.Context, s settings, log io.Writer, ready func(address string)) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.base == "" {
		s.base = "http://" + listener.Addr().String()
	}
	var now clock.Shifted
	service, err := atol.New(atol.Config{
		Accounts: s.accounts, Clock: &now, Advance: now.Advance, BaseURL: s.base, StatePath: s.data,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ready(s.base)
	return serve(ctx, service, listener)
}

const (
	headerTimeout = 10 * time.Second
	stopTimeout   = 5 * time.Second
)

// serve answers until ctx is done, then lets the requests of the moment finish.
func serve(ctx context.Context, service *atol.Service, listener net.Listener) error {
	server := &http.Server{Handler: service.Handler(), ReadHeaderTimeout: headerTimeout}
	running, stop := context.WithCancel(ctx)
	defer stop()
	deliverer := make(chan struct{})
	go func() {
		defer close(deliverer)
		service.Run(running)
	}()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
		stop()
	case <-ctx.Done():
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = server.Shutdown(deadline)
	}
	<-deliverer
	return errors.Join(err, service.Close())
}
