package payments

import (
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
)

// ErrNotStuck refuses an operator's word on a refund that may still end by itself.
var ErrNotStuck = fault.Conflict("refund_not_stuck", "An operator's word ends only a refund that is stuck: one without an end for days, for which an alarm was raised.")

// Word is an operator's word on what became of a refund, where the bank gave none for days: from its register, its cabinet
// or a letter of its.
type Word struct {
	Gone bool   // the money is with the payer
	By   string // the operator, who is not the refund's author
	Note string // what he has seen
}

// EndRefund ends refund k by an operator's word. Should the bank contradict it later, what went back at the bank is found as
// any money that went back without us.
func EndRefund(w Whole, k int, word Word, now time.Time) (Outcome, error) {
	r, ok := w.Refund(k)
	switch {
	case !ok:
		return Outcome{}, ErrRefundNotFound
	case r.settled() || !r.Sent || !w.everRaised(StuckRefund, r.ID.String()):
		return Outcome{}, ErrNotStuck
	case r.Waiting(now):
		return Outcome{}, ErrRefundInProgress.After(wait(r.Until, now))
	case word.By == "" || word.By == r.Author:
		return Outcome{}, ErrApproverIsAuthor
	}
	out := begin(w)
	r.Ended = EndedBy{By: word.By, Note: word.Note}
	if word.Gone {
		out.succeedRefund(r, now)
	} else {
		out.failRefund(r, banks.Decline{Code: NotCarriedOut, Message: word.Note}, now)
	}
	return out, nil
}

// EndedBy is who ended a refund by his word, and what he had seen; zero: the bank did.
type EndedBy struct {
	By   string `json:"b,omitempty"`
	Note string `json:"n,omitempty"`
}
