package atol

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/fault"
)

// sell registers a sale over the transport, as a shop of the same process does.
func (w *world) sell(ctx context.Context, path, token, external string) (int, string, error) {
	raw := string(marshal(sale("v5", external)))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://atol.test"+path, strings.NewReader(raw))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Token", token)
	out, err := (&http.Client{Transport: w.service.Transport()}).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	return out.StatusCode, string(text), err
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const path = "/sim/atol/possystem/v5/" + testGroup + "/sell"
	for kind, want := range map[FaultKind]struct {
		status int
		acted  bool
		err    error
	}{
		Fault500Before:   {http.StatusInternalServerError, false, nil},
		Fault500After:    {http.StatusInternalServerError, true, nil},
		FaultLostRequest: {0, false, io.ErrUnexpectedEOF},
		FaultLostAnswer:  {0, true, io.ErrUnexpectedEOF},
		FaultGarbage:     {http.StatusOK, true, nil},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			token := w.token(testLogin, testPassword)
			require.NoError(t, w.service.SetFault(Fault{Call: "register", Fault: kind}))
			status, text, err := w.sell(t.Context(), path, token, "a-1")
			require.ErrorIs(t, err, want.err)
			require.Equal(t, want.status, status)
			require.False(t, json.Valid([]byte(text)))
			require.Len(t, w.service.Receipts(10), map[bool]int{true: 1, false: 0}[want.acted])
			_, text, err = w.sell(t.Context(), path, token, "a-1")
			require.NoError(t, err)
			require.Equal(t, want.acted, strings.Contains(text, `"code":33`), text)
		})
	}
	t.Run("OfAReport", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.register("v5", "sell", sale("v5", "a-1"))
		w.advance(time.Minute)
		for _, kind := range []FaultKind{FaultWrongTotal, FaultUnknownStatus, FaultNotFound} {
			require.NoError(t, w.service.SetFault(Fault{Call: "report", Fault: kind}))
		}
		require.Equal(t, json.Number("8001.00"), w.report("v5", id)["payload"].(map[string]any)["total"])
		require.Equal(t, strangeStatus, w.report("v5", id)["status"])
		require.EqualValues(t, 34, code(w.report("v5", id)))
		require.Equal(t, "done", w.report("v5", id)["status"])
	})
	t.Run("CallerLosesPatience", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := setup(t)
			token := w.token(testLogin, testPassword)
			require.NoError(t, w.service.SetFault(Fault{Call: "register", Fault: FaultSlow, Delay: time.Minute}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, _, err := w.sell(ctx, path, token, "a-1")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, w.service.Receipts(10), 1, "the effect does not wait for the answer")
		})
	})
	t.Run("ErrOtherAddress", func(t *testing.T) {
		t.Parallel()
		_, _, err := setup(t).sell(t.Context(), "/possystem/v5/x/sell", "", "a-1")
		require.Error(t, err)
	})
	t.Run("ErrFault", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, "unknown_call", fault.Code(w.service.SetFault(Fault{Call: "sleep", Fault: FaultSlow})))
		require.Equal(t, "unknown_fault", fault.Code(w.service.SetFault(Fault{Call: "getToken", Fault: FaultDriver})))
	})
	t.Run("Forgotten", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.service.SetFault(Fault{Call: "register", Fault: Fault500Before, Times: 9}))
		w.service.ClearFaults()
		w.register("v5", "sell", sale("v5", "a-1"))
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			w.service.Run(ctx)
			close(over)
		}()
		w.register("v5", "sell", sale("v5", "a-1"))
		w.clock.Advance(3 * time.Second)
		time.Sleep(2 * lookEvery)
		synctest.Wait()
		require.Len(t, w.shop.take(), 1)
		stop()
		<-over
	})
}

func TestStore(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/state.db"
	withFile := func(c *Config) { c.StatePath = file }
	w := setup(t, withFile)
	w.shop.answers(0)
	done := w.register("v5", "sell", sale("v5", "a-1"))
	w.advance(3 * time.Second)
	waiting := w.register("v5", "sell", sale("v5", "a-2"))
	require.NoError(t, w.service.SetAccount(Account{Login: "new", Password: "n", Group: "new", INN: testINN}))
	was := w.report("v5", done)
	t.Run("ErrHeld", func(t *testing.T) {
		c, _, _ := config()
		c.StatePath = file
		_, err := New(c)
		require.Error(t, err)
	})
	require.NoError(t, w.service.Close())
	t.Run("ErrClosed", func(t *testing.T) {
		status, _ := w.send(http.MethodPost, "/possystem/v5/"+testGroup+"/sell", w.token(testLogin, testPassword), sale("v5", "a-3"))
		require.Equal(t, http.StatusInternalServerError, status)
	})
	t.Run("ARestartForgetsTokensAlone", func(t *testing.T) {
		again := setup(t, withFile)
		again.clock.Advance(3 * time.Second)
		is := again.report("v5", done)
		require.Equal(t, was["payload"], is["payload"])
		again.advance(time.Hour)
		require.Equal(t, "done", again.report("v5", waiting)["status"])
		require.Len(t, again.shop.take(), 2)
		require.NotEmpty(t, again.token("new", "n"))
		r, err := again.service.Receipt("a-2")
		require.NoError(t, err)
		require.EqualValues(t, 4, r.Fiscal.Document, "the till goes on counting")
		_, out := again.send(http.MethodPost, "/possystem/v5/"+testGroup+"/sell", again.token(testLogin, testPassword), sale("v5", "a-1"))
		require.Equal(t, done, out["uuid"])
	})
	t.Run("ErrAccount", func(t *testing.T) {
		for _, a := range []Account{{}, {Login: "l", Password: "p", Group: "g", INN: "1"}, {Login: "l", Password: "p", Group: "g/h", INN: testINN},
			{Login: "l", Password: "p", Group: "g", INN: testINN, Version: "v3"}, {Login: "l", Password: "p", Group: "g", INN: testINN, TillSec: -1}} {
			_, err := New(Config{Accounts: []Account{a}})
			require.Equal(t, "account_invalid", fault.Code(err))
		}
	})
	t.Run("ErrChance", func(t *testing.T) {
		c, _, _ := config()
		c.Random = failing{}
		s, err := New(c)
		require.NoError(t, err)
		_, err = s.uuid()
		require.ErrorIs(t, err, errNoChance)
	})
}

var errNoChance = errors.New("no chance")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errNoChance }
