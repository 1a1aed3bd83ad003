package world

import (
	"context"
	"encoding/json"
	"net/http"

	"giberno.ru/shared/core/ids"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/secret"
)

// operate makes a call of the first operator's.
func (w *World) operate(method, path, body string) (answer, bool) {
	return w.operateAs(w.setting.operators[0], method, path, body)
}

func (w *World) operateAs(token, method, path, body string) (answer, bool) {
	return w.operateKeyed(token, method, path, body, "")
}

func (w *World) operateKeyed(token, method, path, body, key string) (answer, bool) {
	req := request(method, path, body)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	got, ok := w.ask(req)
	if ok {
		w.coverage.answer(method+" "+shapeOf(path), got)
	}
	return got, ok
}

func (w *World) someOperator() string { return pick(w.dice, w.setting.operators) }

var wordsOfModes = map[ids.Mode]string{ids.Test: "test", ids.Live: "live"}

// closeAlarm looks at the open alarms and closes one or two of them.
func closeAlarm(w *World, a *actor) {
	word := wordsOfModes[pick(w.dice, modes)]
	got, ok := w.operate(http.MethodGet, "/api/v1/admin/alarms?limit=10&mode="+word, "")
	if !ok || got.status != http.StatusOK {
		return
	}
	var list struct {
		Items []struct {
			Kind   string  `json:"kind"`
			Object string  `json:"object"`
			Order  *ids.ID `json:"order_uuid,omitempty"`
		} `json:"items"`
	}
	if json.Unmarshal(got.body, &list) != nil || len(list.Items) == 0 {
		return
	}
	for range 1 + w.dice.IntN(2) {
		one := pick(w.dice, list.Items)
		if one.Order != nil {
			a.order = *one.Order
		}
		body, err := json.Marshal(map[string]any{"mode": word, "kind": one.Kind, "object": one.Object, "order_uuid": one.Order})
		if err != nil {
			return
		}
		if one.Order == nil {
			body, _ = json.Marshal(map[string]any{"mode": word, "kind": one.Kind, "object": one.Object}) // texts always marshal
		}
		w.operate(http.MethodPost, "/api/v1/admin/alarm/close", string(body))
	}
}

// switchAccount turns a contract or one of its methods off or on. It is on more often than off.
func switchAccount(w *World, _ *actor) {
	c := pick(w.dice, w.setting.contracts)
	on := "true"
	if w.dice.oneIn(3) {
		on = "false"
	}
	body := pick(w.dice, []string{`{"on":` + on + `}`, `{"on":` + on + `,"code":"sbp"}`, `{"on":` + on + `,"code":"card"}`})
	w.operate(http.MethodPost, "/api/v1/admin/account/"+c.id.String()+"/switch", body)
	if w.dice.oneIn(2) { // nothing stays off for long
		w.operate(http.MethodPost, "/api/v1/admin/account/"+c.id.String()+"/switch", `{"on":true}`)
	}
}

// rotatePassword changes a contract's password, here first and then at the bank. An operator who got no answer looks which
// of the two is in force.
func rotatePassword(w *World, _ *actor) {
	c := pick(w.dice, w.setting.contracts)
	password := "password " + w.newKey()
	w.operate(http.MethodPost, "/api/v1/admin/account/"+c.id.String()+"/password", `{"password":"`+password+`"}`)
	ours, err := w.passwordHere(c)
	if err != nil || ours != password {
		return
	}
	terminal := w.banks[c.mode].sim.Terminals()[c.terminal]
	terminal.Password = password
	if err := w.banks[c.mode].sim.SetTerminal(terminal); err != nil {
		w.fail("Engine", ids.ID{}, "the bank does not take a password: %v", err)
	}
}

// passwordHere is the password that the platform has now for a contract, read past every fault.
func (w *World) passwordHere(c contract) (string, error) {
	s := identitystore.New(w.durable.table, secret.NewKeeper(rootKeys{}, w.random), w.clock, w.random)
	a, err := s.Account(context.Background(), c.mode, c.id)
	if err != nil {
		return "", err
	}
	clear, err := s.Unsealed(context.Background(), a)
	return clear.Password, err
}
