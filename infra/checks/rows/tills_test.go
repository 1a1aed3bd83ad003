package rows

import (
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// print has the till make a receipt that was begun.
func (s *story) print(receipt ids.ID, number string, fd int64) {
	s.t.Helper()
	s.save(payments.ReceiptTaken(s.w, receipt, number, s.now))
	s.save(payments.ReceiptLooked(s.w, receipt, false, s.now))
	s.save(payments.ReceiptMade(s.w, receipt, receipts.Fiscal{FN: "9999078900000002", FD: fd, FP: 77, RegistrationNumber: "0000000002", Shift: 1, Number: 2,
		URL: "https://ofd.example/" + number, IssuedAt: s.now}, s.now))
}

// tellTills plays receipts of a till of ours: printed and mailed, closed line by line, given back, refused for good, corrected.
func tellTills(s *story) {
	s.t.Helper()
	s.order("printed by a till of ours", false)
	s.pay("721")
	p, _ := s.w.Payment(1)
	s.save(payments.BeginReceipt(s.w, p.ID, s.now))
	s.print(payments.ReceiptID(p.ID), "11111111-1111-4111-8111-111111111111", 21)
	s.save(payments.ReceiptMailed(s.w, payments.ReceiptID(p.ID), "", s.now))
	out, closing, err := payments.BeginFulfil(s.w, []payments.Part{{Line: 2, Quantity: 500}}, "key", "hash", s.now)
	s.save(out, err)
	s.save(payments.ReceiptTaken(s.w, closing.ID, "22222222-2222-4222-8222-222222222222", s.now))
	s.save(payments.ReceiptUndone(s.w, closing.ID, "the till has no paper", false, s.now))
	s.now = s.now.Add(time.Hour)

	s.order("refused by a till of ours", false)
	s.pay("722")
	p, _ = s.w.Payment(1)
	s.save(payments.BeginReceipt(s.w, p.ID, s.now))
	for range payments.MaxReceiptTries {
		s.save(payments.ReceiptUndone(s.w, payments.ReceiptID(p.ID), "the till knows no such tax", true, s.now))
	}
	s.refund(payments.RefundWish{Amount: 1000, Author: "token"})

	s.order("corrected", false)
	s.pay("723")
	p, _ = s.w.Payment(1)
	s.save(payments.BeginReceipt(s.w, p.ID, s.now))
	s.print(payments.ReceiptID(p.ID), "33333333-3333-4333-8333-333333333333", 23)
	out, made, err := payments.BeginCorrection(s.w, payments.CorrectionWish{Kind: receipts.IncomeCorrection, Amount: s.w.Order.Total.Amount,
		Corrects: receipts.Correction{Type: "self", Date: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Number: "7"}, By: "an operator",
		Key: payments.Answered{Key: "key", Hash: "hash", At: s.now}}, s.now)
	s.save(out, err)
	require.Equal(s.t, payments.OfCorrection, made.Operation)
}
