package world

import (
	"errors"
	"time"

	"giberno.ru/shared/platform/table/faulty"
)

// fate is what happens to one external call.
type fate int

const (
	fine         fate = iota
	errorBefore       // it fails, nothing happened
	errorAfter        // it happened, the answer is lost
	conflict          // of a write: it met another one, nothing happened
	throttle          // the service did not begin
	notSent           // of a call to a bank or till: the address could not be dialled, and the caller knows
	lateBefore        // the caller waited as long as he waits, nothing happened
	lateAfter         // the caller waited as long as he waits, it happened
	failedBefore      // of a call to a bank or till: HTTP 500, nothing happened
	failedAfter       // of a call to a bank or till: HTTP 500, it happened
	garbled           // of a call to a bank or till: it happened, half an answer comes
	crashBefore       // the process dies
	crashAfter        // the process dies, it happened
)

var fateNames = [...]string{"fine", "error before", "error after", "conflict", "throttle", "not sent", "late before", "late after",
	"500 before", "500 after", "garbled", "crash before", "crash after"}

func (f fate) String() string { return fateNames[f] }

func (f fate) happens() bool {
	return f == fine || f == errorAfter || f == lateAfter || f == failedAfter || f == garbled || f == crashAfter
}

// port is one way out of the process.
type port struct {
	name     string
	patience time.Duration // how long a caller waits
	fates    []fate        // that may befall a call, beside crashes
}

var (
	tablePort = port{"table", 5 * time.Second, []fate{errorBefore, errorAfter, throttle, conflict, lateBefore, lateAfter}}
	queuePort = port{"queue", 5 * time.Second, []fate{errorBefore, errorAfter, lateBefore, lateAfter}}
	feedPort  = port{"feed", 5 * time.Second, []fate{errorBefore, errorAfter}}
	mailPort  = port{"mail", 10 * time.Second, []fate{errorBefore, errorAfter, lateBefore, lateAfter}}
	bankPort  = port{"bank", 10 * time.Second,
		[]fate{errorBefore, errorAfter, notSent, lateBefore, lateAfter, failedBefore, failedAfter, garbled}}
	tillPort = port{"till", 15 * time.Second, bankPort.fates}
)

// errLost is what a port's own words for an unknown outcome are put in place of.
var errLost = errors.New("world: the answer is lost")

// through makes one call of a process over the line. It gives what befell the call, and the call's own error where it can
// be known. A call that has waited for its turn longer than its caller waits is late.
func (p *process) through(at port, call string, effect func() error) (fate, error) {
	w := p.world
	p.breathes()
	if w.running == nil {
		w.checkTouched() // at rest the world acts itself, and every call is a step
	}
	began := w.clock.Now()
	w.pause()
	p.breathes()
	f := fine
	if w.running != nil {
		f = w.weather.fate(w, p, at, call)
		if f == fine && !w.Clear && w.clock.Now().Sub(began) > at.patience {
			f = pick(w.fates, []fate{lateBefore, lateAfter})
		}
		w.note(at, call, f)
	}
	if f == crashBefore {
		p.die()
	}
	var err error
	if f.happens() {
		err = effect()
	}
	switch f {
	case fine, garbled:
		return f, err
	case crashAfter:
		p.die()
	case lateBefore, lateAfter:
		p.waitUntil(began.Add(at.patience))
	}
	return f, errLost
}

// note writes a call into the trace, the story and the coverage.
func (w *World) note(at port, call string, f fate) {
	w.trace.add(at.name)
	w.trace.add(call)
	w.trace.number(uint64(f))
	w.trace.number(uint64(w.clock.Now().UnixNano()))
	w.coverage.call(at.name, call, f)
	a := w.running
	if f != fine {
		w.coverage.fault(a.did, at.name+" "+call, f)
	}
	w.tale.add(event{step: w.step, at: w.clock.Now(), who: a.name, did: a.did, order: a.order, what: at.name + " " + call, fate: f})
}

// breathes ends whoever still runs in a dead process.
func (p *process) breathes() {
	if p.dead {
		panic(faulty.Crash)
	}
}

// die ends the process. Everybody else who runs in it falls at his next call.
func (p *process) die() {
	p.dead = true
	p.world.coverage.Crashes++
	panic(faulty.Crash)
}
