package payments

import (
	"time"

	"giberno.ru/shared/core/ids"
)

// MailLife is how long a letter about a receipt is tried.
const MailLife = 3 * 24 * time.Hour

// WantsMail reports a receipt that the payer has not been written about.
func (r Receipt) WantsMail(now time.Time) bool { return r.unwritten() && now.Before(r.mailEnd()) }

// unwritten reports a receipt about which nobody was written to, and nobody has given that up.
func (r Receipt) unwritten() bool {
	return r.Status == ReceiptReady && r.Verified && r.MailedAt.IsZero() && r.Failure == ""
}

func (r Receipt) mailEnd() time.Time { return r.UpdatedAt.Add(MailLife) }

// nextLetter is when a letter is tried again: the older it is, the later, and not behind the time when it is given up.
func (r Receipt) nextLetter(now time.Time) time.Time {
	again := now.Add(max(looks[2], now.Sub(r.UpdatedAt)/4))
	if end := r.mailEnd(); end.Before(again) {
		return end
	}
	return again
}

// giveUpMail lets a letter go that nobody could send, and calls an operator: the law wants the receipt sent.
func (o *Outcome) giveUpMail(r Receipt, now time.Time) {
	r.Failure, r.Due = "the payer could not be written to in time", time.Time{}
	o.raise(LetterUnsent, r.ID.String(), "the mail server has not taken the letter since "+r.UpdatedAt.Format(time.RFC3339), now)
	o.putReceipt(r)
}

// ReceiptMailed records that the payer was written to; why is set where his address was refused for good.
func ReceiptMailed(w Whole, id ids.ID, why string, now time.Time) Outcome {
	out := begin(w)
	r, ok := w.ReceiptOf(id)
	if !ok || !r.WantsMail(now) {
		return out
	}
	r.Due = time.Time{}
	if r.Failure = why; why == "" {
		r.MailedAt = now
	}
	out.putReceipt(r)
	return out
}
