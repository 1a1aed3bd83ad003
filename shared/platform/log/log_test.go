package log_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/log"
)

func written(t *testing.T, attrs ...any) (map[string]any, string) {
	t.Helper()
	var out bytes.Buffer
	log.New(&out, slog.LevelInfo).Info("told", attrs...)
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	return line, out.String()
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	t.Run("ByName", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"token", "Token", "password", "email", "payer.email", "phone", "card_pan", "link", "Authorization", "access-token", "secret"} {
			line, text := written(t, name, "hunter2")
			require.Equal(t, log.Masked, line[name])
			require.NotContains(t, text, "hunter2")
		}
		_, text := written(t, slog.Group("payer", "email", "hunter2"), "phone", 79000000000)
		require.NotContains(t, text, "hunter2")
		require.NotContains(t, text, "79000000000")
		line, _ := written(t, "token_id", "abc", "monkey", "eats")
		require.Equal(t, "abc", line["token_id"])
		require.Equal(t, "eats", line["monkey"])
	})
	t.Run("WithinTexts", func(t *testing.T) {
		t.Parallel()
		link := ids.Link(ids.Test, ids.FromParts("order"), ids.LinkKey{1})
		for _, secret := range []string{"gb_test_abcdefgh", "gb_live_abcdefgh", "whsec_MfKQ9r8GKYqrTwjU", "buyer@example.com", link, "4300000000000777", "4300 0000 0000 0777"} {
			line, text := written(t, "note", "it was "+secret+" that failed", "cause", errors.New("bad "+secret), "list", []string{secret})
			require.NotContains(t, text, secret)
			require.Equal(t, "it was ", strings.SplitAfter(line["note"].(string), "was ")[0])
		}
	})
	t.Run("InsideStructures", func(t *testing.T) {
		t.Parallel()
		_, text := written(t, "account", struct{ Password string }{"hunter2"}, "raw", []byte("hunter2"), "pointer", &struct{ P string }{"hunter2"})
		require.NotContains(t, text, "hunter2")
	})
	t.Run("OtherNumbersStay", func(t *testing.T) {
		t.Parallel()
		line, _ := written(t, "note", "payment 700001702044 of order 12345678901234", "id", ids.FromParts("x"), "mode", ids.Live)
		require.Equal(t, "payment 700001702044 of order 12345678901234", line["note"])
		require.Equal(t, ids.FromParts("x").String(), line["id"])
		require.Equal(t, "l", line["mode"])
	})
}

func TestMetric(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log.Metric(t.Context(), log.New(&out, slog.LevelInfo), time.UnixMilli(1_700_000_000_123), "alarms", 2, log.Count, map[string]string{"kind": "lost_call", "bank": "tbank"})
	var line struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
		Alarms     int64
		Kind, Bank string
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, int64(1_700_000_000_123), line.AWS.Timestamp)
	require.Equal(t, [][]string{{"bank", "kind"}}, line.AWS.CloudWatchMetrics[0].Dimensions)
	require.Equal(t, "Count", line.AWS.CloudWatchMetrics[0].Metrics[0].Unit)
	require.Equal(t, int64(2), line.Alarms)
	require.Equal(t, "lost_call", line.Kind)
}

func FuzzScrub(f *testing.F) {
	for _, seed := range []string{"gb_test_abcd", "a@b.c", "4300000000000777", strings.Repeat("a", 100), "\xff@\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := log.Scrub(text)
		if log.Scrub(once) != once {
			t.Fatalf("%q is not clean: %q", once, log.Scrub(once))
		}
	})
}
