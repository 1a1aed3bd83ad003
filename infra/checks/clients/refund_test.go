package clients_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

// TestConnectorRefunds gives money back over the wire, in both answer modes. Faults that are asked for are the program's
// and strike whoever returns next, so those roads have a program of their own and go one after the other.
func TestConnectorRefunds(t *testing.T) {
	t.Parallel()
	program := build(t)
	for name, flags := range map[string][]string{"StringsInAnswers": nil, "NumbersInAnswers": {"-numbers"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank := start(t, program, flags...)
			for road, play := range refundRoads {
				t.Run(road, func(t *testing.T) {
					t.Parallel()
					play(t, openShop(t, bank))
				})
			}
			t.Run("UnderFaults", func(t *testing.T) {
				t.Parallel()
				alone := start(t, program, flags...)
				t.Run("SBPRefused", func(t *testing.T) { refusedBySBP(t, openShop(t, alone)) })
				t.Run("EveryFaultIsMendedByTheKey", func(t *testing.T) { mendedByKey(t, openShop(t, alone)) })
			})
		})
	}
}

var refundRoads = map[string]func(*testing.T, *shop){
	"Whole":                   wholeRefund,
	"TwoPartsAndNoMore":       twoParts,
	"RepeatedKeyGivesOnce":    repeatedKey,
	"LostAnswerOfCancel":      lostRefund,
	"OfAPartlyCapturedHold":   refundOfACapture,
	"WhatWasNeverTaken":       refundOfNothing,
	"SBPEndsLater":            refundBySBP,
	"ReturnedLinesAndClosing": fiscalRefund,
}

func rubles(minor int64) money.Money { return money.Of(minor, money.RUB) }

func giveBack(n int, minor int64, m banks.Method) banks.Return {
	return banks.Return{Key: fmt.Sprintf("treturn%02d", n), Amount: rubles(minor), Method: m}
}

func (s *shop) refund(t *testing.T, r banks.Ref, give banks.Return) banks.News {
	t.Helper()
	news, err := s.bank.Refund(t.Context(), s.account, r, give)
	require.NoError(t, err)
	require.Equal(t, r.Reference, news.Reference)
	return news
}

func (s *shop) paid(t *testing.T, minor int64) banks.Ref {
	t.Helper()
	ref := s.open(t, s.charge(minor))
	s.pay(t, ref, `{}`)
	require.Len(t, s.take(t), 2)
	return ref
}

// left is what the bank says is left, however it is asked.
func (s *shop) left(t *testing.T, r banks.Ref) int64 {
	t.Helper()
	byNumber, byName := s.ask(t, r), s.ask(t, banks.Ref{Reference: r.Reference, Amount: r.Amount})
	asked, err := s.bank.AskRefund(t.Context(), s.account, r, banks.Card)
	require.NoError(t, err)
	require.NotNil(t, byNumber.Left)
	require.Equal(t, byNumber.Left, byName.Left)
	require.Equal(t, byNumber.Left, asked.Left)
	return byNumber.Left.Amount
}

func requireLeft(t *testing.T, status banks.Status, minor int64, news banks.News) {
	t.Helper()
	require.Equal(t, status, news.Status)
	require.NotNil(t, news.Left)
	require.Equal(t, rubles(minor), *news.Left)
}

func wholeRefund(t *testing.T, s *shop) {
	ref := s.paid(t, 149_900)
	require.EqualValues(t, 149_900, s.left(t, ref))
	requireLeft(t, banks.Refunded, 0, s.refund(t, ref, giveBack(1, 149_900, banks.Card)))
	require.Equal(t, []banks.Status{banks.Refunded}, statuses(s.heard(t)))
	require.Zero(t, s.left(t, ref))
}

func twoParts(t *testing.T, s *shop) {
	ref := s.paid(t, 149_900)
	requireLeft(t, banks.PartlyRefunded, 50_000, s.refund(t, ref, giveBack(1, 99_900, banks.Card)))
	require.EqualValues(t, 50_000, s.left(t, ref))
	_, err := s.bank.Refund(t.Context(), s.account, ref, giveBack(2, 50_001, banks.Card))
	require.Equal(t, banks.Conflict, banks.ClassOf(err), "more than is left")
	requireLeft(t, banks.Refunded, 0, s.refund(t, ref, giveBack(3, 50_000, banks.Card)))
	require.Equal(t, []banks.Status{banks.PartlyRefunded, banks.Refunded}, statuses(s.heard(t)))
	_, err = s.bank.Refund(t.Context(), s.account, ref, giveBack(4, 1, banks.Card))
	require.Equal(t, banks.Conflict, banks.ClassOf(err), "nothing is left")
	require.Zero(t, s.left(t, ref))
}

func repeatedKey(t *testing.T, s *shop) {
	ref := s.paid(t, 100_000)
	for range 3 {
		requireLeft(t, banks.PartlyRefunded, 40_000, s.refund(t, ref, giveBack(1, 60_000, banks.Card)))
		require.EqualValues(t, 40_000, s.left(t, ref))
	}
	requireLeft(t, banks.Refunded, 0, s.refund(t, ref, giveBack(2, 40_000, banks.Card)))
	requireLeft(t, banks.PartlyRefunded, 40_000, s.refund(t, ref, giveBack(1, 60_000, banks.Card)))
	require.Zero(t, s.left(t, ref), "a repetition tells of the first time, and Ask of now")
	require.Len(t, s.heard(t), 2)
}

func lostRefund(t *testing.T, s *shop) {
	ref := s.paid(t, 30_069) // this amount makes the simulator lose the first answer to Cancel
	give := giveBack(1, 20_069, banks.Card)
	_, err := s.bank.Refund(t.Context(), s.account, ref, give)
	require.Equal(t, banks.Unknown, banks.ClassOf(err))
	requireLeft(t, banks.PartlyRefunded, 10_000, s.refund(t, ref, give))
	require.EqualValues(t, 10_000, s.left(t, ref))
}

func refundOfACapture(t *testing.T, s *shop) {
	c := s.charge(80_000)
	c.Hold = true
	ref := s.open(t, c)
	s.pay(t, ref, `{}`)
	_, err := s.bank.Capture(t.Context(), s.account, ref, rubles(60_000), nil)
	require.NoError(t, err)
	require.EqualValues(t, 60_000, s.left(t, ref))
	requireLeft(t, banks.PartlyRefunded, 35_000, s.refund(t, ref, giveBack(1, 25_000, banks.Card)))
	requireLeft(t, banks.Refunded, 0, s.refund(t, ref, giveBack(2, 35_000, banks.Card)))
}

func refundOfNothing(t *testing.T, s *shop) {
	unpaid := s.open(t, s.charge(30_000))
	news := s.refund(t, unpaid, giveBack(1, 30_000, banks.Card))
	require.Equal(t, banks.Cancelled, news.Status)
	require.Nil(t, news.Left)

	c := s.charge(30_000)
	c.Hold, c.Reference = true, ids.Reference(ids.Test, s.account.ID, 2)
	held := s.open(t, c)
	s.pay(t, held, `{}`)
	news = s.refund(t, held, giveBack(2, 10_000, banks.Card))
	require.Equal(t, banks.Held, news.Status, "a part of the hold is free and the rest still held")
	news = s.refund(t, held, giveBack(3, 20_000, banks.Card))
	require.Equal(t, banks.Reversed, news.Status)
	require.Nil(t, news.Left)
}

func (s *shop) paidBySBP(t *testing.T, minor int64) banks.Ref {
	t.Helper()
	c := s.charge(minor)
	c.Method = banks.SBP
	ref := s.open(t, c)
	s.pay(t, ref, `{"method":"sbp"}`)
	return ref
}

func (s *shop) askSBP(t *testing.T, r banks.Ref) banks.News {
	t.Helper()
	news, err := s.bank.AskRefund(t.Context(), s.account, r, banks.SBP)
	require.NoError(t, err)
	return news
}

func refundBySBP(t *testing.T, s *shop) {
	ref := s.paidBySBP(t, 45_000)
	requireLeft(t, banks.Paid, 45_000, s.askSBP(t, ref))
	for n, part := range []struct {
		minor, left int64
		status      banks.Status
	}{{20_000, 25_000, banks.PartlyRefunded}, {25_000, 0, banks.Refunded}} {
		news := s.refund(t, ref, giveBack(n+1, part.minor, banks.SBP))
		require.Equal(t, banks.Paid, news.Status)
		require.True(t, news.Underway)
		require.Nil(t, news.Left)
		s.advance(t, "1m")
		news = s.askSBP(t, ref)
		requireLeft(t, part.status, part.left, news)
		require.Zero(t, news.Decline)
	}
}

func refusedBySBP(t *testing.T, s *shop) {
	ref := s.paidBySBP(t, 45_000)
	refuse := func(n int, minor int64) banks.News {
		s.post(t, "/control/faults", `{"call":"Cancel","fault":"refund_refused"}`)
		require.True(t, s.refund(t, ref, giveBack(n, minor, banks.SBP)).Underway)
		_, err := s.bank.Refund(t.Context(), s.account, ref, giveBack(n, minor, banks.SBP))
		require.Equal(t, banks.Conflict, banks.ClassOf(err), "one at a time")
		require.True(t, s.askSBP(t, ref).Underway)
		s.advance(t, "1m")
		return s.askSBP(t, ref)
	}
	news := refuse(1, 45_000)
	requireLeft(t, banks.Paid, 45_000, news)
	require.Equal(t, banks.SBPRefused, news.Decline.Code)
	require.Contains(t, news.Decline.Message, "I05043")
	require.True(t, s.refund(t, ref, giveBack(2, 15_000, banks.SBP)).Underway)
	s.advance(t, "1m")
	news = s.askSBP(t, ref)
	requireLeft(t, banks.PartlyRefunded, 30_000, news)
	require.Zero(t, news.Decline, "the last return went well")
	news = refuse(3, 30_000)
	requireLeft(t, banks.PartlyRefunded, 30_000, news)
	require.Equal(t, banks.SBPRefused, news.Decline.Code)
}

// mendedByKey: whatever befalls the call, the repetition under its key makes it one return.
func mendedByKey(t *testing.T, s *shop) {
	ref := s.paid(t, 100_000)
	left := int64(100_000)
	for n, kind := range []string{"500_before", "500_after", "lost_request", "lost_answer", "unknown_status", "wrong_amount", "garbage"} {
		s.post(t, "/control/faults", `{"call":"Cancel","fault":"`+kind+`"}`)
		give := giveBack(n, 10_000, banks.Card)
		_, err := s.bank.Refund(t.Context(), s.account, ref, give)
		require.Error(t, err, kind)
		require.Equal(t, banks.Unknown, banks.ClassOf(err), kind)
		left -= 10_000
		requireLeft(t, banks.PartlyRefunded, left, s.refund(t, ref, give))
		require.Equal(t, left, s.left(t, ref), kind)
	}
}

func line(name, mode string, minor int64) receipts.Line {
	return receipts.Line{Name: name, Price: rubles(minor), Quantity: 1000, Amount: rubles(minor),
		VAT: "vat22", Subject: "commodity", Mode: mode, Measure: "piece"}
}

func document(lines ...receipts.Line) *receipts.Document {
	return &receipts.Document{Email: "buyer@example.com", Taxation: "usn_income", Lines: lines}
}

// fiscalRefund closes a prepayment and then returns one of its two lines, as the bank takes no closing receipt after that.
func fiscalRefund(t *testing.T, s *shop) {
	s.openTerminal(t, `"fiscal":true,`)
	s.account.Fiscal, s.account.Taxation = true, "usn_income"
	c := s.charge(70_000)
	c.Receipt = document(line("Шкаф", "full_prepayment", 50_000), line("Стул", "full_prepayment", 20_000))
	ref := s.open(t, c)
	s.pay(t, ref, `{}`)
	printed := func() banks.Notice {
		s.advance(t, "10s")
		heard := s.heard(t)
		require.NotEmpty(t, heard)
		last := heard[len(heard)-1]
		require.NotNil(t, last.Receipt)
		return last
	}
	bought := printed()
	require.Equal(t, receipts.Income, bought.Receipt.Kind)
	require.False(t, bought.Closing)

	require.NoError(t, s.bank.CloseReceipt(t.Context(), s.account, ref, document(line("Шкаф", "full_payment", 50_000), line("Стул", "full_payment", 20_000))))
	closed := printed()
	require.True(t, closed.Closing)
	require.Equal(t, receipts.Income, closed.Receipt.Kind)
	require.Equal(t, c.Amount, closed.Receipt.Total)

	give := giveBack(1, 20_000, banks.Card)
	_, err := s.bank.Refund(t.Context(), s.account, ref, give)
	require.Equal(t, banks.BadRequest, banks.ClassOf(err), "the till wants the returned lines")
	give.Receipt = document(line("Стул", "full_payment", 20_000))
	requireLeft(t, banks.PartlyRefunded, 50_000, s.refund(t, ref, give))
	returned := printed()
	require.Equal(t, receipts.IncomeReturn, returned.Receipt.Kind)
	require.Equal(t, rubles(20_000), returned.Receipt.Total)
	err = s.bank.CloseReceipt(t.Context(), s.account, ref, document(line("Шкаф", "full_payment", 50_000)))
	require.Equal(t, banks.Conflict, banks.ClassOf(err), "after a part went back the bank closes no more")
}
