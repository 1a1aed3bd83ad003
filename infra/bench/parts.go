package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"giberno.ru/infra/bench/counted"
	"giberno.ru/infra/bench/days"
	"giberno.ru/infra/bench/hot"
	"giberno.ru/infra/bench/registers"
	starts "giberno.ru/infra/bench/start"
	"giberno.ru/infra/world"
)

// part is one thing that is measured.
type part struct {
	name  string // as the command line names it
	title string
	run   func(context.Context, io.Writer) error
}

var parts = []part{
	{"notice", "verifying and parsing a T-Bank notice (pure)", verifying},
	{"handlers", "handler time: the whole road from request to answer over a frozen table, against a bare net/http handler of the same JSON", handlers},
	{"standalone", "standalone: a process of its own, over HTTP with fsync, against bare bbolt transactions of the same bytes plus a bare net/http echo", standalone},
	{"functions", "functions: start, first answer over stub endpoints, memory and size, medians of 9 runs against an empty Lambda", functions},
	{"budgets", "budgets: round trips and write units of every operation, counted over a table that bills like DynamoDB", budgets},
	{"units", "write units of a paid payment: notice, posting in batches, letting go; counted on the real road", units},
	{"hot", "a hot partner: all payments to one, against payments spread over 1,000, in virtual time", hotPartner},
	{"registers", "reconciliation of a million lines, in a process of its own, and the writing of registers", longRegisters},
	{"settling", "settling a business day", settling},
	{"world", "the simulated world", worlds},
}

// chosen gives the parts that are named, all without a name.
func chosen(names []string) ([]part, error) {
	if len(names) == 0 {
		return parts, nil
	}
	known := make([]string, len(parts))
	for i, p := range parts {
		known[i] = p.name
	}
	var some []part
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("usage: go run ./infra/bench [part …], where a part is one of %v", known)
		}
		some = append(some, parts[i])
	}
	return some, nil
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

func budgets(ctx context.Context, out io.Writer) error {
	kept, err := counted.Budgets(ctx, out)
	if err == nil && !kept {
		fmt.Fprintln(out, "OVER a budget of DESIGN §4")
	}
	return err
}

func units(ctx context.Context, out io.Writer) error {
	_, err := counted.Units(ctx, out, counted.Batches)
	return err
}

func hotPartner(ctx context.Context, out io.Writer) error {
	_, err := hot.Report(ctx, out, hot.Options{})
	return err
}

const registerLines = 1_000_000

// longRegisters has another process of this program do the work, so that the memory is that of the work alone.
func longRegisters(ctx context.Context, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, registersRole, strconv.Itoa(registerLines))
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return cmd.Run()
}

// registersRole is this program working through registers of so many lines, and nothing else.
const registersRole = "work-through-registers"

func workThroughRegisters(ctx context.Context, lines string, out io.Writer) error {
	n, err := strconv.Atoi(lines)
	if err != nil {
		return errors.New("expected a number of lines")
	}
	_, err = registers.Report(ctx, out, n, func() (int, error) { return peakMemory(os.Getpid()) })
	return err
}

const dayEntries = 100_000

func settling(ctx context.Context, out io.Writer) error { return days.Report(ctx, out, dayEntries) }

const worldSteps = 20_000

// worlds plays one world to its end. It uses one core.
func worlds(_ context.Context, out io.Writer) error {
	return playWorld(out, worldSteps)
}

func playWorld(out io.Writer, steps int) error {
	began := time.Now()
	r, err := world.Run(world.Options{Seed: 1, Steps: steps})
	if err != nil {
		return err
	}
	if r.Failure != nil {
		return fmt.Errorf("the world of seed 1 has failed: %s: %s", r.Failure.Invariant, r.Failure.Text)
	}
	took := time.Since(began)
	fmt.Fprintf(out, "%d steps with %d orders in %s: %.0f steps per second in one world (one core of %d; worlds are played side by side)\n",
		r.Steps, r.Orders, took.Round(10*time.Millisecond), float64(r.Steps)/took.Seconds(), runtime.NumCPU())
	return nil
}
