package road

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	simulator "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// duel is two who want something of one paid order at the same time, and how it has to end in whatever order they act.
type duel struct {
	name   string
	limit  int64
	begins func(w *world, ctx context.Context) payments.Order
	acts   [2]func(w *world, ctx context.Context, o payments.Order) error
	ends   func(w *world, ctx context.Context, o payments.Order, errs [2]error)
	alarms []payments.AlarmKind
	long   bool // thousands of orders
}

// TestTwoWhoGiveBackInEveryOrder plays each duel in every order of the two's external calls.
func TestTwoWhoGiveBackInEveryOrder(t *testing.T) {
	t.Parallel()
	for _, d := range duels {
		if underRace && d.long {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			played := everySchedule(t, 20_000, func(choices []int) (forks []int) {
				t.Run("", func(t *testing.T) { forks = d.play(t, choices) })
				return forks
			})
			t.Logf("%d schedules", played)
			require.GreaterOrEqual(t, played, 5)
		})
	}
}

func (d duel) play(t *testing.T, choices []int) []int {
	t.Helper()
	ctx := context.Background()
	w := setup(t, options{limit: d.limit})
	defer func() {
		if t.Failed() {
			t.Log(choices, w.story(ctx))
		}
	}()
	var o payments.Order
	w.calmly(func() { o = d.begins(w, ctx) })
	var errs [2]error
	forks := schedule(ctx, choices,
		func(ctx context.Context) { errs[0] = d.acts[0](w, ctx, o) },
		func(ctx context.Context) { errs[1] = d.acts[1](w, ctx, o) })
	w.settle(ctx)
	d.ends(w, ctx, o, errs)
	require.ElementsMatch(t, d.alarms, w.alarms(ctx))
	return forks
}

var duels = []duel{
	{name: "TwoRefundsOfSixty", begins: paidBy(banks.Card), long: true, ends: oneOfTwo,
		acts: [2]act{partnerRefunds("a", 90_000), partnerRefunds("b", 90_000)}},
	{name: "TwoRefundsOfSixtyBySBP", begins: paidBy(banks.SBP), ends: oneOfTwo,
		acts: [2]act{partnerRefunds("a", 90_000), partnerRefunds("b", 90_000)}},
	{name: "TwoRefundsThatFit", begins: paidBy(banks.Card), long: true, ends: bothOfTwo(60_000, 45_000),
		acts: [2]act{partnerRefunds("a", 60_000), partnerRefunds("b", 45_000)}},
	{name: "TwoEqualRefunds", begins: paidBy(banks.Card), long: true, ends: bothOfTwo(60_000, 60_000),
		acts: [2]act{partnerRefunds("a", 60_000), partnerRefunds("b", 60_000)}},
	{name: "OneKeyTwice", begins: paidBy(banks.Card), ends: sameOfTwo,
		acts: [2]act{partnerRefunds("a", 60_000), partnerRefunds("a", 60_000)}},
	{name: "RefundAndFulfil", begins: paidBy(banks.Card), ends: refundOrFulfil,
		acts: [2]act{partnerRefunds("a", 60_000), partnerFulfils}},
	{name: "RefundAndTheBanksOwn", begins: refundedBehind, long: true, ends: besideTheBanks, alarms: []payments.AlarmKind{payments.RefundedAtBank},
		acts: [2]act{partnerRefunds("a", 60_000), bankTells}},
	{name: "TwoApprovals", begins: awaitingSecond, limit: 100_000, long: true, ends: oneApproved,
		acts: [2]act{approves("second"), approves("third")}},
	{name: "ApprovalAndRejection", begins: awaitingSecond, limit: 100_000, ends: approvedOrRejected,
		acts: [2]act{approves("second"), rejects("third")}},
	{name: "TwoWorkersOnOneRefund", begins: lost(banks.Card), long: true, ends: carriedOn, acts: [2]act{worksOnRefund, worksOnRefund}},
	{name: "TwoWorkersOnOneRefundBySBP", begins: lost(banks.SBP), ends: carriedOn, acts: [2]act{worksOnRefund, worksOnRefund}},
	{name: "TwoWorkersOnASecondSuccess", begins: paidTwice, long: true, ends: returnedOnce, alarms: []payments.AlarmKind{payments.SecondSuccess},
		acts: [2]act{returnsUnwanted, returnsUnwanted}},
}

// act is what one of the two does.
type act = func(w *world, ctx context.Context, o payments.Order) error

func paidBy(m banks.Method) func(*world, context.Context) payments.Order {
	return func(w *world, ctx context.Context) payments.Order { w.t.Helper(); return w.paid(ctx, m) }
}

func partnerRefunds(key string, amount int64) act {
	return func(w *world, ctx context.Context, o payments.Order) error {
		whole, err := w.proc.teller.Load(ctx, ids.Test, partner, o.ID)
		if err == nil {
			_, _, _, err = w.proc.teller.Refund(ctx, whole, whole.State.Winner, payments.RefundWish{
				Amount: amount, Source: payments.ByPartner, Author: "partner", Key: key, Hash: "hash"})
		}
		return err
	}
}

func partnerFulfils(w *world, ctx context.Context, o payments.Order) error {
	whole, err := w.proc.teller.Load(ctx, ids.Test, partner, o.ID)
	if err == nil {
		_, _, _, err = w.proc.teller.Fulfil(ctx, whole, nil, "fulfil", "hash")
	}
	return err
}

// refundedBehind: the bank gave back in its cabinet, and its notification is on the way.
func refundedBehind(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	_, err := w.bank.Refund(ctx, w.bankID(ctx, o), 50_000)
	require.NoError(w.t, err)
	return o
}

func bankTells(w *world, ctx context.Context, _ payments.Order) error {
	pause(ctx)
	return w.bank.Tick(ctx)
}

func awaitingSecond(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.paid(ctx, banks.Card)
	w.calmly(func() { w.refund(ctx, o, "much", payments.RefundWish{Amount: 120_000}) })
	return o
}

func approves(who string) act {
	return func(w *world, ctx context.Context, o payments.Order) error {
		whole, err := w.proc.store.Load(ctx, ids.Test, o.ID)
		if err == nil {
			_, err = w.proc.teller.Approve(ctx, whole, 1, who)
		}
		return err
	}
}

func rejects(who string) act {
	return func(w *world, ctx context.Context, o payments.Order) error {
		whole, err := w.proc.store.Load(ctx, ids.Test, o.ID)
		if err == nil {
			_, err = w.proc.teller.Reject(ctx, whole, 1, who, "no")
		}
		return err
	}
}

// lost: the process that called the bank for a refund died, and the bank may have heard of it.
func lost(m banks.Method) func(*world, context.Context) payments.Order {
	return func(w *world, ctx context.Context) payments.Order {
		w.t.Helper()
		o := w.paid(ctx, m)
		whole := w.load(ctx, o)
		wish := payments.RefundWish{Amount: 60_000, Source: payments.ByPartner, Author: "partner", Key: "a", Hash: "hash", Keyed: m != banks.SBP}
		out, _, err := payments.BeginRefund(whole, whole.State.Winner, wish, w.clock.Now())
		require.NoError(w.t, err)
		require.NoError(w.t, w.proc.store.Save(ctx, out))
		w.clock.Advance(payments.CallTimeout * 6)
		return o
	}
}

func worksOnRefund(w *world, ctx context.Context, o payments.Order) error {
	whole, err := w.proc.store.Load(ctx, ids.Test, o.ID)
	if err == nil {
		err = w.proc.teller.RefundDuty(ctx, whole, 1)
	}
	return err
}

// paidTwice: both attempts were paid and the bank has told of it, and nobody has given one back yet.
func paidTwice(w *world, ctx context.Context) payments.Order {
	w.t.Helper()
	o := w.order(ctx)
	require.NoError(w.t, w.bank.SetFault(simulator.Fault{Call: "Init", Fault: simulator.FaultLostAnswer}))
	w.open(ctx, o, banks.Card)
	for _, p := range w.bank.Payments(10) {
		_, err := w.bank.Pay(ctx, p.ID, simulator.Attempt{Outcome: "success"})
		require.NoError(w.t, err)
	}
	require.NoError(w.t, w.bank.Tick(ctx))
	return o
}

func returnsUnwanted(w *world, ctx context.Context, o payments.Order) error {
	whole, err := w.proc.store.Load(ctx, ids.Test, o.ID)
	if err == nil {
		err = w.proc.teller.ReturnUnwanted(ctx, whole, 3-whole.State.Winner)
	}
	return err
}

// The endings.

func oneOfTwo(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	gaveBack(part{90_000, payments.ByPartner})(w, ctx, o)
	require.Len(w.t, w.load(ctx, o).Refunds, 1)
	require.True(w.t, (errs[0] == nil) != (errs[1] == nil), "one is refused: %v", errs)
	for _, err := range errs {
		if err != nil {
			require.Contains(w.t, []string{"amount_exceeds_refundable", "refund_in_progress"}, fault.Code(err))
		}
	}
}

func bothOfTwo(a, b int64) func(*world, context.Context, payments.Order, [2]error) {
	return func(w *world, ctx context.Context, o payments.Order, errs [2]error) {
		w.t.Helper()
		require.Equal(w.t, [2]error{}, errs)
		w.alike = a == b
		require.ElementsMatch(w.t, []part{{a, payments.ByPartner}, {b, payments.ByPartner}}, partsOf(w.requireBooks(ctx, o)))
	}
}

func sameOfTwo(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	gaveBack(part{60_000, payments.ByPartner})(w, ctx, o)
	for _, err := range errs {
		if err != nil {
			require.Equal(w.t, payments.ErrKeyInFlight.Code, fault.Code(err))
		}
	}
}

// refundOrFulfil: what came first stands, and the other is refused; no return receipt stands beside a closing one that is only
// being made.
func refundOrFulfil(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	if errs[0] != nil {
		require.Equal(w.t, payments.ErrClosing.Code, fault.Code(errs[0]))
		require.NoError(w.t, errs[1])
		gaveBack()(w, ctx, o)
		closed(w, ctx, o)
		return
	}
	require.Equal(w.t, payments.ErrNotFulfillable.Code, fault.Code(errs[1]))
	gaveBack(part{60_000, payments.ByPartner})(w, ctx, o)
	require.Len(w.t, w.load(ctx, o).Receipts, 2)
}

func besideTheBanks(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	require.Equal(w.t, [2]error{}, errs)
	require.ElementsMatch(w.t, []part{{60_000, payments.ByPartner}, {50_000, payments.ByBank}}, partsOf(w.requireBooks(ctx, o)))
}

func oneApproved(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	gaveBack(part{120_000, payments.ByPartner})(w, ctx, o)
	require.True(w.t, (errs[0] == nil) != (errs[1] == nil), "one came late: %v", errs)
}

func approvedOrRejected(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	require.True(w.t, (errs[0] == nil) != (errs[1] == nil), "one came late: %v", errs)
	if errs[0] == nil {
		gaveBack(part{120_000, payments.ByPartner})(w, ctx, o)
		return
	}
	gaveBack()(w, ctx, o)
}

// carriedOn: the bank had not heard of the refund. Where it knows keys it gets it now; where it does not, the refund has failed.
func carriedOn(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	require.Equal(w.t, [2]error{}, errs)
	if w.load(ctx, o).Refunds[0].Keyed {
		gaveBack(part{60_000, payments.ByPartner})(w, ctx, o)
		return
	}
	gaveBack()(w, ctx, o)
}

func returnedOnce(w *world, ctx context.Context, o payments.Order, errs [2]error) {
	w.t.Helper()
	require.Equal(w.t, [2]error{}, errs)
	keptOne(w, ctx, o)
	require.Len(w.t, w.load(ctx, o).Refunds, 1)
}
