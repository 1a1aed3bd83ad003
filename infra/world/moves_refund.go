package world

import (
	"encoding/json"
	"fmt"
	"net/http"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// refundLimit is how much of a payment one person may have given back at the second partner's, in minor units.
const refundLimit = 400_000

// refundPayment gives a payment back: what is left, an amount or lines; sometimes more than there is.
func refundPayment(w *World, a *actor) {
	t, p, ok := w.somePaid()
	if !ok {
		return
	}
	a.order = t.id
	if p.Method == "sbp" && w.dice.oneIn(6) && !w.Clear {
		_ = w.banks[t.shop.mode].sim.SetFault(tbank.Fault{Call: "Cancel", Fault: tbank.FaultRefundRefused})
	}
	w.onPayment(t, p, "refund", w.refundBody(t, p))
}

func (w *World) refundBody(t *ticket, p payments.Payment) string {
	switch w.dice.IntN(6) {
	case 0:
		return ""
	case 1, 2:
		n := w.dice.IntN(len(t.lines))
		return fmt.Sprintf(`{"items":[{"line":%d,"quantity":%d}],"reason":"goods came back"}`, n+1, 1+w.dice.Int64N(t.lines[n].quantity))
	case 3:
		return fmt.Sprintf(`{"items":[{"line":1,"quantity":0.%03d}]}`, 1+w.dice.IntN(999))
	default:
		return fmt.Sprintf(`{"amount":{"amount":%d,"currency":"RUB"}}`, 1+w.dice.Int64N(max(p.Captured, 1)+100))
	}
}

// somePaid finds a payment that was taken; now and then any, to be refused.
func (w *World) somePaid() (*ticket, payments.Payment, bool) {
	anyone := w.dice.oneIn(15)
	for range 10 {
		t, ok := w.recall()
		if !ok {
			continue
		}
		for _, p := range w.watch.known(t).Payments {
			if p.Status == payments.Paid || anyone {
				return t, p, true
			}
		}
	}
	return nil, payments.Payment{}, false
}

func readRefund(w *World, a *actor) {
	t, p, ok := w.somePaid()
	if !ok {
		return
	}
	a.order = t.id
	for _, r := range w.watch.known(t).Refunds {
		if r.Payment == p.N {
			w.read(t.shop, "/api/v1/refund/"+r.ID.String())
			return
		}
	}
}

// refundForPartner is an operator who gives money back.
func refundForPartner(w *World, a *actor) {
	t, p, ok := w.somePaid()
	if !ok {
		return
	}
	a.order = t.id
	path := "/api/v1/admin/payment/" + p.ID.String() + "/refund?mode=" + wordsOfModes[t.shop.mode]
	w.operateKeyed(w.someOperator(), http.MethodPost, path, w.refundBody(t, p), w.newKey())
}

// decideRefunds looks at what waits for a second operator, and approves or rejects it.
func decideRefunds(w *World, a *actor) {
	word := wordsOfModes[pick(w.dice, modes)]
	who := w.someOperator()
	got, ok := w.operateAs(who, http.MethodGet, "/api/v1/admin/approvals?limit=5&mode="+word, "")
	if !ok || got.status != http.StatusOK {
		return
	}
	var list struct {
		Items []struct {
			Refund ids.ID `json:"refund_uuid"`
		} `json:"items"`
	}
	if json.Unmarshal(got.body, &list) != nil || len(list.Items) == 0 {
		return
	}
	refund := pick(w.dice, list.Items).Refund
	a.order = refund.Root()
	call, body := "approve", ""
	if w.dice.oneIn(4) {
		call, body = "reject", `{"reason":"the course has been completed"}`
	}
	for range 1 + w.dice.IntN(2) {
		w.operateAs(who, http.MethodPost, "/api/v1/admin/refund/"+refund.String()+"/"+call+"?mode="+word, body)
	}
}

// honest tells a world whose banks make no mistakes.
func (w *World) honest() bool { return w.Seed%4 < 2 || w.Without["err"] }

// bankErrs makes the bank spoil one of its answers or letters: a word that no document lists, or a rouble too much.
func bankErrs(w *World, _ *actor) {
	if w.Clear || w.honest() {
		return
	}
	f := tbank.Fault{Call: pick(w.dice, []string{"GetState", "CheckOrder", "Cancel", "Confirm", "Init", tbank.Notification}),
		Fault: pick(w.dice, []tbank.FaultKind{tbank.FaultUnknownStatus, tbank.FaultWrongAmount})}
	err := w.banks[pick(w.dice, modes)].sim.SetFault(f)
	w.coverage.atBank("errs: "+f.Call+" "+string(f.Fault), err)
}
