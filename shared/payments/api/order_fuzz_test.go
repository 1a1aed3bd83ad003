package api_test

import (
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"giberno.ru/shared/payments/api"
)

// FuzzOrderBody holds that no body is ever a fault of ours, and that an order is only made over the very sum of its lines,
// computed here a second time with numbers that cannot overflow.
func FuzzOrderBody(f *testing.F) {
	for _, seed := range []string{
		orderBody(""), `{}`, `[]`, `null`, `{"project":`,
		orderBody(`,"metadata":{"a":"b"},"customer":{"phone":"+79000000000"},"methods":["split"],"capture":"manual"`),
		orderBody(`,"expires_at":"2026-11-23T12:00:00Z","return_url":"https://shop.example","locale":"kk"`),
		orderBody(`,"customer":null,"expires_at":null,"methods":null,"metadata":null,"locale":null`),
		item(`"quantity":1`, `"quantity":0.333`), item(`150000`, `333`, `"quantity":1`, `"quantity":1.5`), item(`150000`, `1000000000000`),
		item(`150000`, `1000000000000`, `"quantity":1`, `"quantity":99999.999`), item(`150000`, `9223372036854775807`), item(`150000`, `-1`),
		item(`150000`, `1e5`), item(`"quantity":1`, `"quantity":1e-3`), item("RUB", "KZT"), order(lesson, lesson+","+lesson),
		order(lesson, lesson+","+strings.Replace(lesson, "RUB", "KZT", 1)), item("Консультация", "\xff"), item("Консультация", `\u0000`),
	} {
		f.Add(seed)
	}
	w := setup(f)
	f.Fuzz(func(t *testing.T, body string) {
		a := w.do(post("/api/v1/order", body))
		switch {
		case a.Code >= 500:
			t.Fatalf("%d for %q: %s", a.Code, body, a.Body)
		case a.Code != http.StatusCreated:
			if !strings.Contains(a.Header().Get("Content-Type"), "problem+json") {
				t.Fatalf("%d without a problem for %q", a.Code, body)
			}
			return
		}
		var o api.Order
		if err := json.Unmarshal(a.Body.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		sum, currency, ok := sumOf(body)
		if !ok || big.NewInt(o.Total.Amount).Cmp(sum) != 0 || string(o.Total.Currency) != currency || sum.Sign() <= 0 {
			t.Fatalf("an order over %s was made of %q, whose lines add up to %s %s", o.Total, body, sum, currency)
		}
	})
}

// sumOf adds up the lines of an order's body from its text, each rounded half up.
func sumOf(body string) (sum *big.Int, currency string, ok bool) {
	var read struct {
		Items []struct {
			Price struct {
				Amount   json.Number
				Currency string
			}
			Quantity json.Number
		}
	}
	sum = new(big.Int)
	if json.Unmarshal([]byte(body), &read) != nil {
		return sum, "", false
	}
	for _, i := range read.Items {
		price, ok1 := new(big.Rat).SetString(i.Price.Amount.String())
		quantity, ok2 := new(big.Rat).SetString(i.Quantity.String())
		if !ok1 || !ok2 || currency != "" && currency != i.Price.Currency {
			return sum, currency, false
		}
		currency = i.Price.Currency
		line := price.Mul(price, quantity)
		line.Add(line, big.NewRat(1, 2))
		sum.Add(sum, new(big.Int).Div(line.Num(), line.Denom()))
	}
	return sum, currency, true
}
