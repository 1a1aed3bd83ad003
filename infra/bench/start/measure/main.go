// Command measure prints the start and size of every function. It ends with an error when one is over its budget.
//
//	go run ./infra/bench/start/measure [-runs 9] [folder …]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"giberno.ru/infra/bench/start"
	"giberno.ru/shared/platform/host"
)

func main() {
	runs := flag.Int("runs", 9, "runs of each function")
	flag.Parse()
	ctx, stop := host.UntilSignal(context.Background())
	defer stop()
	if err := run(ctx, *runs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, runs int, only []string) error {
	kept, err := start.Report(ctx, os.Stdout, start.Options{Root: ".", Runs: runs, Only: only})
	if err == nil && !kept {
		err = fmt.Errorf("a function starts slower than its budget allows; is the machine quiet?")
	}
	return err
}
