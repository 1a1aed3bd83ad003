package banktest

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/money"
)

func (w *world) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(&w.logs, nil)) }

func (h Harness) notices(t *testing.T) {
	t.Parallel()
	t.Run("EveryWordOfTheTable", h.everyWordIsTold)
	t.Run("ErrForged", h.forged)
	t.Run("Malformed", h.malformed)
	t.Run("RotatedPassword", h.rotated)
	t.Run("AWholeCardNumberIsMasked", func(t *testing.T) {
		t.Parallel()
		w, truth := h.world(t), h.truth()
		truth.Pan = "4300000000000777"
		raw, header := h.Notice(h.Account, truth)
		notice, err := w.bank.Verify(h.Account, raw, header)
		require.NoError(t, err)
		require.Equal(t, "430000******0777", notice.News.Card.Pan)
		require.NotContains(t, w.logs.String(), truth.Pan)
	})
}

func (h Harness) everyWordIsTold(t *testing.T) {
	t.Parallel()
	words := map[string]banks.Status{"SOMETHING_NEW": banks.Unrecognised, h.word(banks.Paid) + "_": banks.Unrecognised}
	for word, status := range h.Words {
		words[word] = status
	}
	for word, status := range words {
		w, truth := h.world(t), h.truth()
		truth.Word = word
		raw, header := h.Notice(h.Account, truth)
		terminal, err := w.bank.Names(raw, header)
		require.NoError(t, err)
		require.Equal(t, h.Account.Terminal, terminal)
		notice, err := w.bank.Verify(h.Account, raw, header)
		require.NoError(t, err, word)
		require.Equal(t, h.Account.Terminal, notice.Terminal)
		require.Equal(t, status, notice.News.Status, word)
		require.Equal(t, h.Charge.Reference, notice.News.Reference)
		require.Equal(t, h.BankID, notice.News.BankID)
		require.Equal(t, h.Charge.Amount, *notice.News.Amount)
		require.Equal(t, truth.Pan, notice.News.Card.Pan)
	}
}

func (h Harness) forged(t *testing.T) {
	t.Parallel()
	paid := h.truth()
	paid.Word = h.word(banks.Paid)
	raw, header := h.Notice(h.Account, paid)
	refused := func(t *testing.T, a banks.Account, raw []byte) {
		t.Helper()
		w := h.world(t)
		_, err := w.bank.Verify(a, raw, header)
		require.ErrorIs(t, err, banks.ErrForged)
		w.requireSilent(t, err)
	}
	t.Run("AnotherPassword", func(t *testing.T) {
		stranger := h.Account
		stranger.Password, stranger.Previous = "another-password", ""
		refused(t, stranger, raw)
	})
	t.Run("AnotherTerminal", func(t *testing.T) {
		other := h.Account
		other.Terminal = "another"
		refused(t, other, raw)
	})
	t.Run("NoPasswordProvesNothing", func(t *testing.T) {
		open := h.Account
		open.Password, open.Previous = "", ""
		unsigned, _ := h.Notice(open, paid)
		refused(t, open, unsigned)
	})
	t.Run("ADeclineTurnedIntoASuccess", func(t *testing.T) {
		declined := h.truth()
		declined.Word = h.word(banks.Declined)
		honest, _ := h.Notice(h.Account, declined)
		forged := bytes.ReplaceAll(honest, []byte(declined.Word), []byte(paid.Word))
		require.NotEqual(t, honest, forged)
		refused(t, h.Account, forged)
	})
	t.Run("AnotherAmount", func(t *testing.T) {
		cheap := paid
		cheap.Amount = money.Of(paid.Amount.Amount-1, paid.Amount.Currency)
		honest, _ := h.Notice(h.Account, cheap)
		forged := bytes.ReplaceAll(honest, []byte(h.Amount(cheap.Amount)), []byte(h.Amount(paid.Amount)))
		require.NotEqual(t, honest, forged)
		refused(t, h.Account, forged)
	})
}

func (h Harness) malformed(t *testing.T) {
	t.Parallel()
	paid := h.truth()
	paid.Word = h.word(banks.Paid)
	raw, header := h.Notice(h.Account, paid)
	t.Run("TruncatedAnywhere", func(t *testing.T) {
		w := h.world(t)
		for cut := range len(raw) {
			_, err := w.bank.Verify(h.Account, raw[:cut], header)
			require.True(t, errors.Is(err, banks.ErrMalformed) || errors.Is(err, banks.ErrForged), "cut at %d: %v", cut, err)
		}
	})
	t.Run("Garbage", func(t *testing.T) {
		w := h.world(t)
		for _, body := range []string{"", " ", "null", "[]", "1", "OK", "{}x", "\xff\xfe", "a=b&c=d", "<xml/>"} {
			_, err := w.bank.Verify(h.Account, []byte(body), http.Header{})
			require.ErrorIs(t, err, banks.ErrMalformed, body)
			_, err = w.bank.Names([]byte(body), http.Header{})
			require.ErrorIs(t, err, banks.ErrMalformed, body)
		}
	})
	t.Run("TooLong", func(t *testing.T) {
		_, err := h.world(t).bank.Verify(h.Account, append(bytes.Repeat([]byte(" "), 300<<10), raw...), header)
		require.ErrorIs(t, err, banks.ErrMalformed)
	})
	t.Run("AnAmountThatIsNoneNeverPays", func(t *testing.T) {
		for _, number := range badNumbers {
			odd := paid
			odd.Number = number
			raw, header := h.Notice(h.Account, odd)
			notice, err := h.world(t).bank.Verify(h.Account, raw, header)
			if err == nil {
				require.NotEqual(t, banks.Paid, notice.News.Status, number)
			}
		}
	})
}

func (h Harness) rotated(t *testing.T) {
	t.Parallel()
	raw, header := h.Notice(h.Account, h.truth())
	rotated := h.Account
	rotated.Password, rotated.Previous = "the-new-password", h.Account.Password
	_, err := h.world(t).bank.Verify(rotated, raw, header)
	require.NoError(t, err, "the previous password is valid while it is given")
	rotated.Previous = ""
	_, err = h.world(t).bank.Verify(rotated, raw, header)
	require.ErrorIs(t, err, banks.ErrForged)
}

func (h Harness) nothingSecretIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range h.calls(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := h.world(t)
			require.NoError(t, c.make(t.Context(), w))
			w.requireSilent(t)
			require.Contains(t, w.logs.String(), `"class":"ok"`)
			require.Contains(t, w.logs.String(), h.Account.ID.String())
			w.spoil = func(path string, _ []byte) (int, []byte) { return http.StatusOK, h.Refusal(path, nil) }
			w.requireSilent(t, c.make(t.Context(), w))
		})
	}
}
