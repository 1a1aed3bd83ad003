package demo

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// paidOrder is an order that was paid by a method, with its payment and the receipt of it.
func (s *stage) paidOrder(body map[string]any, method string, kopecks int64) (id, payment string) {
	id, link := s.order(kopecks, body)
	s.choose(link, method)
	s.pay(id, 1, map[string]any{"method": method, "outcome": "success"})
	s.becomes(id, "paid")
	s.receipts(id, 1)
	return id, s.now(id).text("payments.0.uuid")
}

// receipts waits until the till has made n receipts of an order. Every few seconds it lets a minute go by: a till that was
// asked too early is asked again by the due key.
func (s *stage) receipts(id string, n int) answer {
	var a answer
	last, tries := fmt.Sprintf("receipts.%d.status", n-1), 0
	if err := s.await(fmt.Sprintf("receipt %d", n), func() bool {
		if tries%80 == 0 {
			s.bank(http.MethodPost, "/clock", map[string]string{"advance": "1m"})
		}
		tries++
		a = s.now(id)
		return a.text(last) == "ready"
	}); err != nil {
		panic(failure{fmt.Errorf("%w; %s", err, a)})
	}
	return a
}

func (s *stage) refund(payment, key string, body any) answer {
	return s.partner(http.MethodPost, "/api/v1/payment/"+payment+"/refund", key, body)
}

// refundedByLines gives lines of a card payment back, and then the rest.
func (s *stage) refundedByLines() {
	line := func(name string, kopecks int64, quantity float64) map[string]any {
		return map[string]any{"name": name, "price": map[string]any{"amount": kopecks, "currency": "RUB"}, "quantity": quantity}
	}
	id, payment := s.paidOrder(map[string]any{"items": []any{line("Стул", 100000, 2), line("Тетрадь", 33333, 3)}}, "card", 299999)
	parts := map[string]any{"items": []any{map[string]any{"line": 1, "quantity": 1}, map[string]any{"line": 2, "quantity": 1.5}}, "reason": "одна ножка короче"}
	s.fact(s.refund(payment, "", parts).text("code") == "idempotency_key_required", "a refund moves money and needs a key")
	a := s.refund(payment, "demo-refund-1", parts)
	s.fact(a.status == 201 && a.text("status") == "succeeded" && a.text("amount.amount") == "150000", "one chair of two and half of the notebooks go back: 1000.00 + 333.33 × 1.5 = 1500.00 RUB")
	call := s.lastCall("Cancel")
	s.fact(strings.Contains(call, `"Amount":150000`) && strings.Contains(call, `"Quantity":1.5`) && strings.Contains(call, `"ExternalRequestId":"`), "the bank received 150000 with the returned lines alone, under a key")
	again := s.refund(payment, "demo-refund-1", parts)
	s.fact(string(a.body) == string(again.body) && again.header.Get("Idempotent-Replayed") == "true", "the same key gives the same bytes, and the money back once")
	s.becomes(id, "partially_refunded")
	receipt := s.receipts(id, 2)
	s.fact(receipt.text("receipts.1.kind") == "income_return" && receipt.text("receipts.1.total.amount") == "150000" && receipt.text("receipts.1.items.0.quantity") == "1",
		"the till made the receipt of the return: FD %s, with the returned lines", receipt.text("receipts.1.fd"))
	s.fact(s.refund(payment, "demo-refund-2", map[string]any{"items": []any{map[string]any{"line": 1, "quantity": 2}}}).status == 422, "two chairs cannot come back any more")
	rest := s.refund(payment, "demo-refund-3", nil)
	s.fact(rest.status == 201 && rest.text("amount.amount") == "149999", "the rest goes back to the kopeck: 1499.99 RUB")
	s.becomes(id, "refunded")
	receipt = s.receipts(id, 3)
	s.fact(receipt.text("receipts.2.total.amount") == "149999", "with a receipt of its own")
	s.gaveBack(id, 299999)
}

// gaveBack notes for the books what went back of an order.
func (s *stage) gaveBack(id string, kopecks int64) {
	if s.returned == nil {
		s.returned = map[string]int64{}
	}
	s.returned[id] += kopecks
}

// sixtyTwice asks for 60 twice in the same moment where 100 were paid.
func (s *stage) sixtyTwice() {
	id, payment := s.paidOrder(nil, "card", 10000)
	answers := make([]answer, 2)
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() {
			answers[i], _ = s.try(http.MethodPost, s.demo.BaseURL+"/api/v1/payment/"+payment+"/refund", s.demo.TestToken,
				fmt.Sprintf("demo-sixty-%d", i), map[string]any{"amount": map[string]any{"amount": 6000, "currency": "RUB"}})
		})
	}
	both.Wait()
	if answers[0].status != 201 {
		answers[0], answers[1] = answers[1], answers[0]
	}
	s.fact(answers[0].status == 201 && answers[1].text("code") == "amount_exceeds_refundable", "60.00 twice at once of 100.00: one goes back, the other is refused")
	at := s.bankPayment(id, 1)
	s.fact(at.text("returned") == "6000", "the bank gave back 60.00 RUB")
	s.becomes(id, "partially_refunded")
	s.receipts(id, 2)
	s.gaveBack(id, 6000)
}

// refundedBySBP shows a refund that the bank only begins, and one that it refuses.
func (s *stage) refundedBySBP() {
	id, payment := s.paidOrder(nil, "sbp", 90000)
	s.bank(http.MethodPost, "/faults", map[string]any{"call": "Cancel", "fault": "refund_refused"})
	half := map[string]any{"amount": map[string]any{"amount": 45000, "currency": "RUB"}}
	a := s.refund(payment, "demo-sbp-1", half)
	s.fact(a.status == 201 && a.text("status") == "pending", "SBP: the bank has begun the refund")
	s.fact(s.refund(payment, "demo-sbp-2", half).text("code") == "refund_in_progress", "a second one has to wait: SBP knows no keys")
	s.ends(a.text("uuid"), "failed")
	a = s.refund(payment, "demo-sbp-3", half)
	s.ends(a.text("uuid"), "succeeded")
	s.becomes(id, "partially_refunded")
	s.receipts(id, 2)
	s.gaveBack(id, 45000)
}

// ends moves the clock until a refund has ended.
func (s *stage) ends(refund, status string) {
	var a answer
	for range 10 {
		s.bank(http.MethodPost, "/clock", map[string]string{"advance": "2m"})
		if err := s.awaitShort(func() bool {
			a = s.partner(http.MethodGet, "/api/v1/refund/"+refund, "", nil)
			return a.text("status") == status
		}); err == nil {
			s.fact(true, "the refund has %s", status)
			return
		}
	}
	panic(failure{fmt.Errorf("the refund did not end as %s: %s", status, a)})
}

// fulfilled closes a prepaid order.
func (s *stage) fulfilled() {
	id, _ := s.paidOrder(nil, "card", 70000)
	a := s.partner(http.MethodPost, "/api/v1/order/"+id+"/fulfil", "demo-fulfil", nil)
	s.fact(a.status == 200 && a.text("receipts.0.status") == "pending", "the goods were given: the closing receipt is asked for")
	receipt := s.receipts(id, 2)
	s.fact(receipt.text("receipts.1.operation") == "fulfilment" && receipt.text("receipts.1.items.0.payment_mode") == "full_payment", "the till made it: FD %s", receipt.text("receipts.1.fd"))
}
