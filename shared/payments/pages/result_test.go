package pages_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages"
	"giberno.ru/shared/receipts"
)

func TestResult(t *testing.T) {
	t.Parallel()

	t.Run("Paid", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Paid)
		a := w.get(w.link + "/result")
		require.Equal(t, "Оплачено", a.head())
		facts := text(a.one("dl"))
		require.Contains(t, facts, "1 500,00 ₽")
		require.Contains(t, facts, "Школа «Понимаю»")
		require.Contains(t, facts, "•••• 0777")
		require.NotContains(t, a.text, "430000")
		require.Contains(t, facts, "22 ноября, 12:00 по Москве")
		require.Equal(t, "https://shop.example/thanks", attr(a.one("a", "id", "shop"), "href"))
		require.Empty(t, a.all("a", "id", "receipt"))
		require.Empty(t, a.all("meta", "http-equiv", "refresh"), "nobody is sent back by himself")
	})

	t.Run("PaidWithReceipt", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Paid)
		whole := w.whole()
		f := receipts.Fiscal{Kind: receipts.Income, Total: money.Of(150000, money.RUB), URL: "https://ofd.example/r/1", FN: "1234567890123456", FD: 1, FP: 2}
		require.NoError(t, w.store.Save(context.Background(), payments.AddReceipt(whole, whole.Payments[0], f, false, payments.Told, w.clock.Now())))
		require.Equal(t, pages.ReceiptPath(w.order, w.order.ID.Child(ids.PaymentReceipt, 1)), attr(w.get(w.link+"/result").one("a", "id", "receipt"), "href"))
		require.Contains(t, attr(w.get(w.link+"/result?lang=en").one("a", "id", "receipt"), "href"), "?lang=en")
	})

	t.Run("PaidInPart", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Hold = true })
		w.post(w.link, "card")
		w.apply(1, banks.Held)
		out, err := payments.BeginCapture(w.whole(), 1, 50000, nil, "", "", w.clock.Now())
		require.NoError(t, err)
		require.NoError(t, w.store.Save(context.Background(), out))
		w.apply(1, banks.Paid)
		require.Contains(t, text(w.get(w.link+"/result").one("dl")), "500,00 ₽")
	})

	t.Run("Held", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.Hold = true })
		w.post(w.link, "card")
		w.apply(1, banks.Held)
		a := w.get(w.link + "/result")
		require.Equal(t, "Платёж подтверждён", a.head())
		require.Contains(t, a.text, "Сумма зарезервирована")
		require.Equal(t, "Платёж подтверждён", w.get(w.link).head(), "an order that is held offers no second way to pay")
	})

	t.Run("WithoutReturnURLThereIsNoWayBack", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(d *payments.Draft) { d.ReturnURL = "" })
		w.post(w.link, "card")
		w.apply(1, banks.Paid)
		require.Empty(t, w.get(w.link+"/result").all("a", "id", "shop"))
	})

	t.Run("Stopped", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Cancelled)
		a := w.get(w.link + "/result")
		require.Equal(t, "Платёж отменён", a.head())
		require.Equal(t, w.link, attr(a.one("a", "id", "again"), "href"))
		require.Contains(t, text(w.get(w.link).one("div", "role", "status")), "Платёж отменён")
	})

	t.Run("Lapsed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Expired)
		require.Equal(t, "Время платежа вышло", w.get(w.link+"/result").head())
		require.Contains(t, text(w.get(w.link).one("div", "role", "status")), "Время платежа вышло")
	})

	t.Run("PaidAfterCancel", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		require.NoError(t, w.store.Save(context.Background(), payments.Cancel(w.whole(), "", "", w.clock.Now())))
		require.Contains(t, w.get(w.link+"/result").text, "Магазин отменил заказ")
		w.apply(1, banks.Paid)
		a := w.get(w.link + "/result")
		require.Equal(t, "Заказ отменён", a.head())
		require.Contains(t, a.text, "Деньги будут возвращены")
	})

	t.Run("ALateSuccessWins", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(w.link, "card")
		w.apply(1, banks.Expired)
		w.clock.Advance(payments.DefaultLife)
		require.NoError(t, w.store.Save(context.Background(), payments.Expire(w.whole(), w.clock.Now())))
		require.Equal(t, "Срок оплаты истёк", w.get(w.link+"/result").head())
		w.apply(1, banks.Paid)
		require.Equal(t, "Оплачено", w.get(w.link+"/result").head())
	})
}
