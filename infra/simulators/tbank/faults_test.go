package tbank

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFaultsOfNotices(t *testing.T) {
	t.Parallel()
	heard := func(t *testing.T, kopecks int64, faults ...Fault) *world {
		w := setup(t)
		for _, f := range faults {
			require.NoError(t, w.bank.SetFault(f))
		}
		w.pay(w.open("o", kopecks), Attempt{})
		w.tick()
		return w
	}
	t.Run("Duplicate", func(t *testing.T) {
		t.Parallel()
		w := heard(t, 10000, Fault{Call: Notification, Fault: FaultDuplicate, Status: "CONFIRMED"})
		require.Equal(t, []string{"AUTHORIZED", "CONFIRMED", "CONFIRMED"}, w.shop.statuses())
	})
	t.Run("Reorder", func(t *testing.T) {
		t.Parallel()
		w := heard(t, 10000, Fault{Call: Notification, Fault: FaultReorder})
		require.Equal(t, []string{"CONFIRMED", "AUTHORIZED"}, w.shop.statuses())
	})
	t.Run("Forged", func(t *testing.T) {
		t.Parallel()
		w := heard(t, 10000, Fault{Call: Notification, Fault: FaultForged})
		require.Equal(t, []string{"CONFIRMED", "AUTHORIZED", "CONFIRMED"}, w.shop.statuses())
		require.False(t, w.shop.heard[0].signed(testPassword))
		require.True(t, w.shop.heard[1].signed(testPassword))
		require.Equal(t, noticeSent, w.bank.Notices("")[0].State)
	})
	t.Run("Late", func(t *testing.T) {
		t.Parallel()
		w := heard(t, 10000, Fault{Call: Notification, Fault: FaultLate, Times: 2})
		require.Empty(t, w.shop.statuses())
		require.NoError(t, w.bank.AdvanceClock(t.Context(), lateBy))
		require.Equal(t, []string{"AUTHORIZED", "CONFIRMED"}, w.shop.statuses())
	})
	t.Run("LateButDeliveredNow", func(t *testing.T) {
		t.Parallel()
		w := heard(t, 10000, Fault{Call: Notification, Fault: FaultLate, Times: 2})
		require.NoError(t, w.bank.DeliverAll(t.Context()))
		require.Len(t, w.shop.statuses(), 2)
	})
	t.Run("WrongAmount", func(t *testing.T) {
		t.Parallel()
		w := heard(t, 10000, Fault{Call: Notification, Fault: FaultWrongAmount, Status: "CONFIRMED"})
		require.Equal(t, "10100", string(w.shop.heard[1]["Amount"]))
		require.True(t, w.shop.heard[1].signed(testPassword), "the bank itself is wrong")
	})
	t.Run("Drop", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, heard(t, 10000, Fault{Call: Notification, Fault: FaultDrop, Times: 2}).shop.statuses())
	})
	t.Run("MagicAmounts", func(t *testing.T) {
		t.Parallel()
		for kopecks, want := range map[int64][]string{
			10071: {"AUTHORIZED", "AUTHORIZED", "CONFIRMED", "CONFIRMED"},
			10072: {"CONFIRMED", "AUTHORIZED"},
			10073: {"CONFIRMED", "AUTHORIZED", "CONFIRMED", "CONFIRMED"},
			10074: {},
			10075: {"AUTHORIZED", "CONFIRMED"},
			10076: {},
			10077: {strangeStatus, strangeStatus},
		} {
			require.Equal(t, want, heard(t, kopecks).shop.statuses(), kopecks)
		}
	})
	t.Run("NoMagic", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *Config) { c.NoMagicAmounts = true })
		w.pay(w.open("o", 10076), Attempt{})
		w.tick()
		require.Len(t, w.shop.statuses(), 2)
		require.Equal(t, "10063", string(marshal(w.payment(w.open("p", 10063)).Amount)))
	})
}

func TestFaultsOfCalls(t *testing.T) {
	t.Parallel()
	aborted := func(w *world, raw []byte) (lost bool) {
		defer func() {
			if r := recover(); r != nil {
				lost = errors.Is(r.(error), http.ErrAbortHandler)
			}
		}()
		w.post("/v2/Init", raw)
		return false
	}
	initOf := func(t *testing.T, kopecks int64) []byte {
		return sign(t, testPassword, answer{"TerminalKey": testTerminal, "Amount": kopecks, "OrderId": "o"})
	}
	t.Run("LostAnswerHappened", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.bank.SetFault(Fault{Call: "Init", Fault: FaultLostAnswer}))
		require.True(t, aborted(w, initOf(t, 10000)))
		require.Equal(t, Initial, w.payment("o").Status)
		require.Equal(t, "20", w.call("Init", answer{"Amount": 10000, "OrderId": "o"})["ErrorCode"])
	})
	t.Run("LostRequestDidNot", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.bank.SetFault(Fault{Call: "Init", Fault: FaultLostRequest}))
		require.True(t, aborted(w, initOf(t, 10000)))
		require.Empty(t, w.bank.Payments(10))
	})
	t.Run("500BeforeAndAfter", func(t *testing.T) {
		t.Parallel()
		for kind, payments := range map[FaultKind]int{Fault500Before: 0, Fault500After: 1} {
			w := setup(t)
			require.NoError(t, w.bank.SetFault(Fault{Call: "Init", Fault: kind}))
			require.Equal(t, http.StatusInternalServerError, w.post("/v2/Init", initOf(t, 10000)).Code)
			require.Len(t, w.bank.Payments(10), payments)
		}
	})
	t.Run("Garbage", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.bank.SetFault(Fault{Call: "Init", Fault: FaultGarbage}))
		rec := w.post("/v2/Init", initOf(t, 10000))
		_, err := parseObject(rec.Body.Bytes())
		require.Error(t, err)
	})
	t.Run("UnknownStatusAndWrongAmount", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		require.NoError(t, w.bank.SetFault(Fault{Call: "GetState", Fault: FaultUnknownStatus, Times: 2}))
		require.NoError(t, w.bank.SetFault(Fault{Call: "GetState", Fault: FaultWrongAmount}))
		ask := func() map[string]any { return w.call("GetState", answer{"PaymentId": id}) }
		require.Equal(t, strangeStatus, ask()["Status"])
		require.Equal(t, strangeStatus, ask()["Status"])
		require.EqualValues(t, 10100, ask()["Amount"])
		require.Equal(t, "NEW", ask()["Status"])
	})
	t.Run("WrongAmountOfCancelIsWhatIsLeft", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 10000)
		w.pay(id, Attempt{})
		require.NoError(t, w.bank.SetFault(Fault{Call: "Cancel", Fault: FaultWrongAmount}))
		out := w.call("Cancel", answer{"PaymentId": id, "Amount": 4000})
		require.EqualValues(t, 10000, out["OriginalAmount"])
		require.EqualValues(t, 6100, out["NewAmount"])
		require.EqualValues(t, 6000, w.call("GetState", answer{"PaymentId": id})["Amount"], "the truth is another")
	})
	t.Run("Slow", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _, _ := config(t)
			b, err := New(c)
			require.NoError(t, err)
			w := &world{t: t, bank: b}
			began := time.Now()
			w.open("o", 10061)
			require.Equal(t, slowAnswer, time.Since(began))
			w.open("p", 10061)
			require.Equal(t, slowAnswer, time.Since(began), "every other time")
		})
	})
	t.Run("MagicComesEveryOtherTime", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, http.StatusInternalServerError, w.post("/v2/Init", initOf(t, 10064)).Code)
		require.Equal(t, http.StatusOK, w.post("/v2/Init", initOf(t, 10064)).Code)
	})
	t.Run("ErrUnknownFault", func(t *testing.T) {
		t.Parallel()
		b := setup(t).bank
		require.Error(t, b.SetFault(Fault{Call: "Nothing", Fault: FaultSlow}))
		require.Error(t, b.SetFault(Fault{Call: "Init", Fault: FaultForged}))
		require.Error(t, b.SetFault(Fault{Call: Notification, Fault: Fault500After}))
	})
	t.Run("EveryFaultIsExplained", func(t *testing.T) {
		t.Parallel()
		for _, m := range magicAmounts {
			require.Contains(t, words, "fault_"+string(m.Fault))
		}
		for _, c := range TestCards {
			require.Contains(t, words, "outcome_"+c.Outcome)
			require.Contains(t, outcomes, c.Outcome)
		}
		for _, o := range outcomes {
			require.NotEmpty(t, messages[o.code], o.name)
		}
	})
}
