package world

import (
	"iter"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/table/faulty"
)

// actor is somebody who acts: a coroutine that goes on only when it is his turn, from one external call to the next.
type actor struct {
	name   string
	role   role
	resume func() (struct{}, bool)
	end    func()
	yield  func(struct{}) bool
	idle   bool      // he stands between two moves
	sleeps time.Time // until then it is not his turn
	stood  time.Time // when his process stood still last
	order  ids.ID    // what he is at, for the story
	did    string    // the move that he is at
}

// role is a kind of actor: how many there are, how often they get their turn, and when there is anything to do for them.
type role struct {
	name   string
	count  int
	weight int
	ready  func(*World) bool // nil: always
}

// midway is the weight of an actor who is in the middle of a move.
const midway = 6

// hireActors makes the actors of every role. None of them has moved yet.
func (w *World) hireActors() {
	for _, r := range roles {
		for n := range r.count {
			a := &actor{name: r.name + string(rune('A'+n)), role: r, idle: true}
			a.resume, a.end = iter.Pull(func(yield func(struct{}) bool) {
				a.yield = yield
				w.live(a)
			})
			w.actors = append(w.actors, a)
		}
	}
}

// live is an actor's life: one move after the other. A process that dies under him ends the move.
func (w *World) live(a *actor) {
	for !w.over {
		m, ok := w.drawMove(a)
		if ok {
			a.did, a.idle = m.name, false
			w.coverage.move(m.name)
			w.survive(func() { m.do(w, a) })
		}
		a.idle, a.order, a.did = true, ids.ID{}, ""
		if w.over || !a.yield(struct{}{}) {
			return
		}
	}
}

// survive runs a part of a process and reports whether the process lived through it.
func (w *World) survive(part func()) (alive bool) {
	defer func() {
		switch dead := recover(); {
		case dead == nil:
		case dead == any(faulty.Crash):
			alive = false
		default:
			panic(dead)
		}
	}()
	part()
	return true
}

// inside is survive for a move that goes on after the death of a process, unless the world is over.
func (w *World) inside(part func()) (alive bool) {
	alive = w.survive(part)
	if w.over {
		panic(faulty.Crash)
	}
	return alive
}

func (w *World) drawMove(a *actor) (move, bool) {
	total := 0
	for _, m := range moves {
		if m.who == a.role.name && !w.Without[m.name] {
			total += m.weight
		}
	}
	if total == 0 {
		return move{}, false
	}
	n := w.dice.IntN(total)
	for _, m := range moves {
		if m.who != a.role.name || w.Without[m.name] {
			continue
		}
		if n -= m.weight; n < 0 {
			return m, true
		}
	}
	return move{}, false
}

// next picks who moves.
func (w *World) next() *actor {
	total := 0
	for _, a := range w.actors {
		total += w.weightOf(a)
	}
	if total == 0 {
		w.letTimePass()
		return w.next()
	}
	n := w.turns.IntN(total)
	for _, a := range w.actors {
		if n -= w.weightOf(a); n < 0 {
			return a
		}
	}
	panic("world: nobody's turn")
}

// letTimePass goes on to when the first sleeper wakes. If nobody sleeps, everybody has ended what he was at, and the night
// that was asked for goes by.
func (w *World) letTimePass() {
	var first time.Time
	for _, a := range w.actors {
		if w.asleep(a) && (first.IsZero() || a.sleeps.Before(first)) {
			first = a.sleeps
		}
	}
	if !first.IsZero() {
		w.clock.Advance(first.Sub(w.clock.Now()))
		return
	}
	w.hushed = false
	w.clock.Advance(w.night)
}

func (w *World) asleep(a *actor) bool { return a.sleeps.After(w.clock.Now()) }

func (w *World) weightOf(a *actor) int {
	switch {
	case w.asleep(a):
		return 0
	case !a.idle:
		return midway
	case w.hushed || a.role.ready != nil && !a.role.ready(w):
		return 0
	}
	return a.role.weight
}

// move gives an actor his turn.
func (w *World) move(a *actor) {
	w.running = a
	w.trace.add(a.name)
	a.resume()
	w.running = nil
}

// pause stands before an external call until it is the actor's turn again. The world itself, which is no actor, never waits.
func (w *World) pause() {
	a := w.running
	if a == nil {
		return
	}
	if w.over || !a.yield(struct{}{}) {
		panic(faulty.Crash)
	}
}

// stop ends every actor wherever he stands.
func (w *World) stop() {
	w.over = true
	for _, p := range w.houses {
		if p != nil {
			p.dead = true
		}
	}
	for _, a := range w.actors {
		w.running = a
		a.end()
	}
	w.running = nil
}
