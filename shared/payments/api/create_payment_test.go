package api_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
)

func TestCreatePayment(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		p := w.payment(t, o.UUID, "card")
		require.Equal(t, o.UUID.Child(ids.Payment, 1), p.UUID)
		require.Equal(t, "pending", p.Status)
		require.EqualValues(t, "card", p.Code)
		require.Equal(t, "tbank", p.Provider)
		require.Equal(t, o.Total, p.Amount)
		require.Equal(t, "https://bank.example/"+ids.Reference(ids.Test, o.UUID, 1), p.RedirectURL)
		require.Equal(t, p.RedirectURL, p.Link)
		require.Nil(t, p.QR)
		require.Equal(t, "pending", w.getOrder(t, o.UUID).Status)
		charge := w.bank.charges[0]
		require.Equal(t, o.Total, charge.Amount)
		require.Equal(t, "https://pay.example/api/tbank", charge.NotifyURL)
		require.Equal(t, o.Link+"/wait", charge.ReturnURL)
	})
	t.Run("WithinItsBudget", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.table.Reset()
		p := read[api.Payment](t, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")), 201)
		w.spent(t, budget{reads: 1, writes: 2, units: 5, indexUnits: 3})
		w.table.Reset()
		w.tell(t, p, "paid")
		w.spent(t, budget{reads: 1, writes: 1, units: 4, indexUnits: 3})
		w.table.Reset()
		w.tell(t, p, "paid")
		w.spent(t, budget{reads: 1})
	})
	t.Run("SBPHasItsCode", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.payment(t, w.order(t, "").UUID, "sbp")
		require.Equal(t, "https://qr.nspk.ru/"+ids.Reference(ids.Test, p.OrderUUID, 1), p.QR.Payload)
		picture, ok := strings.CutPrefix(p.QR.Image, "data:image/svg+xml;base64,")
		require.True(t, ok)
		svg, err := base64.StdEncoding.DecodeString(picture)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(svg), "<svg "), string(svg))
	})
	t.Run("SameMethodKeepsTheAddress", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")))
		again := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		require.Equal(t, first.Body.String(), again.Body.String())
		same(t, again, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
		require.Equal(t, []string{"open"}, w.bank.made())
	})
	t.Run("OtherMethodMakesRoom", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.payment(t, o.UUID, "card")
		p := w.payment(t, o.UUID, "sbp")
		require.Equal(t, 2, p.UUID.N())
		require.Equal(t, []string{"open", "ask", "cancel", "open"}, w.bank.made())
		require.Equal(t, "cancelled", w.getOrder(t, o.UUID).Payments[0].Status)
	})
	t.Run("ADeclineAtOnceIs201", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.open = func(context.Context, banks.Charge) (banks.Opened, error) {
			return banks.Opened{}, &banks.Error{Class: banks.DeclinedNow, Decline: banks.Decline{Code: banks.CardExpired, Message: "Card expired"}}
		}
		p := w.payment(t, w.order(t, "").UUID, "card")
		require.Equal(t, "declined", p.Status)
		require.Equal(t, &banks.Decline{Code: banks.CardExpired, Message: "Card expired"}, p.Decline)
		require.Empty(t, p.RedirectURL)
	})
	t.Run("ALostOpeningThatCannotBeAskedIs202", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.open = func(context.Context, banks.Charge) (banks.Opened, error) { return banks.Opened{}, lost }
		w.bank.ask = func(banks.Ref) (banks.News, error) { return banks.News{}, lost }
		o := w.order(t, "")
		a := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		p := read[api.Payment](t, a, 202)
		require.Equal(t, "unknown", p.Status)
		require.NotEmpty(t, p.NextCheckAt)
		require.Empty(t, a.Header().Get("Idempotent-Replayed"))
		w.clock.Advance(30 * time.Second)
		q := refused(t, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")), 409, "payment_unknown")
		require.Positive(t, q.RetryAfter, "an unknown outcome is not stored")

		w.bank.open, w.bank.ask = nil, nil // the bank is back and knows nothing of it: the next attempt answers for the key
		first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		require.Equal(t, o.UUID.Child(ids.Payment, 2), read[api.Payment](t, first, 201).UUID)
		same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
	})
}

func TestCreatePaymentReplay(t *testing.T) {
	t.Parallel()
	for _, later := range []string{"paid", "declined", "expired", "cancelled"} {
		t.Run("SameBytesAfterIt"+strings.ToUpper(later[:1])+later[1:], func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			o := w.order(t, "")
			first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
			p := read[api.Payment](t, first, 201)
			w.clock.Advance(time.Minute)
			w.tell(t, p, later)
			require.Equal(t, later, w.getPayment(t, p.UUID).Status)
			w.changesNothing(t, func() { same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed(`"k"`))) })
			require.Equal(t, 1, strings.Count(strings.Join(w.bank.made(), " "), "open"))
		})
	}
	t.Run("SameBytesAfterItWasHeldAndCaptured", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, `,"capture":"manual"`)
		first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		p := read[api.Payment](t, first, 201)
		w.tell(t, p, "held")
		same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
		require.Equal(t, 200, w.do(captureOf(p, `{"items":[{"line":1,"quantity":0.5}]}`)).Code)
		same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
	})
	t.Run("SameBytesAfterItWasSuperseded", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.noCancel = true
		o := w.order(t, "")
		first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		w.payment(t, o.UUID, "sbp")
		require.Equal(t, "superseded", w.getOrder(t, o.UUID).Payments[0].Status)
		same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
	})
	for _, news := range []string{"paid", "declined"} {
		t.Run("TheNoticeWasFasterThanTheBanksOwnAnswer"+strings.ToUpper(news[:1])+news[1:], func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			o := w.order(t, "")
			w.bank.open = func(_ context.Context, c banks.Charge) (banks.Opened, error) {
				opened := w.bank.opened(c)
				w.tell(t, api.Payment{UUID: o.UUID.Child(ids.Payment, 1), OrderUUID: o.UUID, Amount: o.Total}, news)
				w.clock.Advance(time.Second)
				return opened, nil
			}
			first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
			require.Equal(t, news, read[api.Payment](t, first, 201).Status)
			w.clock.Advance(time.Minute)
			same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
		})
	}
	t.Run("ADeclineIsRepeatedAndNotTriedAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.open = func(context.Context, banks.Charge) (banks.Opened, error) {
			return banks.Opened{}, &banks.Error{Class: banks.DeclinedNow}
		}
		o := w.order(t, "")
		first := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		w.bank.open = nil
		same(t, first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
		require.Equal(t, []string{"open"}, w.bank.made())
	})
	t.Run("ErrOtherBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
		w.changesNothing(t, func() {
			refused(t, w.do(post("/api/v1/payment", paymentBody(o.UUID, "sbp")).keyed("k")), 422, "idempotency_mismatch")
		})
	})
	t.Run("KeysBelongToTheirOrderAndOperation", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := read[api.Order](t, w.do(post("/api/v1/order", orderBody("")).keyed("k")), 201)
		b := w.order(t, "")
		first := read[api.Payment](t, w.do(post("/api/v1/payment", paymentBody(a.UUID, "card")).keyed("k")), 201)
		other := w.do(post("/api/v1/payment", paymentBody(b.UUID, "card")).keyed("k"))
		require.Empty(t, other.Header().Get("Idempotent-Replayed"))
		require.NotEqual(t, first.UUID, read[api.Payment](t, other, 201).UUID)
	})
	t.Run("ErrInFlight", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		at, goOn := make(chan struct{}), make(chan struct{})
		w.bank.open = func(_ context.Context, c banks.Charge) (banks.Opened, error) {
			close(at)
			<-goOn
			return w.bank.opened(c), nil
		}
		first := make(chan answer, 1)
		go func() { first <- w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")) }()
		<-at
		w.changesNothing(t, func() {
			a := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k"))
			refused(t, a, 409, "idempotency_in_flight")
			require.Equal(t, "1", a.Header().Get("Retry-After"))
			refused(t, w.do(post("/api/v1/payment", paymentBody(o.UUID, "sbp")).keyed("k")), 422, "idempotency_mismatch")
			busy := w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("another"))
			refused(t, busy, 409, "payment_in_progress")
			require.NotEmpty(t, busy.Header().Get("Retry-After"))
		})
		close(goOn)
		same(t, <-first, w.do(post("/api/v1/payment", paymentBody(o.UUID, "card")).keyed("k")))
	})
}

func TestCreatePaymentRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(name string, status int, code string, prepare func(t *testing.T, w *world) call) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			c := prepare(t, w)
			w.changesNothing(t, func() { refused(t, w.do(c), status, code) })
		})
	}
	pay := func(order ids.ID, code string) call { return post("/api/v1/payment", paymentBody(order, code)) }
	refuses("ErrPaid", 409, "order_already_paid", func(t *testing.T, w *world) call {
		o, _ := w.paid(t)
		return pay(o.UUID, "card")
	})
	refuses("ErrCancelled", 409, "order_cancelled", func(t *testing.T, w *world) call {
		o := w.order(t, "")
		require.Equal(t, 200, w.do(post("/api/v1/order/"+o.UUID.String()+"/cancel", "")).Code)
		return pay(o.UUID, "card")
	})
	refuses("ErrInTheLastTwoMinutes", 409, "order_expired", func(t *testing.T, w *world) call {
		o := w.order(t, "")
		w.clock.Advance(24*time.Hour - time.Minute)
		return pay(o.UUID, "card")
	})
	refuses("ErrHeld", 409, "payment_in_progress", func(t *testing.T, w *world) call {
		return pay(w.held(t).OrderUUID, "card")
	})
	refuses("ErrMethodNotOffered", 409, "method_not_available", func(t *testing.T, w *world) call {
		return pay(w.order(t, `,"methods":["sbp"]`).UUID, "card")
	})
	refuses("ErrNobodyTakesIt", 409, "no_provider", func(t *testing.T, w *world) call {
		return pay(w.order(t, "").UUID, "split")
	})
	refuses("ErrSwitchedOff", 409, "no_provider", func(t *testing.T, w *world) call {
		w.accounts.change(0, func(c *payments.Candidate) { c.On = false })
		return pay(w.order(t, "").UUID, "card")
	})
	refuses("ErrProviderUnknown", 409, "provider_not_available", func(t *testing.T, w *world) call {
		return post("/api/v1/payment", `{"order_uuid":"`+w.order(t, "").UUID.String()+`","code":"card","payment_provider_id":"sber"}`)
	})
	refuses("ErrMethodUnknown", 422, "validation_failed", func(t *testing.T, w *world) call {
		return pay(w.order(t, "").UUID, "cash")
	})
	refuses("ErrReturnURL", 422, "validation_failed", func(t *testing.T, w *world) call {
		return post("/api/v1/payment", `{"order_uuid":"`+w.order(t, "").UUID.String()+`","code":"card","return_url":"http://shop.example"}`)
	})
	refuses("ErrOfAnotherPartner", 404, "order_not_found", func(t *testing.T, w *world) call {
		return pay(w.order(t, "").UUID, "card").by(rival)
	})
	refuses("ErrTestTokenOnALiveOrder", 404, "order_not_found", func(t *testing.T, w *world) call {
		live := read[api.Order](t, w.do(post("/api/v1/order", orderBody("")).by(shopLive)), 201)
		return pay(live.UUID, "card")
	})
	refuses("ErrIDOfAPayment", 404, "order_not_found", func(t *testing.T, w *world) call {
		return pay(w.payment(t, w.order(t, "").UUID, "card").UUID, "card")
	})
	refuses("ErrEmptyID", 422, "validation_failed", func(t *testing.T, w *world) call {
		return post("/api/v1/payment", `{"order_uuid":"","code":"card"}`)
	})
	refuses("ErrNullID", 422, "validation_failed", func(t *testing.T, w *world) call {
		return post("/api/v1/payment", `{"order_uuid":null,"code":"card"}`)
	})
	t.Run("ErrBankDown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.bank.open = func(context.Context, banks.Charge) (banks.Opened, error) {
			return banks.Opened{}, lost // and the bank, asked, does not know it
		}
		a := w.do(post("/api/v1/payment", paymentBody(w.order(t, "").UUID, "card")).keyed("k"))
		refused(t, a, 502, "bank_unavailable")
		require.NotEmpty(t, a.Header().Get("Retry-After"))
	})
}
