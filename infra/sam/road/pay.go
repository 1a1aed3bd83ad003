package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"giberno.ru/infra/checks/process/world"
	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
)

// road is one payment on its way through `sam local start-api`.
type road struct {
	*facts
	ctx   context.Context
	api   string
	world *world.World
	bank  *tbanksim.Bank
}

// paidTime is how long the order may take to be paid: the notification starts the webhook's container.
const paidTime = 90 * time.Second

// payThroughAPI plays an order, a payment and its notification through the routes of the API.
func payThroughAPI(ctx context.Context, book *facts, x *site) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	port, err := freePort()
	if err != nil {
		return err
	}
	api := "http://127.0.0.1:" + port
	bank, address, err := x.openBank(ctx)
	if err != nil {
		return err
	}
	w, err := x.worldAt(ctx, "api", time.Now(), address)
	if err != nil {
		return err
	}
	const name = stack + "-api"
	if err := x.furnish(ctx, name, w); err != nil {
		return err
	}
	environment, err := x.environment("api", api, func(string) string { return name })
	if err != nil {
		return err
	}
	s, err := x.startAt(ctx, environment, "start-api", port)
	if err != nil {
		return err
	}
	defer s.stop()
	r := road{book, ctx, api, w, bank}
	fell := book.fell
	r.walk()
	r.otherDoors()
	if book.fell > fell {
		fmt.Println(short(s.said()))
	}
	return nil
}

// openBank runs a simulator of T-Bank on this machine, by this machine's clock.
func (x *site) openBank(ctx context.Context) (*tbanksim.Bank, string, error) {
	bank, err := tbanksim.New(tbanksim.Config{
		Terminals: []tbanksim.Terminal{{Key: world.Terminal, Password: world.Password}}, NoMagicAmounts: true, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, "", err
	}
	address, err := x.serve(bank.Handler())
	if err != nil {
		return nil, "", err
	}
	bank.SetBaseURL(address)
	over := make(chan struct{})
	go func() {
		defer close(over)
		bank.Run(ctx)
	}()
	x.stops = append(x.stops, func() {
		<-over
		_ = bank.Close()
	})
	return bank, address, nil
}

// ask calls the API as the partner and reads JSON.
func (r road) ask(method, path, body string, headers ...string) (int, map[string]any, string) {
	status, text, err := call(r.ctx, method, r.api+path, r.world.PartnerToken, body, headers...)
	if err != nil {
		return 0, nil, err.Error()
	}
	var answer map[string]any
	_ = json.Unmarshal([]byte(text), &answer)
	return status, answer, text
}

const roadOrder = `{"project":"Школа «Понимаю»","email":"buyer@example.com","methods":["card"],` +
	`"items":[{"name":"Консультация","price":{"amount":150000,"currency":"RUB"},"quantity":1,"payment_subject":"service"}]}`

func (r road) walk() {
	status, order, text := r.ask(http.MethodPost, "/api/v1/order", roadOrder, "Idempotency-Key", "road")
	id, _ := order["uuid"].(string)
	link, _ := order["link"].(string)
	if !r.fact(status == http.StatusCreated && strings.HasPrefix(link, r.api+"/p/"), "start-api: an order is created and has its link", status, text) {
		return
	}
	status, page, err := call(r.ctx, http.MethodGet, link, "", "")
	r.fact(status == http.StatusOK && strings.Contains(page, "Школа «Понимаю»"), "start-api: the payer's page shows the shop", status, err)

	status, payment, text := r.ask(http.MethodPost, "/api/v1/payment", fmt.Sprintf(`{"order_uuid":%q,"code":"card"}`, id), "Idempotency-Key", "road")
	redirect, _ := payment["redirect_url"].(string)
	r.fact(status == http.StatusCreated && redirect != "", "start-api: the payment leads to the bank's page", status, text)

	ordered, err := ids.Parse(id)
	if err == nil {
		_, err = r.bank.Pay(r.ctx, ids.Reference(ids.Test, ordered, 1), tbanksim.Attempt{Outcome: "success"})
	}
	r.fact(err == nil, "the payer pays at the simulator", err)
	var last string
	err = await(r.ctx, paidTime, func() bool {
		_, order, last = r.ask(http.MethodGet, "/api/v1/order/"+id, "")
		return order["status"] == "paid"
	})
	if r.fact(err == nil, "the bank notifies start-api, and the order is paid", err, last) {
		r.again(id)
	}
	status, page, err = call(r.ctx, http.MethodGet, link+"/result", "", "")
	r.fact(status == http.StatusOK && len(page) > 0, "start-api: the result page answers", status, err)
}

// again sends the bank's own notification once more, and a forged one.
func (r road) again(id string) {
	_, _, before := r.ask(http.MethodGet, "/api/v1/order/"+id, "")
	for _, n := range r.bank.Notices("") {
		if n.Status != "CONFIRMED" {
			continue
		}
		status, text, err := call(r.ctx, http.MethodPost, r.api+"/api/a2c/notifications", "", n.Body)
		r.fact(status == http.StatusOK && text == "OK", "the same notification again is answered exactly OK", status, text, err)
		forged := strings.Replace(n.Body, `"Amount":150000`, `"Amount":1`, 1)
		status, text, err = call(r.ctx, http.MethodPost, r.api+"/api/a2c/notifications", "", forged)
		r.fact(forged != n.Body && status == http.StatusForbidden, "a forged one is refused", status, text, err)
	}
	_, _, after := r.ask(http.MethodGet, "/api/v1/order/"+id, "")
	r.fact(before == after, "and neither changes the order", before, after)
}

// otherDoors looks at what is not the road: operators, documents, strangers.
func (r road) otherDoors() {
	status, text, err := call(r.ctx, http.MethodGet, r.api+"/api/v1/admin/partners", r.world.OperatorToken, "")
	r.fact(status == http.StatusOK && strings.Contains(text, `"items"`), "start-api: an operator lists partners", status, text, err)
	status, text, err = call(r.ctx, http.MethodGet, r.api+"/openapi.json", "", "")
	r.fact(status == http.StatusOK && json.Valid([]byte(text)), "start-api: the document is served", status, err)
	status, text, err = call(r.ctx, http.MethodGet, r.api+"/api/v1/orders", "gb_test_nobody", "")
	r.fact(status == http.StatusUnauthorized && strings.Contains(text, "invalid_token"), "start-api: a stranger is refused in our words", status, text, err)
}
