package road

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/payments"
)

// TestTwoHundredPayers press «pay» on one link at once.
func TestTwoHundredPayers(t *testing.T) {
	t.Parallel()
	const payers = 200
	ctx := t.Context()
	w := setup(t, options{})
	o := w.order(ctx)
	var all sync.WaitGroup
	begin := make(chan struct{})
	pages, refusals := make(chan payments.Payment, payers), make(chan error, payers)
	for range payers {
		all.Go(func() {
			<-begin
			p, err := w.proc.press(ctx, o, banks.Card)
			if err != nil {
				refusals <- err
				return
			}
			pages <- p
		})
	}
	close(begin)
	all.Wait()
	close(pages)
	close(refusals)
	var page payments.Payment
	for p := range pages {
		require.Equal(t, 1, p.N)
		page = p
	}
	require.NotEmpty(t, page.PageURL)
	for err := range refusals {
		require.Equal(t, payments.ErrPaymentInProgress.Code, fault.Code(err))
	}
	counts, _ := w.bank.Calls()
	require.Equal(t, 1, counts["Init"], "one payment at the bank")
	require.NoError(t, w.pay(ctx, page))
	w.settle(ctx)
	require.Len(t, w.requirePaidOnce(ctx, o).Payments, 1)
	require.Empty(t, w.alarms(ctx))
}

// scene is two payers of one link, who each do what they want at the same time.
type scene struct {
	before []banks.Method // an attempt that is open already
	wishes [2]banks.Method
	long   bool // thousands of orders
	pay    bool // the first payer pays his open page instead of choosing again, and the bank tells us
}

// TestTwoPayersInEveryOrder plays each scene in every order of the payers' external calls.
func TestTwoPayersInEveryOrder(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]scene{
		"SameMethod":                {wishes: [2]banks.Method{banks.Card, banks.Card}},
		"DifferentMethods":          {wishes: [2]banks.Method{banks.Card, banks.SBP}},
		"OneStaysTheOtherChanges":   {before: []banks.Method{banks.Card}, wishes: [2]banks.Method{banks.Card, banks.SBP}},
		"BothChangeTheirMind":       {before: []banks.Method{banks.Card}, wishes: [2]banks.Method{banks.SBP, banks.SBP}, long: true},
		"OnePaysTheOtherChanges":    {before: []banks.Method{banks.Card}, wishes: [2]banks.Method{banks.Card, banks.SBP}, pay: true},
		"OnePaysTheOtherPressesToo": {before: []banks.Method{banks.Card}, wishes: [2]banks.Method{banks.Card, banks.Card}, pay: true},
	} {
		if underRace && s.long {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			played := everySchedule(t, 5000, func(choices []int) (forks []int) {
				t.Run("", func(t *testing.T) { forks = s.play(t, choices) })
				return forks
			})
			t.Logf("%d schedules", played)
			require.GreaterOrEqual(t, played, 5)
		})
	}
}

func (s scene) play(t *testing.T, choices []int) []int {
	t.Helper()
	ctx := t.Context()
	w := setup(t, options{})
	o := w.order(ctx)
	var open payments.Payment
	for _, m := range s.before {
		open = w.open(ctx, o, m)
	}
	var got [2]payments.Payment
	var errs [2]error
	payer := func(i int) func(context.Context) {
		return func(ctx context.Context) {
			got[i], errs[i] = w.proc.press(ctx, o, s.wishes[i])
		}
	}
	first := payer(0)
	if s.pay {
		first = func(ctx context.Context) {
			pause(ctx)
			if errs[0] = w.pay(ctx, open); errs[0] == nil {
				require.NoError(t, w.bank.Tick(ctx))
			}
			got[0] = open
		}
	}
	forks := schedule(ctx, choices, first, payer(1))
	w.requireOneRoad(ctx, o)
	if s.pay && errs[0] == nil {
		w.settle(ctx)
		s.requireKept(ctx, w, o)
		return forks
	}
	for i := range got {
		switch {
		case s.pay && i == 0: // the bank has refused: his page was closed already
		case errs[i] != nil:
			require.Contains(t, []string{"payment_in_progress", "payment_unknown"}, fault.Code(errs[i]))
		case got[i].Status == payments.Pending:
			_ = w.pay(ctx, got[i]) // it may have been closed for the other payer
		}
	}
	w.around(ctx)
	if w.load(ctx, o).Status() != payments.OrderPaid { // the page asks again by itself
		if p := w.open(ctx, o, s.wishes[1]); p.Status == payments.Pending {
			require.NoError(t, w.pay(ctx, p))
		}
	}
	w.settle(ctx)
	w.requirePaidOnce(ctx, o)
	require.Empty(t, w.alarms(ctx))
	return forks
}

// requireKept: what was paid on the first page is kept, unless the other payer's cancel met it on its way; then the bank gave
// it back and an operator knows.
func (s scene) requireKept(ctx context.Context, w *world, o payments.Order) {
	w.t.Helper()
	alarms := w.alarms(ctx)
	if len(alarms) == 0 {
		require.Len(w.t, w.requirePaidOnce(ctx, o).Payments, 1)
		return
	}
	require.Contains(w.t, alarms, payments.CancelWasRefund)
	all := w.bank.Payments(10)
	require.Len(w.t, all, 1)
	require.Equal(w.t, total.Amount, all[0].Returned)
	require.Equal(w.t, payments.Paid, w.load(ctx, o).Payments[0].Status)
	w.requireQuiet(ctx)
}

// requireOneRoad: at most one attempt is open, and at the bank as well.
func (w *world) requireOneRoad(ctx context.Context, o payments.Order) {
	w.t.Helper()
	open := 0
	for _, p := range w.load(ctx, o).Payments {
		if p.Status.Open() {
			open++
		}
	}
	require.LessOrEqual(w.t, open, 1)
	pages := 0
	for _, p := range w.bank.Payments(1000) {
		if p.Status == "NEW" || p.Status == "FORM_SHOWED" {
			pages++
		}
	}
	require.LessOrEqual(w.t, pages, 1, "pages that could be paid")
}
