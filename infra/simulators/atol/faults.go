package atol

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"giberno.ru/shared/core/fault"
)

// FaultKind is a way in which the service misbehaves.
type FaultKind string

// The faults of a call.
const (
	FaultSlow          FaultKind = "slow"           // the effect at once, the answer after Delay
	Fault500Before     FaultKind = "500_before"     // HTTP 500, nothing happened
	Fault500After      FaultKind = "500_after"      // HTTP 500, though it happened
	FaultLostRequest   FaultKind = "lost_request"   // the connection breaks, nothing happened
	FaultLostAnswer    FaultKind = "lost_answer"    // the connection breaks, though it happened
	FaultGarbage       FaultKind = "garbage"        // half an answer
	FaultUnknownStatus FaultKind = "unknown_status" // a status that no document lists
	FaultWrongTotal    FaultKind = "wrong_total"    // of a report: a rouble too much
	FaultNotFound      FaultKind = "not_found"      // of a report: error 34 though the receipt is there
)

// The faults of a till.
const (
	FaultDriver  FaultKind = "driver"  // the till breaks; Code is its error
	FaultTimeout FaultKind = "timeout" // nobody took the document from the queue
	FaultAgent   FaultKind = "agent"   // the service's own machine before the till breaks
	FaultUnknown FaultKind = "unknown" // it failed, and nobody knows how
	FaultStuck   FaultKind = "stuck"   // the till gets to it an hour later
)

// The faults of a notice.
const (
	FaultDuplicate FaultKind = "duplicate" // sent twice
	FaultDrop      FaultKind = "drop"      // never sent
	FaultLate      FaultKind = "late"      // half an hour later
	FaultForged    FaultKind = "forged"    // before the true one comes a lie: done, with numbers that no till gave
)

const (
	slowAnswer    = 5 * time.Second
	stuckFor      = time.Hour
	lateBy        = 30 * time.Minute
	strangeStatus = "dreaming"
)

// What a fault may befall, beside the names of calls.
const (
	onTill   = "till"
	onNotice = "notice"
)

// faultsOf lists the faults that each can have.
var faultsOf = map[string][]FaultKind{
	"getToken": callFaults,
	"register": append([]FaultKind{FaultUnknownStatus}, callFaults...),
	"report":   append([]FaultKind{FaultUnknownStatus, FaultWrongTotal, FaultNotFound}, callFaults...),
	onTill:     {FaultDriver, FaultTimeout, FaultAgent, FaultUnknown, FaultStuck},
	onNotice:   {FaultDuplicate, FaultDrop, FaultLate, FaultForged},
}

var callFaults = []FaultKind{FaultSlow, Fault500Before, Fault500After, FaultLostRequest, FaultLostAnswer, FaultGarbage}

// tillFailures are the failures that can be asked for.
var tillFailures = map[FaultKind]Failure{
	FaultDriver:  {2, "Нет связи. Произошел сбой кассы.", "driver"},
	FaultTimeout: {1, "Превышено время ожидания чека в очереди.", "timeout"},
	FaultAgent:   {2004, "Внутренняя ошибка сервиса.", "agent"},
	FaultUnknown: {0, "Неизвестная ошибка обработки.", "unknown"},
}

// Fault is a misbehaviour that has been asked for.
type Fault struct {
	Call  string        `json:"call"`           // getToken register report till notice
	Fault FaultKind     `json:"fault"`          //
	Times int           `json:"times"`          // how often; 0 is once
	Code  int           `json:"code,omitempty"` // of a till's failure; 0: the usual one
	Delay time.Duration `json:"-"`              // of slow; 0 is five seconds
}

// faultBook keeps the faults that were asked for, in memory only: a restart makes the service well.
type faultBook struct {
	mu    sync.Mutex
	asked []Fault
}

// SetFault asks for a fault. It fails for a fault that this call cannot have.
func (s *Service) SetFault(f Fault) error {
	allowed, known := faultsOf[f.Call]
	if !known {
		return fault.Invalid("unknown_call", "There is no such call: "+clip(f.Call, 64))
	}
	if !slices.Contains(allowed, f.Fault) {
		return fault.Invalid("unknown_fault", "This call cannot have the fault "+clip(string(f.Fault), 64))
	}
	f.Times = max(f.Times, 1)
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.asked = append(s.faults.asked, f)
	return nil
}

// ClearFaults forgets the faults that were asked for.
func (s *Service) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.asked = nil
}

// first takes one use of the first asked fault of a call.
func (k *faultBook) first(call string) Fault {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.asked {
		f := k.asked[i]
		if f.Call != call {
			continue
		}
		if k.asked[i].Times--; k.asked[i].Times == 0 {
			k.asked = slices.Delete(k.asked, i, i+1)
		}
		return f
	}
	return Fault{}
}

func (k *faultBook) forCall(call string) Fault {
	f := k.first(call)
	if f.Fault == FaultSlow && f.Delay == 0 {
		f.Delay = slowAnswer
	}
	return f
}

func (k *faultBook) forTill() Fault { return k.first(onTill) }

func (k *faultBook) forNotice() FaultKind { return k.first(onNotice).Fault }

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

// spoil changes an answer as the fault says and gives its status.
func (f Fault) spoil(status int, out answer) int {
	switch f.Fault {
	case FaultUnknownStatus:
		if _, has := out["status"]; has {
			out["status"] = strangeStatus
		}
	case FaultWrongTotal:
		if payload, ok := out["payload"].(answer); ok {
			payload["total"] = roubles(wrongBy + kopecksOf(payload["total"]))
		}
	case FaultNotFound:
		clear(out)
		later, fields := (&refusal{code: 34}).answer("00000000-0000-4000-8000-000000000034")
		for name, value := range fields {
			out[name] = value
		}
		return later
	}
	return status
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
