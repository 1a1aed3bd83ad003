// Command simulate plays worlds until one of them fails, and tells its story. It shows how fast it goes and what it has
// seen.
//
//	simulate -seed 1 -steps 1000000
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"giberno.ru/infra/world"
)

// maxWorld is how many steps one world lasts at most: then a fresh one begins.
const maxWorld = 100_000

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// job is what the command line asks for.
type job struct {
	seed    uint64
	steps   int
	each    int
	at      int
	disk    bool
	plants  bool
	quiet   bool
	without string
	profile string
}

func parse(args []string) (j job, err error) {
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	f.Uint64Var(&j.seed, "seed", 1, "of the first world; the next one has the next number")
	f.IntVar(&j.steps, "steps", 100_000, "of all worlds together")
	f.IntVar(&j.each, "each", 20_000, "steps of one world, at most 100000")
	f.IntVar(&j.at, "worlds", runtime.GOMAXPROCS(0), "at once")
	f.BoolVar(&j.disk, "disk", false, "keep table and queues in the engines of production, in a temporary file")
	f.BoolVar(&j.plants, "plants", false, "play every planted defect until it is found")
	f.BoolVar(&j.quiet, "quiet", false, "do not show the coverage")
	f.StringVar(&j.without, "without", "", "faults, ports and moves that do not happen, with commas between")
	f.StringVar(&j.profile, "profile", "", "write a profile of the processor's time to this file")
	if err := f.Parse(args); err != nil {
		return j, err
	}
	if j.steps < 1 || j.each < 1 || j.each > maxWorld || j.at < 1 {
		return j, fmt.Errorf("simulate: steps and worlds are positive, and a world has at most %d steps", maxWorld)
	}
	return j, nil
}

func run(args []string, out io.Writer) error {
	j, err := parse(args)
	if err != nil {
		return err
	}
	if j.profile != "" {
		f, err := os.Create(j.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if j.plants {
		return plants(j, out)
	}
	return play(j, out)
}

// play plays worlds until all steps are done or one fails.
func play(j job, out io.Writer) error {
	s := &season{job: j, out: out, began: time.Now(), coverage: world.NewCoverage()}
	var all sync.WaitGroup
	for range j.at {
		all.Go(s.worlds)
	}
	all.Wait()
	took := time.Since(s.began)
	fmt.Fprintf(out, "%d steps in %d worlds with %d orders in %s: %d steps a second\n",
		s.done, s.played, s.orders, took.Round(time.Millisecond), int64(s.done)*int64(time.Second)/max(int64(took), 1))
	if s.failed != nil {
		return s.failed
	}
	if j.quiet {
		return nil
	}
	return s.coverage.Write(out)
}

// season is worlds that are played one after the other, some at once.
type season struct {
	job
	out   io.Writer
	began time.Time

	mu       sync.Mutex
	given    int // steps that somebody plays
	worldsNo uint64
	done     int
	played   int
	orders   int
	coverage *world.Coverage
	failed   error
}

// next gives the next world to play.
func (s *season) next() (o world.Options, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil || s.given >= s.steps {
		return o, false
	}
	o = world.Options{Seed: s.seed + s.worldsNo, Steps: min(s.each, s.steps-s.given), Without: map[string]bool{}}
	for _, name := range strings.Split(s.without, ",") {
		o.Without[name] = true
	}
	s.worldsNo++
	s.given += o.Steps
	return o, true
}

func (s *season) worlds() {
	for {
		o, ok := s.next()
		if !ok {
			return
		}
		r, err := s.one(o)
		s.mu.Lock()
		s.done, s.played, s.orders = s.done+r.Steps, s.played+1, s.orders+r.Orders
		if r.Coverage != nil {
			s.coverage.Add(r.Coverage)
		}
		if r.Failure != nil {
			err = fmt.Errorf("%s", world.Shorten(o, r.Failure))
		}
		s.failed = cmp.Or(s.failed, err)
		fmt.Fprintf(s.out, "seed %d: %d steps, %d orders, trace %016x (%d of %d steps, %s)\n", o.Seed, r.Steps, r.Orders, r.Hash, s.done, s.steps,
			time.Since(s.began).Round(time.Second))
		s.mu.Unlock()
	}
}

func (s *season) one(o world.Options) (world.Result, error) {
	if !s.disk {
		return world.Run(o)
	}
	folder, err := os.MkdirTemp("", "world")
	if err != nil {
		return world.Result{}, err
	}
	defer os.RemoveAll(folder)
	o.Disk = folder
	return world.Run(o)
}
