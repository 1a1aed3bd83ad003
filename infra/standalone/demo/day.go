package demo

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/receipts"
)

// ourFee is what the demo partner pays us of a payment: 2.5 %, rounded half up.
func ourFee(kopecks int64) int64 { return (kopecks*250 + 5_000) / 10_000 }

// minor reads an amount of an answer.
func (s *stage) minor(a answer, path string) (kopecks int64) {
	if text := a.text(path); text != "" {
		_, err := fmt.Sscan(text, &kopecks)
		s.must(err)
	}
	return kopecks
}

// owed is what we owe the demo partner by the books of this demonstration: paid, less our fees, less what went back.
func (s *stage) owed() (kopecks int64) {
	for _, amount := range s.paid {
		kopecks += amount - ourFee(amount)
	}
	for _, amount := range s.returned {
		kopecks -= amount
	}
	return kopecks
}

// settled shows the partner's balance, lets the business day end, and follows its settlement to the payout.
func (s *stage) settled() {
	owed := s.owed()
	var balance answer
	if err := s.await("the balance", func() bool {
		balance = s.partner(http.MethodGet, "/api/v1/balance", "", nil)
		return s.minor(balance, "items.0.posted.amount") == owed
	}); err != nil {
		panic(failure{fmt.Errorf("%w: %d, and we have %s", err, owed, balance)})
	}
	s.fact(true, "the ledger owes the partner what was paid, less 2.5 per cent and the refunds: %s", roubles(owed))

	day := s.clock().In(receipts.Moscow).Format(time.DateOnly)
	s.bank(http.MethodPost, "/clock", map[string]string{"advance": "25h"})
	var closed answer
	if err := s.await("the day to be settled", func() bool {
		for i := range 10 {
			item := fmt.Sprintf("items.%d.", i)
			if closed = s.partner(http.MethodGet, "/api/v1/settlements", "", nil); closed.text(item+"day") == day && closed.text(item+"status") == "closed" {
				closed = s.partner(http.MethodGet, "/api/v1/settlement/"+closed.text(item+"id"), "", nil)
				return true
			}
		}
		return false
	}); err != nil {
		panic(failure{fmt.Errorf("%w: %s", err, closed)})
	}
	id := closed.text("id")
	s.fact(s.minor(closed, "payout.amount") == owed && len(closed.text("hash")) == 64, "the business day %s is closed and settled: %s entries, payout %s, with a hash of all of them", day, closed.text("entries"), roubles(owed))
	s.hears("settlement.ready", id, took)
	s.fact(true, "the partner's server hears settlement.ready")
	s.register(id, closed)
	s.fact(s.minor(s.partner(http.MethodGet, "/api/v1/balance", "", nil), "items.0.reserved.amount") == owed, "its payout is set aside")
	paid := s.call(http.MethodPost, s.demo.BaseURL+"/api/v1/admin/settlement/"+id+"/paid-out?mode=test", s.demo.OperatorToken, "demo-payout", map[string]any{"reference": "PP-1047"})
	s.fact(paid.status < 300 && s.partner(http.MethodGet, "/api/v1/settlement/"+id, "", nil).text("status") == "paid_out", "and paid out by PP-1047")
}

// register holds the settlement's register against its sums.
func (s *stage) register(id string, closed answer) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.demo.BaseURL+"/api/v1/settlement/"+id+"/register", nil)
	s.must(err)
	req.Header.Set("Authorization", "Bearer "+s.demo.TestToken)
	req.Header.Set("Accept", "text/csv")
	a, err := do(req)
	s.must(err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(a.body), "\ufeff"))).ReadAll()
	s.must(err)
	total := rows[len(rows)-1]
	payout := decimal(s.minor(closed, "payout.amount"))
	s.fact(slices.Contains(total, payout), "its register has %d lines, and their net sum is %s", len(rows)-2, payout)
	req.Header.Set("Accept", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	a, err = do(req)
	s.must(err)
	s.fact(a.status == 200 && strings.HasPrefix(string(a.body), "PK"), "and comes as a spreadsheet, too")
}

func decimal(kopecks int64) string { return fmt.Sprintf("%d.%02d", kopecks/100, kopecks%100) }

// operation is one line of the bank's register.
type operation struct {
	order, payment, kind string
	kopecks, fee         int64
	at                   time.Time
}

// reconciled holds a register of the bank's, with three planted differences, against the ledger.
func (s *stage) reconciled() {
	lines := s.bankLines()
	plant := slices.IndexFunc(lines, func(o operation) bool { return o.kind == "Оплата" })
	missing := lines[plant]
	lines = append(lines[:plant:plant], lines[plant+1:]...)
	wrong := slices.IndexFunc(lines, func(o operation) bool { return o.kind == "Оплата" })
	lines[wrong].kopecks += 100
	lines = append(lines, operation{"tstranger01", "4199999999", "Оплата", 77700, 1476, s.clock().Add(-26 * time.Hour)})

	s.fact(s.upload(lines).status == 200, "a register of %d lines is read", len(lines))
	list := s.operator(http.MethodGet, "/breaks?mode=test&state=open", nil)
	kinds := map[string]string{}
	for i := 0; list.at(fmt.Sprintf("items.%d", i)) != nil; i++ {
		item := fmt.Sprintf("items.%d.", i)
		kinds[list.text(item+"kind")] = list.text(item+"ours.reference") + list.text(item+"theirs.reference")
	}
	s.fact(len(kinds) == 3 && kinds["missing_there"] == missing.order && strings.HasPrefix(kinds["amount"], lines[wrong].order) && kinds["missing_here"] == "tstranger01",
		"the three planted differences are found and named: one the bank does not have, one of another amount, one that we do not have")
	s.fact(s.upload(lines).status == 200 && s.count("/breaks?mode=test&state=open") == 3, "the same register again doubles nothing")
}

func (s *stage) count(path string) (n int) {
	list := s.operator(http.MethodGet, path, nil)
	for list.at(fmt.Sprintf("items.%d", n)) != nil {
		n++
	}
	return n
}

// bankLines writes down what the bank did for the first account, payment by payment, as its register would.
func (s *stage) bankLines() (lines []operation) {
	for _, p := range s.list("/payments?limit=1000") {
		if p.text("terminal") != s.demo.Accounts[0].Terminal || s.minor(p, "captured") == 0 {
			continue
		}
		var raw struct {
			OrderID   string `json:"order_id"`
			PaymentID string `json:"payment_id"`
			Method    string `json:"method"`
			Captured  int64  `json:"captured"`
			Refunds   []struct {
				Amount int64  `json:"amount"`
				Status string `json:"status"`
			} `json:"refunds"`
			History []struct {
				To string    `json:"to"`
				At time.Time `json:"at"`
			} `json:"history"`
		}
		s.must(json.Unmarshal(p.body, &raw))
		at := map[string][]time.Time{}
		for _, h := range raw.History {
			at[h.To] = append(at[h.To], h.At)
		}
		bp := s.feeOf(raw.OrderID)
		lines = append(lines, operation{raw.OrderID, raw.PaymentID, "Оплата", raw.Captured, (raw.Captured*bp + 5_000) / 10_000, at["CONFIRMED"][0]})
		for _, r := range raw.Refunds {
			if r.Status == "REFUNDED" || r.Status == "PARTIAL_REFUNDED" {
				when := at[r.Status][0]
				at[r.Status] = at[r.Status][1:]
				lines = append(lines, operation{raw.OrderID, raw.PaymentID, "Возврат", -r.Amount, 0, when})
			}
		}
	}
	return lines
}

// feeOf is the bank's fee of a payment of the demo account, in basis points, by the method that our order names.
func (s *stage) feeOf(reference string) int64 {
	for id := range s.paid {
		if !s.belongs(reference, id) {
			continue
		}
		order := s.now(id)
		for i := 0; order.at(fmt.Sprintf("payments.%d", i)) != nil; i++ {
			item := fmt.Sprintf("payments.%d.", i)
			if order.text(item+"status") == "paid" {
				return map[string]int64{"sbp": 70, "card": 190, "card_foreign": 390}[order.text(item+"code")]
			}
		}
	}
	return 0
}

// upload sends a register as an operator's file.
func (s *stage) upload(lines []operation) answer {
	var file strings.Builder
	file.WriteString("Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\r\n")
	comma := func(kopecks int64) string {
		sign := ""
		if kopecks < 0 {
			sign, kopecks = "-", -kopecks
		}
		return sign + strings.Replace(decimal(kopecks), ".", ",", 1)
	}
	for _, l := range lines {
		fmt.Fprintf(&file, "%s;%s;%s;Успешно;%s;%s;643;%s\r\n", l.order, l.payment, l.kind, comma(l.kopecks), comma(l.fee), l.at.In(receipts.Moscow).Format("02.01.2006 15:04:05"))
	}
	from, to := s.clock().Add(-48*time.Hour), s.clock().Add(-time.Hour)
	address := fmt.Sprintf("%s/api/v1/admin/reconciliation?mode=test&account=%s&from=%s&to=%s", s.demo.BaseURL, s.demo.Accounts[0].ID,
		from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, address, strings.NewReader(file.String()))
	s.must(err)
	req.Header.Set("Authorization", "Bearer "+s.demo.OperatorToken)
	req.Header.Set("Content-Type", "text/csv")
	a, err := do(req)
	s.must(err)
	if a.status != 200 {
		panic(failure{fmt.Errorf("the register was refused: %s", a)})
	}
	return a
}

// verified runs the operator's command that rebuilds the ledger.
func (s *stage) verified() {
	self, err := os.Executable()
	s.must(err)
	cmd := exec.CommandContext(s.ctx, self, "ledger", "verify")
	cmd.Env = append(os.Environ(), "GIBERNO_DATA="+filepath.Join(s.dir, "data"), "GIBERNO_URL=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		panic(failure{fmt.Errorf("ledger verify: %w\n%s", err, out)})
	}
	said := strings.Split(strings.TrimSpace(string(out)), "\n")
	s.fact(true, "ledger verify: %s", said[len(said)-1])
}
