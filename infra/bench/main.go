package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) == 3 && args[0] == "serve":
		return serve(ctx, args[1], args[2])
	case len(args) == 2 && args[0] == "echo":
		return echo(ctx, args[1])
	case len(args) == 2 && args[0] == registersRole:
		return workThroughRegisters(ctx, args[1], out)
	}
	some, err := chosen(args)
	if err != nil {
		return err
	}
	began := time.Now()
	fmt.Fprintln(out, describeMachine())
	for _, p := range some {
		fmt.Fprintf(out, "\n── %s\n", p.title)
		if err := p.run(ctx, out); err != nil {
			return fmt.Errorf("%s: %w", p.title, err)
		}
	}
	fmt.Fprintf(out, "\ntook %s\n", time.Since(began).Round(time.Second))
	return nil
}
