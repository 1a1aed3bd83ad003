package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// laboratory runs tests over broken files.
type laboratory struct {
	root, scratch string
	parallel      int

	mu   sync.Mutex // guards out and done
	out  io.Writer
	done int

	keepers map[string]bool // packages whose tests write what failed beside themselves
}

func newLaboratory(root string, parallel int, out io.Writer) (*laboratory, error) {
	scratch, err := os.MkdirTemp("", "mutants-")
	return &laboratory{root: root, scratch: scratch, parallel: parallel, out: out}, err
}

func (l *laboratory) close() { _ = os.RemoveAll(l.scratch) }

// goTest runs the tests of packages and gives all that they said. The go command is asked to stop as a person would ask
// it, so that it takes its children along.
func (l *laboratory) goTest(ctx context.Context, args ...string) (said string, err error) {
	// A mutant is compiled for one run: vet has its own check, and nobody reads its symbols.
	args = append([]string{"test", "-count=1", "-timeout=120s", "-failfast", "-vet=off", "-ldflags=-s -w"}, args...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = l.root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// healthy runs the tests of every owning package before anything is broken: red tests kill everything and prove nothing.
func (l *laboratory) healthy(ctx context.Context, mutants []Mutant) error {
	var owners []string
	for _, m := range mutants {
		if !slices.Contains(owners, m.Package()) {
			owners = append(owners, m.Package())
		}
	}
	fmt.Fprintf(l.out, "%d guards in %d packages; their tests as they are:\n", len(mutants), len(owners))
	said, err := l.goTest(ctx, owners...)
	if err != nil {
		return fmt.Errorf("the tests fail before anything is broken:\n%s", said)
	}
	if strings.Contains(said, "[no test files]") || strings.Contains(said, "[no tests to run]") {
		return fmt.Errorf("an owning package has no tests:\n%s", said)
	}
	if _, err = io.WriteString(l.out, said); err != nil {
		return err
	}
	return l.findKeepers(ctx, owners)
}

// findKeepers finds the packages whose tests link rapid. It keeps counterexamples in the source tree and plays them at every
// later run; those of a broken copy have no place there.
func (l *laboratory) findKeepers(ctx context.Context, owners []string) error {
	l.keepers = map[string]bool{}
	for _, owner := range owners {
		cmd := exec.CommandContext(ctx, "go", "list", "-test", "-deps", owner)
		cmd.Dir = l.root
		text, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("what the tests of %s link cannot be listed: %w", owner, err)
		}
		l.keepers[owner] = slices.Contains(strings.Fields(string(text)), "pgregory.net/rapid")
	}
	return nil
}

// Result is what became of one mutant.
type Result struct {
	Mutant
	Verdict Verdict
	Because string // the test that killed it, or what kept it from a trial
	Took    time.Duration
}

// all tries every mutant, some at a time, and gives their results in the order of the list.
func (l *laboratory) all(ctx context.Context, mutants []Mutant) []Result {
	results := make([]Result, len(mutants))
	waiting := make(chan int)
	var workers sync.WaitGroup
	for range min(l.parallel, len(mutants)) {
		workers.Go(func() {
			for i := range waiting {
				results[i] = l.try(ctx, i, mutants[i])
				l.progress(results[i], len(mutants))
			}
		})
	}
	for i := range mutants {
		if ctx.Err() != nil {
			break
		}
		waiting <- i
	}
	close(waiting)
	workers.Wait()
	return results
}

func (l *laboratory) try(ctx context.Context, i int, m Mutant) Result {
	began := time.Now()
	r := Result{Mutant: m, Verdict: Untried}
	folder := filepath.Join(l.scratch, strconv.Itoa(i))
	err := os.Mkdir(folder, 0o700)
	var overlay string
	if err == nil {
		overlay, err = m.overlay(folder)
	}
	if err != nil {
		r.Because = err.Error()
		return r
	}
	compilers := max(runtime.GOMAXPROCS(0)/l.parallel, 1)
	asked := []string{"-overlay=" + overlay, "-p=" + strconv.Itoa(compilers), m.Package()}
	if l.keepers[m.Package()] {
		asked = append(asked, "-rapid.nofailfile")
	}
	if m.Late == "" {
		r.Verdict, r.Because = l.ask(ctx, asked...)
	} else if r.Verdict, r.Because = l.ask(ctx, append(asked, "-skip=^("+m.Late+")$")...); r.Verdict == Survived {
		r.Verdict, r.Because = l.ask(ctx, append(asked, "-run=^("+m.Late+")$")...)
	}
	r.Took = time.Since(began)
	return r
}

// ask has go test judge a mutant.
func (l *laboratory) ask(ctx context.Context, args ...string) (Verdict, string) {
	said, err := l.goTest(ctx, args...)
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return Untried, err.Error()
	}
	return judge(said, err != nil)
}

func (l *laboratory) progress(r Result, of int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done++
	fmt.Fprintf(l.out, "[%3d/%d] %-16s %5.1fs  %s\n", l.done, of, r.Verdict, r.Took.Seconds(), r.Place())
}
