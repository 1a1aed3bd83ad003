package tbank

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
)

// controlCall is one of the calls for scripts; the start page lists them.
type controlCall struct {
	Pattern string // method and path
	Example string // body
	English string
	Russian string
	run     func(*Bank, *http.Request) (any, error)
}

var controlCalls = []controlCall{
	{"GET /control/payments", "", "payments with their history, newest first (?limit=)", "платежи с историей, новые первыми (?limit=)", controlPayments},
	{"GET /control/payments/{ref}", "", "one payment by PaymentId or OrderId", "платёж по PaymentId или OrderId", controlPayment},
	{"POST /control/payments/{ref}/pay", `{"outcome":"success"}`, "pay, or fail to: method, card, outcome, code, try_again", "оплатить или не суметь: method, card, outcome, code, try_again", controlPay},
	{"POST /control/payments/{ref}/refund", `{"amount":5000}`, "refund or release from the bank's cabinet; without amount all of it", "возврат из кабинета банка; без amount — весь остаток", controlRefund},
	{"POST /control/payments/{ref}/chargeback", "", "the payer's bank takes the money back", "банк плательщика забирает деньги", controlChargeback},
	{"POST /control/payments/{ref}/expire", "", "end an unpaid payment now", "закончить неоплаченный платёж сейчас", controlExpire},
	{"GET /control/notifications", "", "notifications with their bodies and attempts (?payment=)", "уведомления с телами и попытками (?payment=)", controlNotices},
	{"POST /control/notifications/deliver", "", "deliver everything that is pending now", "доставить сейчас всё, что ждёт", controlDeliver},
	{"POST /control/tick", "", "do everything that is due: deadlines, refunds, receipts, notifications", "сделать всё, чему пришёл срок", controlTick},
	{"GET /control/clock", "", "the bank's time", "время банка", controlClock},
	{"POST /control/clock", `{"advance":"2h"}`, "move the clock and do what has become due", "перевести часы и сделать, чему пришёл срок", controlAdvance},
	{"POST /control/faults", `{"call":"Init","fault":"lost_answer","times":1}`, "ask for a fault; delay for slow, status for notifications", "заказать сбой; delay для slow, status для уведомлений", controlFault},
	{"DELETE /control/faults", "", "forget the faults that were asked for", "забыть заказанные сбои", controlNoFaults},
	{"GET /control/calls", "", "how often each method was called, and the last requests byte for byte (?method=)", "счёт вызовов и последние запросы как есть (?method=)", controlCallLog},
	{"PUT /control/terminals/{key}", `{"password":"new"}`, "add a terminal or change its password and settings", "добавить терминал или сменить его пароль и настройки", controlTerminal},
}

// serveControl wraps a control call: JSON in, JSON out, faults as {code, message}.
func (b *Bank) serveControl(c controlCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		out, err := c.run(b, r)
		status := http.StatusOK
		if err != nil {
			f := fault.As(err)
			status, out = controlStatus(f.Kind), map[string]string{"code": f.Code, "message": f.Message}
			if f.Kind == fault.KindInternal {
				b.log.Error("control call failed", "call", c.Pattern, "error", err)
			}
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(append(marshal(out), '\n'))
	}
}

func controlStatus(k fault.Kind) int {
	switch k {
	case fault.KindInvalid, fault.KindMalformed:
		return http.StatusUnprocessableEntity
	case fault.KindNotFound:
		return http.StatusNotFound
	case fault.KindConflict:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// body reads the JSON of a control call into value; no body leaves value as it is.
func body(r *http.Request, value any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(value); err != nil && !errors.Is(err, io.EOF) {
		return fault.Malformed("body_invalid", "The body is not the JSON of this call: "+err.Error())
	}
	return nil
}

func controlPayments(b *Bank, r *http.Request) (any, error) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 1000 {
		limit = 100
	}
	return map[string]any{"items": b.Payments(limit)}, nil
}

func controlPayment(b *Bank, r *http.Request) (any, error) { return b.Payment(r.PathValue("ref")) }

func controlPay(b *Bank, r *http.Request) (any, error) {
	var a Attempt
	if err := body(r, &a); err != nil {
		return nil, err
	}
	return b.Pay(r.Context(), r.PathValue("ref"), a)
}

func controlRefund(b *Bank, r *http.Request) (any, error) {
	var in struct {
		Amount int64 `json:"amount"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	return b.Refund(r.Context(), r.PathValue("ref"), in.Amount)
}

func controlChargeback(b *Bank, r *http.Request) (any, error) {
	return b.Chargeback(r.Context(), r.PathValue("ref"))
}

func controlExpire(b *Bank, r *http.Request) (any, error) {
	return b.Expire(r.Context(), r.PathValue("ref"))
}

func controlNotices(b *Bank, r *http.Request) (any, error) {
	return map[string]any{"items": b.Notices(r.URL.Query().Get("payment"))}, nil
}

func controlDeliver(b *Bank, r *http.Request) (any, error) {
	return b.pendingAfter(b.DeliverAll(r.Context()))
}

func controlTick(b *Bank, r *http.Request) (any, error) { return b.pendingAfter(b.Tick(r.Context())) }

// pendingAfter tells how many notifications still wait for an OK.
func (b *Bank) pendingAfter(err error) (any, error) {
	if err != nil {
		return nil, err
	}
	pending := 0
	for _, n := range b.Notices("") {
		if n.State == noticePending {
			pending++
		}
	}
	return map[string]int{"pending": pending}, nil
}

func controlClock(b *Bank, _ *http.Request) (any, error) {
	return map[string]string{"now": b.clock.Now().Format(time.RFC3339Nano)}, nil
}

func controlAdvance(b *Bank, r *http.Request) (any, error) {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	step, err := time.ParseDuration(in.Advance)
	if err != nil {
		return nil, fault.Invalid("step_invalid", `"advance" is a step such as "90s" or "2h".`)
	}
	if err := b.AdvanceClock(r.Context(), step); err != nil {
		return nil, err
	}
	return controlClock(b, r)
}

func controlFault(b *Bank, r *http.Request) (any, error) {
	var in struct {
		Fault
		Delay string `json:"delay"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	if in.Delay != "" {
		delay, err := time.ParseDuration(in.Delay)
		if err != nil || delay < 0 || delay > 10*time.Minute {
			return nil, fault.Invalid("delay_invalid", `"delay" is a time such as "30s", at most ten minutes.`)
		}
		in.Fault.Delay = delay
	}
	return map[string]bool{"ok": true}, b.SetFault(in.Fault)
}

func controlNoFaults(b *Bank, _ *http.Request) (any, error) {
	b.ClearFaults()
	return map[string]bool{"ok": true}, nil
}

func controlCallLog(b *Bank, r *http.Request) (any, error) {
	counts, last := b.Calls()
	method := r.URL.Query().Get("method")
	shown := []Call{}
	for _, c := range last {
		if method == "" || c.Method == method {
			shown = append(shown, c)
		}
	}
	return map[string]any{"counts": counts, "last": shown}, nil
}

// controlTerminal changes the members that the body names and leaves the others.
func controlTerminal(b *Bank, r *http.Request) (any, error) {
	key := r.PathValue("key")
	t := b.Terminals()[key]
	if err := body(r, &t); err != nil {
		return nil, err
	}
	t.Key = key
	return map[string]string{"key": key}, b.SetTerminal(t)
}
