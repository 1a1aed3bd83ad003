package world

import (
	"fmt"

	"giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

// ourReceipts are the receipts of an order that a till of ours makes and that may have changed.
func (l *look) ourReceipts() (list []payments.Receipt) {
	for _, r := range l.is.Receipts {
		before, _ := l.was.ReceiptOf(r.ID)
		if !r.Till.IsZero() && (r.Status == payments.ReceiptPending || before.Version != r.Version) {
			list = append(list, r)
		}
	}
	return list
}

// printedByOurs reports that a till of ours made this paper, for this receipt.
func (l *look) printedByOurs(r payments.Receipt) bool {
	for _, paper := range l.papersOf(r.ID, r.Tries) {
		f := paper.Fiscal
		if f != nil && f.FN == r.Fiscal.FN && f.Document == r.Fiscal.FD && fmt.Sprint(f.Sign) == fmt.Sprint(r.Fiscal.FP) {
			return paper.Total == r.Fiscal.Total.Amount && paper.Operation == operations[r.Fiscal.Kind]
		}
	}
	return false
}

// operations are the fiscal service's words for the kinds of receipts.
var operations = map[receipts.Kind]string{
	receipts.Income: "sell", receipts.IncomeReturn: "sell_refund", receipts.IncomeCorrection: "sell_correction",
	receipts.IncomeReturnCorrection: "sell_refund_correction",
}

// onePaper: a till of ours made one document of a receipt at most, and of all names under which it was asked for only the last
// one may still come to something.
func onePaper(l *look) string {
	for _, r := range l.ourReceipts() {
		done := 0
		for _, paper := range l.papersOf(r.ID, r.Tries) {
			last := paper.ExternalID == r.DraftID(l.mode)
			if paper.Status == atol.Done {
				done++
			}
			if !last && paper.Status != atol.Fail {
				return fmt.Sprintf("receipt %s is asked for as %s, and %s is %s", r.ID, r.DraftID(l.mode), paper.ExternalID, paper.Status)
			}
		}
		if done > 1 {
			return fmt.Sprintf("the till made %d documents of receipt %s", done, r.ID)
		}
		if r.Status == payments.ReceiptFailed && done > 0 {
			return fmt.Sprintf("receipt %s failed, and the till made it", r.ID)
		}
	}
	return ""
}

// paperTells holds what the till was told against what was paid and given back.
func paperTells(l *look) string {
	for _, r := range l.ourReceipts() {
		should, known := l.shouldTell(r)
		if known && r.Fiscal.Total.Amount != should {
			return fmt.Sprintf("receipt %s is over %d, its %s over %d", r.ID, r.Fiscal.Total.Amount, r.Operation, should)
		}
		for _, paper := range l.papersOf(r.ID, r.Tries) {
			var sum int64
			foreign := false
			for _, line := range paper.Lines {
				sum += line.Sum
				foreign = foreign || line.Supplier != supplierINN
			}
			corrects := r.Operation == payments.OfCorrection
			switch {
			case paper.Total != r.Fiscal.Total.Amount:
				return fmt.Sprintf("the till was told %d of receipt %s over %d", paper.Total, r.ID, r.Fiscal.Total.Amount)
			case sum != paper.Total && !corrects:
				return fmt.Sprintf("the lines of %s come to %d, its total is %d", paper.ExternalID, sum, paper.Total)
			case paper.INN != tillINN || foreign && !corrects:
				return fmt.Sprintf("%s is of %s and names another supplier than %s", paper.ExternalID, paper.INN, supplierINN)
			case paper.Operation != operations[r.Fiscal.Kind]:
				return fmt.Sprintf("%s is a %s, and should be a %s", paper.ExternalID, paper.Operation, r.Fiscal.Kind)
			}
		}
	}
	return ""
}

// shouldTell is what a receipt has to be over. It is not known for parts and corrections.
func (l *look) shouldTell(r payments.Receipt) (minor int64, known bool) {
	switch r.Operation {
	case payments.OfPayment:
		p, ok := l.is.Payment(r.ID.N())
		return p.Captured, ok && p.Status == payments.Paid
	case payments.OfRefund:
		back, ok := l.is.Refund(r.ID.N())
		return back.Amount.Amount, ok && back.Status == payments.RefundSucceeded
	}
	return 0, false
}

// closedOnce holds the closing receipts against what was taken, and line by line against what was sold.
func closedOnce(l *look) string {
	sums, lines := map[ids.ID]int64{}, map[string]int64{}
	for _, r := range l.is.Receipts {
		if r.Operation != payments.OfFulfilment || r.Status == payments.ReceiptFailed || r.Till.IsZero() {
			continue
		}
		p, _ := l.is.Payment(r.Payment.N())
		if sums[r.Payment] += r.Fiscal.Total.Amount; sums[r.Payment] > p.Captured || r.Fiscal.Total.Amount < 1 {
			return fmt.Sprintf("attempt %d took %d, and its closing receipts are over %d", p.N, p.Captured, sums[r.Payment])
		}
		for _, part := range r.Parts {
			at := fmt.Sprint(r.Payment, part.Line)
			if lines[at] += int64(part.Quantity); part.Line <= len(l.is.Order.Items) && lines[at] > int64(l.is.Order.Items[part.Line-1].Quantity) {
				return fmt.Sprintf("of line %d there is closed %d thousandths", part.Line, lines[at])
			}
		}
	}
	return ""
}

// tillCame: at rest a payment whose receipts a till of ours makes has all of them, or an operator was called.
func (l *look) tillCame(p payments.Payment) string {
	id := payments.ReceiptID(p.ID)
	if r, ok := l.is.ReceiptOf(id); !ok || r.Status != payments.ReceiptReady {
		if !l.calledFor(id) && !everRaised(l.is, p, payments.ReceiptMissing) {
			return fmt.Sprintf("attempt %d is paid, its receipt is %q, and nobody was called", p.N, r.Status)
		}
	}
	for _, r := range l.is.Receipts {
		if r.Payment == p.ID && !r.Till.IsZero() && r.Status != payments.ReceiptReady && !l.calledFor(r.ID) {
			return fmt.Sprintf("receipt %s of %s is %s, and nobody was called", r.ID, r.Operation, r.Status)
		}
	}
	return ""
}

// calledFor reports that an operator was called for a receipt.
func (l *look) calledFor(receipt ids.ID) bool {
	return raisedOn(l.is, receipt.String(), payments.ReceiptMissing, payments.FailedReceipt, payments.ReceiptConflict)
}
