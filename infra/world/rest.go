package world

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"giberno.ru/shared/core/ids"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/queue"
)

// quietSteps bounds how long the actors may take to end what they are at.
const quietSteps = 20_000

// rest clears the weather, lets everybody end what he is at, and then lets days go by until nothing is owed. What must hold
// then is checked on every order.
func (w *World) rest() {
	w.weather.clear()
	w.Clear = true
	w.heal()
	for _, m := range modes {
		w.tills[m].sim.ClearFaults()
	}
	w.hushed, w.night = true, 0
	for range quietSteps {
		if w.failure != nil || !slices.ContainsFunc(w.actors, func(a *actor) bool { return !a.idle }) {
			break
		}
		w.move(w.next())
		w.checkTouched()
		w.hushed = true
	}
	for _, wait := range restWaits() {
		w.clock.Advance(wait)
		w.workOff()
		w.checkTouched()
		if w.failure != nil {
			return
		}
		if wait > time.Hour && w.quiet() == "" {
			break
		}
	}
	for range 3 { // what an order that never comes to rest has done just now
		w.workOff()
	}
	w.checkTouched()
	w.checkAll()
	for _, pk := range slices.Sorted(maps.Keys(w.watch.partitions)) {
		if w.failure != nil {
			return
		}
		w.checkOrder(pk, atRest)
	}
	if w.failure == nil {
		w.checkTold()
	}
	if left := w.quiet(); left != "" {
		w.fail("NothingLeft", w.left, "%s; the last job that was not done: %q", left, w.complaint)
	}
	for _, check := range []func(){w.checkBooks, w.checkDoors, w.checkRegisters, w.checkEventDoors} {
		if w.failure == nil {
			check()
		}
	}
}

// restWaits are the steps in which time passes at rest: minutes first, then hours, then half days, longer than any hold,
// deadline or policy of retries lasts.
func restWaits() (waits []time.Duration) {
	for range 12 {
		waits = append(waits, time.Minute)
	}
	for range 12 {
		waits = append(waits, 20*time.Minute)
	}
	for range 60 {
		waits = append(waits, 12*time.Hour)
	}
	return waits
}

// rounds bounds what has to be worked off at one moment.
const rounds = 10_000

// workOff does what the platform's workers and the banks do, until nothing is left to do at this moment.
func (w *World) workOff() {
	ctx := context.Background()
	p := w.house()
	w.tickBanks()
	for range rounds {
		l, ok := w.post.take(w)
		if !ok {
			break
		}
		w.carryAtRest(l)
	}
	for range rounds {
		if changes, err := w.durable.feed.Changes(ctx, 1); err != nil || len(changes) == 0 {
			break
		}
		if err := p.relay(); err != nil {
			w.fail("ComesToRest", ids.ID{}, "the relay fails in fair weather: %v", err)
			return
		}
	}
	for _, s := range w.dueShards() {
		if _, err := p.module.Sweeper.Sweep(ctx, s.mode, s.number); err != nil {
			w.fail("ComesToRest", ids.ID{}, "the sweeper fails in fair weather: %v", err)
		}
	}
	for _, s := range w.dueDays() {
		if _, err := p.books.Sweeper.Sweep(ctx, s.mode, s.number); err != nil {
			w.fail("ComesToRest", ids.ID{}, "the sweeper of the books fails in fair weather: %v", err)
		}
	}
	for _, s := range w.dueEvents() {
		if _, err := p.hooks.Sweeper.Sweep(ctx, s.mode, s.number); err != nil {
			w.fail("ComesToRest", ids.ID{}, "the sweeper of events fails in fair weather: %v", err)
		}
	}
	for range rounds {
		names := w.waiting()
		if len(names) == 0 {
			break
		}
		var err error
		if names[0] == queue.Settlements {
			_, err = p.books.Worker.Work(ctx, p.queue)
		} else {
			_, err = queue.Work(ctx, p.queue, names[0], queue.MaxBatch, p.do, p.log)
		}
		if err != nil {
			w.fail("ComesToRest", ids.ID{}, "a worker fails in fair weather: %v", err)
			return
		}
	}
	if _, err := w.reviveAll(10_000); err != nil {
		w.fail("Engine", ids.ID{}, "dead letters cannot be revived: %v", err)
	}
	w.tickBanks()
}

// carryAtRest carries a letter in fair weather. One that is refused for good, such as a letter signed with a password that
// has ended since, comes three times more.
func (w *World) carryAtRest(l letter) {
	const patience = 3
	req := request(http.MethodPost, l.path, l.body)
	req.Header.Set("Content-Type", "application/json")
	a, ok := w.ask(req)
	w.tell(l.order, l.word()+" at rest "+itoa(a.status))
	if ok && a.status == http.StatusOK || l.forged || l.fiscal() {
		return
	}
	if l.rounds > hourlyRounds+patience {
		w.outlived(l)
		return
	}
	l.rounds = max(l.rounds, hourlyRounds-1)
	w.post.back(w, l)
}

// outlived gives up a true letter that was refused again and again. That can only be one that was under way for so long that
// the password it was signed with has ended; an operator was called for it, as for a forged one.
func (w *World) outlived(l letter) {
	for _, c := range w.setting.contracts {
		if c.mode == l.mode && c.terminal == memberOf([]byte(l.body), "TerminalKey") && w.passwordOf(c) != c.password {
			w.coverage.notice("outlived its password")
			w.watch.deaf[l.order] = true
			return
		}
	}
	w.fail("LettersAreRead", l.order, "a true letter is refused: %s", l.body)
}

// quiet says what is left to do; "" is nothing.
func (w *World) quiet() string {
	ctx := context.Background()
	if changes, err := w.durable.feed.Changes(ctx, 1); err != nil || len(changes) > 0 {
		return "changes of the table are not relayed"
	}
	for _, name := range queues {
		letters, err := w.durable.grave.Dead(ctx, name, 10_000)
		for _, l := range letters {
			if !refusedForGood(l) {
				return "a dead letter is left in " + name + ": " + l.Job.Kind + " " + l.Reason
			}
		}
		if err != nil {
			return "the dead letters cannot be read"
		}
		if _, some, err := w.durable.queue.Next(ctx, name); err != nil || some && !w.somethingStuck() {
			return "jobs are left in " + name
		}
	}
	for _, m := range modes {
		for n := range store.Shards {
			if left := w.dueLeft(m, n); left != "" {
				return left
			}
			if at, err := ledgerstore.New(w.durable.table).OldestDue(ctx, m, n); err != nil || !at.IsZero() {
				return "a day of the ledger is left, due at " + at.Format(time.RFC3339)
			}
			if at, err := w.hearing.kept.OldestDue(ctx, m, n); err != nil || !at.IsZero() {
				return "a delivery is left, due at " + at.Format(time.RFC3339)
			}
		}
	}
	if len(w.post.letters) > 0 {
		return "the bank still tells: " + w.post.letters[0].body
	}
	return ""
}

// somethingStuck reports that somewhere a refund is stuck: what has to wait for its end waits in a queue.
func (w *World) somethingStuck() bool {
	for _, whole := range w.watch.last {
		if stuck(whole) {
			return true
		}
	}
	return false
}

// dueLeft says which due key of an order is left in a shard. Those of an order with a stuck refund stay.
func (w *World) dueLeft(m ids.Mode, n int) string {
	due, err := store.New(w.durable.table).DueBy(context.Background(), m, n, w.clock.Now().AddDate(1, 0, 0), 100)
	if err != nil {
		return "the due keys cannot be read"
	}
	for _, d := range due {
		if !stuck(w.watch.last[partitionOf(m, d.Order)]) {
			w.left = d.Order
			return "a due key is left at " + d.At.Format(time.RFC3339)
		}
	}
	return ""
}

// orderIn finds the order that the text of a breach begins with.
func orderIn(breach string) ids.ID {
	const at = len(store.Prefix) + len("t#")
	if len(breach) < at+36 {
		return ids.ID{}
	}
	id, err := ids.Parse(breach[at : at+36])
	if err != nil {
		return ids.ID{}
	}
	return id.Root()
}
