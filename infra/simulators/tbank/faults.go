package tbank

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"giberno.ru/shared/core/fault"
)

// FaultKind is a way in which the bank misbehaves.
type FaultKind string

// The faults of a call.
const (
	FaultSlow          FaultKind = "slow"           // the effect at once, the answer after Delay
	Fault500Before     FaultKind = "500_before"     // HTTP 500, nothing happened
	Fault500After      FaultKind = "500_after"      // HTTP 500, though it happened
	FaultLostRequest   FaultKind = "lost_request"   // the connection breaks, nothing happened
	FaultLostAnswer    FaultKind = "lost_answer"    // the connection breaks, though it happened
	FaultUnknownStatus FaultKind = "unknown_status" // a Status that no document lists; also of notifications
	FaultWrongAmount   FaultKind = "wrong_amount"   // Amount, of Cancel NewAmount, is a rouble too much; also of notifications
	FaultGarbage       FaultKind = "garbage"        // HTTP 200 with half an answer
	FaultRefundRefused FaultKind = "refund_refused" // Cancel of an SBP payment: the payer's bank does not take the money
)

// The faults of a notification.
const (
	FaultDuplicate FaultKind = "duplicate" // sent twice
	FaultReorder   FaultKind = "reorder"   // CONFIRMED before AUTHORIZED
	FaultForged    FaultKind = "forged"    // before the true one comes a lie with a wrong token
	FaultLate      FaultKind = "late"      // half an hour later
	FaultDrop      FaultKind = "drop"      // never sent
)

const strangeStatus = "WAITING_FOR_THE_MOON"

const slowAnswer = 5 * time.Second

// Notification is the Call of faults that befall notifications.
const Notification = "notification"

// Fault is a misbehaviour that has been asked for.
type Fault struct {
	Call   string        `json:"call"`             // a method of the API, or "notification"
	Fault  FaultKind     `json:"fault"`            //
	Times  int           `json:"times"`            // how often; 0 is once
	Status string        `json:"status,omitempty"` // notifications of this Status only
	Delay  time.Duration `json:"-"`                // of slow; 0 is five seconds
}

var callFaults = []FaultKind{
	FaultSlow, Fault500Before, Fault500After, FaultLostRequest, FaultLostAnswer, FaultUnknownStatus, FaultWrongAmount, FaultGarbage, FaultRefundRefused,
}

var noticeFaults = []FaultKind{
	FaultDuplicate, FaultReorder, FaultForged, FaultLate, FaultWrongAmount, FaultDrop, FaultUnknownStatus,
}

// magicAmount is an amount whose kopecks cause a fault without a control call.
type magicAmount struct {
	Kopecks int64
	Call    string
	Fault   FaultKind
}

// magicAmounts lists them. Faults of calls come every other time, so that a second try gets through.
var magicAmounts = []magicAmount{
	{61, "Init", FaultSlow},
	{62, "Init", Fault500After},
	{63, "Init", FaultLostAnswer},
	{64, "Init", Fault500Before},
	{65, "Init", FaultGarbage},
	{66, "GetState", FaultUnknownStatus},
	{67, "GetState", FaultWrongAmount},
	{68, "Confirm", FaultLostAnswer},
	{69, "Cancel", FaultLostAnswer},
	{71, Notification, FaultDuplicate},
	{72, Notification, FaultReorder},
	{73, Notification, FaultForged},
	{74, Notification, FaultLate},
	{75, Notification, FaultWrongAmount},
	{76, Notification, FaultDrop},
	{77, Notification, FaultUnknownStatus},
}

// faultBook keeps the faults that were asked for. They live in memory only: a restart makes the bank well.
type faultBook struct {
	mu     sync.Mutex
	asked  []Fault
	passed map[string]int // how often a magic amount has met its call
}

// SetFault asks for a fault. It fails for a fault that this call cannot have.
func (b *Bank) SetFault(f Fault) error {
	allowed := callFaults
	if _, known := calls[f.Call]; f.Call == Notification {
		allowed = noticeFaults
	} else if !known {
		return fault.Invalid("unknown_call", "There is no such call: "+f.Call)
	}
	if !slices.Contains(allowed, f.Fault) {
		return fault.Invalid("unknown_fault", "This call cannot have the fault "+string(f.Fault))
	}
	f.Times = max(f.Times, 1)
	b.faults.mu.Lock()
	defer b.faults.mu.Unlock()
	b.faults.asked = append(b.faults.asked, f)
	return nil
}

// ClearFaults forgets the faults that were asked for.
func (b *Bank) ClearFaults() {
	b.faults.mu.Lock()
	defer b.faults.mu.Unlock()
	b.faults.asked = nil
}

// first takes one use of the first asked fault that fits.
func (k *faultBook) first(fits func(Fault) bool) (Fault, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.asked {
		f := k.asked[i]
		if !fits(f) {
			continue
		}
		if k.asked[i].Times--; k.asked[i].Times == 0 {
			k.asked = slices.Delete(k.asked, i, i+1)
		}
		return f, true
	}
	return Fault{}, false
}

// take uses up one asked fault of exactly this kind.
func (k *faultBook) take(call string, kind FaultKind) bool {
	_, ok := k.first(func(f Fault) bool { return f.Call == call && f.Fault == kind })
	return ok
}

// forCall says how this call shall go wrong; the zero Fault is a call that goes right.
func (k *faultBook) forCall(call string, kopecks int64) Fault {
	f, ok := k.first(func(f Fault) bool { return f.Call == call && f.Fault != FaultRefundRefused })
	if !ok {
		f.Fault = k.magic(call, kopecks)
	}
	if f.Fault == FaultSlow && f.Delay == 0 {
		f.Delay = slowAnswer
	}
	return f
}

// forNotice says what shall befall the notification of this Status.
func (k *faultBook) forNotice(kopecks int64, status string) FaultKind {
	f, ok := k.first(func(f Fault) bool {
		return f.Call == Notification && (f.Status == "" || f.Status == status) && fitsNotice(f.Fault, status)
	})
	if ok {
		return f.Fault
	}
	for _, m := range magicAmounts {
		if m.Call == Notification && kopecks%100 == m.Kopecks && fitsNotice(m.Fault, status) {
			return m.Fault
		}
	}
	return ""
}

// fitsNotice keeps a fault for the notification that it can befall: only CONFIRMED comes after another one, and a
// receipt's status and amount are left alone.
func fitsNotice(kind FaultKind, status string) bool {
	switch kind {
	case FaultReorder:
		return status == string(Confirmed)
	case FaultForged, FaultWrongAmount, FaultUnknownStatus:
		return status != "RECEIPT"
	}
	return true
}

// magic is the fault of an amount. It comes the first time, the third, the fifth.
func (k *faultBook) magic(call string, kopecks int64) FaultKind {
	for _, m := range magicAmounts {
		if m.Call != call || kopecks%100 != m.Kopecks {
			continue
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.passed == nil {
			k.passed = map[string]int{}
		}
		key := call + amountText(kopecks)
		k.passed[key]++
		if k.passed[key]%2 == 1 {
			return m.Fault
		}
	}
	return ""
}

// magicKopecks is the amount that a call is about, 0 when amounts have no magic here.
func (b *Bank) magicKopecks(call string, fields object) int64 {
	if !b.magic {
		return 0
	}
	if call == "Init" {
		text, _ := fields.scalar("Amount")
		kopecks, _ := parseKopecks(text)
		return kopecks
	}
	id, _ := fields.scalar("PaymentId")
	kopecks := int64(0)
	b.store.look(func(s *state) {
		if p := s.payments[id]; p != nil {
			kopecks = p.Amount
		}
	})
	return kopecks
}

// magicOf is the amount whose kopecks may befall a payment's notifications.
func (b *Bank) magicOf(p *Payment) int64 {
	if !b.magic {
		return 0
	}
	return p.Amount
}

// withoutEffect reports a fault that keeps the call from happening at all.
func (f Fault) withoutEffect() bool { return f.Fault == Fault500Before || f.Fault == FaultLostRequest }

// withoutAnswer reports a fault that keeps the shop from learning what happened.
func (f Fault) withoutAnswer() bool { return f.Fault == Fault500After || f.Fault == FaultLostAnswer }

// breakOff ends the exchange as the fault says; a lost connection is the server's abort.
func (f Fault) breakOff(w http.ResponseWriter) {
	if f.Fault == FaultLostRequest || f.Fault == FaultLostAnswer {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write([]byte("<html><body><h1>500 Internal Server Error</h1></body></html>"))
}

// spoil changes an answer as the fault says.
func (f Fault) spoil(out any) {
	a, ok := out.(answer)
	if !ok {
		return
	}
	if _, has := a["Status"]; has && f.Fault == FaultUnknownStatus {
		a["Status"] = strangeStatus
	}
	for _, name := range []string{"Amount", "NewAmount"} { // Cancel has no Amount, only what is left
		if kopecks, has := a[name].(int64); has && f.Fault == FaultWrongAmount {
			a[name] = kopecks + 100
		}
	}
}

// linger holds an answer back. A shop that has hung up is not waited for.
func (f Fault) linger(r *http.Request) {
	if f.Delay <= 0 {
		return
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
