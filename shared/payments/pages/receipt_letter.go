package pages

import (
	"fmt"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/receiptmail"
	"giberno.ru/shared/payments"
)

// ReceiptLetter writes the letter that brings a receipt to its payer, in the language that the partner said he speaks. base is
// the address of these pages, without a closing slash. The same receipt is the same letter, however often it is written.
// It fails for a receipt that is not ready; what it cannot write, nobody will later.
func ReceiptLetter(base string, w payments.Whole, receipt ids.ID) (mail.Message, error) {
	r, ok := w.ReceiptOf(receipt)
	if !ok || r.Status != payments.ReceiptReady {
		return mail.Message{}, fmt.Errorf("pages: the receipt %s is not ready", receipt)
	}
	o, t := w.Order, pickTexts("", w.Order.Locale, "")
	letter := receiptmail.Receipt{
		Lang: t.Lang(), Shop: o.Project, OrderNumber: o.ExternalID, Operation: string(r.Operation), Total: amountText(t, r.Fiscal.Total),
		FN: r.Fiscal.FN, FD: r.Fiscal.FD, FP: r.Fiscal.FP, Test: o.Mode == ids.Test,
		PageURL: base + ReceiptPath(o, r.ID), OperatorURL: operatorAddress(o, r),
	}
	if !r.Fiscal.IssuedAt.IsZero() {
		letter.Date = issuedText(t, r.Fiscal)
	}
	return receiptmail.Letter(letter, o.Email, "receipt/"+string(o.Mode)+"/"+r.ID.String())
}
