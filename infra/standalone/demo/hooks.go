package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// shop is the partner's own server: it hears events, and verifies them with the library that the standard's authors wrote.
type shop struct {
	mu     sync.Mutex
	secret string
	down   bool
	heard  []heard
	server *http.Server
	url    string
}

// heard is one request to the shop.
type heard struct {
	id, kind, object string
	body             string
	genuine, taken   bool
}

func openShop() (*shop, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &shop{url: "http://" + listener.Addr().String() + "/hooks"}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// ServeHTTP hears an event.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	var event struct {
		Type string `json:"type"`
		Data struct {
			UUID string `json:"uuid"`
			ID   string `json:"id"`
		} `json:"data"`
	}
	known := json.Unmarshal(body, &event) == nil
	s.mu.Lock()
	defer s.mu.Unlock()
	// The demonstration moves its clock by days, so the age of a signature is not looked at.
	verifier, err := standardwebhooks.NewWebhook(s.secret)
	genuine := err == nil && known && verifier.VerifyIgnoringTimestamp(body, r.Header) == nil
	s.heard = append(s.heard, heard{r.Header.Get("webhook-id"), event.Type, event.Data.UUID + event.Data.ID, string(body), genuine, !s.down && genuine})
	switch {
	case s.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case !genuine:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// of lists what was heard of an object.
func (s *shop) of(kind, object string) (list []heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if h.kind == kind && h.object == object {
			list = append(list, h)
		}
	}
	return list
}

func (s *shop) set(change func(*shop)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// hears waits until the shop has heard of an object.
func (s *stage) hears(kind, object string, holds func([]heard) bool) []heard {
	var list []heard
	if err := s.await("the event "+kind, func() bool { list = s.shop.of(kind, object); return holds(list) }); err != nil {
		panic(failure{fmt.Errorf("%w; heard: %v", err, list)})
	}
	return list
}

func took(list []heard) bool { return slices.ContainsFunc(list, func(h heard) bool { return h.taken }) }

// told shows the events that the partner hears: signed, tried again while his server is down, and told anew on his wish.
func (s *stage) told() {
	var err error
	s.shop, err = openShop()
	s.must(err)
	made := s.partner(http.MethodPost, "/api/v1/webhook-endpoints", "demo-endpoint", map[string]any{"url": s.shop.url})
	s.fact(made.status == 201 && strings.HasPrefix(made.text("secret"), "whsec_"), "the partner has an endpoint for events, and its secret, once")
	s.shop.set(func(x *shop) { x.secret = made.text("secret") })

	id, payment := s.paidOrder(nil, "card", 70000)
	s.hears("payment.paid", payment, took)
	s.hears("order.paid", id, took)
	s.fact(true, "it hears payment.paid and order.paid, each with a signature that the standard's own library verifies")

	s.shop.set(func(x *shop) { x.down = true })
	back := s.refund(payment, "demo-told", map[string]any{"amount": map[string]any{"amount": 20000, "currency": "RUB"}})
	s.fact(back.status == 201, "while its server is down, 200.00 RUB go back")
	s.gaveBack(id, 20000)
	s.hears("refund.succeeded", back.text("uuid"), func(list []heard) bool { return len(list) > 0 })
	s.shop.set(func(x *shop) { x.down = false })
	tries := 0
	list := s.hears("refund.succeeded", back.text("uuid"), func(list []heard) bool {
		if tries++; tries%10 == 0 { // it is tried again minutes later
			s.bank(http.MethodPost, "/clock", map[string]string{"advance": "6m"})
		}
		return took(list)
	})
	same := !slices.ContainsFunc(list, func(h heard) bool { return h.id != list[0].id || h.body != list[0].body })
	s.fact(len(list) > 1 && same, "refund.succeeded is tried again until it is heard: %d requests, one webhook-id, the same bytes", len(list))

	shown := s.partner(http.MethodGet, "/api/v1/event/"+list[0].id, "", nil)
	s.fact(shown.text("deliveries.0.status") == "delivered" && shown.text("deliveries.0.last_attempts.0.code") == "503", "the event shows its attempts: 503, and then heard")
	rotated := s.partner(http.MethodPost, "/api/v1/webhook-endpoints/"+made.text("uuid")+"/rotate", "", nil)
	before := len(list)
	s.fact(s.partner(http.MethodPost, "/api/v1/event/"+list[0].id+"/redeliver", "", nil).status == 202, "the secret is rotated, and the event asked for again")
	list = s.hears("refund.succeeded", back.text("uuid"), func(list []heard) bool { return len(list) > before && list[len(list)-1].taken })
	s.fact(rotated.status < 300, "it comes signed with the old secret too, for a day")
	s.shop.set(func(x *shop) { x.secret = rotated.text("secret") })
	checks := s.operator(http.MethodGet, "/partner/"+s.demo.PartnerID.String()+"/checklist", nil)
	s.fact(strings.Contains(string(checks.body), `"test_event_delivered"`), "an event that was heard is a step on the way to go live")
}
