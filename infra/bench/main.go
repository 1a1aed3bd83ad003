package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	starts "giberno.ru/infra/bench/start"
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
	case len(args) > 0:
		return fmt.Errorf("usage: go run ./infra/bench")
	}
	began := time.Now()
	fmt.Fprintln(out, describeMachine())
	for _, part := range []struct {
		title string
		run   func(context.Context, io.Writer) error
	}{
		{"verifying and parsing a T-Bank notice (pure)", verifying},
		{"handler time: the whole road from request to answer over a frozen table, against a bare net/http handler of the same JSON", handlers},
		{"standalone: a process of its own, over HTTP with fsync, against bare bbolt transactions of the same bytes plus a bare net/http echo", standalone},
		{"functions: start, first answer over stub endpoints, memory and size, medians of 9 runs against an empty Lambda", functions},
	} {
		fmt.Fprintf(out, "\n── %s\n", part.title)
		if err := part.run(ctx, out); err != nil {
			return fmt.Errorf("%s: %w", part.title, err)
		}
	}
	fmt.Fprintf(out, "\ntook %s\n", time.Since(began).Round(time.Second))
	return nil
}

// functions measures every Lambda as a process. Run from the module's folder, as make does.
func functions(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "  building every function and the same one the usual way …")
	kept, err := starts.Report(ctx, out, starts.Options{Root: "."})
	if err == nil && !kept {
		fmt.Fprintln(out, "OVER a budget of starting; is the machine quiet?")
	}
	return err
}
