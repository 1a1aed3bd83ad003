package ledger_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

const today = ledger.Day("2026-03-02")

// recorded puts entries into the first shard of a day.
func recorded(day ledger.Day, entries ...ledger.Entry) []ledger.Recorded {
	list := make([]ledger.Recorded, len(entries))
	for i, e := range entries {
		list[i] = ledger.Recorded{Entry: e, Day: day, Seq: int64(i) + 1, PostedAt: start}
	}
	return list
}

func tally(t require.TestingT, day ledger.Day, entries ...ledger.Entry) ledger.Tally {
	sum := ledger.Tally{Book: book, Day: day}
	for _, r := range recorded(day, entries...) {
		require.NoError(t, sum.Add(r))
	}
	return sum
}

func settled(t require.TestingT, before ledger.Head, sum ledger.Tally) ledger.Settlement {
	s, err := ledger.Settle(before, sum, start)
	require.NoError(t, err)
	require.Empty(t, s.Follows(before))
	return s
}

func TestSettle(t *testing.T) {
	t.Parallel()
	paid := must(t)(ledger.Paid(example(), start))
	all := must(t)(ledger.Refunded(example(), ledger.Refund{ID: order.Child(ids.Refund, 1), Amount: 150_000}, start))
	t.Run("TheContractsExample", func(t *testing.T) {
		t.Parallel()
		s := settled(t, ledger.Head{}, tally(t, today, paid))
		require.Equal(t, int64(146_250), s.Payout)
		require.Equal(t, int64(146_250), s.Earned)
		require.Zero(t, s.CarriedForward)
		require.Equal(t, ledger.Facts{Paid: 150_000, OurFee: 3_750, ProviderFee: 2_850}, s.Facts)
		require.Equal(t, ledger.SettlementClosed, s.Status)
		require.Equal(t, int64(1), s.Entries)
		adjusted, err := s.Adjusted()
		require.NoError(t, err)
		require.Zero(t, adjusted)
		require.False(t, s.Bare())
	})
	t.Run("ADebtIsCarriedUntilItIsEarned", func(t *testing.T) {
		t.Parallel()
		first := settled(t, ledger.Head{}, tally(t, today, all))
		require.Zero(t, first.Payout)
		require.Equal(t, int64(-150_000), first.CarriedForward)
		require.True(t, first.TooDeep(0))
		require.True(t, first.TooDeep(149_999))
		require.False(t, first.TooDeep(150_000))
		none, err := first.Movements()
		require.NoError(t, err)
		require.Empty(t, none)
		second := settled(t, first.Head(), tally(t, today.Next(), paid))
		require.Equal(t, int64(-150_000), second.Carried)
		require.Equal(t, int64(-3_750), second.CarriedForward)
		require.Zero(t, second.Payout)
		more := paid
		more.ID = "another:paid"
		third := settled(t, second.Head(), tally(t, today.Next().Next(), more))
		require.Equal(t, int64(142_500), third.Payout)
		require.False(t, third.TooDeep(0))
	})
	t.Run("TheMoneyOfHisOwnAccountIsHis", func(t *testing.T) {
		t.Parallel()
		p := example()
		p.Terms.Own = true
		s := settled(t, ledger.Head{}, tally(t, today, must(t)(ledger.Paid(p, start))))
		require.Zero(t, s.Payout)
		require.Zero(t, s.CarriedForward)
		require.Equal(t, int64(3_750), s.Charge)
		require.Equal(t, ledger.Facts{Paid: 150_000, OurFee: 3_750}, s.Own)
		require.Zero(t, s.Facts)
		p.Terms.Ours.Returned = true
		back := must(t)(ledger.Refunded(p, ledger.Refund{ID: order.Child(ids.Refund, 1), Amount: 150_000}, start))
		require.Equal(t, int64(-3_750), settled(t, s.Head(), tally(t, today.Next(), back)).Charge)
	})
	t.Run("WhatASettlementSetAsideIsNotEarnedAgain", func(t *testing.T) {
		t.Parallel()
		first := settled(t, ledger.Head{}, tally(t, today, paid))
		aside, err := first.Movements()
		require.NoError(t, err)
		require.Len(t, aside, 1)
		first.Status, first.PaidOutAt = ledger.SettlementPaidOut, start
		both, err := first.Movements()
		require.NoError(t, err)
		require.Len(t, both, 2)
		require.Equal(t, aside[0], both[0])
		second := settled(t, first.Head(), tally(t, today.Next(), both...))
		require.True(t, second.Bare())
		require.Zero(t, second.Payout)
		require.Zero(t, second.CarriedForward)
		returned := settled(t, second.Head(), tally(t, today.Next().Next(), ledger.Reverse(aside[0], start)))
		require.Equal(t, int64(146_250), returned.Payout, "a payout that came back is owed again")
		adjusted, err := returned.Adjusted()
		require.NoError(t, err)
		require.Equal(t, int64(146_250), adjusted)
	})
	t.Run("ErrOverflow", func(t *testing.T) {
		t.Parallel()
		_, err := ledger.Settle(ledger.Head{CarriedForward: math.MinInt64}, tally(t, today, all), start)
		require.ErrorIs(t, err, money.ErrOverflow)
	})
}

func TestPays(t *testing.T) {
	t.Parallel()
	s := settled(t, ledger.Head{}, tally(t, today, must(t)(ledger.Paid(example(), start))))
	told, err := s.Pays("P-1")
	require.NoError(t, err)
	require.False(t, told)
	s.Status, s.Reference = ledger.SettlementPaidOut, "P-1"
	told, err = s.Pays("P-1")
	require.NoError(t, err)
	require.True(t, told)
	_, err = s.Pays("P-2")
	require.ErrorIs(t, err, ledger.ErrPaidOutOtherwise)
	s.Payout = 0
	_, err = s.Pays("P-1")
	require.ErrorIs(t, err, ledger.ErrNothingToPayOut)
	s.Status = ledger.SettlementOpen
	_, err = s.Pays("P-1")
	require.ErrorIs(t, err, ledger.ErrSettlementOpen)
}

// TestTheChainBreaks changes each part of a settlement, and each part of an entry, and finds it in the hashes.
func TestTheChainBreaks(t *testing.T) {
	t.Parallel()
	first := settled(t, ledger.Head{}, tally(t, today, must(t)(ledger.Paid(example(), start))))
	second := settled(t, first.Head(), tally(t, today.Next(), must(t)(ledger.Paid(example(), start))))
	for name, spoil := range map[string]func(*ledger.Settlement){
		"ErrID":       func(s *ledger.Settlement) { s.ID = order },
		"ErrDay":      func(s *ledger.Settlement) { s.Day = today; s.ID = ledger.SettlementID(s.Book, today) },
		"ErrPrevious": func(s *ledger.Settlement) { s.Previous[0]++ },
		"ErrCarried":  func(s *ledger.Settlement) { s.Carried-- },
		"ErrPayout":   func(s *ledger.Settlement) { s.Payout++ },
		"ErrForward":  func(s *ledger.Settlement) { s.CarriedForward-- },
		"ErrEarned":   func(s *ledger.Settlement) { s.Earned++; s.Payout++ },
		"ErrEntries":  func(s *ledger.Settlement) { s.Entries++ },
		"ErrFacts":    func(s *ledger.Settlement) { s.Facts.Paid++ },
		"ErrOwn":      func(s *ledger.Settlement) { s.Own.Refunded++ },
		"ErrCharge":   func(s *ledger.Settlement) { s.Charge++ },
		"ErrDigest":   func(s *ledger.Settlement) { s.Digest[31]++ },
		"ErrHash":     func(s *ledger.Settlement) { s.Hash[0]++ },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := second
			spoil(&s)
			require.NotEmpty(t, s.Follows(first.Head()))
		})
	}
	for name, spoil := range map[string]func(*ledger.Recorded){
		"ErrEntryID":    func(r *ledger.Recorded) { r.ID += "x" },
		"ErrEntryMode":  func(r *ledger.Recorded) { r.Mode = ids.Live },
		"ErrKind":       func(r *ledger.Recorded) { r.Kind = ledger.KindRefunded },
		"ErrObject":     func(r *ledger.Recorded) { r.Object = order },
		"ErrThrough":    func(r *ledger.Recorded) { r.Through = order },
		"ErrReference":  func(r *ledger.Recorded) { r.Reference = "x" },
		"ErrAt":         func(r *ledger.Recorded) { r.At = r.At.Add(time.Millisecond) },
		"ErrEntryFacts": func(r *ledger.Recorded) { r.Facts.OurFee++ },
		"ErrAmount":     func(r *ledger.Recorded) { r.Postings[0].Amount++ },
		"ErrFrom":       func(r *ledger.Recorded) { r.Postings[0].From = ledger.Suspense },
		"ErrNoPosting":  func(r *ledger.Recorded) { r.Postings = r.Postings[1:] },
		"ErrBy":         func(r *ledger.Recorded) { r.By = "x" },
		"ErrNote":       func(r *ledger.Recorded) { r.Note = "x" },
		"ErrEntryDay":   func(r *ledger.Recorded) { r.Day = today.Next() },
		"ErrShard":      func(r *ledger.Recorded) { r.Shard++ },
		"ErrSeq":        func(r *ledger.Recorded) { r.Seq++ },
		"ErrPostedAt":   func(r *ledger.Recorded) { r.PostedAt = r.PostedAt.Add(time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := recorded(today, must(t)(ledger.Paid(example(), start)))[0]
			was := r.Digest()
			spoil(&r)
			require.NotEqual(t, was, r.Digest())
		})
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	paid := must(t)(ledger.Paid(example(), start))
	t.Run("GoneOnWithFromItsJSON", func(t *testing.T) {
		t.Parallel()
		other := paid
		other.ID = "other:paid"
		want := tally(t, today, paid, other)
		kept, err := json.Marshal(tally(t, today, paid))
		require.NoError(t, err)
		var got ledger.Tally
		require.NoError(t, json.Unmarshal(kept, &got))
		require.NoError(t, got.Add(recorded(today, paid, other)[1]))
		require.Equal(t, want, got)
	})
	for name, spoil := range map[string]func(*ledger.Recorded){
		"ErrGap":           func(r *ledger.Recorded) { r.Seq++ },
		"ErrTwice":         func(r *ledger.Recorded) { r.Seq-- },
		"ErrShardBefore":   func(r *ledger.Recorded) { r.Shard-- },
		"ErrAnotherDay":    func(r *ledger.Recorded) { r.Day = today.Next() },
		"ErrAnotherBook":   func(r *ledger.Recorded) { r.Currency = money.KZT },
		"NoneInTheNextOne": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sum := tally(t, today, paid)
			was, r := sum, recorded(today, paid, paid)[1]
			if spoil == nil {
				r.Shard, r.Seq = 3, 77
				require.NoError(t, sum.Add(r))
				return
			}
			spoil(&r)
			require.ErrorIs(t, sum.Add(r), ledger.ErrOutOfTurn)
			require.Equal(t, was, sum)
		})
	}
	t.Run("ErrOverflow", func(t *testing.T) {
		t.Parallel()
		for _, sum := range []ledger.Tally{
			{Sums: ledger.Sums{Facts: ledger.Facts{Paid: math.MaxInt64}}}, {Sums: ledger.Sums{Earned: math.MaxInt64}},
			{Sums: ledger.Sums{Charge: math.MaxInt64}},
		} {
			sum.Book, sum.Day = book, today
			p := example()
			p.Terms.Own = sum.Charge != 0
			was := sum
			require.ErrorIs(t, sum.Add(recorded(today, must(t)(ledger.Paid(p, start)))[0]), money.ErrOverflow)
			require.Equal(t, was, sum)
		}
	})
	t.Run("Hashes", func(t *testing.T) {
		t.Parallel()
		var h, back ledger.Hash
		text, err := h.MarshalText()
		require.NoError(t, err)
		require.Empty(t, text)
		h[0], h[31] = 1, 0xff
		require.NoError(t, back.UnmarshalText([]byte(h.String())))
		require.Equal(t, h, back)
		for _, wrong := range []string{"01", h.String() + "00", "z" + h.String()[1:]} {
			require.ErrorIs(t, back.UnmarshalText([]byte(wrong)), ledger.ErrHash)
		}
	})
}

// TestSettlementsGiveAllAndNoMore: over any days and any order of settling, what was paid out and what is left is what was
// earned, and the ledger's payable agrees.
func TestSettlementsGiveAllAndNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var head ledger.Head
		var earned, paidOut int64
		var pending []ledger.Entry // what settlements set aside, posted some day later
		held := ledger.Balances{}
		day := today
		for n := range rapid.IntRange(1, 8).Draw(t, "days") {
			var entries []ledger.Entry
			for range rapid.IntRange(0, 3).Draw(t, "payments") {
				p := payments().Draw(t, "payment")
				p.ID = ids.FromParts("order", string(day), p.Amount.String()).Child(ids.Payment, 1)
				e, err := ledger.Paid(p, start)
				require.NoError(t, err)
				entries = append(entries, e)
				if rapid.Bool().Draw(t, "refunded") {
					back, err := ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, 1), Amount: rapid.Int64Range(1, p.Amount.Amount).Draw(t, "back")}, start)
					require.NoError(t, err)
					entries = append(entries, back)
				}
			}
			if n > 0 && rapid.Bool().Draw(t, "posted") {
				entries = append(entries, pending...)
				pending = nil
			}
			for _, e := range entries {
				require.NoError(t, held.Post(e.Postings...))
			}
			sum := tally(t, day, entries...)
			var net, charge int64
			for _, e := range entries {
				one, listed := e.Net()
				require.True(t, listed || one == 0)
				net += one
			}
			s := settled(t, head, sum)
			charge = s.Charge
			require.Equal(t, s.Earned-charge, net, "the register's lines are the settlement")
			own := s.Facts.Paid - s.Facts.Refunded - s.Facts.OurFee
			require.Equal(t, own, s.Earned)
			earned, paidOut = earned+s.Earned, paidOut+s.Payout
			made, err := s.Movements()
			require.NoError(t, err)
			pending, head, day = append(pending, made...), s.Head(), day.Next()
			require.Equal(t, earned, paidOut+head.CarriedForward)
		}
		for _, e := range pending {
			require.NoError(t, held.Post(e.Postings...))
		}
		require.Equal(t, head.CarriedForward, held[ledger.Payable])
		require.Equal(t, paidOut, held[ledger.Reserved])
	})
}

// FuzzHash: whatever is read as a hash is written as it was.
func FuzzHash(f *testing.F) {
	for _, text := range []string{"", "00", "abcdefgh", ledger.Hash{1}.String()} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var h, again ledger.Hash
		if h.UnmarshalText([]byte(text)) != nil {
			return
		}
		require.NoError(t, again.UnmarshalText([]byte(h.String())))
		require.Equal(t, h, again)
	})
}
