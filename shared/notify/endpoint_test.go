package notify_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

func TestURL(t *testing.T) {
	t.Parallel()
	long := "https://shop.example/" + strings.Repeat("x", notify.MaxURL-len("https://shop.example/"))
	for address, good := range map[string]bool{
		"https://shop.example/hooks?tenant=1":  true,
		"https://shop.example":                 true,
		"https://shop.example:8443/":           true,
		"https://[2001:db8::1]/hooks":          true,
		"https://10.0.0.1/":                    true, // refused when it is dialled
		long:                                   true,
		long + "x":                             false,
		"http://127.0.0.1:9000/":               true,
		"http://localhost/hooks":               true,
		"http://[::1]:9000/":                   true,
		"http://shop.example/":                 false,
		"http://10.0.0.1/":                     false,
		"http://localhost.shop.example/":       false,
		"":                                     false,
		"https://":                             false,
		"https:///path":                        false,
		"https://:443/":                        false,
		"https://shop.example:/":               false,
		"https://shop.example:0/":              false,
		"https://shop.example:99999/":          false,
		"https:shop.example":                   false,
		"shop.example/hooks":                   false,
		"//shop.example/":                      false,
		"ftp://shop.example/":                  false,
		"HTTPS://shop.example/":                true,
		"https://user@shop.example/":           false,
		"https://user:password@shop.example/":  false,
		"https://shop.example/#part":           false,
		"https://shop.example/#":               false,
		"https://shop.example/a b":             false,
		"https://shop.example/\r\nHost: other": false,
		"https://магазин.example/":             false,
		"https://xn--80aairftm.example/":       true,
		"https://a%2eb.example/":               false,
	} {
		t.Run(address[:min(len(address), 40)], func(t *testing.T) {
			t.Parallel()
			err := notify.CheckURL(address, ids.Test)
			if good {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, notify.ErrURL)
			}
			if good && strings.HasPrefix(address, "http:") {
				require.ErrorIs(t, notify.CheckURL(address, ids.Live), notify.ErrURL)
			}
		})
	}
}

// FuzzURL holds that what is accepted can be called, and that nothing but loopback is called in clear.
func FuzzURL(f *testing.F) {
	for _, address := range []string{"https://shop.example/hooks?a=b", "http://127.0.0.1/", "https://[::1]:1/", "https://a%20b/", "https://x:y@z/"} {
		f.Add(address, true)
		f.Add(address, false)
	}
	f.Fuzz(func(t *testing.T, address string, live bool) {
		m := ids.Test
		if live {
			m = ids.Live
		}
		if notify.CheckURL(address, m) != nil {
			return
		}
		req, err := http.NewRequest(http.MethodPost, address, nil)
		if err != nil {
			t.Fatalf("%q is accepted and cannot be called: %v", address, err)
		}
		if req.URL.Host == "" || req.URL.User != nil || req.URL.Scheme != "https" && (live || req.URL.Scheme != "http") {
			t.Fatalf("%q is accepted", address)
		}
		if back, err := url.Parse(req.URL.String()); err != nil || back.Host != req.URL.Host {
			t.Fatalf("%q is read as another address", address)
		}
	})
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	t.Run("HearsEverythingOrWhatItAskedFor", func(t *testing.T) {
		t.Parallel()
		require.True(t, notify.Endpoint{}.Hears(notify.OrderPaid))
		some := notify.Endpoint{Types: []notify.Type{notify.OrderPaid}}
		require.True(t, some.Hears(notify.OrderPaid))
		require.False(t, some.Hears(notify.OrderExpired))
		require.False(t, notify.Endpoint{DisabledAt: start}.Hears(notify.OrderPaid))
	})
	t.Run("TwoSecretsForADay", func(t *testing.T) {
		t.Parallel()
		first, err := notify.Endpoint{}.Rotated(notify.Sealed{Version: 1}, start)
		require.NoError(t, err)
		second, err := first.Rotated(notify.Sealed{Version: first.NextSecret()}, start)
		require.NoError(t, err)
		require.Len(t, second.GoodSecrets(start.Add(notify.RotationOverlap-1)), 2)
		require.Equal(t, int64(2), second.GoodSecrets(start)[0].Version, "the new one first")
		require.Len(t, second.GoodSecrets(start.Add(notify.RotationOverlap)), 1)
		_, err = second.Rotated(notify.Sealed{Version: 3}, start.Add(notify.RotationOverlap-1))
		require.ErrorIs(t, err, notify.ErrRotatedTwice)
		third, err := second.Rotated(notify.Sealed{Version: 3}, start.Add(notify.RotationOverlap))
		require.NoError(t, err)
		require.Len(t, third.Secrets, 2)
		require.Equal(t, int64(2), third.Secrets[1].Version)
		require.Len(t, first.Secrets, 1, "an endpoint is a value")
		require.True(t, first.Secrets[0].ValidUntil.IsZero())
	})
}

func TestLane(t *testing.T) {
	t.Parallel()
	t.Run("RestsLongerAndLonger", func(t *testing.T) {
		t.Parallel()
		var l notify.Lane
		now := start
		for n, want := range []time.Duration{0, 0, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
			require.False(t, l.Asleep(now))
			l = l.After(notify.Attempt{Class: notify.ClassTimeout}, now)
			require.Equal(t, n+1, l.Failures)
			require.Equal(t, start, l.FailingSince)
			require.Equal(t, want > 0, l.Asleep(now))
			if want > 0 {
				require.Equal(t, now.Add(want), l.Busy(now))
				now = now.Add(want)
			}
		}
		l = l.After(notify.Answered(now, 0, 204), now)
		require.Equal(t, notify.Lane{LastSuccess: now}, l)
	})
	t.Run("IsBusyAsLongAsItIsHeldOrSleeps", func(t *testing.T) {
		t.Parallel()
		require.Zero(t, notify.Lane{Lease: start, Wake: start}.Busy(start))
		require.Equal(t, start.Add(2), notify.Lane{Lease: start.Add(1), Wake: start.Add(2)}.Busy(start))
		require.Equal(t, start.Add(2), notify.Lane{Lease: start.Add(2), Wake: start.Add(1)}.Busy(start))
	})
	t.Run("EventsUseBoth", func(t *testing.T) {
		t.Parallel()
		var n [notify.Lanes]int
		for v := range int64(200) {
			n[notify.LaneOf(notify.EventID(ids.Test, object, notify.OrderPaid, v))]++
		}
		require.Greater(t, n[0], 60)
		require.Greater(t, n[1], 60)
	})
}
