// Package start measures the start of every function: exec → first «next», exec → answer to its sample event over stub
// endpoints, size, zip and memory, against an empty Lambda and against one function built the usual way. All run by turns in
// one run, so that a busy moment of the machine falls on all of them.
package start

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"giberno.ru/infra/checks/process/binaries"
	"giberno.ru/infra/checks/process/catalogue"
	"giberno.ru/infra/checks/process/runtimeapi"
	"giberno.ru/infra/checks/process/stage"
)

// Options of Measure.
type Options struct {
	Root string   // of the module
	Runs int      // of each function; 0 is 9
	Only []string // folders of functions; none: all
}

// Result is what one program costs: medians of the runs.
type Result struct {
	Name        string         // folder of the function, or Empty, or Usual
	Kind        catalogue.Kind // "" for the two that are no function of ours
	Start       time.Duration  // exec → first «next»
	FirstAnswer time.Duration  // exec → answer to the first event
	MemoryBytes int64          // largest resident set
	SizeBytes   int64
	ZipBytes    int64
}

// The programs to compare with.
const (
	Empty = "an empty Lambda"
	Usual = "create-order the usual way"
)

// usualSample is the function whose event Usual answers.
const usualSample = "payments/create-order"

// runTime bounds one run.
const runTime = time.Minute

// program is a binary under measurement.
type program struct {
	result  Result
	path    string
	event   []byte
	starts  []time.Duration
	answers []time.Duration
	memory  []int64
}

// Measure builds everything and measures it. notes are what could not be compared, in words.
func Measure(ctx context.Context, o Options) (results []Result, notes []string, err error) {
	if o.Runs == 0 {
		o.Runs = 9
	}
	dir, err := os.MkdirTemp("", "start-*")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	s, err := stage.New(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	programs, notes, err := build(ctx, o, dir, s)
	if err != nil {
		return nil, nil, err
	}
	for range o.Runs {
		for _, p := range programs {
			if err := p.run(ctx, s.Stub.Env()); err != nil {
				return nil, nil, fmt.Errorf("start: %s: %w", p.result.Name, err)
			}
		}
	}
	for _, p := range programs {
		r, err := p.done()
		if err != nil {
			return nil, nil, err
		}
		results = append(results, r)
	}
	return results, notes, nil
}

func build(ctx context.Context, o Options, dir string, s *stage.Stage) (programs []*program, notes []string, err error) {
	empty := filepath.Join(dir, "empty")
	if err := binaries.Compile(ctx, o.Root, empty, "./infra/bench/start/empty"); err != nil {
		return nil, nil, err
	}
	programs = append(programs, &program{result: Result{Name: Empty}, path: empty, event: []byte("{}")})
	usual := filepath.Join(dir, "usual")
	if err := binaries.Compile(ctx, filepath.Join(o.Root, "infra", "bench", "start", "usual"), usual, "."); err != nil {
		notes = append(notes, Usual+" could not be built, perhaps because its modules are not here: "+err.Error())
	} else {
		programs = append(programs, &program{result: Result{Name: Usual}, path: usual, event: s.Samples[usualSample].Event})
	}
	if err := binaries.Build(ctx, o.Root, dir); err != nil {
		return nil, nil, err
	}
	for _, f := range catalogue.Functions() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, f.Folder) {
			continue
		}
		programs = append(programs, &program{
			result: Result{Name: f.Folder, Kind: f.Kind}, path: filepath.Join(dir, filepath.FromSlash(f.Folder)), event: s.Samples[f.Folder].Event,
		})
	}
	return programs, notes, nil
}

func (p *program) run(ctx context.Context, env []string) error {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	process, err := runtimeapi.Launch(p.path, env...)
	if err != nil {
		return err
	}
	start, err := process.Start(ctx)
	if err == nil {
		var answer runtimeapi.Answer
		answer, err = process.Invoke(ctx, runtimeapi.Event{Payload: p.event})
		if answer.Failed {
			err = fmt.Errorf("it fails: %s", answer.Body)
		}
	}
	answered := process.Since()
	memory, stopErr := process.Stop()
	if err != nil || stopErr != nil {
		return fmt.Errorf("%w %w; it printed: %s", err, stopErr, process.Output())
	}
	p.starts, p.answers, p.memory = append(p.starts, start), append(p.answers, answered), append(p.memory, memory)
	return nil
}

func (p *program) done() (Result, error) {
	r := p.result
	r.Start, r.FirstAnswer, r.MemoryBytes = median(p.starts), median(p.answers), median(p.memory)
	info, err := os.Stat(p.path)
	if err != nil {
		return r, err
	}
	r.SizeBytes = info.Size()
	r.ZipBytes, err = zipped(p.path)
	return r, err
}

func median[T int64 | time.Duration](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// zipped is the size of a binary as it is uploaded.
func zipped(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var size counter
	z := zip.NewWriter(&size)
	w, err := z.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(w, f); err != nil {
		return 0, err
	}
	err = z.Close() // it writes the last of it
	return int64(size), err
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }
