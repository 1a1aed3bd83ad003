package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments/api"
)

func captureOf(p api.Payment, body string) call {
	return post("/api/v1/payment/"+p.UUID.String()+"/capture", body).keyed("capture-1")
}

func TestCapturePayment(t *testing.T) {
	t.Parallel()
	all := money.Of(300000, money.RUB)
	for name, body := range map[string]string{"WithoutABody": "", "EmptyObject": "{}", "WholeAmount": `{"amount":{"amount":300000,"currency":"RUB"},"items":[{"line":1,"quantity":1},{"line":2,"quantity":1}]}`} {
		t.Run("AllOfIt"+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.held(t)
			w.clock.Advance(time.Minute)
			got := read[api.Payment](t, w.do(captureOf(p, body)), 200)
			require.Equal(t, "paid", got.Status)
			require.Equal(t, all, got.Captured)
			require.Equal(t, []money.Money{all}, w.bank.captured)
			require.Len(t, w.bank.documents[0].Lines, 2)
			require.Equal(t, "paid", w.getOrder(t, p.OrderUUID).Status)
		})
	}
	t.Run("ALineOfIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		got := read[api.Payment](t, w.do(captureOf(p, `{"items":[{"line":2,"quantity":0.5}]}`)), 200)
		require.Equal(t, money.Of(75000, money.RUB), got.Captured)
		require.Equal(t, []money.Money{money.Of(75000, money.RUB)}, w.bank.captured)
		o := w.getOrder(t, p.OrderUUID)
		require.Equal(t, "paid", o.Status, "a partial capture pays the order")
		require.Equal(t, money.Of(75000, money.RUB), o.Paid)
	})
	t.Run("ReplaySameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		first := w.do(captureOf(p, ""))
		w.clock.Advance(time.Hour)
		w.tell(t, p, "paid")
		w.changesNothing(t, func() {
			same(t, first, w.do(captureOf(p, "")))
			same(t, first, w.do(captureOf(p, "{}").keyed(`"capture-1"`)))
		})
		require.Len(t, w.bank.captured, 1)
	})
	t.Run("ALostAnswerIs202AndNotStored", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.bank.capture = func(banks.Ref, money.Money) (banks.News, error) { return banks.News{}, lost }
		a := w.do(captureOf(p, ""))
		require.Equal(t, "unknown", read[api.Payment](t, a, 202).Status)
		again := w.do(captureOf(p, ""))
		refused(t, again, 409, "payment_unknown")
		require.NotEmpty(t, again.Header().Get("Retry-After"))
		refused(t, w.do(captureOf(p, `{"items":[{"line":1,"quantity":1}]}`)), 422, "idempotency_mismatch")
		refused(t, w.do(captureOf(p, "").keyed("other")), 409, "payment_unknown")

		w.clock.Advance(time.Minute)
		w.tell(t, p, "paid") // it had worked
		first := w.do(captureOf(p, ""))
		require.Equal(t, "true", first.Header().Get("Idempotent-Replayed"))
		require.Equal(t, "paid", read[api.Payment](t, first, 200).Status)
		require.Len(t, w.bank.captured, 1)
	})
	t.Run("ErrInFlight", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		at, goOn := make(chan struct{}), make(chan struct{})
		w.bank.capture = func(r banks.Ref, _ money.Money) (banks.News, error) {
			close(at)
			<-goOn
			w.bank.move(r.Reference, "paid")
			return w.bank.news(r)
		}
		first := make(chan answer, 1)
		go func() { first <- w.do(captureOf(p, "")) }()
		<-at
		a := w.do(captureOf(p, ""))
		refused(t, a, 409, "idempotency_in_flight")
		require.NotEmpty(t, a.Header().Get("Retry-After"))
		refused(t, w.do(captureOf(p, "").keyed("other")), 409, "payment_in_progress")
		close(goOn)
		same(t, <-first, w.do(captureOf(p, "")))
		require.Len(t, w.bank.captured, 1)
	})
	t.Run("ErrTheHoldHadLapsed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.bank.capture = func(r banks.Ref, _ money.Money) (banks.News, error) {
			w.bank.move(r.Reference, "reversed")
			return banks.News{}, &banks.Error{Class: banks.Conflict}
		}
		refused(t, w.do(captureOf(p, "")), 409, "not_capturable")
		require.Equal(t, "expired", w.getPayment(t, p.UUID).Status)
	})
	t.Run("ErrTheBankRefusedAndStillHolds", func(t *testing.T) {
		t.Parallel()
		for _, class := range []banks.Class{banks.Conflict, banks.Unavailable, banks.BadRequest} {
			w := setup(t)
			p := w.held(t)
			w.bank.capture = func(banks.Ref, money.Money) (banks.News, error) { return banks.News{}, &banks.Error{Class: class} }
			refused(t, w.do(captureOf(p, "")), 502, "bank_unavailable")
			require.Equal(t, "held", w.getPayment(t, p.UUID).Status)
			w.bank.capture = nil
			require.Equal(t, 200, w.do(captureOf(p, "")).Code, "a refusal is not stored")
		}
	})
	notFound(t, "POST", "/api/v1/payment/%s/capture", "payment_not_found", ids.Payment)
}

func TestCapturePaymentRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(name string, body string, status int, code, location string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.held(t)
			w.changesNothing(t, func() {
				problem := refused(t, w.do(captureOf(p, body)), status, code)
				if location != "" {
					require.Equal(t, location, problem.Errors[0].Location)
				}
			})
			require.Empty(t, w.bank.captured)
		})
	}
	refuses("ErrMoreThanHeld", `{"amount":{"amount":300001,"currency":"RUB"}}`, 409, "amount_exceeds_held", "")
	refuses("ErrPartWithoutItems", `{"amount":{"amount":100,"currency":"RUB"}}`, 422, "validation_failed", "body.items")
	refuses("ErrItemsDoNotAddUp", `{"amount":{"amount":100,"currency":"RUB"},"items":[{"line":1,"quantity":1}]}`, 422, "validation_failed", "body.items")
	refuses("ErrZero", `{"amount":{"amount":0,"currency":"RUB"}}`, 422, "validation_failed", "body.amount.amount")
	refuses("ErrNegative", `{"amount":{"amount":-1,"currency":"RUB"}}`, 422, "validation_failed", "body.amount.amount")
	refuses("ErrOtherCurrency", `{"amount":{"amount":300000,"currency":"KZT"}}`, 422, "currency_mixed", "body.amount.currency")
	refuses("ErrNoSuchLine", `{"items":[{"line":3,"quantity":1}]}`, 422, "validation_failed", "body.items[0].line")
	refuses("ErrLineZero", `{"items":[{"line":0,"quantity":1}]}`, 422, "validation_failed", "body.items[0].line")
	refuses("ErrLineTwice", `{"items":[{"line":1,"quantity":1},{"line":1,"quantity":1}]}`, 422, "validation_failed", "body.items[1].line")
	refuses("ErrMoreThanOrdered", `{"items":[{"line":1,"quantity":1.001}]}`, 422, "validation_failed", "body.items[0].quantity")
	refuses("ErrUnknownField", `{"sum":1}`, 422, "validation_failed", "body.sum")
	refuses("ErrNotAnObject", `[]`, 422, "validation_failed", "body")
	refuses("ErrNull", `null`, 422, "validation_failed", "body")
	refuses("ErrWrongJSON", `{`, 400, "malformed_body", "")

	t.Run("ErrWithoutAKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.changesNothing(t, func() { refused(t, w.do(captureOf(p, "").keyed("")), 400, "idempotency_key_required") })
		require.Empty(t, w.bank.captured)
	})
	t.Run("ErrOtherBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.do(captureOf(p, ""))
		refused(t, w.do(captureOf(p, `{"items":[{"line":1,"quantity":1}]}`)), 422, "idempotency_mismatch")
	})
	t.Run("ErrNotHeld", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.paid(t)
		w.changesNothing(t, func() { refused(t, w.do(captureOf(p, "")), 409, "not_capturable") })
	})
	t.Run("ErrTheBankCannot", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		w.bank.noCapture, w.bank.noCancel = true, true
		w.changesNothing(t, func() {
			refused(t, w.do(captureOf(p, "")), 409, "operation_not_supported")
			refused(t, w.do(voidOf(p)), 409, "operation_not_supported")
		})
	})
}
