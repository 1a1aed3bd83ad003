package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/receipts"
)

const receiptURL = "https://consumer.1-ofd.ru/v1?t=20261122T1200&s=1500.00&fn=9999078900000001&i=133&fp=3449555941&n=1"

func find(url string, order *ids.ID) call {
	body, err := json.Marshal(api.ReceiptRequest{URL: url, OrderUUID: order})
	if err != nil {
		panic(err)
	}
	return post("/api/v1/payment/receipt", string(body))
}

// receipt makes a paid order whose bank has sent its till's receipt.
func (w *world) receipt(t *testing.T) (api.Order, api.Payment) {
	t.Helper()
	o, p := w.paid(t)
	require.Equal(t, 200, w.do(post("/api/a2c/notifications", fiscalNotice(p)).by("-")).Code)
	return w.getOrder(t, o.UUID), p
}

// fiscalNotice is the bank's message that its till has made the receipt of a payment.
func fiscalNotice(p api.Payment) string {
	fiscal := &receipts.Fiscal{Kind: receipts.Income, Total: p.Amount, URL: receiptURL, FN: "9999078900000001", FD: 133, FP: 3449555941,
		RegistrationNumber: "0000000001012345", Shift: 7, Number: 12, IssuedAt: start}
	return notice{Terminal: "T1", Password: "secret of test", Reference: ids.Reference(ids.Test, p.OrderUUID, p.UUID.N()), Status: "paid",
		Amount: p.Amount, Receipt: fiscal}.String()
}

func TestFindReceipt(t *testing.T) {
	t.Parallel()
	t.Run("TheTillsReceiptStandsOnTheOrder", func(t *testing.T) {
		t.Parallel()
		o, p := setup(t).receipt(t)
		require.Len(t, o.Receipts, 1)
		r := o.Receipts[0]
		require.Equal(t, o.UUID.Child(ids.PaymentReceipt, 1), r.UUID)
		require.Equal(t, p.UUID, r.PaymentUUID)
		require.Equal(t, []any{"payment", "income", "ready", "tbank", true}, []any{r.Operation, r.Kind, r.Status, r.Source, r.Verified})
		require.Equal(t, []any{"9999078900000001", int64(133), int64(3449555941), "0000000001012345", int64(7), int64(12)},
			[]any{r.FN, r.FD, r.FP, r.RegistrationNumber, r.Shift, r.Number})
		require.Equal(t, "2026-11-22T09:00:00.000Z", r.IssuedAt)
		require.Equal(t, o.Items, r.Items)
	})
	t.Run("TheNoticeIsWithinItsBudget", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.paid(t)
		w.table.Reset()
		require.Equal(t, 200, w.do(post("/api/a2c/notifications", fiscalNotice(p)).by("-")).Code)
		w.spent(t, budget{reads: 1, writes: 1, units: 8, indexUnits: 2})
	})
	t.Run("BySpellingsOfItsAddress", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.receipt(t)
		for _, spelling := range []string{
			receiptURL,
			strings.Replace(receiptURL, "consumer.1-ofd.ru", "Consumer.1-OFD.ru:443", 1),
			receiptURL + "#top",
			strings.Replace(receiptURL, "https:", "HTTPS:", 1),
			"https://consumer.1-ofd.ru/v1?n=1&fp=3449555941&i=133&fn=9999078900000001&s=1500.00&t=20261122T1200",
			"https://other.example/check?fp=3449555941&utm=x&fn=9999078900000001&i=133",
		} {
			w.changesNothing(t, func() {
				found := read[api.ReceiptFound](t, w.do(find(spelling, nil)), 200)
				require.Equal(t, o.UUID, found.OrderUUID, spelling)
				require.Equal(t, p.UUID, found.PaymentUUID)
				require.Equal(t, o.Receipts[0], found.Receipt)
			})
		}
	})
	t.Run("AKnownOneWithAnOrderIsOnlyFound", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.receipt(t)
		other, _ := w.paid(t)
		w.changesNothing(t, func() {
			require.Equal(t, o.UUID, read[api.ReceiptFound](t, w.do(find(receiptURL, &other.UUID)), 200).OrderUUID)
		})
	})
	t.Run("AnUnknownOneIsAttached", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, p := w.paid(t)
		found := read[api.ReceiptFound](t, w.do(find(receiptURL, &o.UUID)), 201)
		require.Equal(t, o.UUID, found.OrderUUID)
		require.Equal(t, p.UUID, found.PaymentUUID)
		require.Equal(t, "partner", found.Receipt.Source)
		require.False(t, found.Receipt.Verified)
		require.Equal(t, "9999078900000001", found.Receipt.FN, "read from the address")
		require.Equal(t, []api.Receipt{found.Receipt}, w.getOrder(t, o.UUID).Receipts)
		w.changesNothing(t, func() {
			require.Equal(t, found, read[api.ReceiptFound](t, w.do(find(receiptURL, &o.UUID)), 200), "the second time it is known")
			require.Equal(t, found, read[api.ReceiptFound](t, w.do(find(receiptURL, nil)), 200))
		})
	})
	t.Run("AnAddressWithoutAnIdentityIsAttachedToo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.paid(t)
		found := read[api.ReceiptFound](t, w.do(find("https://ofd.example/r/abc", &o.UUID)), 201)
		require.Equal(t, "https://ofd.example/r/abc", found.Receipt.URL)
		require.Empty(t, found.Receipt.FN)
	})
	t.Run("SeveralOfOneOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.receipt(t)
		for _, u := range []string{"https://ofd.example/1", "https://ofd.example/2"} {
			require.Equal(t, 201, w.do(find(u, &o.UUID)).Code)
		}
		require.Len(t, w.getOrder(t, o.UUID).Receipts, 3)
	})
}

func TestFindReceiptRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(name string, status int, code string, prepare func(t *testing.T, w *world) call) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			c := prepare(t, w)
			w.changesNothing(t, func() { refused(t, w.do(c), status, code) })
		})
	}
	refuses("ErrUnknown", 404, "receipt_unknown", func(t *testing.T, w *world) call { return find(receiptURL, nil) })
	refuses("ErrOfAnotherPartner", 404, "receipt_unknown", func(t *testing.T, w *world) call {
		w.receipt(t)
		return find(receiptURL, nil).by(rival)
	})
	refuses("ErrOfTheOtherMode", 404, "receipt_unknown", func(t *testing.T, w *world) call {
		w.receipt(t)
		return find(receiptURL, nil).by(shopLive)
	})
	refuses("ErrOrderNotPaid", 404, "receipt_unknown", func(t *testing.T, w *world) call {
		o := w.order(t, "")
		return find(receiptURL, &o.UUID)
	})
	refuses("ErrOrderOfAnotherPartner", 404, "order_not_found", func(t *testing.T, w *world) call {
		o, _ := w.paid(t)
		return find(receiptURL, &o.UUID).by(rival)
	})
	refuses("ErrIDOfAPayment", 404, "order_not_found", func(t *testing.T, w *world) call {
		_, p := w.paid(t)
		return find(receiptURL, &p.UUID)
	})
	for name, url := range map[string]string{
		"ErrHTTP": "http://ofd.example/r", "ErrNoScheme": "ofd.example/r", "ErrScript": "javascript:alert(1)", "ErrUser": "https://a:b@ofd.example/",
		"ErrTooLong": "https://ofd.example/" + strings.Repeat("r", 2048), "ErrSpace": "https://ofd.example/a b", "ErrNoHost": "https:///r", "ErrFile": "file:///etc/passwd",
	} {
		refuses(name, 422, "receipt_url_not_allowed", func(t *testing.T, w *world) call { return find(url, nil) })
	}
	refuses("ErrLongerThanAnyAddress", 422, "validation_failed", func(t *testing.T, w *world) call {
		return find("https://ofd.example/"+strings.Repeat("r", 4096), nil)
	})
	refuses("ErrEmpty", 422, "validation_failed", func(t *testing.T, w *world) call { return find("", nil) })
	t.Run("LoopbackIsForTestModeOnly", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		refused(t, w.do(find("http://127.0.0.1:9000/r", nil)), 404, "receipt_unknown")
		refused(t, w.do(find("http://127.0.0.1:9000/r", nil).by(shopLive)), 422, "receipt_url_not_allowed")
	})
	t.Run("ErrTheOrderIsFullOfReceipts", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o, _ := w.paid(t)
		w.clock.Advance(time.Second)
		for i := range 79 {
			require.Equal(t, 201, w.do(find("https://ofd.example/"+strings.Repeat("x", i+1), &o.UUID)).Code, i)
		}
		w.changesNothing(t, func() { refused(t, w.do(find("https://ofd.example/more", &o.UUID)), 409, "receipts_exhausted") })
	})
}
