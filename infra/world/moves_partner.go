package world

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

func itoa(n int) string { return strconv.Itoa(n) }

// shapeOf is an address without its ids, for the coverage.
func shapeOf(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) >= 32 {
			parts[i] = "{}"
		}
	}
	at, _, _ := strings.Cut(strings.Join(parts, "/"), "?")
	return at
}

// createOrder makes an order of some lines, one or two stages, all methods or a few, sometimes without a key.
func createOrder(w *World, a *actor) {
	if w.MaxOrders > 0 && len(w.book.orders) >= w.MaxOrders {
		return
	}
	t := &ticket{shop: pick(w.dice, w.setting.shops), hold: w.dice.oneIn(3)}
	for range 1 + w.dice.IntN(3) {
		t.lines = append(t.lines, line{price: 1000 + w.dice.Int64N(500_000), quantity: 1 + w.dice.Int64N(3)})
	}
	k := &keyed{shop: t.shop, method: http.MethodPost, path: "/api/v1/order", body: w.orderBody(t)}
	if !w.dice.oneIn(10) {
		k.key = w.newKey()
	}
	for range 1 + w.dice.IntN(3) { // a partner who hears nothing calls again
		got, ok := w.keyedCall(k)
		if ok && got.status == http.StatusCreated {
			w.take(t, k, got)
			break
		}
		if k.key == "" {
			break
		}
	}
	a.order = t.id
	w.remember(k)
}

func (w *World) orderBody(t *ticket) string {
	var items []string
	for i, l := range t.lines {
		t.total += l.price * l.quantity
		items = append(items, fmt.Sprintf(`{"name":"Позиция %d","price":{"amount":%d,"currency":"RUB"},"quantity":%d,"payment_subject":"service"}`, i+1, l.price, l.quantity))
	}
	extra := ""
	if t.hold {
		extra += `,"capture":"manual"`
	}
	switch w.dice.IntN(6) {
	case 0:
		extra += `,"methods":["card"]`
	case 1:
		extra += `,"methods":["sbp","card"]`
	}
	life := w.dice.between(6*time.Minute, 3*time.Hour)
	if w.dice.oneIn(3) {
		life = w.dice.between(3*time.Hour, 72*time.Hour)
	}
	extra += `,"expires_at":"` + w.clock.Now().Add(life).Format(time.RFC3339) + `"`
	return `{"project":"` + t.shop.name + `","email":"buyer@example.com","external_id":"` + itoa(len(w.book.orders)) + `","items":[` + strings.Join(items, ",") + `]` + extra + `}`
}

// take writes an order that was answered with 201 into the book.
func (w *World) take(t *ticket, k *keyed, got answer) {
	o := fieldsOf(got.body)
	text, _ := o["uuid"].(string)
	id, err := ids.Parse(text)
	link, _ := o["link"].(string)
	if err != nil || !strings.HasPrefix(link, baseURL+"/p/") {
		w.fail("OrderAnswered", id, "an order was created and answered with %s", got.body)
		return
	}
	if w.book.byID[id] != nil {
		return
	}
	t.id, t.path, k.order = id, strings.TrimPrefix(link, baseURL), id
	w.book.orders = append(w.book.orders, t)
	w.book.byID[id] = t
	w.watch.touch(partitionOf(t.shop.mode, id))
}

// repeatCall makes a call again under its key, with its body.
func repeatCall(w *World, a *actor) {
	if len(w.book.keyed) == 0 {
		return
	}
	k := pick(w.dice, w.book.keyed)
	a.order = k.order
	got, ok := w.keyedCall(k)
	if ok && got.status == http.StatusCreated && k.path == "/api/v1/order" && k.order.IsZero() {
		w.take(w.ticketOf(k, got), k, got)
		a.order = k.order
	}
}

// ticketOf makes a ticket from the answer to a creation whose first answers were all lost.
func (w *World) ticketOf(k *keyed, got answer) *ticket {
	t := &ticket{shop: k.shop}
	o := fieldsOf(got.body)
	t.hold = o["capture"] == "manual"
	items, _ := o["items"].([]any)
	for _, i := range items {
		item, _ := i.(map[string]any)
		price, _ := item["price"].(map[string]any)
		amount, _ := price["amount"].(float64)
		quantity, _ := item["quantity"].(float64)
		t.lines = append(t.lines, line{int64(amount), int64(quantity)})
		t.total += int64(amount) * int64(quantity)
	}
	return t
}

// repeatOtherwise uses a key again for another body, which must be refused.
func repeatOtherwise(w *World, a *actor) {
	if len(w.book.keyed) == 0 {
		return
	}
	k := pick(w.dice, w.book.keyed)
	if k.status == 0 || !strings.Contains(k.body, `"email"`) {
		return
	}
	a.order = k.order
	other := &keyed{shop: k.shop, method: k.method, path: k.path, key: k.key, order: k.order,
		body: strings.Replace(k.body, `"email":"buyer@`, `"email":"other@`, 1)}
	got, ok := w.keyedCall(other)
	if ok && got.status < 300 {
		w.fail("OtherBodyRefused", k.order, "%s %s under a used key with another body was answered with %d %s", k.method, k.path, got.status, got.body)
	}
}

// createPayment is the partner's own call for a page of the bank. He hands its address to the payer.
func createPayment(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	code := pick(w.dice, []string{"card", "card", "sbp", "card_foreign"})
	k := &keyed{shop: t.shop, method: http.MethodPost, path: "/api/v1/payment", order: t.id,
		body: fmt.Sprintf(`{"order_uuid":"%s","code":"%s"}`, t.id, code)}
	if !w.dice.oneIn(4) {
		k.key = w.newKey()
	}
	got, ok := w.keyedCall(k)
	w.remember(k)
	if ok && got.status == http.StatusCreated {
		o := fieldsOf(got.body)
		w.learnPage(t, o["redirect_url"], code == "sbp")
	}
}

// capturePayment takes a held payment: all of it, an amount, or lines.
func capturePayment(w *World, a *actor) {
	t, p, ok := w.someHeld()
	if !ok {
		return
	}
	a.order = t.id
	body := ""
	switch w.dice.IntN(4) {
	case 0:
		n := w.dice.IntN(len(t.lines))
		body = fmt.Sprintf(`{"items":[{"line":%d,"quantity":%d}]}`, n+1, 1+w.dice.Int64N(t.lines[n].quantity))
	case 1:
		body = fmt.Sprintf(`{"amount":{"amount":%d,"currency":"RUB"}}`, 1+w.dice.Int64N(t.total+100))
	}
	w.onPayment(t, p, "capture", body)
}

func voidPayment(w *World, a *actor) {
	if t, p, ok := w.someHeld(); ok {
		a.order = t.id
		w.onPayment(t, p, "void", "")
	}
}

// onPayment makes a call on a payment, once or twice.
func (w *World) onPayment(t *ticket, p payments.Payment, call, body string) {
	k := &keyed{shop: t.shop, method: http.MethodPost, path: "/api/v1/payment/" + p.ID.String() + "/" + call, body: body, key: w.newKey(), order: t.id}
	w.remember(k)
	for range 1 + w.dice.IntN(2) {
		w.keyedCall(k)
	}
}

// someHeld finds an order that waits for its capture; now and then any payment, to be refused.
func (w *World) someHeld() (*ticket, payments.Payment, bool) {
	anyone := w.dice.oneIn(12)
	for range 8 {
		t, ok := w.recall()
		if !ok || !t.hold && !anyone {
			continue
		}
		whole := w.watch.known(t)
		for _, p := range whole.Payments {
			if p.Status == payments.Held || anyone {
				return t, p, true
			}
		}
	}
	return nil, payments.Payment{}, false
}

func cancelOrder(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	k := &keyed{shop: t.shop, method: http.MethodPost, path: "/api/v1/order/" + t.id.String() + "/cancel", order: t.id, key: w.newKey()}
	w.remember(k)
	for range 1 + w.dice.IntN(2) {
		w.keyedCall(k)
	}
}

func readOrder(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	got, ok := w.read(t.shop, "/api/v1/order/"+t.id.String())
	if !ok || got.status >= 500 {
		return
	}
	if total, _ := fieldsOf(got.body)["total"].(map[string]any); got.status != http.StatusOK || int64(number(total["amount"])) != t.total {
		w.fail("OrderStays", t.id, "an order over %d is answered with %d %s", t.total, got.status, got.body)
	}
}

func number(v any) float64 { n, _ := v.(float64); return n }

func listOrders(w *World, _ *actor) {
	s := pick(w.dice, w.setting.shops)
	got, ok := w.read(s, "/api/v1/orders?limit="+itoa(1+w.dice.IntN(20)))
	if !ok || got.status != http.StatusOK {
		return
	}
	items, _ := fieldsOf(got.body)["items"].([]any)
	for _, i := range items {
		o, _ := i.(map[string]any)
		text, _ := o["uuid"].(string)
		id, _ := ids.Parse(text)
		if t := w.book.byID[id]; t != nil && t.shop != s {
			w.fail("ModesApart", id, "the order is listed for partner %s in mode %s", s.partner, s.mode)
		}
	}
}

// readForeignOrder asks for an order with the token of another partner, or of the other mode: it is not there.
func readForeignOrder(w *World, a *actor) {
	t, ok := w.recall()
	if !ok {
		return
	}
	a.order = t.id
	s := pick(w.dice, w.setting.shops)
	if s == t.shop {
		return
	}
	if got, ok := w.read(s, "/api/v1/order/"+t.id.String()); ok && got.status < 300 {
		w.fail("ModesApart", t.id, "the order was shown to partner %s in mode %s", s.partner, s.mode)
	}
}
