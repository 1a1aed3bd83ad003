package payments

import "time"

// AlarmKind says what an operator has to look at.
type AlarmKind string

// The alarms of the payment module. There is one row per kind and object.
const (
	AmountMismatch  AlarmKind = "amount_mismatch"   // the bank names another amount or currency than ours: not confirmed
	SecondSuccess   AlarmKind = "second_success"    // the payer paid twice: one of them has to be given back
	PaidAfterCancel AlarmKind = "paid_after_cancel" // the payer paid an order that was cancelled
	RefundedAtBank  AlarmKind = "refunded_at_bank"  // money went back without us
	RefundMismatch  AlarmKind = "refund_mismatch"   // the bank has more left of a payment than our refunds leave
	CancelWasRefund AlarmKind = "cancel_was_refund" // our cancel found the payment paid, and gave the money back
	CancelWasVoid   AlarmKind = "cancel_was_void"   // our cancel found the payment held, and released it
	StuckPayment    AlarmKind = "stuck_payment"     // long past its deadline and the bank still has no final word
	StuckRefund     AlarmKind = "stuck_refund"      // for days, and the bank still has no final word about it
	ReceiptMissing  AlarmKind = "receipt_missing"   // paid, refunded or fulfilled for an hour and no fiscal receipt
	FailedReceipt   AlarmKind = "receipt_failed"    // a till proved, time and again, not to make a receipt
	ReceiptConflict AlarmKind = "receipt_conflict"  // a second, different receipt of one operation
	LetterUnsent    AlarmKind = "letter_unsent"     // a payer could not be written to about his receipt for as long as letters are tried
	SupplierUnknown AlarmKind = "supplier_unknown"  // receipts of the platform cannot name a partner as supplier: his INN or phone is missing
	ForgedNotice    AlarmKind = "forged_notice"     // a notification whose signature or account is wrong
	UnknownPayment  AlarmKind = "unknown_payment"   // a true notification of a payment that is not ours
	BankConfig      AlarmKind = "bank_config"       // the bank refuses our terminal or password
)

// Alarm is a durable call for an operator.
type Alarm struct {
	Kind     AlarmKind
	Object   string // the payment's or account's id
	Detail   string
	OpenedAt time.Time
	ClosedAt time.Time
	ClosedBy string
}

// IsOpen reports an alarm that nobody has closed.
func (a Alarm) IsOpen() bool { return a.ClosedAt.IsZero() }

// Raised reports whether the order already has this alarm, open.
func (w Whole) Raised(kind AlarmKind, object string) bool {
	for _, a := range w.Alarms {
		if a.Kind == kind && a.Object == object && a.IsOpen() {
			return true
		}
	}
	return false
}
