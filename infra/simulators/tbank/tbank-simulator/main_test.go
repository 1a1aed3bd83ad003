package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/simulators/tbank"
)

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		s, err := parse([]string{"-terminal", "A:p:q", "-terminal", "B:r", "-notify", "http://shop.test/n", "-fiscal"})
		require.NoError(t, err)
		require.Equal(t, []tbank.Terminal{
			{Key: "A", Password: "p:q", NotificationURL: "http://shop.test/n", Fiscal: true},
			{Key: "B", Password: "r", NotificationURL: "http://shop.test/n", Fiscal: true},
		}, s.terminals)
	})
	t.Run("ErrTerminal", func(t *testing.T) {
		t.Parallel()
		for _, bad := range []string{"A", ":p", "A:"} {
			_, err := parse([]string{"-terminal", bad})
			require.Error(t, err)
		}
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	at := make(chan string, 1)
	s, err := parse([]string{"-addr", "127.0.0.1:0", "-data", t.TempDir() + "/state.db"})
	require.NoError(t, err)
	go func() { over <- run(ctx, s, io.Discard, func(address string) { at <- address }) }()
	select {
	case err := <-over:
		require.NoError(t, errors.Join(err, errors.New("the program ended by itself")))
	case address := <-at:
		w, err := http.Get(address + "/")
		require.NoError(t, err)
		defer w.Body.Close()
		require.Equal(t, http.StatusOK, w.StatusCode)
	}
	stop()
	require.NoError(t, <-over)
}
