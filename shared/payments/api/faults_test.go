package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/platform/table/faulty"
)

// TestTheTableFails is what callers see of a table that does not answer: a problem that tells nothing of the inside, and
// the right answer as soon as it is back.
func TestTheTableFails(t *testing.T) {
	t.Parallel()
	down := func(faulty.Call) faulty.Fault { return faulty.ErrorBefore }
	t.Run("NothingLeaks", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		order := "/api/v1/order/" + p.OrderUUID.String()
		w.faults.SetPlan(down)
		for _, c := range []call{
			post("/api/v1/order", orderBody("")).keyed("k"), get(order), get("/api/v1/orders"), post(order+"/cancel", ""),
			post("/api/v1/payment", paymentBody(p.OrderUUID, "card")), get("/api/v1/payment/" + p.UUID.String()), captureOf(p, ""), voidOf(p),
			find(receiptURL, nil), get("/api/v1/admin/alarms").by(operator),
			closing(api.Alarm{Kind: "forged_notice", Object: "x"}),
			refundOf(p, ""), get("/api/v1/refund/" + p.OrderUUID.Child(ids.Refund, 1).String()), fulfilling(p.OrderUUID, ""),
			givingBack(p.UUID, ""), get("/api/v1/admin/approvals").by(operator),
			approving(p.OrderUUID.Child(ids.Refund, 1)), rejecting(p.OrderUUID.Child(ids.Refund, 1), "no"),
		} {
			problem := refused(t, w.do(c), 503, "unavailable")
			require.NotContains(t, strings.ToLower(problem.Detail), "table", c.path)
			require.Empty(t, problem.Errors)
		}
		w.faults.SetPlan(nil)
		require.Equal(t, "held", w.getPayment(t, p.UUID).Status)
		require.Equal(t, []string{"open"}, w.bank.made(), "the bank was not asked for what could not be written down")
	})
	t.Run("ANoticeWaitsInTheQueue", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.payment(t, w.order(t, "").UUID, "card")
		w.faults.SetPlan(down)
		w.tell(t, p, "paid") // answered OK, for the message is durable
		require.Len(t, w.queue.jobs, 1)
		require.Equal(t, "payments.notice", w.queue.jobs[0].Kind)
	})
	for _, f := range []faulty.Fault{faulty.ErrorBefore, faulty.ErrorAfter, faulty.Conflict, faulty.Throttle} {
		t.Run("CreateOrderAfter"+strings.ReplaceAll(f.String(), " ", ""), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			write := func(c faulty.Call) faulty.Fault {
				if c.Op == faulty.OpWrite {
					return f
				}
				return faulty.None
			}
			w.faults.SetPlan(write)
			refused(t, w.do(post("/api/v1/order", orderBody("")).keyed("k")), 503, "unavailable")
			w.faults.SetPlan(nil)
			o := read[api.Order](t, w.do(post("/api/v1/order", orderBody("")).keyed("k")), 201)
			require.Equal(t, ids.Root, o.UUID.Family())
			require.Len(t, w.list(t, "").Items, 1, "one key, one order")
		})
	}
	for _, f := range []faulty.Fault{faulty.ErrorBefore, faulty.ErrorAfter, faulty.Conflict, faulty.Throttle} {
		for nth, what := range []string{"Intent", "Outcome"} {
			t.Run("Refund"+what+strings.ReplaceAll(f.String(), " ", ""), func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				p := w.bought(t)
				writes := 0
				w.faults.SetPlan(func(c faulty.Call) faulty.Fault {
					if c.Op == faulty.OpWrite {
						if writes++; writes == nth+1 {
							return f
						}
					}
					return faulty.None
				})
				a := w.do(refundOf(p, amountBody("6000")))
				if a.Code != 201 {
					require.Contains(t, []int{409, 503}, a.Code, a.Body.String())
				}
				w.faults.SetPlan(nil)
				w.clock.Advance(time.Hour)
				whole := w.whole(t, ids.Test, p.OrderUUID)
				for _, r := range whole.Refunds {
					require.NoError(t, w.service.Teller.RefundDuty(t.Context(), whole, r.N))
				}
				again := read[api.Refund](t, w.do(refundOf(p, amountBody("6000"))), 201)
				require.Equal(t, "succeeded", w.getRefund(t, again.UUID).Status)
				o := w.getOrder(t, p.OrderUUID)
				require.Len(t, o.Refunds, 1, "one key, one refund")
				require.Equal(t, roubles(6000), o.Refunded)
				require.Equal(t, int64(159_999-6000), w.bank.remaining(p), "and the bank gave it back once")
			})
		}
	}
}
