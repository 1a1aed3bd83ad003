package reconcile_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

type ops = []reconcile.Operation

func TestMatch(t *testing.T) {
	t.Parallel()
	failed := func(o *reconcile.Operation) { o.Status = reconcile.Failed }
	pending := func(o *reconcile.Operation) { o.Status = reconcile.Pending }
	evening := func(o *reconcile.Operation) { o.At = day.Add(23 * time.Hour) }
	nameless := func(o *reconcile.Operation) { o.BankID = "" }
	for _, c := range []struct {
		name         string
		facts, lines ops
		want         []string
	}{
		{"BothAgree", ops{payment("a", 100), refund("a", 40, 0)}, ops{refund("a", 40, time.Hour), payment("a", 100)}, nil},
		{"MissingThere", ops{payment("a", 100)}, nil, []string{"open missing_there: a payment 100 | -"}},
		{"MissingHere", nil, ops{payment("a", 100)}, []string{"open missing_here: - | a payment 100"}},
		{"Amount", ops{payment("a", 100)}, ops{payment("a", 90)}, []string{"open amount: a payment 100 | a payment 90"}},
		{"Currency", ops{payment("a", 100)}, ops{with(payment("a", 100), func(o *reconcile.Operation) { o.Amount.Currency = money.KZT })},
			[]string{"open amount: a payment 100 | a payment 100"}},
		{"Fee", ops{payment("a", 100)}, ops{with(payment("a", 100), func(o *reconcile.Operation) { o.Fee++ })}, []string{"open fee: a payment 100 | a payment 100"}},
		{"AnUntoldFeeIsNoBreak", ops{payment("a", 100)}, ops{with(payment("a", 100), func(o *reconcile.Operation) { o.Fee, o.FeeKnown = 0, false })}, nil},
		{"Status", ops{payment("a", 100)}, ops{with(payment("a", 100), failed)}, []string{"open status: a payment 100 | a payment 100"}},
		{"OursIsNotDoneYet", ops{with(refund("a", 5, 0), pending)}, ops{refund("a", 5, 0)}, []string{"open status: a refund 5 | a refund 5"}},
		{"WhatMovedNothingIsNoBreak", ops{with(payment("a", 100), failed)}, ops{with(payment("b", 100), failed), with(payment("c", 1), pending)}, nil},
		{"ADeclinedTryBesideTheGoodOne", ops{payment("a", 100)}, ops{with(payment("a", 100), failed), payment("a", 100)}, nil},
		{"AFailedTryAtTheSameTime", ops{refund("a", 5, 0)}, ops{with(refund("a", 5, 0), failed), refund("a", 5, time.Hour)}, nil},
		{"AFailedTryOfAnotherAmountIsNoCounterpart", ops{payment("a", 100)}, ops{with(payment("a", 90), failed)}, []string{"open missing_there: a payment 100 | -"}},
		{"AFailedSumIsNoCounterpart", ops{refund("a", 30, 0), refund("a", 20, 0)}, ops{with(refund("a", 50, 0), failed)},
			[]string{"open missing_there: a refund 20 | -", "open missing_there: a refund 30 | -"}},
		{"WhatFailedHasNoFee", ops{payment("a", 100)}, ops{with(with(payment("a", 100), failed), func(o *reconcile.Operation) { o.Fee = 0 })},
			[]string{"open status: a payment 100 | a payment 100"}},
		{"DuplicateThere", ops{payment("a", 100)}, ops{payment("a", 100), payment("a", 100)}, []string{"open duplicate: - | a payment 100"}},
		{"DuplicateHere", ops{payment("a", 100), payment("a", 100)}, ops{payment("a", 100)}, []string{"open duplicate: a payment 100 | -"}},
		{"APaymentIsMadeOnce", ops{payment("a", 100)}, ops{payment("a", 100), payment("a", 70)}, []string{"open duplicate: - | a payment 70"}},
		{"TwoStrangersAreOneMissingAndOneDouble", nil, ops{payment("a", 100), payment("a", 100)},
			[]string{"open duplicate: - | a payment 100", "open missing_here: - | a payment 100"}},
		{"EqualRefundsAreTwo", ops{refund("a", 50, 0), refund("a", 50, time.Hour)}, ops{refund("a", 50, 0), refund("a", 50, time.Hour)}, nil},
		{"AnotherEqualRefundIsMissing", ops{refund("a", 50, 0)}, ops{refund("a", 50, 0), refund("a", 50, time.Hour)}, []string{"open missing_here: - | a refund 50"}},
		{"TheSameRefundIsADuplicate", ops{refund("a", 50, 0)}, ops{refund("a", 50, 0), refund("a", 50, 0)}, []string{"open duplicate: - | a refund 50"}},
		{"TheBankNetsRefunds", ops{refund("a", 30, 0), refund("a", 15, 1), refund("a", 20, 0)}, ops{refund("a", 50, 0)}, []string{"open missing_there: a refund 15 | -"}},
		{"WeNetRefunds", ops{refund("a", 50, 0)}, ops{refund("a", 30, 0), refund("a", 20, 0)}, nil},
		{"NettedFeesAreAdded", ops{with(refund("a", 30, 0), func(o *reconcile.Operation) { o.Fee = -2 }), refund("a", 20, 0)}, ops{refund("a", 50, 0)},
			[]string{"open fee: a refund 50 | a refund 50"}},
		{"KindsNeverMeet", ops{refund("a", 50, 0)}, ops{with(refund("a", 50, 0), func(o *reconcile.Operation) { o.Kind = reconcile.Chargeback })},
			[]string{"open missing_here: - | a chargeback 50", "open missing_there: a refund 50 | -"}},
		{"AnotherNumberOfTheBankIsAnotherOperation", ops{payment("a", 100)}, ops{with(payment("a", 100), func(o *reconcile.Operation) { o.BankID = "x" })},
			[]string{"open missing_here: - | a payment 100", "open missing_there: a payment 100 | -"}},
		{"TheNumberMayBeUnknown", ops{with(payment("a", 100), nameless)}, ops{payment("a", 100)}, nil},
		{"InTransitBothWays", ops{with(payment("a", 100), evening)}, ops{with(payment("b", 100), evening)},
			[]string{"transit missing_here: - | b payment 100", "transit missing_there: a payment 100 | -"}},
		{"PendingInTheEvening", ops{with(payment("a", 100), evening)}, ops{with(with(payment("a", 100), evening), pending)},
			[]string{"transit status: a payment 100 | a payment 100"}},
		{"AnAmountIsNeverInTransit", ops{with(payment("a", 100), evening)}, ops{with(payment("a", 90), evening)}, []string{"open amount: a payment 100 | a payment 90"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			breaks, summary := match(t, today(), c.facts, c.lines)
			require.Equal(t, c.want, told(breaks))
			require.Equal(t, len(c.facts), summary.Facts)
			require.Equal(t, len(c.lines), summary.Lines)
			for _, b := range breaks {
				require.Equal(t, today().Now, b.FirstSeen)
				require.False(t, b.ID.IsZero())
			}
		})
	}
	t.Run("JoinedByTheBanksNumber", func(t *testing.T) {
		t.Parallel()
		run := today()
		run.By = reconcile.ByBankID
		breaks, summary := match(t, run, ops{payment("a", 100), payment("b", 100)},
			ops{with(payment("a", 100), func(o *reconcile.Operation) { o.Reference = "" }), payment("b", 100)})
		require.Empty(t, breaks)
		require.Equal(t, 2, summary.Matched)
	})
	t.Run("EqualOnesArePairedByTheirTime", func(t *testing.T) {
		t.Parallel()
		breaks, _ := match(t, today(), ops{refund("a", 50, 0), refund("a", 50, time.Hour)}, ops{refund("a", 50, time.Hour)})
		require.Len(t, breaks, 1)
		require.Equal(t, noon, breaks[0].Ours.At)
	})
	t.Run("SumsAreTold", func(t *testing.T) {
		t.Parallel()
		_, s := match(t, today(), ops{payment("a", 100), refund("a", 30, 0), payment("b", 100)}, ops{payment("a", 100), refund("a", 30, 0), payment("b", 50)})
		require.Equal(t, reconcile.Total{Count: 3, Payments: 200, Refunds: 30, Fees: 4}, s.Ours[money.RUB])
		require.Equal(t, reconcile.Total{Count: 3, Payments: 150, Refunds: 30, Fees: 3}, s.Theirs[money.RUB])
		require.Equal(t, reconcile.Total{Count: 2, Payments: 100, Refunds: 30, Fees: 2}, s.Agreed[money.RUB])
		net, err := s.Theirs[money.RUB].Net()
		require.NoError(t, err)
		require.EqualValues(t, 117, net)
		require.Equal(t, map[reconcile.BreakKind]int{reconcile.AmountDiffers: 1}, s.Breaks)
	})
}

func TestMatchRefuses(t *testing.T) {
	t.Parallel()
	run := func(r reconcile.Run, facts, lines ops) error {
		var s reconcile.Summary
		for _, err := range reconcile.Match(r, each(facts), each(lines), &s) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	t.Run("ErrRun", func(t *testing.T) {
		t.Parallel()
		for _, change := range []func(*reconcile.Run){
			func(r *reconcile.Run) { r.Account = "" }, func(r *reconcile.Run) { r.To = r.From }, func(r *reconcile.Run) { r.Grace = -1 },
			func(r *reconcile.Run) { r.Grace = 32 * 24 * time.Hour }, func(r *reconcile.Run) { r.By = "" }, func(r *reconcile.Run) { r.Now = time.Time{} },
		} {
			r := today()
			change(&r)
			require.ErrorIs(t, run(r, nil, nil), reconcile.ErrRun)
		}
	})
	t.Run("ErrUnsorted", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, run(today(), ops{payment("b", 1), payment("a", 1)}, nil), reconcile.ErrUnsorted)
	})
	t.Run("ErrGroup", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, run(today(), nil, slices.Repeat(ops{payment("0", 1)}, reconcile.MaxGroup+1)), reconcile.ErrGroup)
	})
	t.Run("ASidesErrorEndsIt", func(t *testing.T) {
		t.Parallel()
		gone := errors.New("gone")
		var s reconcile.Summary
		var errs []error
		for _, err := range reconcile.Match(today(), each(nil), func(yield func(reconcile.Operation, error) bool) {
			_ = yield(payment("a", 1), nil) && yield(reconcile.Operation{}, gone)
		}, &s) {
			errs = append(errs, err)
		}
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], gone)
	})
}

// book draws facts of one day: payments, each with some refunds, of different amounts under one name.
func book(t *rapid.T) ops {
	var facts ops
	for i := range rapid.IntRange(0, 40).Draw(t, "payments") {
		name := fmt.Sprintf("ref%03d", i)
		facts = append(facts, payment(name, rapid.Int64Range(10_000, 1_000_000).Draw(t, "amount")))
		for n := range rapid.IntRange(0, 4).Draw(t, "refunds") {
			facts = append(facts, refund(name, int64(1)<<n, time.Duration(n)*time.Minute))
		}
	}
	return facts
}

func shuffled(t *rapid.T, of ops) ops {
	mixed := slices.Clone(of)
	chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1))
	chance.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}

// plant puts one difference between the ledger and the register, at the fact i, and says which break it must give.
func plant(t *rapid.T, facts, lines ops, i int) (ops, ops, string) {
	f := facts[i]
	at := slices.Index(lines, f)
	name := func(kind string, ours, theirs *reconcile.Operation) string {
		return told([]reconcile.Break{{Kind: reconcile.BreakKind(kind), State: reconcile.Open, Ours: ours, Theirs: theirs}})[0]
	}
	switch rapid.IntRange(0, 5).Draw(t, "difference") {
	case 0:
		return facts, slices.Delete(lines, at, at+1), name("missing_there", &f, nil)
	case 1:
		return slices.Delete(facts, i, i+1), lines, name("missing_here", nil, &f)
	case 2:
		lines[at].Amount.Amount += 1_000_000_000
		return facts, lines, name("amount", &f, &lines[at])
	case 3:
		lines[at].Fee++
		return facts, lines, name("fee", &f, &f)
	case 4:
		lines[at].Status = reconcile.Failed
		return facts, lines, name("status", &f, &f)
	}
	return facts, append(lines, f), name("duplicate", nil, &f)
}

func TestLawsOfMatch(t *testing.T) {
	t.Parallel()
	t.Run("ARegisterOfTheFactsHasNoBreaks", rapid.MakeCheck(func(t *rapid.T) {
		facts := book(t)
		breaks, s := match(t, today(), facts, shuffled(t, facts))
		require.Empty(t, breaks)
		require.Equal(t, len(facts), s.Matched)
		require.Equal(t, s.Ours, s.Agreed)
		require.Equal(t, s.Theirs, s.Agreed)
	}))
	t.Run("PlantedDifferencesAreFoundAndNoOthers", rapid.MakeCheck(func(t *rapid.T) {
		facts := book(t)
		lines := slices.Clone(facts)
		var want []string
		touched := map[string]bool{}
		for range rapid.IntRange(0, 10).Draw(t, "planted") {
			if len(facts) == 0 {
				break
			}
			i := rapid.IntRange(0, len(facts)-1).Draw(t, "where")
			if touched[facts[i].Reference] {
				continue
			}
			touched[facts[i].Reference] = true
			var one string
			facts, lines, one = plant(t, facts, lines, i)
			want = append(want, one)
		}
		slices.Sort(want)
		breaks, _ := match(t, today(), shuffled(t, facts), shuffled(t, lines))
		require.Equal(t, want, told(breaks))
		named := map[ids.ID]bool{}
		for _, b := range breaks {
			named[b.ID] = true
		}
		require.Len(t, named, len(breaks), "each break has an id of its own")
	}))
	t.Run("OrderDoesNotMatterAndASecondRunChangesNothing", rapid.MakeCheck(func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) reconcile.Operation {
			o := refund(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "ref"), rapid.Int64Range(1, 4).Draw(t, "amount"), rapid.SampledFrom([]time.Duration{0, 15 * time.Hour}).Draw(t, "at"))
			o.Kind = rapid.SampledFrom([]reconcile.Kind{reconcile.Payment, reconcile.Refund}).Draw(t, "kind")
			o.Status = rapid.SampledFrom([]reconcile.Status{reconcile.Done, reconcile.Done, reconcile.Pending, reconcile.Failed}).Draw(t, "status")
			o.Fee = rapid.Int64Range(0, 1).Draw(t, "fee")
			o.BankID = rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "number")
			return o
		})
		facts, lines := rapid.SliceOfN(draw, 0, 15).Draw(t, "facts"), rapid.SliceOfN(draw, 0, 15).Draw(t, "lines")
		first, s := match(t, today(), facts, lines)
		second, _ := match(t, today(), shuffled(t, facts), shuffled(t, lines))
		require.Equal(t, first, second)
		kept := reconcile.Merge(today(), nil, first)
		require.Equal(t, len(first), kept.New)
		again := reconcile.Merge(today(), kept.Write, second)
		require.Empty(t, again.Write)
		require.Equal(t, len(first), again.Still)

		// Every fact and line is matched, ignored or named, and none twice.
		alone := 0
		for _, b := range first {
			if b.Ours == nil || b.Theirs == nil {
				alone++
			}
		}
		require.GreaterOrEqual(t, len(facts)+len(lines), alone+s.Ignored+2*s.Matched-s.Netted)
	}))
}
