package pages

import (
	"time"

	"giberno.ru/shared/payments"
)

// scene is where an order stands as its payer sees it.
type scene string

// The scenes. Those of the first group may be left by choosing a way to pay, those of the second are waited out, those
// of the third are the result.
const (
	choosing scene = "choosing" // nothing was tried yet
	declined scene = "declined" // the bank refused, or never opened its page
	stopped  scene = "stopped"  // the attempt was cancelled
	lapsed   scene = "lapsed"   // the bank's page has closed unpaid
	silent   scene = "silent"   // the bank did not answer when its page was opened; nobody holds its address

	preparing scene = "preparing" // the bank is being asked to open or to close its page
	atBank    scene = "at-bank"   // the payer has the bank's page
	unknown   scene = "unknown"   // the bank has not told whether it took the money

	held      scene = "held"
	paid      scene = "paid"
	expired   scene = "expired"
	cancelled scene = "cancelled"
)

// waits reports a scene in which only the bank can tell what comes next.
func (s scene) waits() bool { return s == preparing || s == atBank || s == unknown }

// closed reports a scene that takes no more attempts.
func (s scene) closed() bool { return s == held || s == paid || s == expired || s == cancelled }

// sceneOf tells where an order stands, with the attempt that it stands on (zero: none).
func sceneOf(w payments.Whole, now time.Time) (scene, payments.Payment) {
	if winner, ok := w.Payment(w.State.Winner); ok {
		return paid, winner
	}
	last, _ := w.Payment(len(w.Payments))
	switch w.Status() {
	case payments.OrderCancelled:
		return cancelled, last
	case payments.OrderExpired:
		return expired, last
	}
	for _, p := range w.Payments {
		if p.N != w.State.Open && (p.Status == payments.Held || p.Status == payments.Unknown) {
			return openScene(p), p // it lost the road and was authorised all the same: nothing else may begin
		}
	}
	if p, open := w.OpenPayment(); open {
		return openScene(p), p
	}
	if now.After(w.Order.ExpiresAt.Add(-payments.LastCall)) {
		return expired, last
	}
	return endedScene(last), last
}

func openScene(p payments.Payment) scene {
	switch {
	case p.Status == payments.Held:
		return held
	case p.Status == payments.Created, p.Call.Op == payments.CallOpen, p.Status == payments.Pending && p.Call.Op != "":
		return preparing
	case p.Status == payments.Unknown:
		return unknown
	}
	return atBank
}

func endedScene(last payments.Payment) scene {
	switch last.Status {
	case payments.Declined, payments.Failed:
		return declined
	case payments.Cancelled:
		return stopped
	case payments.Expired:
		return lapsed
	case payments.Superseded:
		return silent
	}
	return choosing
}

// mayChange reports that another way to pay may be chosen now, as the teller would decide.
func mayChange(w payments.Whole, p payments.Payment, now time.Time) bool {
	_, err := payments.OpenAttempt(w, p.Method, "", now)
	return err == nil
}

// bankPage is where the payer can go on paying; "" when there is no such page or it is closing.
func bankPage(p payments.Payment, now time.Time) string {
	switch {
	case p.Status != payments.Pending || p.Call.Op != "" || !now.Before(p.Deadline):
		return ""
	case p.PageURL != "":
		return p.PageURL
	default:
		return p.QR
	}
}
