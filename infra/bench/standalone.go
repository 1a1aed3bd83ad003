package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"giberno.ru/infra/standalone/platform"
)

// loads are how many callers there are at once, and how many operations each round makes.
var loads = []struct{ atOnce, operations int }{{1, 250}, {8, 1500}, {64, 5000}}

// An operation may take this much longer than its floor, with that many callers at once (DESIGN §9).
const (
	floorBudget  = 2.0
	budgetAtOnce = 64
)

const (
	bankIDsBegin = 4_100_000_000
	preparers    = 64 // writers that prepare the data at once
)

// theatre is everything that the standalone part needs, in a folder of its own.
type theatre struct {
	dir           string
	scene         scene
	notices       [][]byte
	next          int // the first notice that was not sent yet
	create, apply footprint
	platform      *client
	echo          *client
	bareCreate    *bare
	bareApply     *bare
	written       uint64 // operations of the bare files
	orderAnswer   int    // bytes
}

// standalone measures order creations and notices per second, and the peak memory of the process that served them.
func standalone(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "giberno-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := &theatre{dir: dir}
	began := time.Now()
	if err := t.prepare(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "prepared %d orders with an open payment in %s; one creation writes %d bytes, one notice %d\n",
		len(t.notices), time.Since(began).Round(100*time.Millisecond), t.create.bytes(), t.apply.bytes())
	server, err := start(ctx, "serve", filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	mirror, err := start(ctx, "echo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mirror.stop()) }()
	t.platform, t.echo = newClient(server.base), newClient(mirror.base)
	if err := t.openFloors(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.bareCreate.close(), t.bareApply.close()) }()
	if t.orderAnswer, err = t.platform.post(ctx, "/api/v1/order", t.scene.tokens[0], []byte(orderBody), http.StatusCreated, 0); err != nil {
		return err
	}
	if err := t.play(ctx, out); err != nil {
		return err
	}
	peak, err := peakMemory(server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "peak memory of the standalone (VmHWM): %d MB, with %d MB of data mapped\n", peak>>10, size(filepath.Join(dir, "data", "giberno.db"))>>20)
	return nil
}

// prepare makes the data, and learns what one operation of each kind writes.
func (t *theatre) prepare(ctx context.Context) error {
	var needed int
	for _, l := range loads {
		needed += l.operations * rounds
	}
	if err := t.with(ctx, func(p *platform.Platform) (err error) {
		t.scene, err = furnish(ctx, p.Identity, p.Clock.Now())
		if err != nil {
			return err
		}
		for _, token := range t.scene.tokens { // a token's first use of a day is written down
			if made := call(p.Handler(), "/api/v1/order", token, []byte(orderBody)); made.Code != http.StatusCreated {
				return fmt.Errorf("create-order answers %d: %s", made.Code, made.Body)
			}
		}
		t.notices = make([][]byte, needed+1)
		_, err = timed(preparers, len(t.notices), func(_, i int) error {
			bankID := strconv.Itoa(bankIDsBegin + i)
			reference, err := t.scene.pending(ctx, p.Payments, p.Clock.Now(), bankID)
			t.notices[i] = notice(reference, bankID)
			return err
		})
		return err
	}); err != nil {
		return err
	}
	return t.learn(ctx)
}

// with opens the platform's data in this process, without fsync.
func (t *theatre) with(ctx context.Context, do func(*platform.Platform) error) error {
	p, err := platform.Open(ctx, platform.Config{Dir: filepath.Join(t.dir, "data"), BaseURL: "http://127.0.0.1", NoDemo: true, NoSync: true})
	if err != nil {
		return err
	}
	return errors.Join(do(p), p.Close())
}

// learn makes one order and applies one notice, and looks at what each of them wrote.
func (t *theatre) learn(ctx context.Context) error {
	file := filepath.Join(t.dir, "data", "giberno.db")
	step := func(do func(*platform.Platform) error) (footprint, error) {
		before, err := contents(file)
		if err != nil {
			return footprint{}, err
		}
		if err := t.with(ctx, do); err != nil {
			return footprint{}, err
		}
		after, err := contents(file)
		return difference(before, after), err
	}
	var err error
	if t.create, err = step(func(p *platform.Platform) error {
		if made := call(p.Handler(), "/api/v1/order", t.scene.tokens[0], []byte(orderBody)); made.Code != http.StatusCreated {
			return fmt.Errorf("create-order answers %d: %s", made.Code, made.Body)
		}
		return nil
	}); err != nil {
		return err
	}
	t.apply, err = step(func(p *platform.Platform) error {
		if told := call(p.Handler(), "/api/a2c/notifications", "", t.notices[0]); told.Body.String() != "OK" {
			return fmt.Errorf("notify-tbank answers %d: %s", told.Code, told.Body)
		}
		return nil
	})
	t.next = 1
	return err
}

func (t *theatre) openFloors() (err error) {
	if err := fill(t.dir, "create.db", t.create, len(t.notices)); err != nil {
		return err
	}
	if err := fill(t.dir, "apply.db", t.apply, len(t.notices)); err != nil {
		return err
	}
	t.written = uint64(len(t.notices))
	if t.bareCreate, err = openBare(t.dir, "create.db", false); err != nil {
		return err
	}
	t.bareApply, err = openBare(t.dir, "apply.db", false)
	return err
}

// play measures all rounds, ours and the floors in turns, and prints the medians.
func (t *theatre) play(ctx context.Context, out io.Writer) error {
	results := map[string]*result{}
	for round := range rounds {
		for _, l := range loads {
			fmt.Fprintf(out, "  round %d of %d, %d at once …\n", round+1, rounds, l.atOnce)
			for _, kind := range []string{"create-order", "notify-tbank"} {
				key := fmt.Sprint(kind, l.atOnce)
				if results[key] == nil {
					results[key] = &result{name: kind, atOnce: l.atOnce}
				}
				if err := t.measure(ctx, results[key], l.operations); err != nil {
					return err
				}
			}
			t.written += uint64(l.operations)
			t.next += l.operations
		}
	}
	fmt.Fprintf(out, "%-14s %8s %10s %12s %12s %12s %7s\n", "", "at once", "per second", "ours", "bare bbolt", "bare echo", "ratio")
	for _, kind := range []string{"create-order", "notify-tbank"} {
		for _, l := range loads {
			fmt.Fprintln(out, results[fmt.Sprint(kind, l.atOnce)])
		}
	}
	return nil
}

type result struct {
	name             string
	atOnce           int
	ours, bolt, echo []time.Duration
	ratio            []float64
}

func (r *result) String() string {
	verdict := ""
	if r.atOnce == budgetAtOnce {
		verdict = fmt.Sprintf("within the budget of %.0f", floorBudget)
		if median(r.ratio) > floorBudget {
			verdict = fmt.Sprintf("OVER the budget of %.0f", floorBudget)
		}
	}
	ours := median(r.ours)
	return fmt.Sprintf("%-14s %8d %10.0f %12s %12s %12s %7.2f   %s", r.name, r.atOnce, float64(time.Second)/float64(ours),
		ours.Round(time.Microsecond), median(r.bolt).Round(time.Microsecond), median(r.echo).Round(time.Microsecond), median(r.ratio), verdict)
}

// measure makes one round of one kind.
func (t *theatre) measure(ctx context.Context, r *result, operations int) error {
	ours := func(worker, _ int) error {
		_, err := t.platform.post(ctx, "/api/v1/order", t.scene.tokens[worker%len(t.scene.tokens)], []byte(orderBody), http.StatusCreated, 0)
		return err
	}
	body, answer, floor, foot := []byte(orderBody), t.orderAnswer, t.bareCreate, t.create
	number := func(i int) uint64 { return t.written + uint64(i) } // rows that are new
	if r.name == "notify-tbank" {
		ours = func(_, i int) error {
			_, err := t.platform.post(ctx, "/api/a2c/notifications", "", t.notices[t.next+i], http.StatusOK, 0)
			return err
		}
		body, answer, floor, foot = t.notices[0], len("OK"), t.bareApply, t.apply
		number = func(i int) uint64 { return uint64(t.next + i) } // rows that are there
	}
	at, err := timed(r.atOnce, operations, ours)
	if err != nil {
		return err
	}
	bolt, err := timed(r.atOnce, operations, func(_, i int) error { return floor.do(foot, number(i)) })
	if err != nil {
		return err
	}
	echoed, err := timed(r.atOnce, operations, func(int, int) error {
		_, err := t.echo.post(ctx, "/", "", body, http.StatusOK, answer)
		return err
	})
	if err != nil {
		return err
	}
	r.ours, r.bolt, r.echo = append(r.ours, at), append(r.bolt, bolt), append(r.echo, echoed)
	r.ratio = append(r.ratio, float64(at)/float64(bolt+echoed))
	return nil
}
