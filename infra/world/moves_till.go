package world

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/ids"
)

// fulfil tells that the goods of a prepayment were given, all of them or some lines.
func fulfil(w *World, a *actor) {
	t, _, ok := w.somePaid()
	if !ok {
		return
	}
	a.order = t.id
	body := ""
	if w.dice.oneIn(2) {
		n := w.dice.IntN(len(t.lines))
		quantity := itoa(1 + w.dice.IntN(int(t.lines[n].quantity)))
		if w.dice.oneIn(3) {
			quantity = fmt.Sprintf("0.%03d", 1+w.dice.IntN(999))
		}
		body = fmt.Sprintf(`{"items":[{"line":%d,"quantity":%s}]}`, n+1, quantity)
	}
	k := &keyed{shop: t.shop, method: http.MethodPost, path: "/api/v1/order/" + t.id.String() + "/fulfil", body: body, order: t.id, key: w.newKey()}
	w.remember(k)
	for range 1 + w.dice.IntN(2) {
		w.keyedCall(k)
	}
}

// correctReceipt is an operator who corrects what a till of ours told. He presses again where he heard nothing.
func correctReceipt(w *World, a *actor) {
	t, p, ok := w.somePaid()
	if !ok {
		return
	}
	a.order = t.id
	body := fmt.Sprintf(`{"mode":"%s","kind":"%s","amount":{"amount":%d,"currency":"RUB"},"type":"self","date":"%s"}`,
		wordsOfModes[t.shop.mode], pick(w.dice, []string{"income_correction", "income_return_correction"}),
		1+w.dice.Int64N(max(p.Captured, 1)), w.clock.Now().Format("2006-01-02"))
	who, key, made := w.someOperator(), w.newKey(), ""
	for range 1 + w.dice.IntN(3) {
		got, ok := w.operateKeyed(who, http.MethodPost, "/api/v1/admin/order/"+t.id.String()+"/correct-receipt", body, key)
		if !ok || got.status != http.StatusCreated {
			continue
		}
		receipt, _ := fieldsOf(got.body)["uuid"].(string)
		if made != "" && made != receipt {
			w.fail("OneCorrection", t.id, "under one key there were made the corrections %s and %s", made, receipt)
		}
		made = receipt
	}
}

// tillFaults is what may go wrong in the fiscal service itself.
var tillFaults = []atol.Fault{
	{Call: "till", Fault: atol.FaultDriver}, {Call: "till", Fault: atol.FaultDriver, Times: 4}, {Call: "till", Fault: atol.FaultTimeout},
	{Call: "till", Fault: atol.FaultAgent}, {Call: "till", Fault: atol.FaultStuck}, {Call: "till", Fault: atol.FaultStuck, Times: 2},
	{Call: "report", Fault: atol.FaultUnknownStatus}, {Call: "report", Fault: atol.FaultNotFound}, {Call: "report", Fault: atol.FaultNotFound, Times: 3},
	{Call: "register", Fault: atol.FaultUnknownStatus},
	{Call: "notice", Fault: atol.FaultDrop}, {Call: "notice", Fault: atol.FaultDuplicate}, {Call: "notice", Fault: atol.FaultLate}, {Call: "notice", Fault: atol.FaultForged},
}

// tillErrs breaks a till, spoils an answer of the fiscal service, or ends its tokens.
func tillErrs(w *World, _ *actor) {
	if w.Clear {
		return
	}
	sim := w.tills[pick(w.dice, modes)].sim
	if w.dice.oneIn(5) {
		sim.ExpireTokens(tillLogin)
		w.coverage.atBank("till: the token ends", nil)
		return
	}
	f := pick(w.dice, tillFaults)
	if !w.honest() && w.dice.oneIn(8) {
		f = atol.Fault{Call: "report", Fault: atol.FaultWrongTotal}
	}
	w.coverage.atBank("till: "+f.Call+" "+string(f.Fault), sim.SetFault(f))
}

// forgePaper makes a lie of a true letter of the fiscal service, which anybody can do: nobody signs them.
func forgePaper(w *World, a *actor) {
	if len(w.post.papers) == 0 {
		return
	}
	l := pick(w.dice, w.post.papers)
	var o map[string]any
	if json.Unmarshal([]byte(l.body), &o) != nil {
		return
	}
	a.order = l.order
	lie := l
	lie.forged, lie.due = true, w.clock.Now()
	kind := "a lie about a receipt"
	switch w.dice.IntN(4) {
	case 0:
		o["status"], o["error"] = "fail", map[string]any{"code": 1, "text": "no", "type": "driver", "error_id": "1"}
	case 1:
		o["status"], o["payload"] = "done", map[string]any{"total": 1, "fiscal_document_number": 777, "fiscal_document_attribute": 7, "fn_number": "9999078900000001",
			"fiscal_receipt_number": 1, "shift_number": 1, "receipt_datetime": "02.03.2026 12:00:00", "ecr_registration_number": "0000000001"}
	case 2:
		name, _ := o["external_id"].(string)
		if name == "" {
			return
		}
		o["external_id"] = string(wrongMode(ids.Mode(name[:1]))) + name[1:]
		kind = "a paper of the other mode"
	default:
		lie.body = strings.Repeat("{", 1+w.dice.IntN(30)) + l.body
		kind = "no paper"
	}
	if kind != "no paper" {
		raw, err := json.Marshal(o)
		if err != nil {
			return
		}
		lie.body = string(raw)
	}
	w.coverage.notice("forged: " + kind)
	w.post.letters = append(w.post.letters, lie)
}

func wrongMode(m ids.Mode) ids.Mode {
	if m == ids.Test {
		return ids.Live
	}
	return ids.Test
}
