package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table/faulty"
)

func TestNotifyTBank(t *testing.T) {
	t.Parallel()
	tell := func(body string) call { return post("/api/a2c/notifications", body).by("-") }
	t.Run("AnsweredExactlyOK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		p := w.payment(t, o.UUID, "card")
		a := w.do(tell(noticeOf(ids.Reference(ids.Test, o.UUID, 1), "paid", p.Amount)))
		require.Equal(t, 200, a.Code)
		require.Equal(t, "OK", a.Body.String())
		require.Equal(t, "text/plain", a.Header().Get("Content-Type"))
		require.Equal(t, "paid", w.getOrder(t, o.UUID).Status)
	})
	t.Run("DuplicateChangesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, p := w.paid(t)
		w.changesNothing(t, func() { w.tell(t, p, "paid") })
	})
	t.Run("AnyContentType", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.payment(t, w.order(t, "").UUID, "card")
		c := tell(noticeOf(ids.Reference(ids.Test, p.OrderUUID, 1), "paid", p.Amount)).with(map[string][]string{"Content-Type": {"text/plain"}})
		require.Equal(t, "OK", w.do(c).Body.String(), "what the bank writes above its message is its own affair")
	})
	t.Run("AReceiptOfAHundredLongLines", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.payment(t, w.order(t, "").UUID, "card")
		notice := noticeOf(ids.Reference(ids.Test, p.OrderUUID, 1), "paid", p.Amount)
		// A name of 128 Cyrillic letters, escaped, has 768 bytes; price, rates and agent's data have another half as much.
		lines := `{"lines":["` + strings.Repeat(strings.Repeat("\\u0416", 128)+strings.Repeat("x", 400), 100) + `"],`
		long := tell(lines + strings.TrimPrefix(notice, "{"))
		require.Equal(t, "OK", w.do(long).Body.String())
		require.Equal(t, "paid", w.getPayment(t, p.UUID).Status)

		w.faults.SetPlan(func(faulty.Call) faulty.Fault { return faulty.ErrorBefore })
		require.Equal(t, "OK", w.do(long).Body.String(), "it waits in the queue")
		require.NotEmpty(t, w.queue.jobs)
		require.NoError(t, queue.Validate(0, w.queue.jobs), "which takes one so long")
	})
	t.Run("ErrForged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		p := w.payment(t, o.UUID, "card")
		forged := strings.Replace(noticeOf(ids.Reference(ids.Test, o.UUID, 1), "paid", p.Amount), "secret", "guess", 1)
		refused(t, w.do(tell(forged)), 403, "notice_refused")
		require.Equal(t, "pending", w.getPayment(t, p.UUID).Status)
	})
	t.Run("ErrOfTheOtherMode", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order(t, "")
		p := w.payment(t, o.UUID, "card")
		foreign := strings.Replace(noticeOf(ids.Reference(ids.Test, o.UUID, 1), "paid", p.Amount), "secret of test", "secret of live", 1)
		refused(t, w.do(tell(foreign)), 403, "notice_refused")
		require.Equal(t, "pending", w.getPayment(t, p.UUID).Status)
	})
	t.Run("ErrUnknownTerminal", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.changesNothing(t, func() { refused(t, w.do(tell(`{"terminal":"stranger"}`)), 403, "notice_refused") })
	})
	for name, body := range map[string]string{"ErrNotJSON": "TerminalKey=T1", "ErrEmpty": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.changesNothing(t, func() { refused(t, w.do(tell(body)), 400, "malformed_body") })
		})
	}
	t.Run("ErrTooLarge", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.changesNothing(t, func() { refused(t, w.do(tell(strings.Repeat(" ", 160<<10+1))), 413, "body_too_large") })
	})
	t.Run("ErrWrongMethod", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t).do(get("/api/a2c/notifications").by("-")), 405, "method_not_allowed")
	})
}
