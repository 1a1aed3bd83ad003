package demo

import (
	"fmt"
	"net/http"
	"strings"
)

// byOurTill pays through an account whose bank has no till: the receipts are made by the platform's own.
func (s *stage) byOurTill() {
	line := func(name string, kopecks int64, quantity float64) map[string]any {
		return map[string]any{"name": name, "price": map[string]any{"amount": kopecks, "currency": "RUB"}, "quantity": quantity, "vat": "vat22"}
	}
	id, link := s.order(250000, map[string]any{"items": []any{line("Лампа", 100000, 2), line("Шнур", 25000, 2)}})
	s.choose(link, "card_foreign")
	s.pay(id, 1, map[string]any{"outcome": "success"})
	s.becomes(id, "paid")
	receipt := s.receipts(id, 1)
	s.fact(receipt.text("receipts.0.source") == "atol" && receipt.text("receipts.0.total.amount") == "250000", "ATOL made the receipt: FN %s, FD %s, FP %s",
		receipt.text("receipts.0.fn"), receipt.text("receipts.0.fd"), receipt.text("receipts.0.fp"))
	sold := s.lastFiscal("sell")
	s.fact(strings.Contains(sold, `"total":2500.00`) && strings.Contains(sold, `"vat22"`) && strings.Contains(sold, "paying_agent"), "the till was told 2500.00 roubles, 22 per cent of VAT, and whose goods the platform sells as an agent")
	page := s.get(s.demo.BaseURL + "/r/" + strings.TrimPrefix(link, s.demo.BaseURL+"/p/") + "-0301")
	s.fact(page.status == 200 && strings.Contains(string(page.body), receipt.text("receipts.0.fn")), "our own page shows it with its QR")
	s.letter("2500", "the payer has a letter about it")

	payment := receipt.text("payments.0.uuid")
	a := s.refund(payment, "demo-atol", map[string]any{"items": []any{map[string]any{"line": 2, "quantity": 1}}})
	s.fact(a.status == 201 && a.text("amount.amount") == "25000", "one cord goes back: 250.00 RUB")
	receipt = s.receipts(id, 2)
	s.fact(receipt.text("receipts.1.kind") == "income_return" && receipt.text("receipts.1.items.0.name") == "Шнур", "ATOL made the receipt of the return, over the cord alone")
	s.gaveBack(id, 25000)
}

// lastFiscal is the last request of an operation, byte for byte as the fiscal service received it.
func (s *stage) lastFiscal(operation string) (request string) {
	a := s.call(http.MethodGet, s.demo.BaseURL+"/sim/atol/control/calls?call=register", "", "", nil)
	for i := 0; a.at(fmt.Sprintf("last.%d", i)) != nil; i++ {
		if a.text(fmt.Sprintf("last.%d.what", i)) == operation {
			request = a.text(fmt.Sprintf("last.%d.request", i))
		}
	}
	return request
}

// letter waits until the outbox has a letter with a text.
func (s *stage) letter(text, fact string) {
	var page answer
	if err := s.await("the letter", func() bool {
		page = s.get(s.demo.BaseURL + "/dev/outbox/")
		return page.status == 200 && strings.Contains(string(page.body), "buyer@example.com") && text != ""
	}); err != nil {
		panic(failure{fmt.Errorf("%w; %s", err, page)})
	}
	s.fact(true, "%s", fact)
}
