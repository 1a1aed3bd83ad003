package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
)

// Options choose a world. The zero value of everything but Seed and Steps is right for finding defects.
type Options struct {
	Seed  uint64
	Steps int    // external calls and beginnings of moves
	Disk  string // a folder: table and queues are the bbolt engines in a file there; "": in memory
	Plant *Plant // a defect put in on purpose
	Clear bool   // no fault of any port happens

	MaxOrders int             // orders that partners make at most; 0: no end
	Without   map[string]bool // faults and moves that do not happen, by name
}

// Result is what became of a world.
type Result struct {
	Options  Options
	Steps    int
	Orders   int
	Hash     uint64 // of the whole trace: the same seed gives the same
	Failure  *Failure
	Coverage *Coverage
}

// start is when every world begins: a Monday.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// fullEvery is how many steps lie between two checks of everything.
const fullEvery = 1000

// World is everything of one history. Only one goroutine at a time runs in it.
type World struct {
	Options
	clock    *clock.Manual
	dice     *dice // what people do
	turns    *dice // who is next
	fates    *dice // what breaks
	random   *rand.ChaCha8
	durable  *durable
	banks    map[ids.Mode]*bank
	tills    map[ids.Mode]*tills
	mailbox  mailbox
	setting  setting
	houses   [2]*process // two processes of the platform, which know nothing of each other
	weather  weather
	post     post
	book     book
	hearing  hearing
	actors   []*actor
	running  *actor
	hushed   bool          // everybody ends what he is at and begins nothing
	night    time.Duration // that passes once everybody has
	over     bool
	step     int
	trace    trace
	coverage *Coverage
	tale     tale
	watch    watch
	failure  *Failure

	left      ids.ID // the order that a due key is left of
	complaint string // why the last job that was not done was not done
}

// dice is a source of chance of one kind.
type dice struct{ *rand.Rand }

func diceOf(seed, kind uint64) *dice { return &dice{rand.New(rand.NewPCG(seed, kind))} }

// oneIn is true once in n times.
func (d *dice) oneIn(n int) bool { return d.IntN(n) == 0 }

// between draws a duration.
func (d *dice) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.Int64N(int64(most-least)+1))
}

func pick[T any](d *dice, from []T) T { return from[d.IntN(len(from))] }

// Run plays a world to its end, or to the first invariant that does not hold. An error is a world that could not be built.
func Run(o Options) (Result, error) {
	w, err := build(o)
	if err != nil {
		return Result{Options: o}, err
	}
	w.play()
	if w.failure == nil {
		w.rest()
	}
	w.stop()
	err = w.durable.close()
	for _, b := range w.banks {
		err = errors.Join(err, b.sim.Close())
	}
	for _, t := range w.tills {
		err = errors.Join(err, t.sim.Close())
	}
	return Result{Options: o, Steps: w.step, Orders: len(w.book.orders), Hash: w.trace.sum(), Failure: w.failure, Coverage: w.coverage}, err
}

func build(o Options) (*World, error) {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(o.Seed >> (8 * i))
	}
	w := &World{
		Options: o, clock: clock.At(start), dice: diceOf(o.Seed, 1), turns: diceOf(o.Seed, 2), fates: diceOf(o.Seed, 3),
		random: rand.NewChaCha8(key), coverage: NewCoverage(), trace: newTrace(), banks: map[ids.Mode]*bank{},
		tills: map[ids.Mode]*tills{}, mailbox: mailbox{},
	}
	w.watch = newWatch()
	w.book.byID, w.book.payouts = map[ids.ID]*ticket{}, map[ids.ID]*payout{}
	if o.Plant == nil {
		w.Plant = &Plant{}
	}
	var err error
	if w.durable, err = openDurable(o.Disk, w.clock); err != nil {
		return nil, err
	}
	w.hearing = w.newHearing()
	if err := w.settleDown(context.Background()); err != nil {
		return nil, fmt.Errorf("world: it cannot be set up: %w", err)
	}
	w.hireActors()
	return w, nil
}

// play lets the actors act, one at a time.
func (w *World) play() {
	for w.step < w.Steps && w.failure == nil {
		w.weather.turn(w)
		w.move(w.next())
		w.step++
		w.checkTouched()
		if w.step%fullEvery == 0 && w.failure == nil {
			w.checkAll()
		}
	}
}

// fail ends the world. Only the first failure counts.
func (w *World) fail(name string, order ids.ID, format string, args ...any) {
	if w.failure != nil {
		return
	}
	w.failure = &Failure{
		Seed: w.Seed, Step: w.step, At: w.clock.Now(), Invariant: name, Why: whyOf(name), Order: order,
		Text: fmt.Sprintf(format, args...), State: w.stateOf(order), Story: w.tale.of(order),
	}
}
