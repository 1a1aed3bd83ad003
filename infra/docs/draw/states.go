package draw

import "giberno.ru/shared/payments"

func paymentMachine() Machine {
	m := Machine{Title: "The states of a payment", Intro: `A payment is one attempt to pay an order through one account at one bank. This picture was not drawn by hand: every
order of at most two attempts was lived through, with every word of a bank at every moment, and each change that the rules
of ` + "`shared/payments`" + ` made is an arrow. An arrow names the shortest of its causes; the table has them all.

«told» is a notice of the bank, «asked» is its answer to a question of ours. What is not drawn does not happen: no word of
a bank takes a payment out of ` + "`paid`" + `, and a time-out alone never leads to ` + "`declined`" + `.`}
	for _, s := range payments.Statuses {
		m.States = append(m.States, State{Name: string(s), Means: statusMeans[s], First: s == payments.Created, Final: s.Final()})
	}
	return m
}

var statusMeans = map[payments.Status]string{
	payments.Created:    "the intent is written, the bank is being asked to open its page",
	payments.Pending:    "the payer has the bank's page",
	payments.Held:       "the money is authorised and waits for capture or void",
	payments.Unknown:    "an answer was lost: nobody knows yet whether the bank did what we asked; no second attempt meanwhile",
	payments.Paid:       "the money was taken",
	payments.Declined:   "the bank refused; a later success still wins",
	payments.Cancelled:  "closed before it was paid, or a hold released",
	payments.Expired:    "the bank's deadline passed, or a hold lapsed",
	payments.Superseded: "another attempt has the road; this one is watched, for it may yet succeed",
	payments.Failed:     "the bank never opened it",
}

func orderMachine() Machine {
	m := Machine{Title: "The states of an order", Intro: `An order's state follows from its payments and its succeeded refunds, and is kept on the STATE row, the order's only
lock. Found in the same way as [the states of a payment](payment-states.md) and [of a refund](refund-states.md), from the
rules themselves.`}
	for _, s := range []struct {
		status payments.OrderStatus
		means  string
		first  bool
		final  bool
	}{
		{payments.OrderCreated, "nobody has tried to pay yet; there is no STATE row", true, false},
		{payments.OrderPending, "somebody has tried", false, false},
		{payments.OrderPaid, "one attempt has won", false, true},
		{payments.OrderPartiallyRefunded, "a part was given back", false, true},
		{payments.OrderRefunded, "all was given back", false, true},
		{payments.OrderCancelled, "takes no more attempts; a success that comes all the same raises an alarm", false, true},
		{payments.OrderExpired, "nobody paid in time; a late success still pays it", false, true},
	} {
		m.States = append(m.States, State{Name: string(s.status), Means: s.means, First: s.first, Final: s.final})
	}
	return m
}
