package world

import (
	"encoding/json"
	"fmt"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
)

// payout is a settlement as operators have paid it out.
type payout struct {
	first string          // the reference that it was tried under first
	taken string          // the one that was taken, if somebody heard it
	tried map[string]bool // all of them
}

// transfer is a bank's transfer as operators have read it.
type transfer struct {
	contract  contract
	partner   ids.ID
	amount    int64
	reference string
	taken     bool // somebody heard that it was booked
}

// payOut is an operator who pays a settlement out at our bank and tells it; now and then another one who tells it otherwise.
func payOut(w *World, _ *actor) {
	m := pick(w.dice, modes)
	who := w.someOperator()
	path := "/api/v1/admin/settlements?mode=" + wordsOfModes[m]
	if w.dice.oneIn(3) { // all of a partner's, those that were paid out too
		path += "&partner=" + pick(w.dice, partners).String()
	}
	got, ok := w.operateAs(who, http.MethodGet, path, "")
	var list struct {
		Items []struct {
			ID ids.ID `json:"id"`
		} `json:"items"`
	}
	if !ok || got.status != http.StatusOK || json.Unmarshal(got.body, &list) != nil || len(list.Items) == 0 {
		return
	}
	id := pick(w.dice, list.Items).ID
	p := w.book.payouts[id]
	if p == nil {
		p = &payout{first: "PP-" + w.newKey(), tried: map[string]bool{}}
		w.book.payouts[id] = p
	}
	reference := p.first
	if w.dice.oneIn(4) {
		reference = "PX-" + w.newKey()
	}
	for range 1 + w.dice.IntN(2) {
		p.tried[reference] = true
		got, ok = w.operateKeyed(who, http.MethodPost, "/api/v1/admin/settlement/"+id.String()+"/paid-out?mode="+wordsOfModes[m],
			`{"reference":"`+reference+`"}`, w.newKey())
		if !ok || got.status != http.StatusOK {
			continue
		}
		if p.taken != "" && p.taken != reference {
			w.fail("PaidOutOnce", ids.ID{}, "settlement %s was paid out under %s, and again under %s", id, p.taken, reference)
		}
		p.taken = reference
	}
}

// recordTransfer is an operator who reads the bank's transfers; now and then one that he has read before, or misreads.
func recordTransfer(w *World, _ *actor) {
	var t *transfer
	again := len(w.book.transfers) > 0 && w.dice.oneIn(3)
	if again {
		t = pick(w.dice, w.book.transfers)
	} else {
		t = &transfer{contract: pick(w.dice, w.setting.contracts), partner: pick(w.dice, partners), amount: 1 + w.dice.Int64N(2_000_000), reference: "T-" + w.newKey()}
		if w.dice.oneIn(5) {
			t.amount = -t.amount
		}
		if t.contract.own || !t.contract.partner.IsZero() && t.contract.partner != t.partner {
			return
		}
		w.book.transfers = append(w.book.transfers, t)
	}
	amount := t.amount
	if again && t.taken && w.dice.oneIn(3) {
		amount++
	}
	for range 1 + w.dice.IntN(2) {
		got, ok := w.operateKeyed(w.someOperator(), http.MethodPost, "/api/v1/admin/transfer", fmt.Sprintf(
			`{"account":"%s","partner":"%s","mode":"%s","amount":{"amount":%d,"currency":"RUB"},"reference":"%s"}`,
			t.contract.id, t.partner, wordsOfModes[t.contract.mode], amount, t.reference), w.newKey())
		if ok && got.status == http.StatusCreated {
			if amount != t.amount {
				w.fail("TransferOnce", ids.ID{}, "transfer %s over %d was booked, and then taken over %d", t.reference, t.amount, amount)
			}
			t.taken = true
		}
	}
}

// closeDay is an operator who has a past day settled, or the day that is running, which is refused.
func closeDay(w *World, _ *actor) {
	at := w.clock.Now().Add(-w.dice.between(0, 72*60*60*1e9))
	w.operate(http.MethodPost, "/api/v1/admin/settlement/close", fmt.Sprintf(`{"partner":"%s","mode":"%s","currency":"RUB","day":"%s"}`,
		pick(w.dice, partners), wordsOfModes[pick(w.dice, modes)], at.Format("2006-01-02")))
}

// shownBalance is a balance as a partner is shown it.
type shownBalance struct {
	Posted    struct{ Amount int64 } `json:"posted"`
	Available struct{ Amount int64 } `json:"available"`
	Reserved  struct{ Amount int64 } `json:"reserved"`
}

func (w *World) balanceOf(s shop) (b shownBalance, ok bool) {
	got, ok := w.read(s, "/api/v1/balance")
	var list struct {
		Items []shownBalance `json:"items"`
	}
	if !ok || got.status != http.StatusOK || json.Unmarshal(got.body, &list) != nil {
		return b, false
	}
	if len(list.Items) > 0 {
		b = list.Items[0]
	}
	return b, true
}

// readBalance asks what we hold. The parts of one answer are never more than its whole: what is missing is on its way to payers.
func readBalance(w *World, _ *actor) {
	b, ok := w.balanceOf(pick(w.dice, w.setting.shops))
	if ok && (b.Posted.Amount < b.Available.Amount+b.Reserved.Amount || b.Reserved.Amount < 0) {
		w.fail("DoorsAgree", ids.ID{}, "a balance is shown as %+v", b)
	}
}

// shownSettlement is a settlement as a partner is shown it.
type shownSettlement struct {
	ID        ids.ID                  `json:"id"`
	Status    ledger.SettlementStatus `json:"status"`
	Day       ledger.Day              `json:"day"`
	Payout    struct{ Amount int64 }  `json:"payout"`
	Hash      string                  `json:"hash"`
	Reference string                  `json:"reference"`
}

// readSettlements lists settlements, and looks at one of them with another partner's eyes: for him it is not there.
func readSettlements(w *World, _ *actor) {
	s := pick(w.dice, w.setting.shops)
	got, ok := w.read(s, "/api/v1/settlements?limit=5")
	var list struct {
		Items []shownSettlement `json:"items"`
	}
	if !ok || got.status != http.StatusOK || json.Unmarshal(got.body, &list) != nil || len(list.Items) == 0 {
		return
	}
	one := pick(w.dice, list.Items)
	other := pick(w.dice, w.setting.shops)
	got, ok = w.read(other, "/api/v1/settlement/"+one.ID.String())
	if ok && got.status < 300 && other != s {
		w.fail("ModesApart", ids.ID{}, "settlement %s of partner %s in mode %s was shown to %s in mode %s", one.ID, s.partner, s.mode, other.partner, other.mode)
	}
}
