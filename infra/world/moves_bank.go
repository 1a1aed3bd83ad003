package world

import (
	"context"
	"encoding/json"
	"time"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
)

// tick lets the banks and the fiscal service do what is due: deadlines, tills, letters.
func tick(w *World, _ *actor) { w.tickBanks() }

func (w *World) tickBanks() {
	for _, m := range modes {
		if err := w.banks[m].sim.Tick(context.Background()); err != nil {
			w.fail("Engine", ids.ID{}, "the bank's clock stands: %v", err)
		}
		if err := w.tills[m].sim.Tick(context.Background()); err != nil {
			w.fail("Engine", ids.ID{}, "the till's clock stands: %v", err)
		}
	}
	w.post.collect(w)
}

// somePage finds a payment at a bank that payers have seen.
func (w *World) somePage() (*ticket, bankPage, bool) {
	t, ok := w.ticketWithPages()
	if !ok {
		return nil, bankPage{}, false
	}
	return t, pick(w.dice, t.pages), true
}

// giveBack is money given back, or a hold released, in the bank's own cabinet: a part or all of it.
func giveBack(w *World, a *actor) {
	t, page, ok := w.somePage()
	if !ok || !w.dice.oneIn(2) {
		return
	}
	a.order = t.id
	bank := w.banks[t.shop.mode].sim
	at, err := bank.Payment(page.payment)
	left := at.Captured - at.Returned
	if err != nil || left <= 0 && at.Held <= 0 {
		return
	}
	var part int64
	if left > 1 && w.dice.oneIn(2) {
		part = 1 + w.dice.Int64N(left-1)
	}
	_, err = bank.Refund(context.Background(), page.payment, part)
	w.atBankSide(t, "refund in the cabinet", err)
}

// chargeBack is the payer's bank that takes the money back.
func chargeBack(w *World, a *actor) {
	t, page, ok := w.somePage()
	if !ok || !w.dice.oneIn(3) {
		return
	}
	a.order = t.id
	bank := w.banks[t.shop.mode].sim
	if at, err := bank.Payment(page.payment); err != nil || at.Captured == at.Returned {
		return
	}
	_, err := bank.Chargeback(context.Background(), page.payment)
	w.atBankSide(t, "chargeback", err)
}

// forge makes a lie of a true letter: without a right token, with the token of a contract that the payment was not made
// through, or with the other mode's.
func forge(w *World, a *actor) {
	l := pick(w.dice, w.post.seen)
	o, ok := numbered(l.body)
	if !ok {
		return
	}
	a.order = l.order
	lie := l
	lie.forged, lie.due = true, w.clock.Now().Add(w.dice.between(0, time.Minute))
	if o["Status"] != "RECEIPT" {
		o["Status"], o["Success"], o["ErrorCode"] = "CONFIRMED", true, "0"
	}
	var kind string
	switch w.dice.IntN(4) {
	case 0: // the old token under new words
		kind = "stale token"
		o["Amount"] = json.Number(itoa(1 + w.dice.IntN(1_000_000)))
		raw, err := json.Marshal(o)
		if err != nil {
			return
		}
		lie.body = string(raw)
	case 1:
		kind = "no password"
		lie.body = signed(o, "guessed")
	case 2: // a true contract, and a payment that is not its own
		kind = "another contract"
		c := pick(w.dice, w.setting.contracts)
		if own, _ := o["TerminalKey"].(string); c.terminal == own {
			return
		}
		o["TerminalKey"] = c.terminal
		lie.body = signed(o, w.passwordOf(c))
	default: // the same terminal's name in the other mode
		kind = "another mode"
		for _, c := range w.setting.contracts {
			if own, _ := o["TerminalKey"].(string); c.terminal == own && c.mode != l.mode {
				lie.body = signed(o, w.passwordOf(c))
			}
		}
		if lie.body == l.body {
			return
		}
	}
	w.coverage.notice("forged: " + kind)
	w.post.letters = append(w.post.letters, lie)
}

// passwordOf is the password that a contract has now.
func (w *World) passwordOf(c contract) string {
	return w.banks[c.mode].sim.Terminals()[c.terminal].Password
}

// paymentsAt lists what the bank of a mode has under an order's references, oldest first.
func (w *World) paymentsAt(m ids.Mode, order ids.ID, attempts int) (found []tbank.Payment) {
	for n := 1; n <= attempts; n++ {
		p, err := w.banks[m].sim.Payment(ids.Reference(m, order, n))
		if err == nil {
			found = append(found, p)
		}
	}
	return found
}

// atBankSide writes down what somebody did at a bank.
func (w *World) atBankSide(t *ticket, what string, err error) {
	w.coverage.atBank(what, err)
	if err != nil {
		what += ", refused"
	}
	w.tell(t.id, what)
	w.watch.touch(partitionOf(t.shop.mode, t.id))
}
