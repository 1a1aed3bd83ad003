package world

import "time"

// weather is how badly things go just now. It changes from spell to spell; most spells are fair.
type weather struct {
	until   int            // step
	chances map[string]int // by port: faults per thousand calls
	crashes int            // per ten thousand calls
	noFeed  time.Time      // until then the table's changes are not given out
}

// spells are how many faults per thousand calls a port has in one spell.
var spells = []int{0, 0, 10, 40, 120, 400}

// turn changes the weather when its spell is over.
func (r *weather) turn(w *World) {
	if w.step < r.until || w.Clear {
		return
	}
	r.until = w.step + 100 + w.fates.IntN(500)
	r.chances = map[string]int{}
	for _, at := range []port{tablePort, queuePort, feedPort, mailPort, bankPort, tillPort, shopPort} {
		r.chances[at.name] = pick(w.fates, spells)
	}
	if w.fates.oneIn(25) {
		r.chances[pick(w.fates, []string{tablePort.name, queuePort.name, bankPort.name, tillPort.name, mailPort.name, shopPort.name})] = 950 // an outage
	}
	r.crashes = pick(w.fates, []int{0, 0, 30, 150})
	if w.fates.oneIn(8) && !w.Without["feed stops"] {
		r.noFeed = w.clock.Now().Add(w.fates.between(time.Minute, 5*time.Hour))
		w.coverage.FeedStops++
	}
}

// clear ends all bad weather.
func (r *weather) clear() { *r = weather{until: int(^uint(0) >> 1)} }

// fate decides what befalls a call.
func (r *weather) fate(w *World, p *process, at port, call string) fate {
	if w.Clear {
		return fine
	}
	n := w.fates.IntN(10_000)
	if n < r.crashes && !w.Without["crash"] {
		if n%2 == 0 {
			return crashBefore
		}
		return crashAfter
	}
	if w.fates.IntN(1000) >= r.chances[at.name] {
		return fine
	}
	f := pick(w.fates, at.fates)
	if w.Without[f.String()] || w.Without[at.name] || f == conflict && call != "write" {
		return fine
	}
	return f
}
