package world

import "giberno.ru/shared/platform/queue"

// move is one thing that an actor of a role does, from its beginning to its end, with as many external calls as it needs.
type move struct {
	name   string
	who    string // role
	weight int
	do     func(*World, *actor)
}

// moves is everything that happens here. What can be done newly is one line more.
var moves = []move{
	{"create order", "partner", 22, createOrder},
	{"repeat a call", "partner", 20, repeatCall},
	{"repeat with another body", "partner", 3, repeatOtherwise},
	{"create payment", "partner", 12, createPayment},
	{"capture", "partner", 22, capturePayment},
	{"void", "partner", 7, voidPayment},
	{"cancel order", "partner", 7, cancelOrder},
	{"refund", "partner", 14, refundPayment},
	{"read refund", "partner", 3, readRefund},
	{"fulfil", "partner", 4, fulfil},
	{"read order", "partner", 10, readOrder},
	{"list orders", "partner", 2, listOrders},
	{"look at another's order", "partner", 3, readForeignOrder},
	{"read balance", "partner", 2, readBalance},
	{"read settlements", "partner", 2, readSettlements},

	{"make an endpoint", "shopkeeper", 3, makeEndpoint},
	{"delete an endpoint", "shopkeeper", 2, deleteEndpoint},
	{"rotate a secret", "shopkeeper", 1, rotateSecret},
	{"ask for an event again", "shopkeeper", 8, askAgain},
	{"read events", "shopkeeper", 2, readEvents},
	{"fall ill", "shopkeeper", 7, fallIll},

	{"open link", "payer", 8, openLink},
	{"choose method", "payer", 34, chooseMethod},
	{"press twice", "payer", 5, pressTwice},
	{"pay", "payer", 44, payAtBank},
	{"wait", "payer", 12, waitForBank},
	{"look at result", "payer", 3, lookAtResult},
	{"guess a link", "payer", 1, guessLink},

	{"close an alarm", "operator", 10, closeAlarm},
	{"switch an account", "operator", 4, switchAccount},
	{"rotate a password", "operator", 1, rotatePassword},
	{"refund for a partner", "operator", 4, refundForPartner},
	{"decide on refunds", "operator", 14, decideRefunds},
	{"revive a dead letter", "operator", 6, reviveLetter},
	{"correct a receipt", "operator", 3, correctReceipt},
	{"pay out", "operator", 9, payOut},
	{"record a transfer", "operator", 5, recordTransfer},
	{"close a day", "operator", 2, closeDay},

	{"relay", "relay", 1, relay},
	{"sweep", "sweeper", 1, sweep},
	{"work", "worker", 1, work},
	{"sweep the books", "bookkeeper", 1, sweepBooks},
	{"sweep the events", "herald", 1, sweepEvents},
	{"deliver", "carrier", 1, deliver},
	{"tick", "clerk", 10, tick},
	{"give back at bank", "clerk", 2, giveBack},
	{"charge back", "clerk", 1, chargeBack},
	{"err", "clerk", 1, bankErrs},
	{"till errs", "clerk", 2, tillErrs},
	{"forge", "forger", 1, forge},
	{"forge a paper", "forger", 1, forgePaper},
	{"pass time", "time", 90, passTime},
	{"pause for minutes", "time", 10, pauseForMinutes},
	{"fall asleep", "time", 1, fallAsleep},
}

// roles are the kinds of actor.
var roles = []role{
	{"partner", 4, 3, nil},
	{"payer", 6, 3, (*World).hasOrders},
	{"shopkeeper", 1, 2, nil},
	{"operator", 1, 2, nil},
	{"relay", 1, 30, (*World).feedWaits},
	{"sweeper", 2, 3, (*World).somethingDue},
	{"worker", 4, 22, (*World).jobsWait},
	{"bookkeeper", 1, 1, (*World).dayDue},
	{"herald", 1, 4, (*World).eventDue},
	{"carrier", 2, 10, func(w *World) bool { return w.post.waits(w) }},
	{"clerk", 1, 4, (*World).hasOrders},
	{"forger", 1, 1, func(w *World) bool { return len(w.post.seen) > 0 }},
	{"time", 1, 8, nil},
}

func (w *World) hasOrders() bool { return len(w.book.orders) > 0 }

// queues are the queues that somebody works off here.
var queues = []string{queue.WebhookRetries, queue.Receipts, queue.Settlements}
