package reconciling_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("BothSidesAgree", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		refund, err := ledger.Refunded(ledger.Payment{ID: paid(1).Object, Mode: ids.Test, Partner: paid(1).Partner, Amount: money.Of(200, money.RUB),
			Terms: ledger.Terms{Account: account, Theirs: ledger.Fee{BP: 200, Returned: true}}},
			ledger.Refund{ID: paid(1).Object.Root().Child(ids.Refund, 1), Amount: 50}, day.Add(15*time.Hour))
		require.NoError(t, err)
		refund.Reference = reference(1)
		w.post(paid(0), paid(1), paid(2), refund)
		got := w.ran(period(), register(line(paid(2)), line(refund), line(paid(0)), line(paid(1)), "Итого;;;;;;;\n"))
		require.Equal(t, 4, got.Summary.Matched)
		require.Empty(t, got.Summary.Breaks)
		require.Empty(t, got.Changes)
		require.Equal(t, reconcile.Total{Count: 4, Payments: 600, Refunds: 50, Fees: 11}, got.Report.Totals[money.RUB])
		require.Equal(t, got.Summary.Ours, got.Summary.Theirs)
		require.Empty(t, w.alarms)
		w.sound()
	})
	t.Run("WhatDiffersIsNamed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0), paid(1), paid(2))
		more := func(amount, _ *int64) { *amount += 7 }
		got := w.ran(period(), register(line(paid(1), more), line(paid(2)), line(paid(3))))
		require.Equal(t, map[reconciling.Kind]reconciling.Change{
			reconcile.MissingHere: {New: 1}, reconcile.MissingThere: {New: 1}, reconcile.AmountDiffers: {New: 1}}, got.Changes)
		require.Equal(t, []string{"amount 7", "missing_here 400", "missing_there -100"}, w.told())
		require.Len(t, w.alarms, 1)
		w.sound()
	})
	t.Run("ARepeatedRunDoublesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0), paid(1))
		first := w.ran(period(), register(line(paid(0))))
		w.clock.Advance(time.Hour)
		again := w.ran(period(), register(line(paid(0))))
		require.Equal(t, first.ID, again.ID)
		require.Equal(t, map[reconciling.Kind]reconciling.Change{reconcile.MissingThere: {Still: 1}}, again.Changes)
		require.Len(t, w.list(reconcile.Open), 1)
		require.Len(t, w.alarms, 1, "nobody is called twice")
		w.sound()
	})
	t.Run("AnotherRegisterTakesThePlaceOfTheFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0), paid(1))
		w.ran(period(), register(line(paid(0)), line(paid(5))))
		got := w.ran(period(), register(line(paid(0)), line(paid(1))))
		require.Equal(t, map[reconciling.Kind]reconciling.Change{reconcile.MissingThere: {Vanished: 1}, reconcile.MissingHere: {Vanished: 1}}, got.Changes)
		require.Empty(t, w.list(reconcile.Open))
		require.Len(t, w.list(reconcile.Vanished), 2)
		back := w.ran(period(), register(line(paid(0))))
		require.Equal(t, map[reconciling.Kind]reconciling.Change{reconcile.MissingThere: {Reopened: 1}}, back.Changes)
		w.sound()
	})
	t.Run("TheNextRegisterSettlesWhatWasInTransit", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		late := paid(0)
		late.At = day.Add(23*time.Hour + 50*time.Minute)
		w.post(late)
		p := period()
		p.Grace = time.Hour
		require.Equal(t, 1, w.ran(p, heading).Summary.Transit)
		require.Empty(t, w.alarms, "nobody has to look yet")
		next := p
		next.From, next.To = p.To, p.To.Add(24*time.Hour)
		w.ran(next, register(line(late)))
		require.Empty(t, w.list(reconcile.Transit))
		require.Empty(t, w.list(reconcile.Open))
		require.Equal(t, 1, w.ran(next, heading).Changes[reconcile.MissingThere].Reopened, "the neighbour's word is taken back")
		w.sound()
	})
	t.Run("OnlyTheAccountAndThePeriod", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		before, after, other := paid(0), paid(1), paid(2)
		before.At, after.At, other.Through = day.Add(-time.Millisecond), day.Add(24*time.Hour), own
		w.post(before, after, other, paid(3))
		require.Equal(t, 1, w.ran(period(), register(line(paid(3)))).Summary.Facts)
	})
	t.Run("WhatWasPostedDaysLater", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0))
		w.clock.Advance(3 * 24 * time.Hour)
		w.post(paid(3)) // of the same book: it closes the day of the first
		w.clock.Advance(24 * time.Hour)
		require.Equal(t, 2, w.ran(period(), register(line(paid(0)), line(paid(3)))).Summary.Matched)
	})
	t.Run("AnEntryWithoutReferenceMeetsNobody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		old := paid(0)
		old.Reference = ""
		w.post(old)
		w.ran(period(), register(line(paid(0))))
		require.Equal(t, []string{"missing_here 100", "missing_there -100"}, w.told())
	})
	t.Run("AFeeOfAPartnersOwnAccountIsNotOurAffair", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e, err := ledger.Paid(ledger.Payment{ID: paid(0).Object, Mode: ids.Test, Partner: partners[0], Amount: money.Of(100, money.RUB),
			Terms: ledger.Terms{Account: own, Own: true, Ours: ledger.Fee{BP: 250}}}, day.Add(time.Hour))
		require.NoError(t, err)
		e.Reference = reference(0)
		w.post(e)
		p := period()
		p.Account = own
		require.Empty(t, w.ran(p, register(line(e, func(_, fee *int64) { *fee = 2 }))).Summary.Breaks)
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		period func(*reconciling.Period)
		file   string
		want   error
	}{
		"ErrPeriod":       {func(p *reconciling.Period) { p.To = p.From }, heading, reconciling.ErrPeriod},
		"ErrLongPeriod":   {func(p *reconciling.Period) { p.To = p.From.AddDate(0, 4, 0) }, heading, reconciling.ErrPeriod},
		"ErrGrace":        {func(p *reconciling.Period) { p.Grace = 1000 * time.Hour }, heading, reconcile.ErrRun},
		"ErrNoAccount":    {func(p *reconciling.Period) { p.Account = ids.FromParts("x") }, heading, errNoAccount},
		"ErrHeading":      {nil, "a;b\n1;2\n", reconcile.ErrHeading},
		"ErrCutOff":       {nil, register(line(paid(0)), `"`+reference(1)), reconcile.ErrBroken},
		"ErrNothingRead":  {nil, register("x;y;?;?;?;?;?;?\n"), reconciling.ErrNothingRead},
		"ErrOneReference": {nil, register(strings.Repeat(line(paid(0)), reconcile.MaxGroup+1)), reconcile.ErrGroup},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.post(paid(0))
			p := period()
			if c.period != nil {
				c.period(&p)
			}
			_, err := w.run(p, c.file)
			require.ErrorIs(t, err, c.want)
			require.Empty(t, w.list(reconcile.Open), "nothing is kept")
			require.Empty(t, w.alarms)
		})
	}
	t.Run("ErrJoin", func(t *testing.T) {
		t.Parallel()
		m := reconcile.TBank()
		m.By = reconcile.ByBankID
		_, err := setup(t).Run(t.Context(), period(), reconciling.Register{Content: strings.NewReader(heading), Mapping: m})
		require.ErrorIs(t, err, reconciling.ErrJoin)
	})
	t.Run("ErrMapping", func(t *testing.T) {
		t.Parallel()
		_, err := setup(t).Mapping(t.Context(), ids.Test, account, "sber")
		require.ErrorIs(t, err, reconciling.ErrMapping)
	})
	t.Run("NoAlarmNoBreaks", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0))
		raise, silent := w.Raise, errors.New("silence")
		w.Raise = func(context.Context, ids.Mode, ids.ID, string) error { return silent }
		_, err := w.run(period(), heading)
		require.ErrorIs(t, err, silent)
		require.Empty(t, w.list(reconcile.Open), "a break that nobody heard of is worse than none")
		w.Raise = raise
		w.ran(period(), heading)
		require.Len(t, w.alarms, 1)
	})
}

func TestMatchPayouts(t *testing.T) {
	t.Parallel()
	next := func() reconciling.Period {
		p := period()
		p.From, p.To = p.To, p.To.Add(24*time.Hour)
		return p
	}
	transfer := func(minor int64) reconciling.Transfer {
		return reconciling.Transfer{Day: next().From, Amount: money.Of(minor, money.RUB), Document: "417"}
	}
	t.Run("TheBankPaysWhatItsRegisterSays", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0), paid(1))
		w.ran(period(), register(line(paid(0)), line(paid(1))))
		got, err := w.MatchPayouts(t.Context(), next(), []reconciling.Transfer{transfer(300 - 6)})
		require.NoError(t, err)
		require.Equal(t, 1, got.Summary.Matched)
		require.Empty(t, got.Changes)
	})
	t.Run("ItPaysLess", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		run := w.ran(period(), register(line(paid(0)), line(paid(1))))
		less := transfer(200)
		less.Register = run.ID
		for want, n := range []reconciling.Change{{New: 1}, {Still: 1}} {
			got, err := w.MatchPayouts(t.Context(), next(), []reconciling.Transfer{less})
			require.NoError(t, err)
			require.Equal(t, n, got.Changes[reconcile.AmountDiffers], want)
		}
		open := w.list(reconcile.Open)
		require.True(t, open[0].OfPayouts() || open[1].OfPayouts() || open[2].OfPayouts())
		w.sound()
	})
	t.Run("ADueWaitsForItsTransfer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0))
		w.ran(period(), register(line(paid(0))))
		p := next()
		p.Grace = 48 * time.Hour
		got, err := w.MatchPayouts(t.Context(), p, nil)
		require.NoError(t, err)
		require.Equal(t, 1, got.Summary.Transit)
		p.From, p.To = p.To, p.To.Add(24*time.Hour)
		paidOut := transfer(98)
		paidOut.Day = p.From
		got, err = w.MatchPayouts(t.Context(), p, []reconciling.Transfer{paidOut})
		require.NoError(t, err)
		require.Equal(t, reconciling.Change{Vanished: 1}, got.Changes[reconcile.MissingThere])
		w.sound()
	})
	t.Run("OfOverlappingRunsTheLatestCounts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(0))
		w.ran(period(), register(line(paid(0))))
		w.clock.Advance(time.Minute)
		longer := period()
		longer.From = longer.From.Add(-24 * time.Hour)
		w.ran(longer, register(line(paid(0))))
		got, err := w.MatchPayouts(t.Context(), next(), []reconciling.Transfer{transfer(98)})
		require.NoError(t, err)
		require.Equal(t, 1, got.Summary.Facts)
		require.Empty(t, got.Changes)
	})
	for name, change := range map[string]func(*reconciling.Transfer){
		"ErrAnotherDay": func(x *reconciling.Transfer) { x.Day = day }, "ErrNoDocument": func(x *reconciling.Transfer) { x.Document = "" },
		"ErrNoAmount": func(x *reconciling.Transfer) { x.Amount.Amount = 0 }, "ErrCurrency": func(x *reconciling.Transfer) { x.Amount.Currency = "XTS" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := transfer(1)
			change(&x)
			_, err := setup(t).MatchPayouts(t.Context(), next(), []reconciling.Transfer{x})
			require.ErrorIs(t, err, reconciling.ErrTransfer)
		})
	}
	t.Run("ErrTwice", func(t *testing.T) {
		t.Parallel()
		_, err := setup(t).MatchPayouts(t.Context(), next(), []reconciling.Transfer{transfer(1), transfer(1)})
		require.ErrorIs(t, err, reconciling.ErrTransfer)
	})
}
