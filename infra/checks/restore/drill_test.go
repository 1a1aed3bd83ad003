package restore

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/infra/standalone/gap"
	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

const (
	buyers    = 4  // at once
	purchases = 10 // of each
)

// ledger is what the drill remembers of the orders it made; the platform that made them is going to forget some.
type ledger struct {
	mu       sync.Mutex
	orders   []ids.ID
	failures []error
	halfway  chan struct{} // closed when half of the purchases have begun
}

func (l *ledger) begun(order ids.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.orders = append(l.orders, order); len(l.orders) == buyers*purchases/2 {
		close(l.halfway)
	}
}

func (l *ledger) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, err)
}

// buy makes one purchase; i says how far this buyer goes.
func (s *stage) buy(l *ledger, i int) error {
	order, err := s.order()
	if err != nil {
		return err
	}
	l.begun(order)
	if i%5 == 4 {
		return nil // he thinks about it
	}
	reference, err := s.press(order)
	if err != nil || i%5 == 3 {
		return err // he looks at the bank's page and leaves
	}
	if i%5 == 2 { // his first card is refused
		if err := s.atBank(reference, "insufficient_funds"); err != nil {
			return err
		}
		if err := s.bank.Tick(s.t.Context()); err != nil {
			return err
		}
		if reference, err = s.press(order); err != nil {
			return err
		}
	}
	return s.atBank(reference, "success")
}

// underLoad lets all buyers buy at once and takes the backup in the middle of it.
func (s *stage) underLoad(l *ledger) (backup string) {
	s.t.Helper()
	var all sync.WaitGroup
	for b := range buyers {
		all.Go(func() {
			for i := range purchases {
				if err := s.buy(l, b+i); err != nil {
					l.failed(err)
				}
			}
		})
	}
	select {
	case <-l.halfway:
	case <-s.t.Context().Done():
		s.t.Fatal("the buyers are stuck")
	}
	backup = s.backup()
	all.Wait()
	require.NoError(s.t, errors.Join(l.failures...))
	require.NoError(s.t, s.bank.Tick(s.t.Context()))
	return backup
}

// scene is one order whose story goes on over the loss.
type scene struct {
	order     ids.ID
	reference string // of the attempt that the payer has before him, "" for none
}

// scenes makes n orders, each with an open attempt if pressed.
func (s *stage) scenes(n int, pressed bool) (made []scene) {
	s.t.Helper()
	for range n {
		order, err := s.order()
		require.NoError(s.t, err)
		made = append(made, scene{order: order})
	}
	if pressed {
		s.pressAll(made)
	}
	return made
}

func (s *stage) pressAll(scenes []scene) {
	s.t.Helper()
	for i := range scenes {
		var err error
		scenes[i].reference, err = s.press(scenes[i].order)
		require.NoError(s.t, err)
	}
}

func (s *stage) payAll(scenes []scene) {
	s.t.Helper()
	for _, c := range scenes {
		require.NoError(s.t, s.atBank(c.reference, "success"))
	}
}

func ordersOf(scenes ...[]scene) (orders []ids.ID) {
	for _, c := range slices.Concat(scenes...) {
		orders = append(orders, c.order)
	}
	return orders
}

// TestDrill loses a platform and restores it.
func TestDrill(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.serve(false)
	open, fresh := s.scenes(3, true), s.scenes(3, false)
	late, refused := s.scenes(2, true), s.scenes(2, true)
	for _, c := range refused {
		require.NoError(t, s.atBank(c.reference, "insufficient_funds"))
	}
	require.NoError(t, s.bank.Tick(t.Context()))
	s.declineHere(late[1])
	s.serve(true)
	l := &ledger{halfway: make(chan struct{})}
	backup := s.underLoad(l)

	// What the backup does not know: an open attempt is paid, and so are new attempts on an order that had none and on one
	// whose first was refused; a page is opened and not yet paid; and orders are made.
	s.pressAll(fresh)
	s.pressAll(refused)
	s.payAll(slices.Concat(open[:2], fresh[:2], refused))
	told, untold, unpaid := s.scenes(2, true), s.scenes(2, true), s.scenes(2, true)
	s.payAll(told)
	require.NoError(t, s.bank.Tick(t.Context()))
	lost := s.dir
	s.die()
	s.payAll(untold) // nobody is there to be told
	s.payAll(late)
	require.NoError(t, s.bank.Tick(t.Context()))

	s.dir = filepath.Join(t.TempDir(), "restored")
	s.restore(backup, lost)
	s.requirePaid(open[:2], fresh[:2], late, refused) // by asking alone: nobody was told anything yet
	s.serve(false)
	s.payAll(unpaid)
	s.payAll([]scene{open[2], fresh[2]}) // pages that the bank still shows
	s.settle()
	s.requirePaid(open, fresh, late, refused)
	known, gone := s.agree(append(l.orders, ordersOf(open, fresh, late, refused, told, untold, unpaid)...))
	require.GreaterOrEqual(t, gone, len(told)+len(untold)+len(unpaid))
	require.GreaterOrEqual(t, known, buyers*purchases/2+len(open)+len(fresh)+len(late)+len(refused))
	s.lostOrdersCallAnOperator(append(untold, unpaid...))
	s.die()
	v, err := platform.Verify(t.Context(), filepath.Join(s.dir, "giberno.db"))
	require.NoError(t, err)
	require.Empty(t, v.Breaches)
}

// declineHere makes our data believe that an attempt was declined: final for us, and still open at the bank.
func (s *stage) declineHere(c scene) {
	s.t.Helper()
	w, _ := s.load(c.order)
	out := payments.Apply(w, 1, banks.News{Status: banks.Declined}, payments.Told, s.Now().Truncate(time.Millisecond))
	require.NoError(s.t, s.now.Load().Payments.Store.Save(s.t.Context(), out))
}

func (s *stage) requirePaid(scenes ...[]scene) {
	s.t.Helper()
	for _, order := range ordersOf(scenes...) {
		w, ok := s.load(order)
		require.True(s.t, ok)
		require.Equal(s.t, payments.OrderPaid, w.Status(), "%+v", w.State)
	}
}

// restore puts the backup into s.dir with the lost platform's keys, asks the bank about the gap, and opens the platform.
func (s *stage) restore(backup, lost string) {
	s.t.Helper()
	ctx := s.t.Context()
	since := s.Now().Add(-platform.DefaultGap)
	require.NoError(s.t, platform.Restore(ctx, platform.Restoring{Backup: backup, Dir: s.dir, Keys: filepath.Join(lost, "keys"), Since: since}))
	v, err := platform.Verify(ctx, filepath.Join(s.dir, "giberno.db"))
	require.NoError(s.t, err)
	require.Empty(s.t, v.Breaches)
	require.Positive(s.t, v.Orders)
	_, unasked, err := platform.OpenGap(s.dir)
	require.NoError(s.t, err)
	require.True(s.t, unasked)

	p := s.open()
	asked, err := p.AskGap(ctx, since)
	require.NoError(s.t, err)
	require.Zero(s.t, asked.Silent, asked.Reasons)
	require.Positive(s.t, asked.Moved)
	require.GreaterOrEqual(s.t, asked.Known, 5, "three fresh orders and two refused ones were opened since")
	listed, err := gap.Listed(ctx, p.Identity, p.Payments.Store, since)
	require.NoError(s.t, err)
	require.Len(s.t, listed, v.Orders, "on AWS the orders are found through their lists")
	again, err := gap.Asker{Store: p.Payments.Store, Teller: p.Payments.Teller, Clock: p.Clock}.Ask(ctx, listed, since)
	require.NoError(s.t, err)
	require.Zero(s.t, again.Moved+again.Known, "asking again finds nothing new")
	require.NoError(s.t, platform.CloseGap(s.dir))
}

// settle lets two days go by on both sides.
func (s *stage) settle() {
	s.t.Helper()
	p, ctx := s.now.Load(), s.t.Context()
	require.NoError(s.t, s.bank.DeliverAll(ctx))
	require.NoError(s.t, p.Turn(ctx))
	for _, step := range []time.Duration{time.Minute, 3 * time.Minute, 10 * time.Minute, time.Hour, 2 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour} {
		require.NoError(s.t, p.Clock.Advance(step))
		require.NoError(s.t, s.bank.Tick(ctx))
		require.NoError(s.t, p.Turn(ctx))
	}
}

// agree holds every order that the platform knows against the bank: paid exactly if the bank took the money, once, and the
// same amount. It gives how many it knows, and how many are gone.
func (s *stage) agree(orders []ids.ID) (known, gone int) {
	s.t.Helper()
	taken := s.taken()
	for _, id := range orders {
		w, ok := s.load(id)
		if !ok {
			gone++
			continue
		}
		known++
		require.LessOrEqual(s.t, len(taken[id]), 1, "the payer was charged twice for %s", id)
		if len(taken[id]) == 0 {
			require.NotEqual(s.t, payments.OrderPaid, w.Status(), "%s: money from nowhere", id)
			require.Zero(s.t, w.State.Paid)
			continue
		}
		require.Equal(s.t, payments.OrderPaid, w.Status(), "%s: the bank took the money", id)
		require.Equal(s.t, int64(kopecks), w.State.Paid)
		winner, _ := w.Payment(w.State.Winner)
		require.Equal(s.t, taken[id][0].OrderID, winner.Reference())
		for _, p := range w.Payments {
			require.False(s.t, p.Watched(), "attempt %d is still %s", p.N, p.Status)
		}
	}
	return known, gone
}

// taken is what the bank took, by order.
func (s *stage) taken() map[ids.ID][]simulator.Payment {
	s.t.Helper()
	by := map[ids.ID][]simulator.Payment{}
	for _, p := range s.bank.Payments(1000) {
		_, order, _, ok := ids.ParseReference(p.OrderID)
		require.True(s.t, ok)
		if p.Captured > 0 {
			require.Equal(s.t, int64(kopecks), p.Captured)
			require.Zero(s.t, p.Returned)
			by[order] = append(by[order], p)
		}
	}
	return by
}

// lostOrdersCallAnOperator: the bank's word about a payment that the backup does not have is one open alarm that names it.
// What the bank had told in full before the loss it does not tell again: see infra/docs/restore.md.
func (s *stage) lostOrdersCallAnOperator(untold []scene) {
	s.t.Helper()
	open, _, err := s.now.Load().Payments.Store.OpenAlarms(s.t.Context(), ids.Test, "", 100)
	require.NoError(s.t, err)
	unknown := map[string]int{}
	for _, a := range open {
		if a.Kind == payments.UnknownPayment {
			unknown[a.Object]++
			continue
		}
		require.Equal(s.t, payments.ReceiptMissing, a.Kind, "the till told of its receipts before the loss, and nothing else is wrong: %+v", a)
	}
	for _, c := range untold {
		_, ok := s.load(c.order)
		require.False(s.t, ok)
		require.Equal(s.t, 1, unknown[c.reference], "one alarm for %s", c.reference)
	}
	for _, n := range s.bank.Notices("") {
		require.NotEqual(s.t, "pending", n.State, fmt.Sprintf("the bank still tells of %s", n.Status))
	}
}
