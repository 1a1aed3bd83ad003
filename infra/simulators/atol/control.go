package atol

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
	run     func(*Service, *http.Request) (any, error)
}

var controlCalls = []controlCall{
	{"GET /control/receipts", "", "receipts, newest first (?limit=)", "чеки, новые первыми (?limit=)", controlReceipts},
	{"GET /control/receipts/{ref}", "", "one receipt by uuid or external_id", "чек по uuid или external_id", controlReceipt},
	{"POST /control/tick", "", "do everything that is due: receipts and notices", "сделать всё, чему пришёл срок", controlTick},
	{"GET /control/clock", "", "the service's time", "время сервиса", controlClock},
	{"POST /control/clock", `{"advance":"2h"}`, "move the clock and do what has become due", "перевести часы и сделать, чему пришёл срок", controlAdvance},
	{"POST /control/tokens/expire", `{"login":"giberno-v5"}`, "end the tokens of a login, or all of them", "закончить токены логина или все", controlExpire},
	{"POST /control/faults", `{"call":"register","fault":"lost_answer","times":1}`, "ask for a fault; code for the till, delay for slow", "заказать сбой; code для кассы, delay для slow", controlFault},
	{"DELETE /control/faults", "", "forget the faults that were asked for", "забыть заказанные сбои", controlNoFaults},
	{"GET /control/calls", "", "how often each call was made, and the last requests byte for byte (?call=)", "счёт вызовов и последние запросы как есть (?call=)", controlCallLog},
	{"PUT /control/accounts/{login}", `{"password":"new"}`, "add an account or change its password and settings", "добавить доступ или сменить его пароль и настройки", controlAccount},
}

// serveControl wraps a control call: JSON in, JSON out, faults as {code, message}.
func (s *Service) serveControl(c controlCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		out, err := c.run(s, r)
		status := http.StatusOK
		if err != nil {
			f := fault.As(err)
			status, out = controlStatus(f.Kind), map[string]string{"code": f.Code, "message": f.Message}
			if f.Kind == fault.KindInternal {
				s.log.Error("control call failed", "call", c.Pattern, "error", err)
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

func controlReceipts(s *Service, r *http.Request) (any, error) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 1000 {
		limit = 100
	}
	return map[string]any{"items": s.Receipts(limit)}, nil
}

func controlReceipt(s *Service, r *http.Request) (any, error) { return s.Receipt(r.PathValue("ref")) }

// controlTick tells how many receipts still wait for the till or for a notice to be taken.
func controlTick(s *Service, r *http.Request) (any, error) {
	if err := s.Tick(r.Context()); err != nil {
		return nil, err
	}
	pending := 0
	s.store.look(func(st *state) { pending = len(st.due) })
	return map[string]int{"pending": pending}, nil
}

func controlClock(s *Service, _ *http.Request) (any, error) {
	return map[string]string{"now": s.clock.Now().Format(time.RFC3339Nano)}, nil
}

func controlAdvance(s *Service, r *http.Request) (any, error) {
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
	if err := s.AdvanceClock(r.Context(), step); err != nil {
		return nil, err
	}
	return controlClock(s, r)
}

func controlExpire(s *Service, r *http.Request) (any, error) {
	var in struct {
		Login string `json:"login"`
	}
	if err := body(r, &in); err != nil {
		return nil, err
	}
	return map[string]int{"ended": s.ExpireTokens(in.Login)}, nil
}

func controlFault(s *Service, r *http.Request) (any, error) {
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
	return map[string]bool{"ok": true}, s.SetFault(in.Fault)
}

func controlNoFaults(s *Service, _ *http.Request) (any, error) {
	s.ClearFaults()
	return map[string]bool{"ok": true}, nil
}

func controlCallLog(s *Service, r *http.Request) (any, error) {
	counts, last := s.Calls()
	name := r.URL.Query().Get("call")
	shown := []Call{}
	for _, c := range last {
		if name == "" || c.Call == name {
			shown = append(shown, c)
		}
	}
	return map[string]any{"counts": counts, "last": shown}, nil
}

// controlAccount changes the members that the body names and leaves the others.
func controlAccount(s *Service, r *http.Request) (any, error) {
	login := r.PathValue("login")
	var a Account
	for _, known := range s.Accounts() {
		if known.Login == login {
			a = known
		}
	}
	if err := body(r, &a); err != nil {
		return nil, err
	}
	a.Login = login
	return map[string]string{"login": login}, s.SetAccount(a)
}
