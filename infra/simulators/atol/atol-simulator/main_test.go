package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/simulators/atol"
)

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		s, err := parse([]string{"-account", "l:p:g:7700000000", "-account", "m:q:h:7700000001", "-shy"})
		require.NoError(t, err)
		require.Equal(t, []atol.Account{
			{Login: "l", Password: "p", Group: "g", INN: "7700000000", Shy: true},
			{Login: "m", Password: "q", Group: "h", INN: "7700000001", Shy: true},
		}, s.accounts)
	})
	t.Run("ErrAccount", func(t *testing.T) {
		t.Parallel()
		_, err := parse([]string{"-account", "l:p"})
		require.Error(t, err)
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
