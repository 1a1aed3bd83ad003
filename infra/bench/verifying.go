package main

import (
	"context"
	"fmt"
	"io"
	"testing"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/ids"
)

// verifying measures the pure part of a notice: signature and parsing.
func verifying(_ context.Context, out io.Writer) error {
	driver := tbank.New(nil) // verifying goes nowhere
	raw := notice(ids.Reference(ids.Test, ids.FromParts("bench"), 1), "4100000001")
	account := banks.Account{Provider: "tbank", Mode: ids.Test, Terminal: terminal, Password: password}
	if _, err := driver.Verify(account, raw, nil); err != nil {
		return err
	}
	var took []float64
	var last testing.BenchmarkResult
	for range rounds {
		last = testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := driver.Verify(account, raw, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		took = append(took, microseconds(last))
	}
	fmt.Fprintf(out, "%d bytes: %.1f µs, %d allocations, %d bytes allocated\n", len(raw), median(took), last.AllocsPerOp(), last.AllocedBytesPerOp())
	return nil
}

// rounds is how often everything is measured.
const rounds = 3

func microseconds(r testing.BenchmarkResult) float64 {
	return float64(r.T.Nanoseconds()) / float64(r.N) / 1000
}
