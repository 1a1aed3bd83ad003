package reconcile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

// books keeps breaks over runs, as a store does.
type books map[ids.ID]reconcile.Break

func (k books) all() []reconcile.Break {
	var all []reconcile.Break
	for _, b := range k {
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b reconcile.Break) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return all
}

// run plays one run with what the earlier ones carried over.
func (k books) run(t require.TestingT, run reconcile.Run, facts, lines ops) reconcile.Merged {
	moreFacts, moreLines := reconcile.Carried(run, k.all())
	found, _ := match(t, run, slices.Concat(facts, moreFacts), slices.Concat(lines, moreLines))
	merged := reconcile.Merge(run, k.all(), found)
	for _, b := range merged.Write {
		k[b.ID] = b
	}
	return merged
}

func late(o reconcile.Operation) reconcile.Operation {
	o.At = day.Add(23 * time.Hour)
	return o
}

func TestMerge(t *testing.T) {
	t.Parallel()
	t.Run("ARepeatedRunWritesNothing", func(t *testing.T) {
		t.Parallel()
		k := books{}
		facts, lines := ops{payment("a", 1), payment("b", 2)}, ops{payment("a", 1), payment("c", 3)}
		require.Equal(t, 2, k.run(t, today(), facts, lines).New)
		again := today()
		again.Now = again.Now.Add(time.Hour)
		m := k.run(t, again, facts, lines)
		require.Empty(t, m.Write)
		require.Equal(t, 2, m.Still)
		for _, b := range k {
			require.Equal(t, time.Hour, b.Age(again.Now), "the age counts from the first run")
		}
	})
	t.Run("ACorrectedRegisterSettlesItself", func(t *testing.T) {
		t.Parallel()
		k := books{}
		k.run(t, today(), ops{payment("a", 1)}, nil)
		m := k.run(t, today(), ops{payment("a", 1)}, ops{payment("a", 1)})
		require.Equal(t, 1, m.Vanished)
		require.Equal(t, reconcile.Vanished, k.all()[0].State)
		m = k.run(t, today(), ops{payment("a", 1)}, nil)
		require.Equal(t, 1, m.Reopened)
		require.Equal(t, reconcile.Open, k.all()[0].State)
		require.True(t, k.all()[0].VanishedIn.IsZero())
	})
	t.Run("TheNeighboursRegisterSettlesTheEvening", func(t *testing.T) {
		t.Parallel()
		k := books{}
		k.run(t, today(), ops{late(payment("a", 1))}, ops{late(payment("b", 2))})
		require.Equal(t, []string{"transit missing_here: - | b payment 2", "transit missing_there: a payment 1 | -"}, told(k.all()))
		m := k.run(t, next(today()), ops{late(payment("b", 2))}, ops{late(payment("a", 1))})
		require.Equal(t, 2, m.Vanished)
		require.Zero(t, m.New)
		require.Empty(t, k.run(t, next(today()), ops{late(payment("b", 2))}, ops{late(payment("a", 1))}).Write, "the second day again")
		require.Empty(t, k.run(t, today(), ops{late(payment("a", 1))}, ops{late(payment("b", 2))}).Write, "the first day again")
	})
	t.Run("TheGracePasses", func(t *testing.T) {
		t.Parallel()
		k := books{}
		k.run(t, today(), ops{late(payment("a", 1))}, nil)
		m := k.run(t, next(today()), nil, nil)
		require.Equal(t, 1, m.Opened)
		b := k.all()[0]
		require.Equal(t, reconcile.Open, b.State)
		require.Equal(t, today().Now, b.FirstSeen)
		require.Empty(t, k.run(t, next(today()), nil, nil).Write)
	})
	t.Run("APendingLineIsFinishedByTheNextRegister", func(t *testing.T) {
		t.Parallel()
		k := books{}
		waiting := with(late(payment("a", 1)), func(o *reconcile.Operation) { o.Status = reconcile.Pending })
		k.run(t, today(), ops{late(payment("a", 1))}, ops{waiting})
		m := k.run(t, next(today()), nil, ops{late(payment("a", 1))})
		require.Equal(t, 1, m.Vanished)
		require.Zero(t, m.New)
	})
	t.Run("WhatAnOperatorResolvedStaysResolved", func(t *testing.T) {
		t.Parallel()
		k := books{}
		k.run(t, today(), ops{payment("a", 1)}, nil)
		b, err := k.all()[0].Resolve(reconcile.Resolution{Posting: "entry-1", Operator: "anna", At: noon})
		require.NoError(t, err)
		k[b.ID] = b
		require.Empty(t, k.run(t, today(), ops{payment("a", 1)}, nil).Write)
		require.Empty(t, k.run(t, today(), ops{payment("a", 1)}, ops{payment("a", 1)}).Write)
		require.Equal(t, 1, k.run(t, today(), ops{payment("a", 1)}, ops{payment("a", 2)}).New, "other figures are another break")
	})
	t.Run("OtherAccountsAndPeriodsAreLeftAlone", func(t *testing.T) {
		t.Parallel()
		k := books{}
		k.run(t, next(today()), nil, ops{payment("c", 3)})
		k.run(t, today(), ops{payment("a", 1)}, ops{payment("a", 2)})
		other := today()
		other.Account = "l/tochka-1"
		require.Equal(t, reconcile.Merged{}, k.run(t, other, nil, nil))
		require.Equal(t, reconcile.Merged{}, k.run(t, next(next(today())).Payouts(), nil, nil))
		m := k.run(t, next(today()), nil, ops{payment("c", 3)})
		require.Equal(t, reconcile.Merged{Still: 1}, m)
	})
	t.Run("AnyDaysInAnyOrderRepeatWithoutChange", rapid.MakeCheck(func(t *rapid.T) {
		k := books{}
		var facts, lines [3]ops
		for i := range rapid.IntRange(0, 12).Draw(t, "payments") {
			at := day.Add(time.Duration(rapid.IntRange(0, 71).Draw(t, "hour")) * time.Hour)
			p := with(payment(fmt.Sprintf("r%d", i), 100), func(o *reconcile.Operation) { o.At = at })
			on := int(at.Sub(day) / (24 * time.Hour))
			facts[on] = append(facts[on], p)
			if lag := rapid.IntRange(0, 2).Draw(t, "lag"); on+lag < 3 {
				p.Amount.Amount += rapid.SampledFrom([]int64{0, 0, 1}).Draw(t, "more")
				lines[on+lag] = append(lines[on+lag], p)
			}
		}
		runs := []reconcile.Run{today(), next(today()), next(next(today()))}
		for i, r := range runs {
			k.run(t, r, facts[i], lines[i])
		}
		for range 4 {
			i := rapid.IntRange(0, 2).Draw(t, "again")
			require.Empty(t, k.run(t, runs[i], facts[i], lines[i]).Write, "day %d", i)
		}
	}))
}

func TestCollect(t *testing.T) {
	t.Parallel()
	t.Run("ErrTooDifferent", func(t *testing.T) {
		t.Parallel()
		_, err := reconcile.Collect(func(yield func(reconcile.Break, error) bool) {
			for yield(reconcile.Break{}, nil) {
			}
		})
		require.ErrorIs(t, err, reconcile.ErrTooDifferent)
	})
	t.Run("HalfAMatchIsNone", func(t *testing.T) {
		t.Parallel()
		found, err := reconcile.Collect(func(yield func(reconcile.Break, error) bool) {
			_ = yield(reconcile.Break{}, nil) && yield(reconcile.Break{}, reconcile.ErrUnsorted)
		})
		require.ErrorIs(t, err, reconcile.ErrUnsorted)
		require.Empty(t, found)
	})
}

func TestBreak(t *testing.T) {
	t.Parallel()
	one := func(facts, lines ops) reconcile.Break {
		breaks, _ := match(t, today(), facts, lines)
		require.Len(t, breaks, 1)
		return breaks[0]
	}
	t.Run("AnOpenOneIsWorkedOn", func(t *testing.T) {
		t.Parallel()
		b, err := one(ops{payment("a", 1)}, nil).Assign("anna")
		require.NoError(t, err)
		require.Equal(t, "anna", b.Owner)
		b, err = b.Resolve(reconcile.Resolution{Note: "written off", Operator: "boris", At: noon})
		require.NoError(t, err)
		require.Equal(t, reconcile.Resolved, b.State)
		_, err = b.Assign("vera")
		require.ErrorIs(t, err, reconcile.ErrBreakClosed)
		_, err = b.Resolve(*b.Resolution)
		require.ErrorIs(t, err, reconcile.ErrBreakClosed)
	})
	t.Run("ErrResolution", func(t *testing.T) {
		t.Parallel()
		for _, r := range []reconcile.Resolution{{}, {Operator: "a", At: noon}, {Posting: "p", At: noon}, {Posting: "p", Operator: "a"},
			{Note: strings.Repeat("x", reconcile.MaxNote+1), Operator: "a", At: noon}} {
			_, err := one(ops{payment("a", 1)}, nil).Resolve(r)
			require.ErrorIs(t, err, reconcile.ErrResolution)
		}
	})
	t.Run("InTransitNobodyHasToLook", func(t *testing.T) {
		t.Parallel()
		b := one(ops{late(payment("a", 1))}, nil)
		_, err := b.Assign("anna")
		require.ErrorIs(t, err, reconcile.ErrBreakClosed)
	})
	t.Run("TheDifferenceIsWhatTheBankHasMore", func(t *testing.T) {
		t.Parallel()
		failed := func(o *reconcile.Operation) { o.Status = reconcile.Failed }
		for _, c := range []struct {
			facts, lines ops
			want         int64
		}{
			{ops{payment("a", 100)}, nil, -100},
			{nil, ops{payment("a", 100)}, 100},
			{nil, ops{refund("a", 30, 0)}, -30},
			{ops{payment("a", 100)}, ops{payment("a", 90)}, -10},
			{ops{payment("a", 100)}, ops{with(payment("a", 100), failed)}, -100},
			{ops{payment("a", 100)}, ops{with(payment("a", 100), func(o *reconcile.Operation) { o.Fee += 7 })}, -7},
		} {
			d, err := one(c.facts, c.lines).Difference()
			require.NoError(t, err)
			require.Equal(t, money.Of(c.want, money.RUB), d)
		}
		_, err := reconcile.Break{}.Difference()
		require.ErrorIs(t, err, reconcile.ErrOperation)
	})
	t.Run("IsKeptAsJSON", func(t *testing.T) {
		t.Parallel()
		b := one(ops{payment("a", 100)}, ops{payment("a", 90)})
		text, err := json.Marshal(b)
		require.NoError(t, err)
		var back reconcile.Break
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, b, back)
	})
}

func TestMatchPayouts(t *testing.T) {
	t.Parallel()
	run := today().Payouts()
	due := func(name string, minor int64, days int) reconcile.Operation {
		return reconcile.Operation{Reference: name, Kind: reconcile.Payout, Status: reconcile.Done, Amount: money.Of(minor, money.RUB),
			At: day.AddDate(0, 0, days-10)}
	}
	transfer := func(number, register string, minor int64, days int) reconcile.Operation {
		o := due(register, minor, days)
		o.BankID = number
		return o
	}
	for _, c := range []struct {
		name            string
		dues, transfers ops
		want            []string
	}{
		{"ByName", ops{due("r1", 100, 0), due("r2", 100, 1)}, ops{transfer("7", "r2", 100, 1), transfer("8", "r1", 100, 2)}, nil},
		{"InTwoParts", ops{due("r1", 100, 0)}, ops{transfer("7", "r1", 60, 1), transfer("8", "r1", 40, 2)}, nil},
		{"AnotherSum", ops{due("r1", 100, 0)}, ops{transfer("7", "r1", 90, 1)}, []string{"open amount: r1 payout 100 | r1 payout 90"}},
		{"ByAmount", ops{due("r1", 100, 0), due("r2", 100, 1)}, ops{transfer("7", "", 100, 1)}, []string{"open missing_there: r2 payout 100 | -"}},
		{"NotBeforeItIsDue", ops{due("r1", 100, 3)}, ops{transfer("7", "", 100, 1)},
			[]string{"open missing_here: -|", "open missing_there: r1 payout 100 | -"}},
		{"AHolidayAtOnce", ops{due("r1", 100, 0), due("r2", -30, 1), due("r3", 50, 2)}, ops{transfer("7", "", 120, 3)}, nil},
		{"NothingIsOwed", ops{due("r1", 0, 0)}, nil, nil},
		{"InTransit", ops{due("r1", 100, 11)}, nil, []string{"transit missing_there: r1 payout 100 | -"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			breaks, s, err := reconcile.MatchPayouts(run, c.dues, c.transfers)
			require.NoError(t, err)
			got := told(breaks)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], "- |  payout 100", "-|")
			}
			require.Equal(t, c.want, got)
			require.Equal(t, len(c.dues), s.Facts)
			slices.Reverse(c.dues)
			slices.Reverse(c.transfers)
			again, _, err := reconcile.MatchPayouts(run, c.dues, c.transfers)
			require.NoError(t, err)
			require.Equal(t, breaks, again)
		})
	}
	t.Run("ARegisterOwesItsNet", func(t *testing.T) {
		t.Parallel()
		_, s := match(t, today(), nil, ops{payment("a", 100_00), refund("a", 30_00, 0), with(payment("b", 7), func(o *reconcile.Operation) { o.Amount.Currency = money.KZT })})
		dues, err := reconcile.Dues("r1", day, s.Theirs)
		require.NoError(t, err)
		require.Equal(t, []money.Money{money.Of(7, money.KZT), money.Of(68_00, money.RUB)}, []money.Money{dues[0].Amount, dues[1].Amount})
		breaks, _, err := reconcile.MatchPayouts(run, dues, ops{transfer("7", "r1", 68_00, 20)})
		require.NoError(t, err)
		require.Equal(t, []string{"open missing_there: r1 payout 7 | -"}, told(breaks))
		_, err = reconcile.Dues("r1", day, reconcile.Totals{money.RUB: {Payments: 1, Fees: -1 << 63}})
		require.ErrorIs(t, err, money.ErrOverflow)
	})
	t.Run("ErrPayouts", func(t *testing.T) {
		t.Parallel()
		for _, dues := range []ops{{payment("a", 1)}, {{}}, slices.Repeat(ops{due("r", 1, 0)}, reconcile.MaxPayouts+1)} {
			_, _, err := reconcile.MatchPayouts(run, dues, nil)
			require.ErrorIs(t, err, reconcile.ErrPayouts)
			_, _, err = reconcile.MatchPayouts(run, nil, dues)
			require.ErrorIs(t, err, reconcile.ErrPayouts)
		}
		_, _, err := reconcile.MatchPayouts(reconcile.Run{}, nil, nil)
		require.ErrorIs(t, err, reconcile.ErrRun)
	})
}
