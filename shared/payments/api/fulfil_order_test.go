package api_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/receipts"
)

func fulfilling(order ids.ID, body string) call {
	return post("/api/v1/order/"+order.String()+"/fulfil", body).keyed("fulfil-1")
}

// printed lets the till tell of a receipt.
func (w *world) printed(t testing.TB, p api.Payment, f receipts.Fiscal, closing bool) {
	t.Helper()
	n := notice{Terminal: "T1", Password: "secret of test", Reference: ids.Reference(ids.Test, p.OrderUUID, 1), Receipt: &f, Closing: closing}
	a := w.do(post("/api/a2c/notifications", n.String()).by("-"))
	require.Equal(t, 200, a.Code, a.Body.String())
}

func fiscal(kind receipts.Kind, minor, number int64) receipts.Fiscal {
	return receipts.Fiscal{Kind: kind, Total: roubles(minor), FN: "9999078900001234", FD: number, FP: 77, IssuedAt: start}
}

func TestFulfilOrder(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"WithoutABody": "", "EmptyObject": "{}", "EveryLine": `{"items":[{"line":2,"quantity":3},{"line":1,"quantity":1}]}`} {
		t.Run("AllOfIt"+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			w.clock.Advance(time.Hour)
			got := read[api.Order](t, w.do(fulfilling(p.OrderUUID, body)), 200)
			require.Equal(t, "paid", got.Status)
			require.Equal(t, roubles(159_999), got.Paid)
			require.Len(t, got.Receipts, 1)
			r := got.Receipts[0]
			require.Equal(t, p.OrderUUID.Child(ids.FulfilmentReceipt, 1), r.UUID)
			require.Equal(t, []string{"fulfilment", "income", "pending"}, []string{r.Operation, r.Kind, r.Status})
			require.Equal(t, roubles(159_999), r.Total)
			require.Len(t, r.Items, 2)
			for _, line := range r.Items {
				require.Equal(t, "full_payment", line.Mode, "full settlement, not a prepayment again")
			}
			require.Len(t, w.bank.closings, 1)
			require.Len(t, w.bank.closings[0].Lines, 2)
			require.Equal(t, r, w.getOrder(t, p.OrderUUID).Receipts[0])
		})
	}
	t.Run("TheTillTellsOfIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.printed(t, p, fiscal(receipts.Income, 159_999, 1), false)
		w.do(fulfilling(p.OrderUUID, ""))
		w.printed(t, p, fiscal(receipts.Income, 159_999, 2), true)
		o := w.getOrder(t, p.OrderUUID)
		require.Len(t, o.Receipts, 2)
		require.Equal(t, "payment", o.Receipts[0].Operation)
		require.Equal(t, []string{"fulfilment", "ready"}, []string{o.Receipts[1].Operation, o.Receipts[1].Status})
		require.Equal(t, int64(2), o.Receipts[1].FD)
		require.Empty(t, w.alarms(t, "").Items)
	})
	t.Run("ARefundAfterwardsReturnsFullSettlement", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.do(fulfilling(p.OrderUUID, ""))
		w.changesNothing(t, func() {
			a := w.do(refundOf(p, ""))
			refused(t, a, 409, "fulfilment_in_progress")
			require.NotEmpty(t, a.Header().Get("Retry-After"))
		})
		w.printed(t, p, fiscal(receipts.Income, 159_999, 2), true)
		w.refund(t, p, "")
		receipt := w.bank.gave()[0].Receipt
		require.NotNil(t, receipt, "the bank would repeat the receipt of the prepayment")
		require.Equal(t, "full_payment", receipt.Lines[0].Mode)
	})
	t.Run("WithoutAKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		read[api.Order](t, w.do(fulfilling(p.OrderUUID, "").keyed("")), 200)
		refused(t, w.do(fulfilling(p.OrderUUID, "").keyed("")), 409, "not_fulfillable")
		require.Len(t, w.bank.closings, 1)
	})
	t.Run("ReplaySameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		first := w.do(fulfilling(p.OrderUUID, ""))
		again := func() {
			t.Helper()
			w.changesNothing(t, func() { same(t, first, w.do(fulfilling(p.OrderUUID, "{}").keyed(`"fulfil-1"`))) })
		}
		w.clock.Advance(time.Hour)
		again()
		w.printed(t, p, fiscal(receipts.Income, 159_999, 2), true)
		again()
		w.refund(t, p, "")
		again()
		require.Len(t, w.bank.closings, 1)
		w.changesNothing(t, func() {
			refused(t, w.do(fulfilling(p.OrderUUID, `{"items":[{"line":1,"quantity":1}]}`)), 422, "idempotency_mismatch")
		})
	})
	t.Run("TheSameBytesWhateverTheTillPrinted", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		first := w.do(fulfilling(p.OrderUUID, ""))
		w.printed(t, p, fiscal(receipts.Income, 1, 2), true)
		require.Equal(t, "amount_mismatch", w.alarms(t, "").Items[0].Kind)
		same(t, first, w.do(fulfilling(p.OrderUUID, "")))
	})
	t.Run("ALostAnswerIsWaitedFor", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.close = func() error { return lost }
		first := w.do(fulfilling(p.OrderUUID, ""))
		require.Equal(t, "pending", read[api.Order](t, first, 200).Receipts[0].Status)
		same(t, first, w.do(fulfilling(p.OrderUUID, "")))
		require.Len(t, w.bank.closings, 1, "never repeated: the till might print twice")
		w.printed(t, p, fiscal(receipts.Income, 159_999, 2), true)
		require.Equal(t, "ready", w.getOrder(t, p.OrderUUID).Receipts[0].Status)
	})
	t.Run("ATillThatIsAwayIsAskedAnew", func(t *testing.T) {
		t.Parallel()
		for _, class := range []banks.Class{banks.Unavailable, banks.Config} {
			w := setup(t)
			p := w.bought(t)
			w.bank.close = func() error { return &banks.Error{Class: class} }
			refused(t, w.do(fulfilling(p.OrderUUID, "")), 502, "bank_unavailable")
			require.Equal(t, "failed", w.getOrder(t, p.OrderUUID).Receipts[0].Status)
			w.bank.close = nil
			first := w.do(fulfilling(p.OrderUUID, ""))
			require.Empty(t, first.Header().Get("Idempotent-Replayed"), "a refusal is not stored")
			got := read[api.Order](t, first, 200).Receipts[0]
			require.Equal(t, p.OrderUUID.Child(ids.FulfilmentReceipt, 2), got.UUID)
			same(t, first, w.do(fulfilling(p.OrderUUID, "")))
		}
	})
	t.Run("ErrTheTillRefuses", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.close = func() error { return &banks.Error{Class: banks.BadRequest, Cause: errors.New("secret words")} }
		problem := refused(t, w.do(fulfilling(p.OrderUUID, "")), 409, "not_fulfillable")
		require.NotContains(t, problem.Detail, "secret")
		refused(t, w.do(fulfilling(p.OrderUUID, "")), 409, "not_fulfillable")
	})
	t.Run("OneOfTwoAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		answers := make(chan answer, 4)
		for i := range cap(answers) {
			go func() { answers <- w.do(fulfilling(p.OrderUUID, "").keyed(strings.Repeat("k", i+1))) }()
		}
		made := 0
		for range cap(answers) {
			if a := <-answers; a.Code == 200 {
				made++
			} else {
				require.Equal(t, 409, a.Code, a.Body.String())
			}
		}
		require.Equal(t, 1, made)
		require.Len(t, w.bank.closings, 1)
	})
	notFound(t, "POST", "/api/v1/order/%s/fulfil", "order_not_found", ids.Root)
}

func TestFulfilOrderRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(name, body string, status int, code, location string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			w.changesNothing(t, func() {
				problem := refused(t, w.do(fulfilling(p.OrderUUID, body)), status, code)
				if location != "" {
					require.Equal(t, location, problem.Errors[0].Location)
				}
			})
			require.Empty(t, w.bank.closings)
		})
	}
	refuses("ErrAPart", `{"items":[{"line":1,"quantity":1}]}`, 409, "operation_not_supported", "")
	refuses("ErrTooMuch", `{"items":[{"line":1,"quantity":1},{"line":2,"quantity":4}]}`, 422, "validation_failed", "body.items[1].quantity")
	refuses("ErrLineTwice", `{"items":[{"line":1,"quantity":1},{"line":1,"quantity":1}]}`, 422, "validation_failed", "body.items[1].line")
	refuses("ErrNoSuchLine", `{"items":[{"line":3,"quantity":1}]}`, 422, "validation_failed", "body.items[0].line")
	refuses("ErrUnknownField", `{"lines":[]}`, 422, "validation_failed", "body.lines")
	refuses("ErrNotAnObject", `[]`, 422, "validation_failed", "body")
	refuses("ErrWrongJSON", `{`, 400, "malformed_body", "")

	for name, play := range map[string]func(*testing.T, *world) ids.ID{
		"ErrNotPaid": func(t *testing.T, w *world) ids.ID { return w.order(t, "").UUID },
		"ErrHeld":    func(t *testing.T, w *world) ids.ID { return w.held(t).OrderUUID },
		"ErrSoldOutright": func(t *testing.T, w *world) ids.ID {
			o := read[api.Order](t, w.do(post("/api/v1/order", item(`"quantity":1`, `"quantity":1,"payment_mode":"full_payment"`))), 201)
			w.tell(t, w.payment(t, o.UUID, "card"), "paid")
			return o.UUID
		},
		"ErrPartlyRefunded": func(t *testing.T, w *world) ids.ID {
			p := w.bought(t)
			w.refund(t, p, amountBody("1"))
			return p.OrderUUID
		},
		"ErrRefundPromised": func(t *testing.T, w *world) ids.ID {
			p, _ := w.awaiting(t, byPartner)
			return p.OrderUUID
		},
		"ErrTwice": func(t *testing.T, w *world) ids.ID {
			p := w.bought(t)
			w.do(fulfilling(p.OrderUUID, "").keyed("before"))
			return p.OrderUUID
		},
		"ErrWithoutATill": func(t *testing.T, w *world) ids.ID {
			w.accounts.change(0, func(c *payments.Candidate) { c.Fiscal = false })
			return w.bought(t).OrderUUID
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			id := play(t, w)
			before := len(w.bank.closings)
			w.changesNothing(t, func() { refused(t, w.do(fulfilling(id, "")), 409, "not_fulfillable") })
			require.Len(t, w.bank.closings, before)
		})
	}
	t.Run("AfterAFailedRefund", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.refuses(banks.DeclinedNow, "")
		w.refund(t, p, "")
		read[api.Order](t, w.do(fulfilling(p.OrderUUID, "")), 200)
	})
	t.Run("ErrTheBankCannot", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.noClose = true
		w.changesNothing(t, func() { refused(t, w.do(fulfilling(p.OrderUUID, "")), 409, "operation_not_supported") })
	})
}
