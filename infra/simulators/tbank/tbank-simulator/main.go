// Command tbank-simulator runs the T-Bank simulator as a program of its own.
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

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/clock"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := parse(os.Args[1:])
	if err == nil {
		err = run(ctx, s, os.Stderr, func(address string) {
			fmt.Println("T-Bank simulator:", address+"/")
			for _, t := range s.terminals {
				fmt.Println("  terminal", t.Key)
			}
		})
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "tbank-simulator:", err)
		os.Exit(1)
	}
}

// settings are the flags of the program.
type settings struct {
	addr, base, data, notify string
	terminals                []tbank.Terminal
	fiscal, twoStage         bool
	numbers, messages        bool
}

func parse(args []string) (settings, error) {
	var s settings
	f := flag.NewFlagSet("tbank-simulator", flag.ContinueOnError)
	f.StringVar(&s.addr, "addr", "127.0.0.1:8099", "address to listen on")
	f.StringVar(&s.base, "base", "", "own address as payers see it; default http:// and the listening address")
	f.StringVar(&s.data, "data", "", "file that keeps the state; empty: memory only")
	f.StringVar(&s.notify, "notify", "", "NotificationURL of the terminals given here")
	f.BoolVar(&s.fiscal, "fiscal", false, "the terminals have a till: Receipt is required and RECEIPT is notified")
	f.BoolVar(&s.twoStage, "two-stage", false, "the terminals hold unless Init says PayType O")
	f.BoolVar(&s.numbers, "numbers", false, "type PaymentId and ErrorCode as in the bank's OpenAPI")
	f.BoolVar(&s.messages, "messages", false, "declines are notified with Message and Details")
	f.Func("terminal", "KEY:PASSWORD; may be given several times", func(text string) error {
		key, password, ok := strings.Cut(text, ":")
		if !ok || key == "" || password == "" {
			return errors.New("want KEY:PASSWORD")
		}
		s.terminals = append(s.terminals, tbank.Terminal{Key: key, Password: password})
		return nil
	})
	if err := f.Parse(args); err != nil {
		return settings{}, err
	}
	if len(s.terminals) == 0 {
		s.terminals = []tbank.Terminal{{Key: "GibernoTestDEMO", Password: "s3cr3t-pass"}}
	}
	for i := range s.terminals {
		t := &s.terminals[i]
		t.NotificationURL, t.Fiscal, t.TwoStageDefault, t.Messages = s.notify, s.fiscal, s.twoStage, s.messages
	}
	return s, nil
}

// run serves until ctx is done; ready hears the bank's own address once it listens.
func run(ctx context.Context, s settings, log io.Writer, ready func(address string)) error {
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.base == "" {
		s.base = "http://" + listener.Addr().String()
	}
	var now clock.Shifted
	bank, err := tbank.New(tbank.Config{
		Terminals: s.terminals, Clock: &now, Advance: now.Advance, BaseURL: s.base, StatePath: s.data,
		NumbersInAnswers: s.numbers, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ready(s.base)
	return serve(ctx, bank, listener)
}

const (
	headerTimeout = 10 * time.Second
	stopTimeout   = 5 * time.Second
)

// serve answers until ctx is done, then lets the requests of the moment finish.
func serve(ctx context.Context, bank *tbank.Bank, listener net.Listener) error {
	server := &http.Server{Handler: bank.Handler(), ReadHeaderTimeout: headerTimeout}
	deliverer := make(chan struct{})
	go func() {
		defer close(deliverer)
		bank.Run(ctx)
	}()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = server.Shutdown(deadline)
		<-deliverer
	}
	return errors.Join(err, bank.Close())
}
