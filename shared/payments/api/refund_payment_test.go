package api_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
)

func TestRefundPayment(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"WithoutABody": "", "EmptyObject": "{}", "WholeAmount": amountBody("159999"),
		"EveryLine":         `{"items":[{"line":2,"quantity":3},{"line":1,"quantity":1}],"reason":"the course fell out"}`,
		"AmountAndItsLines": `{"amount":{"amount":159999,"currency":"RUB"},"items":[{"line":1,"quantity":1},{"line":2,"quantity":3}]}`} {
		t.Run("AllOfIt"+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			require.Equal(t, roubles(159_999), p.Refundable)
			w.clock.Advance(time.Hour)
			got := w.refund(t, p, body)
			require.Equal(t, p.OrderUUID.Child(ids.Refund, 1), got.UUID)
			require.Equal(t, p.UUID, got.PaymentUUID)
			require.Equal(t, "succeeded", got.Status)
			require.Equal(t, "partner", got.Source)
			require.Equal(t, roubles(159_999), got.Amount)
			require.Len(t, got.Items, 2)
			require.Equal(t, "2026-11-22T10:00:00.000Z", got.CreatedAt)
			require.Equal(t, got, w.getRefund(t, got.UUID))

			gave := w.bank.gave()
			require.Len(t, gave, 1)
			require.Equal(t, roubles(159_999), gave[0].Amount)
			require.Regexp(t, "^"+ids.Reference(ids.Test, p.OrderUUID, 1)+"r01[0-9a-z]{6}$", gave[0].Key)
			require.Nil(t, gave[0].Receipt, "the whole payment goes back: the bank repeats its own receipt")
			o := w.getOrder(t, p.OrderUUID)
			require.Equal(t, "refunded", o.Status)
			require.Equal(t, roubles(159_999), o.Refunded)
			require.Equal(t, []api.Refund{got}, o.Refunds)
			require.Zero(t, o.Payments[0].Refundable.Amount)
		})
	}
	t.Run("ALineOfIt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		got := w.refund(t, p, `{"items":[{"line":2,"quantity":1}],"reason":"a torn one"}`)
		require.Equal(t, [][3]int64{{2, 1000, 3333}}, linesOf(got.Items))
		require.Equal(t, "a torn one", got.Reason)
		receipt := w.bank.gave()[0].Receipt
		require.Len(t, receipt.Lines, 1, "the receipt of the return names the returned line alone")
		require.Equal(t, "Тетрадь", receipt.Lines[0].Name)
		require.Equal(t, roubles(3333), receipt.Lines[0].Amount)
		o := w.getOrder(t, p.OrderUUID)
		require.Equal(t, "partially_refunded", o.Status)
		require.Equal(t, roubles(159_999-3333), o.Payments[0].Refundable)
	})
	t.Run("AnAmountIsSpreadOverTheLines", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		got := w.refund(t, p, amountBody("100"))
		require.Equal(t, [][3]int64{{1, 1000, 94}, {2, 1000, 6}}, linesOf(got.Items), "largest remainder; one piece of the amount where thousandths cannot say it")
		var sum int64
		for _, line := range w.bank.gave()[0].Receipt.Lines {
			sum += line.Amount.Amount
		}
		require.Equal(t, int64(100), sum)
	})
	t.Run("PartByPart", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		for i, body := range []string{`{"items":[{"line":2,"quantity":0.5}]}`, `{"items":[{"line":2,"quantity":0.5},{"line":1,"quantity":1}]}`,
			amountBody("1"), `{}`} {
			read[api.Refund](t, w.do(refundOf(p, body).keyed(fmt.Sprint(i))), 201)
		}
		var amounts []int64
		for _, give := range w.bank.gave() {
			amounts = append(amounts, give.Amount.Amount)
		}
		require.Equal(t, []int64{1667, 1666 + 150_000, 1, 6665}, amounts, "halves never add up to more than the whole")
		require.Equal(t, "refunded", w.getOrder(t, p.OrderUUID).Status)
		refused(t, w.do(refundOf(p, "").keyed("more")), 409, "amount_exceeds_refundable")
	})
	t.Run("OfAPartialCapture", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.held(t)
		read[api.Payment](t, w.do(captureOf(p, `{"items":[{"line":2,"quantity":0.5}]}`)), 200)
		refused(t, w.do(refundOf(p, amountBody("75001"))), 409, "amount_exceeds_refundable")
		refused(t, w.do(refundOf(p, `{"items":[{"line":1,"quantity":1}]}`)), 422, "validation_failed")
		got := w.refund(t, p, "")
		require.Equal(t, [][3]int64{{2, 500, 75_000}}, linesOf(got.Items))
		require.Equal(t, "refunded", w.getOrder(t, p.OrderUUID).Status)
	})
	t.Run("ABankThatOnlyBegins", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.underway()
		first := w.do(refundOf(p, amountBody("100")))
		require.Equal(t, "pending", read[api.Refund](t, first, 201).Status)
		o := w.getOrder(t, p.OrderUUID)
		require.Equal(t, "paid", o.Status, "only a refund that has succeeded counts")
		require.Zero(t, o.Refunded.Amount)
		require.Equal(t, roubles(159_899), o.Payments[0].Refundable, "but its amount is promised")
		require.NotEmpty(t, o.Refunds[0].NextCheckAt)

		w.clock.Advance(time.Minute)
		w.returned(t, p, "partly_refunded") // it makes us ask
		got := w.getRefund(t, o.Refunds[0].UUID)
		require.Equal(t, "succeeded", got.Status)
		require.Empty(t, got.NextCheckAt)
		require.Equal(t, "partially_refunded", w.getOrder(t, p.OrderUUID).Status)
		w.changesNothing(t, func() { same(t, first, w.do(refundOf(p, amountBody("100")))) })
	})
	t.Run("OfASecondSuccess", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		first := w.payment(t, o.UUID, "card")
		second := w.payment(t, o.UUID, "sbp")
		w.tell(t, second, "paid")
		w.tell(t, first, "paid")
		got := w.refund(t, first, "")
		require.Equal(t, "succeeded", got.Status)
		require.Equal(t, "paid", w.getOrder(t, o.UUID).Status, "what the order keeps is untouched")
	})
}

func TestRefundPaymentReplays(t *testing.T) {
	t.Parallel()
	t.Run("SameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		first := w.do(refundOf(p, amountBody("100")))
		w.clock.Advance(time.Hour)
		read[api.Refund](t, w.do(refundOf(p, "").keyed("the rest")), 201)
		w.changesNothing(t, func() {
			same(t, first, w.do(refundOf(p, amountBody("100"))))
			same(t, first, w.do(refundOf(p, `{ "amount":{"currency":"RUB","amount":100} }`).keyed(`"refund-1"`)))
		})
		require.Len(t, w.bank.gave(), 2)
	})
	t.Run("ErrOtherBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.refund(t, p, amountBody("100"))
		w.changesNothing(t, func() {
			for _, body := range []string{"", amountBody("101"), `{"amount":{"amount":100,"currency":"RUB"},"reason":"x"}`, `{"items":[{"line":1,"quantity":1}]}`} {
				refused(t, w.do(refundOf(p, body)), 422, "idempotency_mismatch")
			}
		})
		require.Len(t, w.bank.gave(), 1)
	})
	t.Run("AKeyIsOfItsPayment", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		one, two := w.bought(t), w.bought(t)
		require.NotEqual(t, w.refund(t, one, "").UUID, w.refund(t, two, "").UUID)
	})
	t.Run("ErrWithoutAKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.changesNothing(t, func() { refused(t, w.do(refundOf(p, "").keyed("")), 400, "idempotency_key_required") })
		require.Empty(t, w.bank.gave())
	})
	t.Run("ErrInFlight", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.keyless = true
		at, goOn := make(chan struct{}), make(chan struct{})
		w.bank.refund = func(r banks.Ref, give banks.Return) (banks.News, error) {
			close(at)
			<-goOn
			return w.bank.giveBack(r, give)
		}
		first := make(chan answer, 1)
		go func() { first <- w.do(refundOf(p, amountBody("100"))) }()
		<-at
		for _, c := range []struct {
			call call
			code string
		}{{refundOf(p, amountBody("100")), "idempotency_in_flight"}, {refundOf(p, amountBody("100")).keyed("other"), "refund_in_progress"}} {
			a := w.do(c.call)
			refused(t, a, 409, c.code)
			require.NotEmpty(t, a.Header().Get("Retry-After"))
		}
		require.Zero(t, w.getOrder(t, p.OrderUUID).Refunded.Amount)
		close(goOn)
		same(t, <-first, w.do(refundOf(p, amountBody("100"))))
		require.Len(t, w.bank.gave(), 1)
	})
	t.Run("ALostAnswerIs202AndNotStored", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.keyless = true
		w.bank.refund = func(r banks.Ref, give banks.Return) (banks.News, error) {
			_, _ = w.bank.giveBack(r, give) // it worked
			return banks.News{}, lost
		}
		first := read[api.Refund](t, w.do(refundOf(p, amountBody("100"))), 202)
		require.Equal(t, "unknown", first.Status)
		require.NotEmpty(t, first.NextCheckAt)
		again := w.do(refundOf(p, amountBody("100")))
		require.Equal(t, first, read[api.Refund](t, again, 202))
		require.Empty(t, again.Header().Get("Idempotent-Replayed"))
		refused(t, w.do(refundOf(p, "")), 422, "idempotency_mismatch")
		a := w.do(refundOf(p, amountBody("1")).keyed("other"))
		refused(t, a, 409, "refund_in_progress")
		require.NotEmpty(t, a.Header().Get("Retry-After"))
		require.Equal(t, roubles(159_899), w.getPayment(t, p.UUID).Refundable, "until it is known, it is promised")

		w.clock.Advance(time.Minute)
		w.returned(t, p, "partly_refunded")
		known := w.do(refundOf(p, amountBody("100")))
		require.Equal(t, "true", known.Header().Get("Idempotent-Replayed"))
		require.Equal(t, "succeeded", read[api.Refund](t, known, 201).Status)
		require.Len(t, w.bank.gave(), 1, "never repeated blindly")
	})
	t.Run("ABankThatIsAwayProvesNothingOfALostCall", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.refund = func(r banks.Ref, give banks.Return) (banks.News, error) {
			_, _ = w.bank.giveBack(r, give) // it worked
			return banks.News{}, lost
		}
		id := read[api.Refund](t, w.do(refundOf(p, amountBody("100"))), 202).UUID
		w.bank.refuses(banks.Unavailable, "")
		for range 10 {
			w.clock.Advance(12 * time.Hour)
			require.NoError(t, w.service.Teller.RefundDuty(t.Context(), w.whole(t, ids.Test, p.OrderUUID), 1))
			require.Equal(t, "unknown", w.getRefund(t, id).Status, "the first call may have given the money back")
		}
		w.bank.refund = nil
		w.clock.Advance(24 * time.Hour)
		require.NoError(t, w.service.Teller.RefundDuty(t.Context(), w.whole(t, ids.Test, p.OrderUUID), 1))
		require.Equal(t, "succeeded", w.getRefund(t, id).Status)
		require.Equal(t, int64(159_999-100), w.bank.remaining(p))
	})
	t.Run("TheBanksRefusalIsAnAnswer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.refuses(banks.DeclinedNow, banks.NotPermitted)
		first := w.do(refundOf(p, amountBody("100")))
		got := read[api.Refund](t, first, 201)
		require.Equal(t, "failed", got.Status)
		require.Equal(t, &banks.Decline{Code: banks.NotPermitted, Message: "the bank's own words"}, got.Failure)
		require.Equal(t, roubles(159_999), w.getPayment(t, p.UUID).Refundable, "its promise is taken back")
		w.bank.refund = nil
		same(t, first, w.do(refundOf(p, amountBody("100"))))
		require.Equal(t, "succeeded", read[api.Refund](t, w.do(refundOf(p, amountBody("100")).keyed("anew")), 201).Status)
	})
	t.Run("ABankThatIsAwayIsTriedAgain", func(t *testing.T) {
		t.Parallel()
		for class, alarms := range map[banks.Class]int{banks.Unavailable: 0, banks.Config: 1} {
			w := setup(t)
			p := w.bought(t)
			w.bank.refuses(class, "")
			first := w.do(refundOf(p, amountBody("100")))
			require.Equal(t, "pending", read[api.Refund](t, first, 201).Status)
			require.Len(t, w.alarms(t, "").Items, alarms)
			w.bank.refund = nil
			w.clock.Advance(time.Hour)
			require.NoError(t, w.service.Teller.RefundDuty(t.Context(), w.whole(t, ids.Test, p.OrderUUID), 1))
			require.Equal(t, "succeeded", w.getOrder(t, p.OrderUUID).Refunds[0].Status)
			same(t, first, w.do(refundOf(p, amountBody("100"))))
		}
	})
	notFound(t, "POST", "/api/v1/payment/%s/refund", "payment_not_found", ids.Payment)
}

func TestRefundPaymentRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(name string, body string, status int, code, location string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := w.bought(t)
			w.changesNothing(t, func() {
				problem := refused(t, w.do(refundOf(p, body)), status, code)
				if location != "" {
					require.Equal(t, location, problem.Errors[0].Location)
				}
			})
			require.Empty(t, w.bank.gave())
		})
	}
	refuses("ErrMoreThanPaid", amountBody("160000"), 409, "amount_exceeds_refundable", "")
	refuses("ErrTheMostThereIs", amountBody("9223372036854775807"), 409, "amount_exceeds_refundable", "")
	refuses("ErrOverflow", amountBody("9223372036854775808"), 422, "validation_failed", "body.amount.amount")
	refuses("ErrZero", amountBody("0"), 422, "validation_failed", "body.amount.amount")
	refuses("ErrNegative", amountBody("-1"), 422, "validation_failed", "body.amount.amount")
	refuses("ErrTheLeastThereIs", amountBody("-9223372036854775808"), 422, "validation_failed", "body.amount.amount")
	refuses("ErrFraction", amountBody("1.5"), 422, "validation_failed", "body.amount.amount")
	refuses("ErrOtherCurrency", `{"amount":{"amount":100,"currency":"KZT"}}`, 422, "currency_mixed", "body.amount.currency")
	refuses("ErrNoSuchLine", `{"items":[{"line":3,"quantity":1}]}`, 422, "validation_failed", "body.items[0].line")
	refuses("ErrLineZero", `{"items":[{"line":0,"quantity":1}]}`, 422, "validation_failed", "body.items[0].line")
	refuses("ErrHugeLine", `{"items":[{"line":9223372036854775807,"quantity":1}]}`, 422, "validation_failed", "body.items[0].line")
	refuses("ErrLineTwice", `{"items":[{"line":2,"quantity":1},{"line":2,"quantity":1}]}`, 422, "validation_failed", "body.items[1].line")
	refuses("ErrMoreThanBought", `{"items":[{"line":2,"quantity":3.001}]}`, 422, "validation_failed", "body.items[0].quantity")
	refuses("ErrHugeQuantity", `{"items":[{"line":2,"quantity":99999.999}]}`, 422, "validation_failed", "body.items[0].quantity")
	refuses("ErrNoQuantity", `{"items":[{"line":2}]}`, 422, "validation_failed", "body.items[0]")
	refuses("ErrZeroQuantity", `{"items":[{"line":2,"quantity":0}]}`, 422, "validation_failed", "body.items[0].quantity")
	refuses("ErrNegativeQuantity", `{"items":[{"line":2,"quantity":-1}]}`, 422, "validation_failed", "body.items[0].quantity")
	refuses("ErrItemsDoNotAddUp", `{"amount":{"amount":3332,"currency":"RUB"},"items":[{"line":2,"quantity":1}]}`, 422, "validation_failed", "body.items")
	refuses("ErrUnknownField", `{"sum":1}`, 422, "validation_failed", "body.sum")
	refuses("ErrNotAnObject", `[]`, 422, "validation_failed", "body")
	refuses("ErrNull", `null`, 422, "validation_failed", "body")
	refuses("ErrWrongJSON", `{`, 400, "malformed_body", "")
	refuses("ErrLongReason", `{"reason":"`+long(256)+`"}`, 422, "validation_failed", "body.reason")

	t.Run("ErrMoreThanIsLeft", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.refund(t, p, `{"items":[{"line":2,"quantity":2}]}`)
		w.changesNothing(t, func() {
			problem := refused(t, w.do(refundOf(p, `{"items":[{"line":2,"quantity":1.001}]}`).keyed("x")), 422, "validation_failed")
			require.Contains(t, problem.Errors[0].Message, "what is left: 1")
			refused(t, w.do(refundOf(p, amountBody("153334")).keyed("x")), 409, "amount_exceeds_refundable")
		})
		require.Equal(t, [][3]int64{{2, 1000, 3333}}, linesOf(read[api.Refund](t, w.do(refundOf(p, `{"items":[{"line":2,"quantity":1}]}`).keyed("x")), 201).Items))
	})
	for status, move := range map[string]func(*testing.T, *world) api.Payment{
		"Pending": func(t *testing.T, w *world) api.Payment { return w.payment(t, w.order(t, "").UUID, "card") },
		"Held":    func(t *testing.T, w *world) api.Payment { return w.held(t) },
		"Declined": func(t *testing.T, w *world) api.Payment {
			p := w.payment(t, w.order(t, "").UUID, "card")
			w.tell(t, p, "declined")
			return p
		},
		"Voided": func(t *testing.T, w *world) api.Payment {
			p := w.held(t)
			w.do(voidOf(p))
			return p
		},
	} {
		t.Run("ErrNotPaid"+status, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := move(t, w)
			w.changesNothing(t, func() { refused(t, w.do(refundOf(p, "")), 409, "not_refundable") })
			require.Empty(t, w.bank.gave())
		})
	}
	t.Run("ErrTheBankCannot", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.noRefund = true
		w.changesNothing(t, func() { refused(t, w.do(refundOf(p, "")), 409, "operation_not_supported") })
	})
	t.Run("ErrAllNumbersAreUsed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.bought(t)
		w.bank.refuses(banks.DeclinedNow, "")
		for i := range ids.MaxChild {
			require.Equal(t, 201, w.do(refundOf(p, amountBody("1")).keyed(fmt.Sprint(i))).Code)
		}
		w.changesNothing(t, func() { refused(t, w.do(refundOf(p, amountBody("1")).keyed("one more")), 409, "refunds_exhausted") })
	})
}
