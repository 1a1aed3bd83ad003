package outbound_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/outbound/faulty"
)

func client(t *testing.T, o outbound.Options) *outbound.Client {
	t.Helper()
	c, err := outbound.New(o)
	require.NoError(t, err)
	return c
}

func post(t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("body"))
	require.NoError(t, err)
	return req
}

func TestClient(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			w.Header().Set("X-Seen", r.Header.Get("X-Sent"))
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.Copy(w, r.Body)
		case "/redirect":
			http.Redirect(w, r, "/echo", http.StatusFound)
		case "/exact":
			_, _ = w.Write(make([]byte, 100))
		case "/large":
			_, _ = w.Write(make([]byte, 101))
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
		case "/hangup":
			connection, _, _ := http.NewResponseController(w).Hijack()
			_ = connection.Close()
		}
	}))
	t.Cleanup(server.Close)
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		req := post(t, server.URL+"/echo")
		req.Header.Set("X-Sent", "yes")
		got, err := client(t, outbound.Options{}).Do(req)
		require.NoError(t, err)
		require.Equal(t, http.StatusTeapot, got.Status)
		require.Equal(t, "body", string(got.Body))
		require.Equal(t, "yes", got.Header.Get("X-Seen"))
	})
	t.Run("ARedirectIsAnAnswer", func(t *testing.T) {
		t.Parallel()
		got, err := client(t, outbound.Options{}).Do(post(t, server.URL+"/redirect"))
		require.NoError(t, err)
		require.Equal(t, http.StatusFound, got.Status)
	})
	t.Run("TheBodyIsBounded", func(t *testing.T) {
		t.Parallel()
		bounded := client(t, outbound.Options{MaxBody: 100})
		got, err := bounded.Do(post(t, server.URL+"/exact"))
		require.NoError(t, err)
		require.Len(t, got.Body, 100)
		_, err = bounded.Do(post(t, server.URL+"/large"))
		require.ErrorIs(t, err, outbound.ErrTooLarge)
		require.False(t, outbound.NotSent(err))
	})
	for _, path := range []string{"/cut", "/hangup"} {
		t.Run("ALostAnswerProvesNothing"+path, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, outbound.Options{}).Do(post(t, server.URL+path))
			require.Error(t, err)
			require.False(t, outbound.NotSent(err), "%v", err)
		})
	}
}

func TestPartnersAddresses(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	t.Run("PrivateAddressesAreRefusedWhenDialled", func(t *testing.T) {
		t.Parallel()
		public := client(t, outbound.Options{PublicOnly: true})
		_, port, err := net.SplitHostPort(server.Listener.Addr().String())
		require.NoError(t, err)
		for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
			_, err := public.Do(post(t, "http://"+host+":"+port+"/echo"))
			require.ErrorIs(t, err, outbound.ErrPrivateAddress, host)
			require.True(t, outbound.NotSent(err))
		}
	})
	t.Run("TheErrorDoesNotRepeatTheAddress", func(t *testing.T) {
		t.Parallel()
		_, err := client(t, outbound.Options{PublicOnly: true}).Do(post(t, server.URL+"/hook?token=secret"))
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")
	})
}

func TestNotSent(t *testing.T) {
	t.Parallel()
	t.Run("AClosedPort", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		_, err = client(t, outbound.Options{}).Do(post(t, "http://"+listener.Addr().String()))
		require.True(t, outbound.NotSent(err), "%v", err)
	})
	t.Run("AnUntrustedCertificate", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		_, err := client(t, outbound.Options{}).Do(post(t, server.URL))
		require.True(t, outbound.NotSent(err), "%v", err)
		roots := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		got, err := client(t, outbound.Options{RootsPEM: roots}).Do(post(t, server.URL))
		require.NoError(t, err, "a root of ours makes it trusted")
		require.Equal(t, http.StatusNotFound, got.Status)
	})
	t.Run("ACallerWhoHasGone", func(t *testing.T) {
		t.Parallel()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := client(t, outbound.Options{}).Do(post(t, "http://127.0.0.1:1").WithContext(gone))
		require.True(t, outbound.NotSent(err), "%v", err)
	})
	t.Run("ErrNoCertificate", func(t *testing.T) {
		t.Parallel()
		_, err := outbound.New(outbound.Options{RootsPEM: []byte("nothing")})
		require.Error(t, err)
	})
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := handlerFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		start := time.Now()
		_, err := client(t, outbound.Options{Transport: hang, Timeout: 7 * time.Second}).Do(post(t, "http://bank.example/"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.False(t, outbound.NotSent(err))
		require.Equal(t, 7*time.Second, time.Since(start))
	})
}

type handlerFunc func(*http.Request) (*http.Response, error)

func (f handlerFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestFaulty(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]struct {
		fault   faulty.Fault
		acted   bool
		notSent bool
		err     error
	}{
		"None":          {faulty.None, true, false, nil},
		"NotSent":       {faulty.NotSent, false, true, nil},
		"LostBefore":    {faulty.LostBefore, false, false, faulty.ErrLost},
		"LostAfter":     {faulty.LostAfter, true, false, faulty.ErrLost},
		"TimeoutBefore": {faulty.TimeoutBefore, false, false, context.DeadlineExceeded},
		"TimeoutAfter":  {faulty.TimeoutAfter, true, false, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acted := false
			transport := &faulty.Transport{
				Next: faulty.Handler{Serve: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { acted = true })},
				Plan: func(*http.Request) faulty.Fault { return fact.fault },
			}
			got, err := client(t, outbound.Options{Transport: transport}).Do(post(t, "http://bank.example/v2/Init"))
			require.Equal(t, fact.acted, acted)
			require.Equal(t, fact.notSent, outbound.NotSent(err))
			switch {
			case fact.err != nil:
				require.ErrorIs(t, err, fact.err)
			case !fact.notSent:
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, got.Status)
			}
		})
	}
}

func TestFaultyCrash(t *testing.T) {
	t.Parallel()
	for fault, acts := range map[faulty.Fault]bool{faulty.CrashBefore: false, faulty.CrashAfter: true} {
		t.Run("ACrashUnwindsTheCaller", func(t *testing.T) {
			t.Parallel()
			acted := false
			transport := &faulty.Transport{
				Next: faulty.Handler{Serve: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { acted = true })},
				Plan: func(*http.Request) faulty.Fault { return fault },
			}
			require.PanicsWithValue(t, faulty.Crashed{Call: "POST /v2/Init"}, func() {
				_, _ = client(t, outbound.Options{Transport: transport}).Do(post(t, "http://bank.example/v2/Init"))
			})
			require.Equal(t, acts, acted)
		})
	}
	t.Run("ACrashOfTheTestsOwn", func(t *testing.T) {
		t.Parallel()
		own := errors.New("own")
		transport := &faulty.Transport{Plan: func(*http.Request) faulty.Fault { return faulty.CrashBefore }, Crash: func(string) { panic(own) }}
		require.PanicsWithValue(t, own, func() {
			_, _ = client(t, outbound.Options{Transport: transport}).Do(post(t, "http://bank.example/"))
		})
	})
	t.Run("AHandlerSeesTheWholeRequest", func(t *testing.T) {
		t.Parallel()
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Kind", "echo")
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write([]byte(r.Method + " " + r.Host + r.RequestURI + " " + string(body)))
		})
		got, err := client(t, outbound.Options{Transport: faulty.Handler{Serve: handler}}).Do(post(t, "http://bank.example/v2/Init?x=1"))
		require.NoError(t, err)
		require.Equal(t, "POST bank.example/v2/Init?x=1 body", string(got.Body))
		require.Equal(t, http.StatusAccepted, got.Status)
		require.Equal(t, "echo", got.Header.Get("X-Kind"))
	})
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, private := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "192.0.0.8",
		"192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::10.0.0.1",
		"64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::", "2001::1", "2001:db8::1", "100::1",
	} {
		require.False(t, outbound.Public(netip.MustParseAddr(private)), private)
	}
	for _, public := range []string{"8.8.8.8", "91.194.226.1", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1", "2606:4700::1111", "::ffff:8.8.8.8"} {
		require.True(t, outbound.Public(netip.MustParseAddr(public)), public)
	}
	require.False(t, outbound.Public(netip.Addr{}))
}
