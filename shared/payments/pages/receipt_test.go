package pages_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/receipts"
)

// paid lets the payer pay by card, at a bank with a till.
func (w *world) paid() {
	w.accounts.candidates[0].Fiscal = true
	w.post(w.link, "card")
	w.apply(1, banks.Paid)
}

// prints lets the bank's till make the receipt of the payment.
func (w *world) prints(change func(*receipts.Fiscal)) {
	f := receipts.Fiscal{
		Kind: receipts.Income, Total: w.order.Total, URL: "https://ofd.example/v1?fn=9999078900000001&fp=3449555941&i=133", FN: "9999078900000001", FD: 133, FP: 3449555941,
		RegistrationNumber: "0000111118041361", Shift: 23, Number: 6, IssuedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
	}
	if change != nil {
		change(&f)
	}
	whole := w.whole()
	require.NoError(w.t, w.store.Save(context.Background(), payments.AddReceipt(whole, whole.Payments[0], f, false, payments.Asked, w.clock.Now())))
}

// fulfils begins the closing receipt of the payment.
func (w *world) fulfils() {
	out, _, err := payments.BeginFulfil(w.whole(), nil, "", "", w.clock.Now())
	require.NoError(w.t, err)
	require.NoError(w.t, w.store.Save(context.Background(), out))
}

// receipt is the address of a child of the order.
func (w *world) receipt(child string) string { return "/r/" + w.order.Link() + "-" + child }

func TestReceipt(t *testing.T) {
	t.Parallel()

	t.Run("Ready", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(nil)
		require.Equal(t, w.receipt("0301"), pages.ReceiptPath(w.order, w.order.ID.Child(ids.PaymentReceipt, 1)))
		a := w.get(w.receipt("0301"))
		require.Equal(t, http.StatusOK, a.status)
		require.Equal(t, "Кассовый чек", a.head())
		require.Equal(t, "1 500,00 ₽", text(a.one("dd", "id", "total")))
		require.Contains(t, text(a.one("ul", "class", "lines")), "Консультация")
		require.Contains(t, text(a.one("ul", "class", "lines")), "Без НДС")
		facts := text(a.one("dl", "class", "facts"))
		for _, figure := range []string{"Приход", "9999078900000001", "133", "3449555941", "0000111118041361", "23", "1 марта 2026, 12:00 по Москве"} {
			require.Contains(t, facts, figure)
		}
		require.Contains(t, a.text, "Школа «Понимаю»")
		require.Equal(t, "QR-код чека", attr(a.one("svg", "class", "code"), "aria-label"))
		require.Equal(t, "https://ofd.example/v1?fn=9999078900000001&fp=3449555941&i=133", attr(a.one("a", "id", "operator"), "href"))
		require.Equal(t, "noreferrer", attr(a.one("a", "id", "operator"), "rel"))
		require.Equal(t, w.link+"/result", attr(a.one("a", "id", "order"), "href"))
		require.NotContains(t, a.text, w.order.Email, "a receipt that is shown to others tells nobody's address")
		require.Empty(t, a.all("meta", "http-equiv", "refresh"))
	})

	t.Run("Pending", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.fulfils()
		at := w.receipt("0501")
		a := w.get(at)
		require.Equal(t, "Чек готовится", a.head())
		require.Equal(t, "15; url="+at+"?n=1", attr(a.one("meta", "http-equiv", "refresh"), "content"))
		require.Empty(t, a.all("svg", "class", "code"))
		require.Empty(t, a.all("a", "id", "operator"))
		require.Equal(t, at+"?still=1", attr(a.one("a", "id", "stop"), "href"))
		for _, still := range []string{"?still=1", "?n=60"} {
			a = w.get(at + still)
			require.Empty(t, a.all("meta", "http-equiv", "refresh"), "it does not ask for ever")
			require.Equal(t, at+"?still=1", attr(a.one("a", "id", "check"), "href"))
		}
		require.Empty(t, w.get(w.link+"/result").all("a", "id", "receipt-0501"), "what is not there is not linked")
	})

	t.Run("Closing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(nil)
		w.fulfils()
		whole := w.whole()
		f := receipts.Fiscal{Kind: receipts.Income, Total: w.order.Total, FN: "9999078900000001", FD: 134, FP: 5, IssuedAt: start}
		require.NoError(t, w.store.Save(context.Background(), payments.AddReceipt(whole, whole.Payments[0], f, true, payments.Asked, w.clock.Now())))
		a := w.get(w.link + "/result")
		require.Equal(t, w.receipt("0301"), attr(a.one("a", "id", "receipt"), "href"))
		require.Equal(t, w.receipt("0501"), attr(a.one("a", "id", "receipt-0501"), "href"))
		require.Equal(t, "Чек полного расчёта: 1 500,00 ₽", text(a.one("a", "id", "receipt-0501")))
		require.Equal(t, "Чек полного расчёта", w.get(w.receipt("0501")).head())
	})

	t.Run("OfTheShop", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		out, _, err := payments.AttachReceipt(w.whole(), receipts.Fiscal{URL: "https://ofd.example/mine"}, w.clock.Now())
		require.NoError(t, err)
		require.NoError(t, w.store.Save(context.Background(), out))
		at := fmt.Sprintf("03%02d", payments.MaxReceiptsOfTill+1)
		a := w.get(w.receipt(at))
		require.Contains(t, a.text, "Этот чек передал магазин")
		require.Equal(t, "https://ofd.example/mine", attr(a.one("a", "id", "operator"), "href"))
		require.Empty(t, a.all("svg", "class", "code"))
		require.NotContains(t, a.text, "ФН")
	})

	t.Run("AnAddressElsewhereIsNoLink", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(func(f *receipts.Fiscal) { f.URL = "javascript:alert(1)" })
		a := w.get(w.receipt("0301"))
		require.Empty(t, a.all("a", "id", "operator"))
		require.NotContains(t, a.text, "javascript")
	})

	t.Run("InHisLanguage", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Locale = "kk" })
		w.paid()
		w.prints(nil)
		require.Equal(t, "Кассалық түбіртек", w.get(w.receipt("0301")).head())
		a := w.get(w.receipt("0301") + "?lang=en")
		require.Equal(t, "Receipt", a.head())
		require.Equal(t, w.link+"/result?lang=en", attr(a.one("a", "id", "order"), "href"))
		require.Equal(t, w.receipt("0301")+"?lang=ru", attr(a.one("a", "lang", "ru"), "href"))
	})

	t.Run("ErrForged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(nil)
		right := w.receipt("0301")
		other := ids.Link(ids.Test, w.order.ID, ids.LinkKey{1})
		live := "l" + w.order.Link()[1:]
		for _, at := range []string{
			"/r/" + other + "-0301", "/r/" + live + "-0301", "/r/" + w.order.Link(), "/r/" + w.order.Link() + "0301", right + "0", w.receipt("301"), w.receipt("0302"),
			w.receipt("0401"), w.receipt("0101"), w.receipt("0001"), w.receipt("0300"), w.receipt("9901"), w.receipt("03-1"), strings.ToUpper(right), "/r/" + w.order.ID.String(), "/r/",
		} {
			a := w.get(at)
			require.Equal(t, http.StatusNotFound, a.status, at)
			require.NotContains(t, a.text, "9999078900000001", at)
		}
	})

	t.Run("ErrOtherMethods", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(nil)
		require.Equal(t, http.StatusMethodNotAllowed, w.post(w.receipt("0301"), "card").status)
	})

	t.Run("AReadPageChangesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(nil)
		before, asked := w.whole(), w.bank.asked
		w.get(w.receipt("0301"))
		require.Equal(t, before, w.whole())
		require.Equal(t, asked, w.bank.asked)
	})
}

func TestReceiptLetter(t *testing.T) {
	t.Parallel()

	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(nil)
		id := w.order.ID.Child(ids.PaymentReceipt, 1)
		m, err := pages.ReceiptLetter(base, w.whole(), id)
		require.NoError(t, err)
		require.Equal(t, "buyer@example.com", m.To)
		require.Equal(t, "Чек об оплате: 1\u00a0500,00\u00a0₽ — Школа «Понимаю»", m.Subject)
		require.Equal(t, "receipt/t/"+id.String(), m.Key)
		for _, part := range []string{base + w.receipt("0301"), "https://ofd.example/v1?fn=9999078900000001", "9999078900000001", "1\u00a0марта 2026, 12:00 по Москве", "A-1047", "Тестовый платёж"} {
			require.Contains(t, m.Text, part)
			require.Contains(t, m.HTML, part)
		}
		again, err := pages.ReceiptLetter(base, w.whole(), id)
		require.NoError(t, err)
		require.Equal(t, m, again)
	})

	t.Run("InHisLanguage", func(t *testing.T) {
		t.Parallel()
		for locale, subject := range map[string]string{"kk": "Төлем түбіртегі: 1\u00a0500,00\u00a0₽", "en": "Receipt of payment: ₽1,500.00", "": "Чек об оплате"} {
			w := setup(t, func(d *payments.Draft) { d.Locale = locale })
			w.paid()
			w.prints(nil)
			m, err := pages.ReceiptLetter(base, w.whole(), w.order.ID.Child(ids.PaymentReceipt, 1))
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(m.Subject, subject), m.Subject)
		}
	})

	t.Run("ErrNotReady", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.fulfils()
		for _, id := range []ids.ID{w.order.ID.Child(ids.PaymentReceipt, 1), w.order.ID.Child(ids.FulfilmentReceipt, 1)} {
			_, err := pages.ReceiptLetter(base, w.whole(), id)
			require.ErrorContains(t, err, "not ready")
		}
	})

	t.Run("ATotalInAnotherMoney", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid()
		w.prints(func(f *receipts.Fiscal) { f.Total = money.Of(100, money.KZT) })
		m, err := pages.ReceiptLetter(base, w.whole(), w.order.ID.Child(ids.PaymentReceipt, 1))
		require.NoError(t, err)
		require.Contains(t, m.Text, "1,00\u00a0₸")
		require.Empty(t, w.get(w.receipt("0301")).all("ul", "class", "lines"), "lines that do not add up are not shown")
	})
}
