package demo

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// order makes an order of one line and gives its id and link.
func (s *stage) order(kopecks int64, more map[string]any) (id, link string) {
	body := map[string]any{
		"project": "Школа «Понимаю»", "email": "buyer@example.com",
		"items": []any{map[string]any{"name": "Консультация", "price": map[string]any{"amount": kopecks, "currency": "RUB"}, "quantity": 1, "payment_subject": "service"}},
	}
	for k, v := range more {
		body[k] = v
	}
	a := s.partner(http.MethodPost, "/api/v1/order", "", body)
	s.fact(a.status == 201, "an order over %s is created", roubles(kopecks))
	return a.text("uuid"), a.text("link")
}

func roubles(kopecks int64) string { return fmt.Sprintf("%d.%02d RUB", kopecks/100, kopecks%100) }

// now reads the order as the partner sees it.
func (s *stage) now(id string) answer { return s.partner(http.MethodGet, "/api/v1/order/"+id, "", nil) }

// becomes waits until the order has a status.
func (s *stage) becomes(id, status string) answer {
	var a answer
	if err := s.await("the order to become "+status, func() bool { a = s.now(id); return a.text("status") == status }); err != nil {
		panic(failure{fmt.Errorf("%w; it is %s", err, a)})
	}
	s.fact(true, "the order is %s", status)
	if status == "paid" {
		if s.paid == nil {
			s.paid = map[string]int64{}
		}
		var amount int64
		_, err := fmt.Sscan(a.text("paid.amount"), &amount)
		s.must(err)
		s.paid[id] = amount
	}
	return a
}

// bankPayment gives the bank's view of an order's attempt n.
func (s *stage) bankPayment(id string, n int) answer {
	for _, p := range s.list("/payments?limit=1000") {
		if strings.HasSuffix(p.text("order_id"), fmt.Sprintf("%02d", n)) && s.belongs(p.text("order_id"), id) {
			return p
		}
	}
	panic(failure{fmt.Errorf("the bank has no attempt %d of order %s", n, id)})
}

// pay pays attempt n of an order at the bank.
func (s *stage) pay(id string, n int, attempt map[string]any) {
	s.bank(http.MethodPost, "/payments/"+s.bankPayment(id, n).text("payment_id")+"/pay", attempt)
}

func (s *stage) paidByCard() {
	order := map[string]any{
		"project": "Школа «Понимаю»", "email": "buyer@example.com", "external_id": "A-1047",
		"items": []any{
			map[string]any{"name": "Консультация", "price": map[string]any{"amount": 150000, "currency": "RUB"}, "quantity": 1, "payment_subject": "service"},
			map[string]any{"name": "Тетрадь", "price": map[string]any{"amount": 33333, "currency": "RUB"}, "quantity": 1.5},
		},
	}
	first := s.partner(http.MethodPost, "/api/v1/order", "demo-order-1", order)
	s.fact(first.status == 201 && first.text("total.amount") == "200000", "an order of two lines is created: 1500.00 + 333.33 × 1.5 = 2000.00 RUB")
	again := s.partner(http.MethodPost, "/api/v1/order", `"demo-order-1"`, order)
	s.fact(string(again.body) == string(first.body) && again.header.Get("Idempotent-Replayed") == "true", "the same Idempotency-Key gives the same bytes")
	order["email"] = "other@example.com"
	s.fact(s.partner(http.MethodPost, "/api/v1/order", "demo-order-1", order).text("code") == "idempotency_mismatch", "the same key with another body is refused")

	id, link := first.text("uuid"), first.text("link")
	page := s.get(link)
	s.fact(page.status == 200 && strings.Contains(string(page.body), "Школа «Понимаю»") && strings.Contains(string(page.body), "Консультация"), "the link shows the shop, the lines and the choice of method")
	to := s.choose(link, "card")
	s.fact(to.status == 303 && strings.HasPrefix(to.header.Get("Location"), s.demo.Accounts[0].Address), "choosing the card leads to the bank's page")
	init := s.lastCall("Init")
	s.fact(strings.Contains(init, `"Amount":200000`), "the bank received the amount 200000 in its own bytes")
	s.pay(id, 1, map[string]any{"card": "4300000000000777"})
	paid := s.becomes(id, "paid")
	s.fact(paid.text("payments.0.card.pan") == "430000******0777", "the card is only a mask: %s", paid.text("payments.0.card.pan"))
	s.fact(s.result(link) == "paid", "the payer's page says that it is paid")

	s.bank(http.MethodPost, "/clock", map[string]string{"advance": "2m"})
	if err := s.await("the receipt", func() bool { return s.now(id).text("receipts.0.status") == "ready" }); err != nil {
		panic(failure{err})
	}
	receipt := s.now(id)
	s.fact(receipt.text("receipts.0.total.amount") == "200000" && receipt.text("receipts.0.fn") != "", "the bank's till made the receipt: FN %s, FD %s, FP %s",
		receipt.text("receipts.0.fn"), receipt.text("receipts.0.fd"), receipt.text("receipts.0.fp"))
	found := s.partner(http.MethodPost, "/api/v1/payment/receipt", "", map[string]string{"url": receipt.text("receipts.0.url")})
	s.fact(found.status == 200 && found.text("order_uuid") == id, "the receipt's address leads back to the order")
	s.fact(s.get(receipt.text("receipts.0.url")).status == 200, "and opens as a page")
}

func (s *stage) duplicateAndForged() {
	id, link := s.order(120000, nil)
	s.fact(s.choose(link, "card").status == 303, "the payer is at the bank")
	s.bank(http.MethodPost, "/faults", map[string]any{"call": "notification", "fault": "forged", "status": "CONFIRMED"})
	s.pay(id, 1, map[string]any{"outcome": "success"})
	s.becomes(id, "paid")
	before := s.now(id)

	var confirmed string
	for _, n := range s.list("/notifications") {
		if n.text("status") == "CONFIRMED" && n.at("forgery") == nil && s.belongsTo(n.text("body"), id) {
			confirmed = n.text("body")
		}
	}
	s.fact(confirmed != "", "the bank's notification is on record")
	for range 3 {
		a := s.call(http.MethodPost, s.demo.BaseURL+"/api/a2c/notifications", "", "", []byte(confirmed))
		s.fact(a.status == 200 && string(a.body) == "OK", "the same notification again is answered exactly OK")
	}
	s.fact(string(s.now(id).body) == string(before.body), "and changes nothing")
	forged := strings.Replace(confirmed, `"Amount":120000`, `"Amount":1`, 1)
	a := s.call(http.MethodPost, s.demo.BaseURL+"/api/a2c/notifications", "", "", []byte(forged))
	s.fact(forged != confirmed && a.status == 403, "a forged one is refused: %d %s", a.status, a.text("code"))
	s.fact(string(s.now(id).body) == string(before.body), "and changes nothing either")
	alarm := s.operator(http.MethodGet, "/alarms?mode=test", nil)
	s.fact(alarm.text("items.0.kind") == "forged_notice", "an operator sees the alarm")
	closed := s.operator(http.MethodPost, "/alarm/close", map[string]any{"mode": "test", "kind": "forged_notice", "object": alarm.text("items.0.object")})
	s.fact(closed.status == 204, "and closes it")
}

func (s *stage) declinedThenSBP() {
	id, link := s.order(99000, nil)
	s.fact(s.choose(link, "card").status == 303, "the payer is at the bank")
	s.pay(id, 1, map[string]any{"outcome": "insufficient_funds"})
	if err := s.await("the decline", func() bool { return s.now(id).text("payments.0.status") == "declined" }); err != nil {
		panic(failure{fmt.Errorf("%w; %s", err, s.now(id))})
	}
	s.fact(s.now(id).text("payments.0.decline.code") == "insufficient_funds", "the bank declines: insufficient_funds")
	a := s.partner(http.MethodPost, "/api/v1/payment", "demo-sbp", map[string]any{"order_uuid": id, "code": "sbp"})
	s.fact(a.status == 201 && strings.HasPrefix(a.text("qr.payload"), "https://qr.nspk.ru/"), "SBP opens as the second attempt, with its QR")
	s.pay(id, 2, map[string]any{"method": "sbp"})
	s.becomes(id, "paid")
}

func (s *stage) changeOfMind() {
	id, link := s.order(77000, nil)
	s.fact(s.choose(link, "card").status == 303, "the payer chooses the card")
	s.fact(s.choose(link, "card").status == 303 && s.now(id).at("payments.1") == nil, "the same choice again keeps the attempt")
	s.fact(s.choose(link, "sbp").status == 303, "then he prefers SBP")
	s.fact(s.now(id).text("payments.0.status") == "cancelled" && s.bankPayment(id, 1).text("status") == "CANCELED", "the card's page is closed at the bank")
	s.pay(id, 2, map[string]any{"method": "sbp"})
	s.becomes(id, "paid")
}

func (s *stage) lostAnswer() {
	id, _ := s.order(55000, nil)
	s.bank(http.MethodPost, "/faults", map[string]any{"call": "Init", "fault": "lost_answer"})
	a := s.partner(http.MethodPost, "/api/v1/payment", "demo-lost", map[string]any{"order_uuid": id, "code": "card"})
	s.fact(a.status == 201 && a.text("status") == "pending", "the partner gets a page all the same")
	o := s.now(id)
	s.fact(o.text("payments.0.status") == "superseded" && o.text("payments.1.status") == "pending", "the lost attempt is watched, the next one is open")
	s.pay(id, 2, map[string]any{"outcome": "success"})
	s.becomes(id, "paid")
	if err := s.await("the lost attempt to be closed", func() bool { return s.now(id).text("payments.0.status") == "cancelled" }); err != nil {
		panic(failure{fmt.Errorf("%w; %s", err, s.now(id))})
	}
	s.fact(s.bankPayment(id, 1).text("status") == "CANCELED", "the lost attempt is closed at the bank, so nobody can pay twice")
}

func (s *stage) killed() {
	id, link := s.order(44000, nil)
	s.bank(http.MethodPost, "/faults", map[string]any{"call": "Init", "fault": "slow", "delay": "30s"})
	lost := make(chan error, 1)
	go func() {
		_, err := s.try(http.MethodPost, s.demo.BaseURL+"/api/v1/payment", s.demo.TestToken, "demo-killed", map[string]any{"order_uuid": id, "code": "card"})
		lost <- err
	}()
	if err := s.await("the bank to take Init", func() bool { return s.bankHas(id, 1) }); err != nil {
		panic(failure{err})
	}
	s.kill()
	s.fact(<-lost != nil, "the server is killed after the bank took Init and before we wrote its answer")
	s.must(s.start())
	s.fact(s.now(id).text("payments.0.status") == "created", "after the restart the intent is still there")
	s.bank(http.MethodPost, "/clock", map[string]string{"advance": "1m"})
	s.fact(s.choose(link, "card").status == 303, "the payer presses again")
	o := s.now(id)
	s.fact(o.text("payments.0.status") == "superseded" && o.text("payments.1.status") == "pending", "the bank is asked, the orphan is set aside, a new page opens")
	s.pay(id, 2, map[string]any{"outcome": "success"})
	s.becomes(id, "paid")
}

func (s *stage) held() {
	id, link := s.order(300000, map[string]any{"capture": "manual"})
	s.choose(link, "card")
	s.pay(id, 1, map[string]any{"outcome": "success"})
	payment := s.heldPayment(id)
	s.fact(s.partner(http.MethodPost, "/api/v1/payment/"+payment+"/capture", "", map[string]any{}).text("code") == "idempotency_key_required", "a capture moves money and needs a key")
	a := s.partner(http.MethodPost, "/api/v1/payment/"+payment+"/capture", "demo-capture", map[string]any{})
	s.fact(a.status == 200 && a.text("status") == "paid" && a.text("captured.amount") == "300000", "the hold is captured")
	b := s.partner(http.MethodPost, "/api/v1/payment/"+payment+"/capture", "demo-capture", map[string]any{})
	s.fact(string(a.body) == string(b.body), "the same key captures once")
	s.becomes(id, "paid")

	id, link = s.order(200000, map[string]any{"capture": "manual"})
	s.choose(link, "card")
	s.pay(id, 1, map[string]any{"outcome": "success"})
	payment = s.heldPayment(id)
	a = s.partner(http.MethodPost, "/api/v1/payment/"+payment+"/void", "demo-void", nil)
	s.fact(a.status == 200 && a.text("status") == "cancelled" && s.bankPayment(id, 1).text("status") == "REVERSED", "another hold is released at the bank")
}

func (s *stage) heldPayment(id string) string {
	if err := s.await("the hold", func() bool { return s.now(id).text("payments.0.status") == "held" }); err != nil {
		panic(failure{fmt.Errorf("%w; %s", err, s.now(id))})
	}
	s.fact(true, "the payment is held")
	return s.now(id).text("payments.0.uuid")
}

func (s *stage) cancelledAndExpired() {
	id, link := s.order(66000, nil)
	s.choose(link, "card")
	a := s.partner(http.MethodPost, "/api/v1/order/"+id+"/cancel", "", nil)
	s.fact(a.status == 200 && a.text("status") == "cancelled" && s.bankPayment(id, 1).text("status") == "CANCELED", "the order is cancelled, its page at the bank too")
	s.fact(s.choose(link, "card").status != 303 || s.result(link) == "cancelled", "its link says so")

	id, link = s.order(67000, map[string]any{"expires_at": s.clock().Add(30 * time.Minute).Format(time.RFC3339)})
	s.choose(link, "card")
	s.bank(http.MethodPost, "/clock", map[string]string{"advance": "31m"})
	s.becomesSoon(id, "expired")
}
