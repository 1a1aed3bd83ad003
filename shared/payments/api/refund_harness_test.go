package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/platform/web"
)

// refundOf asks for money of a payment back under the key refund-1.
func refundOf(p api.Payment, body string) call {
	return post("/api/v1/payment/"+p.UUID.String()+"/refund", body).keyed("refund-1")
}

func amountBody(minor string) string { return `{"amount":{"amount":` + minor + `,"currency":"RUB"}}` }

// refund makes one that the door accepts at once.
func (w *world) refund(t testing.TB, p api.Payment, body string) api.Refund {
	t.Helper()
	return read[api.Refund](t, w.do(refundOf(p, body)), 201)
}

func (w *world) getRefund(t testing.TB, id ids.ID) api.Refund {
	t.Helper()
	return read[api.Refund](t, w.do(get("/api/v1/refund/"+id.String())), 200)
}

const notebooks = `{"name":"Тетрадь","price":{"amount":3333,"currency":"RUB"},"quantity":3}`

// bought makes a paid order of two lines: a lesson for 1500.00 and three notebooks for 33.33 each, 1599.99 together.
func (w *world) bought(t testing.TB) api.Payment {
	t.Helper()
	o := read[api.Order](t, w.do(post("/api/v1/order", `{"project":"Школа","email":"buyer@example.com","items":[`+lesson+`,`+notebooks+`]}`)), 201)
	p := w.payment(t, o.UUID, "card")
	w.tell(t, p, "paid")
	return w.getPayment(t, p.UUID)
}

// ofRoubles makes a paid order of one line over some roubles.
func (w *world) ofRoubles(t testing.TB, roubles string) api.Payment {
	t.Helper()
	o := read[api.Order](t, w.do(post("/api/v1/order", item(`"amount":150000`, `"amount":`+roubles+`00`))), 201)
	p := w.payment(t, o.UUID, "card")
	w.tell(t, p, "paid")
	return w.getPayment(t, p.UUID)
}

// liveRefund makes one in live mode and gives its id.
func (w *world) liveRefund(t testing.TB) ids.ID {
	t.Helper()
	o := read[api.Order](t, w.do(post("/api/v1/order", orderBody("")).by(shopLive)), 201)
	p := read[api.Payment](t, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).by(shopLive)), 201)
	ref := ids.Reference(ids.Live, o.UUID, 1)
	w.bank.move(ref, "paid")
	n := notice{Terminal: "T1", Password: "secret of live", Reference: ref, Status: "paid", Amount: p.Amount}
	require.Equal(t, 200, w.do(post("/api/a2c/notifications", n.String()).by("-")).Code)
	return read[api.Refund](t, w.do(refundOf(p, "").by(shopLive)), 201).UUID
}

func roubles(minor int64) money.Money { return money.Of(minor, money.RUB) }

// linesOf shortens the lines of a refund: number, quantity in thousandths, minor units.
func linesOf(items []api.Item) (short [][3]int64) {
	for _, it := range items {
		short = append(short, [3]int64{int64(it.Line), int64(it.Quantity), it.Amount.Amount})
	}
	return short
}

// underway lets the bank begin every return and say so (SBP).
func (b *fakeBank) underway() {
	b.keyless = true
	b.refund = func(r banks.Ref, give banks.Return) (banks.News, error) {
		if _, err := b.giveBack(r, give); err != nil {
			return banks.News{}, err
		}
		return banks.News{Reference: r.Reference, Status: banks.Paid, Underway: true}, nil
	}
}

// refuses lets the bank refuse every return.
func (b *fakeBank) refuses(class banks.Class, code banks.DeclineCode) {
	b.refund = func(banks.Ref, banks.Return) (banks.News, error) {
		return banks.News{}, &banks.Error{Class: class, Decline: banks.Decline{Code: code, Message: "the bank's own words"}}
	}
}

// returned lets the bank tell that money of a payment went back.
func (w *world) returned(t testing.TB, p api.Payment, status string) {
	t.Helper()
	ref := ids.Reference(ids.Test, p.OrderUUID, p.UUID.N())
	a := w.do(post("/api/a2c/notifications", noticeOf(ref, status, p.Amount)).by("-"))
	require.Equal(t, http.StatusOK, a.Code, a.Body.String())
}

func long(n int) string { return strings.Repeat("x", n) }

// problemOf reads a problem whose code may be one of several.
func problemOf(t testing.TB, a answer) (p web.Problem) {
	t.Helper()
	require.Equal(t, web.ProblemType, a.Header().Get("Content-Type"), a.Body.String())
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &p))
	return p
}

func approving(refund ids.ID) call {
	return post("/api/v1/admin/refund/"+refund.String()+"/approve?mode=test", "").by(operator)
}

// remaining is what the bank has not given back of a payment, minor units.
func (b *fakeBank) remaining(p api.Payment) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left[ids.Reference(ids.Test, p.OrderUUID, p.UUID.N())]
}
