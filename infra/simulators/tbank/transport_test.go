package tbank

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTransport(t *testing.T) {
	t.Parallel()
	call := func(ctx context.Context, w *world, path string) (string, error) {
		raw := sign(w.t, testPassword, answer{"TerminalKey": testTerminal, "Amount": 10000, "OrderId": "o"})
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://bank.test"+path, strings.NewReader(string(raw)))
		require.NoError(w.t, err)
		out, err := (&http.Client{Transport: w.bank.Transport()}).Do(r)
		if err != nil {
			return "", err
		}
		defer out.Body.Close()
		text, err := io.ReadAll(out.Body)
		return string(text), err
	}
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		text, err := call(t.Context(), w, "/sim/tbank/v2/Init")
		require.NoError(t, err)
		require.Contains(t, text, `"Success":true`)
	})
	t.Run("LostAnswer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.NoError(t, w.bank.SetFault(Fault{Call: "Init", Fault: FaultLostAnswer}))
		_, err := call(t.Context(), w, "/sim/tbank/v2/Init")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, Initial, w.payment("o").Status)
	})
	t.Run("CallerLosesPatience", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _, _ := config(t)
			b, err := New(c)
			require.NoError(t, err)
			w := &world{t: t, bank: b}
			require.NoError(t, b.SetFault(Fault{Call: "Init", Fault: FaultSlow, Delay: time.Minute}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = call(ctx, w, "/sim/tbank/v2/Init")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, Initial, w.payment("o").Status, "the effect does not wait for the answer")
		})
	})
	t.Run("ErrOtherAddress", func(t *testing.T) {
		t.Parallel()
		_, err := call(t.Context(), setup(t), "/v2/Init")
		require.Error(t, err)
	})
}

func BenchmarkInit(b *testing.B) {
	for name, path := range map[string]string{"memory": "", "file": b.TempDir() + "/state.db"} {
		b.Run(name, func(b *testing.B) {
			c, _, _ := config(&testing.T{})
			c.StatePath = path
			bank, err := New(c)
			require.NoError(b, err)
			defer bank.Close()
			names := make(chan string, 1024)
			go func() {
				for i := 0; i < b.N; i++ {
					names <- fmt.Sprint("o", i, "-", b.N)
				}
				close(names)
			}()
			b.SetParallelism(32)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					fields, _ := parseObject(sign(b, testPassword, answer{"TerminalKey": testTerminal, "Amount": 10000, "OrderId": <-names}))
					if _, out := bank.answer("Init", fields); out.(answer)["ErrorCode"] != "0" {
						b.Error(out)
					}
				}
			})
		})
	}
}
