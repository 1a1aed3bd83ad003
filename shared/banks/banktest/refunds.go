package banktest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound/faulty"
)

const returnKey = "treturn0123456789abcdefghij020101"

func (h Harness) returning(minor int64, m banks.Method) banks.Return {
	return banks.Return{Key: returnKey, Amount: money.Of(minor, h.Charge.Amount.Currency), Method: m}
}

// methods are those whose returns the bank knows by key, or those whose it does not.
func (h Harness) methods(t *testing.T, byKey bool) []banks.Method {
	t.Helper()
	bank := h.world(t).bank
	return slices.DeleteFunc(slices.Clone(banks.Methods), func(m banks.Method) bool { return bank.RefundsByKey(m) != byKey })
}

func (h Harness) refund(t *testing.T) {
	t.Parallel()
	if !h.world(t).bank.CanRefund() {
		t.Run("ErrNotSupported", func(t *testing.T) {
			bank := h.world(t).bank
			_, err := bank.Refund(t.Context(), h.Account, h.ref(), h.returning(1, banks.Card))
			require.ErrorIs(t, err, banks.ErrNotSupported)
			_, err = bank.AskRefund(t.Context(), h.Account, h.ref(), banks.Card)
			require.ErrorIs(t, err, banks.ErrNotSupported)
			require.False(t, bank.RefundsByKey(banks.Card))
		})
		return
	}
	t.Run("AmountAndKeyInTheBytesThatTheBankReceives", h.refundBytes)
	t.Run("ByKey", h.refundByKey)
	t.Run("WithoutKey", h.refundWithoutKey)
	t.Run("ErrHostile", h.refundAnsweredFalsely)
	t.Run("ErrBadRequestBeforeAnyCall", h.refundRefusedHere)
	t.Run("WhatHadNeverBeenTakenIsPassedOn", func(t *testing.T) {
		t.Parallel()
		for _, status := range []banks.Status{banks.Cancelled, banks.Reversed} {
			w := h.world(t)
			w.lie = func(truth *Truth) { truth.Word = h.word(status) }
			news, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(h.Charge.Amount.Amount, banks.Card))
			require.NoError(t, err)
			require.Equal(t, status, news.Status)
			require.Nil(t, news.Left)
		}
	})
}

func (h Harness) refundBytes(t *testing.T) {
	t.Parallel()
	for _, m := range banks.Methods {
		for _, minor := range []int64{h.Charge.Amount.Amount, h.Charge.Amount.Amount - 1, 1} {
			w := h.world(t)
			give := h.returning(minor, m)
			_, err := w.bank.Refund(t.Context(), h.Account, h.ref(), give)
			require.NoError(t, err)
			require.Contains(t, string(w.sent[0]), h.Amount(give.Amount))
			require.Equal(t, w.bank.RefundsByKey(m), strings.Contains(string(w.sent[0]), give.Key), "%s", m)
		}
	}
}

func (h Harness) refundByKey(t *testing.T) {
	t.Parallel()
	all := h.Charge.Amount.Amount
	for _, m := range h.methods(t, true) {
		t.Run(string(m)+"/PartThenTheRest", func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			first, second := h.returning(all-700, m), h.returning(700, m)
			second.Key += "2"
			news, err := w.bank.Refund(t.Context(), h.Account, h.ref(), first)
			require.NoError(t, err)
			requireLeft(t, banks.PartlyRefunded, 700, news)
			news, err = w.bank.Refund(t.Context(), h.Account, h.ref(), second)
			require.NoError(t, err)
			requireLeft(t, banks.Refunded, 0, news)
		})
		t.Run(string(m)+"/ARepeatedKeyGivesOnce", func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			for range 3 {
				news, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(600, m))
				require.NoError(t, err)
				requireLeft(t, banks.PartlyRefunded, all-600, news)
			}
			require.Equal(t, all-600, w.truth.Left.Amount)
			require.Equal(t, w.sent[0], w.sent[1], "the same return has the same bytes")
		})
		t.Run(string(m)+"/ALostAnswerIsMendedByTheKey", func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			w.plan = func(*http.Request) faulty.Fault { return faulty.LostAfter }
			_, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(all, m))
			requireClass(t, banks.Unknown, err)
			w.plan = nil
			news, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(all, m))
			require.NoError(t, err)
			requireLeft(t, banks.Refunded, 0, news)
			require.Zero(t, w.truth.Left.Amount)
		})
	}
}

func requireLeft(t *testing.T, status banks.Status, minor int64, news banks.News) {
	t.Helper()
	require.Equal(t, status, news.Status)
	require.False(t, news.Underway)
	require.NotNil(t, news.Left)
	require.Equal(t, minor, news.Left.Amount)
	require.Zero(t, news.Decline)
}

func (h Harness) refundWithoutKey(t *testing.T) {
	t.Parallel()
	all := h.Charge.Amount.Amount
	for _, m := range h.methods(t, false) {
		ask := func(t *testing.T, w *world) banks.News {
			t.Helper()
			news, err := w.bank.AskRefund(t.Context(), h.Account, h.ref(), m)
			require.NoError(t, err)
			return news
		}
		t.Run(string(m)+"/BegunThenEnded", func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			news, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(600, m))
			require.NoError(t, err)
			if h.Underway != "" {
				require.Equal(t, banks.Paid, news.Status)
				require.True(t, news.Underway)
				require.Nil(t, news.Left)
				news = ask(t, w)
				require.Equal(t, banks.Paid, news.Status)
				require.True(t, news.Underway)
				require.Nil(t, news.Left)
				w.truth.Word, w.truth.Left.Amount = h.word(banks.PartlyRefunded), all-600
			}
			requireLeft(t, banks.PartlyRefunded, all-600, ask(t, w))
		})
		t.Run(string(m)+"/ALostAnswerIsAskedAbout", func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			w.plan = func(*http.Request) faulty.Fault { return faulty.LostAfter }
			_, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(all, m))
			requireClass(t, banks.Unknown, err)
			w.plan = nil
			w.truth.Word, w.truth.Left.Amount = h.word(banks.Refunded), 0
			requireLeft(t, banks.Refunded, 0, ask(t, w))
		})
		for _, back := range []banks.Status{banks.Paid, banks.PartlyRefunded} {
			t.Run(string(m)+"/RefusedAfter/"+string(back), func(t *testing.T) {
				t.Parallel()
				w := h.world(t)
				w.truth.Word, w.truth.Refused = h.word(back), "no account 4300000000000777\r\n"
				news := ask(t, w)
				require.Equal(t, back, news.Status)
				require.False(t, news.Underway)
				require.Equal(t, all, news.Left.Amount)
				require.NotEmpty(t, news.Decline.Code)
				require.Contains(t, news.Decline.Message, "no account 430000******0777", "the bank's text is masked")
			})
		}
	}
}

// refundAnsweredFalsely gives answers that cannot be true: none of them may be taken for a return, or for its lack.
func (h Harness) refundAnsweredFalsely(t *testing.T) {
	t.Parallel()
	all := h.Charge.Amount.Amount
	lies := map[string]func(*Truth){
		"LessGone":        func(tr *Truth) { tr.Left.Amount++ },
		"MoreGone":        func(tr *Truth) { tr.Left.Amount-- },
		"MoreThanAll":     func(tr *Truth) { tr.Before.Amount, tr.Left.Amount = 2*all, 2*all-600 },
		"LeftMoreThanWas": func(tr *Truth) { tr.Left.Amount = tr.Before.Amount + 1 },
		"AllWithARest":    func(tr *Truth) { tr.Word = h.word(banks.Refunded) },
		"StillPaid":       func(tr *Truth) { tr.Word = h.word(banks.Paid) },
		"Pending":         func(tr *Truth) { tr.Word = h.word(banks.Pending) },
		"Declined":        func(tr *Truth) { tr.Word = h.word(banks.Declined) },
		"UnknownWord":     func(tr *Truth) { tr.Word = "SOMETHING_NEW" },
		"OtherReference":  func(tr *Truth) { tr.Reference = "t" + tr.Reference[1:len(tr.Reference)-1] + "9" },
		"OtherNumber":     func(tr *Truth) { tr.BankID = "7" + tr.BankID },
	}
	for _, number := range badNumbers {
		lies["Left/"+number[:min(len(number), 20)]] = func(tr *Truth) { tr.Rest = number }
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, m := range h.methods(t, true) {
				w := h.world(t)
				w.lie = lie
				_, err := w.bank.Refund(t.Context(), h.Account, h.ref(), h.returning(600, m))
				requireClass(t, banks.Unknown, err)
				w.requireSilent(t, err)
			}
		})
	}
	t.Run("AskedAndMoreIsLeftThanWasPaid", func(t *testing.T) {
		t.Parallel()
		for _, m := range banks.Methods {
			w := h.world(t)
			w.truth.Word, w.truth.Left.Amount = h.word(banks.PartlyRefunded), all+1
			_, err := w.bank.AskRefund(t.Context(), h.Account, h.ref(), m)
			requireClass(t, banks.Unknown, err)
		}
	})
	t.Run("AskedAndAnotherIsTold", func(t *testing.T) {
		t.Parallel()
		for _, m := range banks.Methods {
			w := h.world(t)
			w.truth.Word, w.truth.BankID = h.word(banks.Paid), "7"+w.truth.BankID
			_, err := w.bank.AskRefund(t.Context(), h.Account, h.ref(), m)
			requireClass(t, banks.Unknown, err)
		}
	})
}

func (h Harness) refundRefusedHere(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*banks.Return){
		"NoKey":        func(g *banks.Return) { g.Key = "" },
		"LongKey":      func(g *banks.Return) { g.Key = strings.Repeat("a", 41) },
		"UpperCaseKey": func(g *banks.Return) { g.Key = "Key" },
		"Zero":         func(g *banks.Return) { g.Amount.Amount = 0 },
		"Negative":     func(g *banks.Return) { g.Amount.Amount = -1 },
		"MoreThanPaid": func(g *banks.Return) { g.Amount.Amount = h.Charge.Amount.Amount + 1 },
		"Currency":     func(g *banks.Return) { g.Amount.Currency = "XXX" },
		"OtherMoney":   func(g *banks.Return) { g.Amount.Currency = otherThan(h.Charge.Amount.Currency) },
		"Method":       func(g *banks.Return) { g.Method = "cash" },
		"ReceiptTotal": func(g *banks.Return) { g.Receipt = h.Charge.Receipt },
	} {
		w, give := h.world(t), h.returning(600, banks.Card)
		spoil(&give)
		_, err := w.bank.Refund(t.Context(), h.Account, h.ref(), give)
		requireClass(t, banks.BadRequest, err)
		require.Empty(t, w.sent, name)
	}
	w := h.world(t)
	_, err := w.bank.AskRefund(t.Context(), h.Account, h.ref(), "cash")
	requireClass(t, banks.BadRequest, err)
	require.Empty(t, w.sent)
}

func otherThan(c money.Currency) money.Currency {
	if c == money.RUB {
		return money.KZT
	}
	return money.RUB
}

func (h Harness) closeReceipt(t *testing.T) {
	t.Parallel()
	if !h.world(t).bank.CanClose() {
		t.Run("ErrNotSupported", func(t *testing.T) {
			require.ErrorIs(t, h.world(t).bank.CloseReceipt(t.Context(), h.Account, h.ref(), h.Charge.Receipt), banks.ErrNotSupported)
		})
		return
	}
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := h.world(t)
		require.NoError(t, w.bank.CloseReceipt(t.Context(), h.Account, h.ref(), h.Charge.Receipt))
		require.Len(t, w.sent, 1)
		require.Contains(t, string(w.sent[0]), h.BankID)
		require.Contains(t, string(w.sent[0]), h.Charge.Receipt.Email)
	})
	t.Run("ErrBadRequestBeforeAnyCall", func(t *testing.T) {
		t.Parallel()
		empty, cheap := *h.Charge.Receipt, h.ref()
		empty.Lines = nil
		cheap.Amount.Amount--
		w := h.world(t)
		requireClass(t, banks.BadRequest, w.bank.CloseReceipt(t.Context(), h.Account, h.ref(), nil))
		requireClass(t, banks.BadRequest, w.bank.CloseReceipt(t.Context(), h.Account, h.ref(), &empty))
		requireClass(t, banks.BadRequest, w.bank.CloseReceipt(t.Context(), h.Account, cheap, h.Charge.Receipt))
		requireClass(t, banks.BadRequest, w.bank.CloseReceipt(t.Context(), h.Account, banks.Ref{}, h.Charge.Receipt))
		require.Empty(t, w.sent)
	})
}
