package atol_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"giberno.ru/infra/simulators/atol"
	"giberno.ru/shared/core/clock"
)

// A shop of the same process has a receipt made, without a network and without waiting.
func Example() {
	now := clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	service, err := atol.New(atol.Config{
		Accounts: []atol.Account{{Login: "shop", Password: "s3cr3t", Group: "shop-group", INN: "5544332219"}},
		Clock:    now, BaseURL: "http://127.0.0.1:8080/sim/atol", Advance: now.Advance, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	shop := &http.Client{Transport: service.Transport()}
	const base = "http://127.0.0.1:8080/sim/atol/possystem/v4/"
	ask := func(method, path, token, body string) map[string]any {
		r, _ := http.NewRequestWithContext(context.Background(), method, base+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		r.Header.Set("Token", token)
		w, err := shop.Do(r)
		if err != nil {
			return map[string]any{"error": err}
		}
		defer w.Body.Close()
		out := map[string]any{}
		_ = json.NewDecoder(w.Body).Decode(&out)
		return out
	}
	token := ask(http.MethodPost, "getToken", "", `{"login":"shop","pass":"s3cr3t"}`)["token"].(string)
	sold := ask(http.MethodPost, "shop-group/sell", token, `{"external_id":"a-1","timestamp":"01.03.2026 12:00:00","receipt":{
		"client":{"email":"buyer@example.com"},
		"company":{"email":"shop@example.com","sno":"osn","inn":"5544332219","payment_address":"https://shop.example"},
		"items":[{"name":"Кресло","price":4000.00,"quantity":2,"sum":8000.00,"vat":{"type":"vat22"}}],
		"payments":[{"type":1,"sum":8000.00}],"total":8000.00}}`)
	fmt.Println(sold["status"])
	_ = service.AdvanceClock(context.Background(), 3*time.Second)
	report := ask(http.MethodGet, "shop-group/report/"+sold["uuid"].(string), token, "")
	fmt.Println(report["status"], report["payload"].(map[string]any)["receipt_datetime"])
	// Output:
	// wait
	// done 01.03.2026 12:00:03
}
