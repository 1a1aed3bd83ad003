package jobs

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/outbound"
)

// TestOverTheWire delivers through the real client to a server on this machine, and tells failures apart.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	var followed bool
	mux := http.NewServeMux()
	mux.HandleFunc("/well", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/sick", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/other", http.StatusPermanentRedirect)
	})
	mux.HandleFunc("/other", func(http.ResponseWriter, *http.Request) { followed = true })
	mux.HandleFunc("/talks", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("x", notify.MaxAnswer+1)))
	})
	mux.HandleFunc("/cuts", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	closed := httptest.NewServer(mux)
	closed.Close()
	for name, way := range map[string]struct {
		url    string
		public bool
		code   int
		class  string
	}{
		"OK":              {server.URL + "/well", false, 204, ""},
		"ErrStatus":       {server.URL + "/sick", false, 502, notify.ClassStatus},
		"ErrRedirect":     {server.URL + "/moved", false, 308, notify.ClassRedirect},
		"ErrTooLarge":     {server.URL + "/talks", false, 0, notify.ClassTooLarge},
		"ErrBroken":       {server.URL + "/cuts", false, 0, notify.ClassBroken},
		"ErrNotConnected": {closed.URL + "/well", false, 0, notify.ClassNotConnected},
		"ErrPrivate":      {server.URL + "/well", true, 0, notify.ClassPrivate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			client, err := outbound.New(Options(way.public))
			require.NoError(t, err)
			w.worker.Out = client
			w.endpoint(way.url)
			paid := fact(partner, 1)
			w.tell(paid)
			w.relay()
			w.work()
			d := w.history(paid)[0]
			require.Len(t, d.Tries, 1)
			require.Equal(t, way.code, d.Tries[0].Code)
			require.Equal(t, way.class, d.Tries[0].Class)
		})
	}
	t.Cleanup(func() { require.False(t, followed) })
}

func TestClasses(t *testing.T) {
	t.Parallel()
	require.Equal(t, notify.ClassTimeout, classOf(context.DeadlineExceeded))
	require.Equal(t, notify.ClassNotConnected, classOf(&outbound.NotSentError{Cause: context.DeadlineExceeded}))
	require.Equal(t, notify.ClassPrivate, classOf(&outbound.NotSentError{Cause: outbound.ErrPrivateAddress}))
	require.Equal(t, notify.ClassBroken, classOf(http.ErrServerClosed))
}
