package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/receipts"
)

// list reads a list of the simulator's control.
func (s *stage) list(path string) []answer {
	var in struct {
		Items []json.RawMessage `json:"items"`
	}
	s.must(json.Unmarshal(s.bank(http.MethodGet, path, nil).body, &in))
	out := make([]answer, len(in.Items))
	for i, raw := range in.Items {
		out[i] = answer{status: 200, body: raw}
	}
	return out
}

// belongs reports that a bank's OrderId is a reference of our order.
func (s *stage) belongs(reference, id string) bool {
	_, order, _, ok := ids.ParseReference(reference)
	return ok && order.String() == id
}

func (s *stage) belongsTo(notice, id string) bool {
	return s.belongs(answer{body: []byte(notice)}.text("OrderId"), id)
}

func (s *stage) bankHas(id string, n int) bool {
	for _, p := range s.list("/payments?limit=1000") {
		if s.belongs(p.text("order_id"), id) && strings.HasSuffix(p.text("order_id"), fmt.Sprintf("%02d", n)) {
			return true
		}
	}
	return false
}

// lastCall is the last request of a method, byte for byte as the bank received it.
func (s *stage) lastCall(method string) string {
	var in struct {
		Last []struct {
			Request string `json:"request"`
			Body    string `json:"body"`
		} `json:"last"`
	}
	s.must(json.Unmarshal(s.bank(http.MethodGet, "/calls?method="+method, nil).body, &in))
	if len(in.Last) == 0 {
		return ""
	}
	last := in.Last[len(in.Last)-1]
	return last.Request + last.Body
}

// result says what the payer's result page tells.
func (s *stage) result(link string) string {
	a := s.get(link + "/result")
	if a.status == http.StatusSeeOther {
		a = s.get(s.demo.BaseURL + a.header.Get("Location"))
	}
	heads := map[string]string{"paid": "Оплачено", "cancelled": "Заказ отменён"}
	for status, head := range heads {
		if strings.Contains(string(a.body), `<h1 id="head">`+head) {
			return status
		}
	}
	return "something else"
}

func (s *stage) clock() time.Time {
	at, err := time.Parse(time.RFC3339Nano, s.bank(http.MethodGet, "/clock", nil).text("now"))
	s.must(err)
	return at
}

// lastHours are those of a business day that the demonstration does not begin in: it moves the clock on by about one.
const lastHours = 4

// withinOneDay moves the clock past the end of a business day that is nearly over, for one day has to hold all that is settled.
func (s *stage) withinOneDay() {
	now := s.clock().In(receipts.Moscow)
	if left := 24 - now.Hour(); left <= lastHours {
		s.bank(http.MethodPost, "/clock", map[string]string{"advance": fmt.Sprintf("%dh", left)})
		fmt.Fprintf(s.out, "\nIt is late in Moscow: the clocks of both sides are moved on by %d hours, into the next business day.\n", left)
	}
}

// becomesSoon moves the clock of both sides on until the duties that are due have been done.
func (s *stage) becomesSoon(id, status string) {
	for range 10 {
		if err := s.awaitShort(func() bool { return s.now(id).text("status") == status }); err == nil {
			s.fact(true, "the order is %s", status)
			return
		}
		s.bank(http.MethodPost, "/clock", map[string]string{"advance": "3m"})
	}
	panic(failure{fmt.Errorf("the order did not become %s: %s", status, s.now(id))})
}

func (s *stage) awaitShort(f func() bool) error {
	for range 20 {
		if f() {
			return nil
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("not yet")
}

// books compares what the bank took with what our orders say, payment by payment.
func (s *stage) books() {
	taken, ours := map[string]int64{}, int64(0)
	var bank, back, oursBack int64
	for _, p := range s.list("/payments?limit=1000") {
		var captured, returned int64
		_, err := fmt.Sscan(p.text("captured")+" "+p.text("returned"), &captured, &returned)
		if captured == 0 {
			continue
		}
		s.must(err)
		back += returned
		_, order, _, _ := ids.ParseReference(p.text("order_id"))
		taken[order.String()] += captured
		bank += captured
	}
	for id, amount := range s.paid {
		ours += amount
		var refunded int64
		_, err := fmt.Sscan(s.now(id).text("refunded.amount"), &refunded)
		s.must(err)
		oursBack += refunded
		if refunded != s.returned[id] {
			panic(failure{fmt.Errorf("order %s gave back %d, and not %d", id, refunded, s.returned[id])})
		}
		if taken[id] != amount {
			panic(failure{fmt.Errorf("order %s: the bank took %d, we say %d", id, taken[id], amount)})
		}
	}
	s.fact(bank == ours && len(taken) == len(s.paid), "the bank took %s in %d payments, and so say %d orders", roubles(bank), len(taken), len(s.paid))
	s.fact(back == oursBack && back > 0, "it gave back %s, and so say our orders", roubles(back))
	alarms := s.operator(http.MethodGet, "/alarms?mode=test", nil)
	s.fact(string(alarms.body) != "" && alarms.at("items.0") == nil, "no alarm is open")
}
