package banktest

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/outbound/faulty"
)

func (h Harness) open(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := h.world(t)
		opened, err := w.bank.Open(t.Context(), h.Account, h.Charge)
		require.NoError(t, err)
		require.Equal(t, h.BankID, opened.BankID)
		require.NotEmpty(t, opened.PageURL+opened.QR)
	})
	t.Run("TheAmountInTheBytesThatTheBankReceives", func(t *testing.T) {
		t.Parallel()
		for _, minor := range []int64{1_000, 1_999, 149_900, 10_000_001, 99_999_999} {
			w, charge := h.world(t), h.Charge
			charge.Amount, charge.Receipt = money.Of(minor, h.Charge.Amount.Currency), nil
			w.truth.Amount = charge.Amount
			_, err := w.bank.Open(t.Context(), h.Account, charge)
			require.NoError(t, err)
			require.Contains(t, string(w.sent[0]), h.Amount(charge.Amount))
		}
	})
	t.Run("TheSameChargeHasTheSameBytes", func(t *testing.T) {
		t.Parallel()
		w := h.world(t)
		for range 2 {
			_, err := w.bank.Open(t.Context(), h.Account, h.Charge)
			require.NoError(t, err)
		}
		require.Equal(t, w.sent[:len(w.sent)/2], w.sent[len(w.sent)/2:])
	})
	t.Run("AProvenRefusalIsOne", func(t *testing.T) {
		t.Parallel()
		w := h.world(t)
		w.spoil = func(path string, _ []byte) (int, []byte) { return http.StatusOK, h.Refusal(path, nil) }
		_, err := w.bank.Open(t.Context(), h.Account, h.Charge)
		requireClass(t, banks.DeclinedNow, err)
	})
	t.Run("ErrBadRequestBeforeAnyCall", func(t *testing.T) {
		t.Parallel()
		for name, spoil := range map[string]func(*banks.Charge){
			"Currency":      func(c *banks.Charge) { c.Amount.Currency = "XXX" },
			"Zero":          func(c *banks.Charge) { c.Amount.Amount = 0 },
			"Negative":      func(c *banks.Charge) { c.Amount.Amount = -1 },
			"Deadline":      func(c *banks.Charge) { c.Deadline = h.Now },
			"NoReference":   func(c *banks.Charge) { c.Reference = "" },
			"LongReference": func(c *banks.Charge) { c.Reference = "abcdefghijabcdefghijabcdefghij1" },
			"UpperCase":     func(c *banks.Charge) { c.Reference = "Abc" },
			"Method":        func(c *banks.Charge) { c.Method = "cash" },
		} {
			w, charge := h.world(t), h.Charge
			spoil(&charge)
			_, err := w.bank.Open(t.Context(), h.Account, charge)
			requireClass(t, banks.BadRequest, err)
			require.Empty(t, w.sent, name)
		}
	})
}

func (h Harness) ask(t *testing.T) {
	t.Parallel()
	t.Run("EveryWordOfTheTable", func(t *testing.T) {
		t.Parallel()
		for word, status := range h.Words {
			w := h.world(t)
			w.truth.Word = word
			for _, ref := range []banks.Ref{h.ref(), {Reference: h.Charge.Reference}} {
				news, err := w.bank.Ask(t.Context(), h.Account, ref)
				require.NoError(t, err, word)
				require.Equal(t, status, news.Status, word)
				require.Equal(t, word, news.Word)
				require.Equal(t, h.BankID, news.BankID)
			}
		}
	})
	t.Run("AnUnknownWordNeverPays", func(t *testing.T) {
		t.Parallel()
		paid := h.word(banks.Paid)
		for _, word := range []string{"SOMETHING_NEW", paid + "_", "x" + paid, paid + "é"} {
			w := h.world(t)
			w.truth.Word = word
			news, err := w.bank.Ask(t.Context(), h.Account, h.ref())
			require.NoError(t, err)
			require.Equal(t, banks.Unrecognised, news.Status, word)
		}
	})
	t.Run("AnAmountThatIsNoneNeverPays", func(t *testing.T) {
		t.Parallel()
		for _, number := range badNumbers {
			w := h.world(t)
			w.truth.Word, w.truth.Number = h.word(banks.Paid), number
			news, err := w.bank.Ask(t.Context(), h.Account, h.ref())
			if err == nil {
				require.NotEqual(t, banks.Paid, news.Status, number)
			} else {
				requireClass(t, banks.Unknown, err)
			}
		}
	})
	t.Run("ErrAnotherPayment", func(t *testing.T) {
		t.Parallel()
		for _, other := range []func(*Truth){
			func(tr *Truth) { tr.Reference = "t" + tr.Reference[1:len(tr.Reference)-1] + "9" },
			func(tr *Truth) { tr.BankID = "7" + tr.BankID },
		} {
			w := h.world(t)
			w.truth.Word = h.word(banks.Paid)
			other(&w.truth)
			_, err := w.bank.Ask(t.Context(), h.Account, h.ref())
			requireClass(t, banks.Unknown, err)
		}
	})
}

// badNumbers stand where an amount should; none of them is one.
var badNumbers = []string{
	"149900.5", "149900.0", "1e5", "-149900", "9223372036854775808", "1" + strings.Repeat("0", 400), `""`, "null", "[]", "{}", "true",
}

func (h Harness) cancel(t *testing.T) {
	t.Parallel()
	if !h.world(t).bank.CanCancel() {
		t.Run("ErrNotSupported", func(t *testing.T) {
			_, err := h.world(t).bank.Cancel(t.Context(), h.Account, h.ref())
			require.ErrorIs(t, err, banks.ErrNotSupported)
		})
		return
	}
	for _, status := range []banks.Status{banks.Cancelled, banks.Reversed, banks.Refunded, banks.PartlyRefunded} {
		if h.word(status) == "" {
			continue
		}
		t.Run("TheAnswerIsRead/"+string(status), func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			w.truth.Word = h.word(status)
			news, err := w.bank.Cancel(t.Context(), h.Account, h.ref())
			require.NoError(t, err)
			require.Equal(t, status, news.Status)
		})
	}
}

func (h Harness) capture(t *testing.T) {
	t.Parallel()
	if !h.world(t).bank.CanCapture() {
		t.Run("ErrNotSupported", func(t *testing.T) {
			_, err := h.world(t).bank.Capture(t.Context(), h.Account, h.ref(), h.Charge.Amount, nil)
			require.ErrorIs(t, err, banks.ErrNotSupported)
		})
		return
	}
	t.Run("TheAmountInTheBytesThatTheBankReceives", func(t *testing.T) {
		t.Parallel()
		for _, minor := range []int64{h.Charge.Amount.Amount, h.Charge.Amount.Amount - 1, 1} {
			w := h.world(t)
			w.truth.Word = h.word(banks.Paid)
			amount := money.Of(minor, h.Charge.Amount.Currency)
			news, err := w.bank.Capture(t.Context(), h.Account, h.ref(), amount, nil)
			require.NoError(t, err)
			require.Equal(t, banks.Paid, news.Status)
			require.Contains(t, string(w.sent[0]), h.Amount(amount))
		}
	})
	t.Run("ErrMoreThanHeld", func(t *testing.T) {
		t.Parallel()
		w := h.world(t)
		_, err := w.bank.Capture(t.Context(), h.Account, h.ref(), money.Of(h.Charge.Amount.Amount+1, h.Charge.Amount.Currency), nil)
		requireClass(t, banks.BadRequest, err)
		require.Empty(t, w.sent)
	})
}

func (h Harness) lostAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range h.calls(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h.faults(t, c)
			h.nonsense(t, c)
			h.unreachable(t, c)
		})
	}
}

func (h Harness) faults(t *testing.T, c call) {
	for name, f := range map[string]struct {
		fault faulty.Fault
		class banks.Class
	}{
		"DialRefusedIsUnavailable": {faulty.NotSent, banks.Unavailable},
		"LostBeforeIsUnknown":      {faulty.LostBefore, banks.Unknown},
		"LostAfterIsUnknown":       {faulty.LostAfter, banks.Unknown},
		"TimeoutIsUnknown":         {faulty.TimeoutAfter, banks.Unknown},
		"TimeoutBeforeIsUnknown":   {faulty.TimeoutBefore, banks.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			w := h.world(t)
			w.plan = func(*http.Request) faulty.Fault { return f.fault }
			err := c.make(t.Context(), w)
			requireClass(t, f.class, err)
			w.requireSilent(t, err)
		})
	}
}

func (h Harness) nonsense(t *testing.T, c call) {
	for name, spoil := range map[string]func(good []byte) (int, []byte){
		"500IsUnknown":       func([]byte) (int, []byte) { return 500, []byte("oops") },
		"502IsUnknown":       func(good []byte) (int, []byte) { return 502, good },
		"RedirectIsUnknown":  func([]byte) (int, []byte) { return 302, nil },
		"EmptyIsUnknown":     func([]byte) (int, []byte) { return 200, nil },
		"GarbageIsUnknown":   func([]byte) (int, []byte) { return 200, []byte("<html>\x00\xff") },
		"NullIsUnknown":      func([]byte) (int, []byte) { return 200, []byte("null") },
		"NothingIsUnknown":   func([]byte) (int, []byte) { return 200, []byte("{}") },
		"TruncatedIsUnknown": func(good []byte) (int, []byte) { return 200, good[:len(good)-2] },
		"TwiceIsUnknown":     func(good []byte) (int, []byte) { return 200, append(append([]byte{}, good...), good...) },
		"HugeIsUnknown":      func([]byte) (int, []byte) { return 200, bytes.Repeat([]byte(" "), 100<<10) },
	} {
		t.Run(name, func(t *testing.T) {
			w := h.world(t)
			w.spoil = func(_ string, good []byte) (int, []byte) { return spoil(good) }
			err := c.make(t.Context(), w)
			requireClass(t, banks.Unknown, err)
			w.requireSilent(t, err)
		})
	}
}

// unreachable goes over the real network of this machine: a port that nobody listens on, and a caller who has gone.
func (h Harness) unreachable(t *testing.T, c call) {
	t.Run("ClosedPortIsUnavailable", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := "http://" + listener.Addr().String()
		require.NoError(t, listener.Close())
		out, err := outbound.New(outbound.Options{Timeout: 5 * time.Second})
		require.NoError(t, err)
		there := h
		there.Account.Address = address
		w := there.world(t)
		w.bank = banks.New(h.New(out), banks.Limits{}).Using(clock.At(h.Now), w.logger())
		for _, same := range there.calls(t) {
			if same.name == c.name {
				requireClass(t, banks.Unavailable, same.make(t.Context(), w))
			}
		}
	})
	t.Run("ACallerWhoHasGoneSendsNothing", func(t *testing.T) {
		w := h.world(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		requireClass(t, banks.Unavailable, c.make(gone, w))
		require.Empty(t, w.sent)
	})
}
