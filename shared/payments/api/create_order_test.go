package api_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments/api"
)

func TestCreateOrder(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		body := `{"project":"Школа «Понимаю»","email":"buyer@example.com","external_id":"A-1047","description":"Урок",
			"items":[` + lesson + `,{"name":"Чай","price":{"amount":333,"currency":"RUB"},"quantity":1.5,"vat":"vat22","payment_subject":"commodity","payment_mode":"full_payment","measure":"kilogram"}],
			"customer":{"id":"u-42","name":"Анна","phone":"+79000000000"},"return_url":"https://shop.example/thanks","locale":"ru",
			"methods":["card","split"],"capture":"manual","expires_at":"2026-11-23T12:00:00+03:00","metadata":{"b":"2","a":"1"}}`
		o := read[api.Order](t, w.do(post("/api/v1/order", body)), 201)
		require.Equal(t, "created", o.Status)
		require.False(t, o.Livemode)
		require.Equal(t, money.Of(150500, money.RUB), o.Total, "333 × 1.5 = 499.5, half up")
		require.Equal(t, money.Of(0, money.RUB), o.Paid)
		require.Equal(t, money.Of(0, money.RUB), o.Refunded)
		require.Equal(t, []int{1, 2}, []int{o.Items[0].Line, o.Items[1].Line})
		require.Equal(t, money.Of(500, money.RUB), o.Items[1].Amount)
		require.Equal(t, "none commodity full_prepayment piece", strings.Join([]string{o.Items[0].VAT, o.Items[0].Subject, o.Items[0].Mode, o.Items[0].Measure}, " "))
		require.Equal(t, "2026-11-23T09:00:00.000Z", o.ExpiresAt, "UTC, milliseconds")
		require.Equal(t, "2026-11-22T09:00:00.000Z", o.CreatedAt)
		require.Equal(t, o.CreatedAt, o.UpdatedAt)
		require.Equal(t, "manual", o.Capture)
		require.EqualValues(t, "instalments", o.Methods[1], "split is its other name")
		require.Equal(t, map[string]string{"a": "1", "b": "2"}, o.Metadata)
		require.Equal(t, "u-42", o.Customer.ID)
		require.True(t, strings.HasPrefix(o.Link, "https://pay.example/p/t"), o.Link)
		require.Equal(t, o, w.getOrder(t, o.UUID), "what was answered is what was kept")
	})
	t.Run("OneRoundTrip", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.do(post("/api/v1/order", orderBody("")).keyed("k"))
		w.spent(t, budget{reads: 0, writes: 1, units: 1, indexUnits: 2})
		w.do(post("/api/v1/order", orderBody("")).keyed("k"))
		require.Equal(t, 2, w.table.Snapshot().Total.Trips, "a replay is one failed conditional put")
	})
	t.Run("ALiveTokenMakesALiveOrder", func(t *testing.T) {
		t.Parallel()
		o := read[api.Order](t, setup(t).do(post("/api/v1/order", orderBody("")).by(shopLive)), 201)
		require.True(t, o.Livemode)
		require.True(t, strings.HasPrefix(o.Link, "https://pay.example/p/l"), o.Link)
	})
	t.Run("NothingOptionalIsAnsweredEmpty", func(t *testing.T) {
		t.Parallel()
		a := setup(t).do(post("/api/v1/order", orderBody("")))
		var members map[string]any
		require.NoError(t, json.Unmarshal(a.Body.Bytes(), &members))
		for name, value := range members {
			require.NotEqual(t, "", value, name)
			require.NotNil(t, value, name)
		}
		for _, absent := range []string{"customer", "external_id", "metadata", "payments", "receipts", "$schema"} {
			require.NotContains(t, members, absent)
		}
	})
}

func TestCreateOrderReplay(t *testing.T) {
	t.Parallel()
	t.Run("SameBytes", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		body := orderBody(`,"metadata":{"z":"1","a":"<&>"},"methods":["sbp"],"customer":{"name":"Анна"},"expires_at":"2026-11-23T00:00:00.5Z"`)
		first := w.do(post("/api/v1/order", body).keyed("k"))
		w.clock.Advance(time.Hour)
		w.changesNothing(t, func() { same(t, first, w.do(post("/api/v1/order", body).keyed("k"))) })
	})
	t.Run("SpellingDoesNotMatter", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.do(post("/api/v1/order", orderBody(`,"expires_at":"2026-11-23T00:00:00Z"`)).keyed("k"))
		again := `{ "items": [{"quantity":1.000,"price":{"currency":"RUB","amount":150000},"name":"Консультация"}],
			"expires_at":"2026-11-23T03:00:00.000+03:00", "email":"buyer@example.com", "project":"\u0428кола" }`
		same(t, first, w.do(post("/api/v1/order", again).keyed("k")))
	})
	t.Run("NullAndEmptyAreAbsent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.do(post("/api/v1/order", orderBody("")).keyed("k"))
		for _, nothing := range []string{`"customer":null`, `"expires_at":null`, `"locale":null`, `"methods":null`, `"methods":[]`, `"metadata":{}`, `"return_url":""`} {
			same(t, first, w.do(post("/api/v1/order", orderBody(","+nothing)).keyed("k")))
		}
	})
	t.Run("QuotedAndBareKeysAreTheSame", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.do(post("/api/v1/order", orderBody("")).keyed("a b"))
		same(t, first, w.do(post("/api/v1/order", orderBody("")).keyed(`"a b"`)))
	})
	t.Run("AfterTheOrderWasPaid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := w.do(post("/api/v1/order", orderBody("")).keyed("k"))
		o := read[api.Order](t, first, 201)
		w.clock.Advance(time.Minute)
		w.tell(t, w.payment(t, o.UUID, "card"), "paid")
		require.Equal(t, "paid", w.getOrder(t, o.UUID).Status)
		same(t, first, w.do(post("/api/v1/order", orderBody("")).keyed("k")))
	})
	t.Run("AfterItsExpiryPassed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		body := orderBody(`,"expires_at":"2026-11-22T10:00:00Z"`)
		first := w.do(post("/api/v1/order", body).keyed("k"))
		w.clock.Advance(2 * time.Hour)
		same(t, first, w.do(post("/api/v1/order", body).keyed("k")))
	})
	t.Run("ErrOtherBody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.do(post("/api/v1/order", orderBody("")).keyed("k"))
		w.changesNothing(t, func() {
			refused(t, w.do(post("/api/v1/order", orderBody(`,"external_id":"x"`)).keyed("k")), 422, "idempotency_mismatch")
		})
	})
	t.Run("KeysBelongToPartnerAndMode", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		seen := map[string]bool{}
		for _, token := range []string{shop, shopLive, rival} {
			a := w.do(post("/api/v1/order", orderBody("")).keyed("k").by(token))
			o := read[api.Order](t, a, 201)
			require.Empty(t, a.Header().Get("Idempotent-Replayed"))
			require.False(t, seen[o.UUID.String()])
			seen[o.UUID.String()] = true
		}
	})
	t.Run("ManyAtOnceMakeOneOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		answers := make([]answer, 16)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = w.do(post("/api/v1/order", orderBody("")).keyed("k")) })
		}
		all.Wait()
		fresh := 0
		for _, a := range answers {
			require.Equal(t, 201, a.Code)
			require.Equal(t, answers[0].Body.String(), a.Body.String())
			if a.Header().Get("Idempotent-Replayed") == "" {
				fresh++
			}
		}
		require.Equal(t, 1, fresh)
		require.Equal(t, 1, w.written())
	})
	t.Run("WithoutAKeyEveryCallIsAnOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NotEqual(t, w.order(t, "").UUID, w.order(t, "").UUID)
	})
	t.Run("ARefusedBodyLeavesTheKeyFree", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		refused(t, w.do(post("/api/v1/order", orderBody(`,"expires_at":"2020-01-01T00:00:00Z"`)).keyed("k")), 422, "validation_failed")
		require.Equal(t, 201, w.do(post("/api/v1/order", orderBody("")).keyed("k")).Code)
	})
}
