package notify_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 123_000_000, time.UTC)
	partner = ids.FromParts("partner")
	object  = ids.FromParts("order")
)

func event(t testing.TB, typ notify.Type, data string) notify.Event {
	t.Helper()
	e, err := notify.New(ids.Test, partner, typ, object, 1, start, json.RawMessage(data))
	require.NoError(t, err)
	return e
}

func TestEvent(t *testing.T) {
	t.Parallel()
	t.Run("TheBody", func(t *testing.T) {
		t.Parallel()
		e := event(t, notify.OrderPaid, `{"uuid":"x", "name":"<&>", "version":1}`)
		require.Equal(t, `{"type":"order.paid","timestamp":"2026-03-02T09:00:00.123Z","data":{"uuid":"x", "name":"<&>", "version":1}}`, string(notify.Body(e)))
	})
	t.Run("TheSameFactIsTheSameEvent", func(t *testing.T) {
		t.Parallel()
		id := notify.EventID(ids.Test, object, notify.OrderPaid, 1)
		require.Equal(t, id, event(t, notify.OrderPaid, `{"version":1}`).ID)
		for _, other := range []ids.ID{
			notify.EventID(ids.Live, object, notify.OrderPaid, 1), notify.EventID(ids.Test, partner, notify.OrderPaid, 1),
			notify.EventID(ids.Test, object, notify.OrderExpired, 1), notify.EventID(ids.Test, object, notify.OrderPaid, 2),
		} {
			require.NotEqual(t, id, other)
		}
	})
	t.Run("TheTimeIsOfMilliseconds", func(t *testing.T) {
		t.Parallel()
		e, err := notify.New(ids.Test, partner, notify.OrderPaid, object, 1, start.Add(999*time.Microsecond).In(time.FixedZone("MSK", 3*3600)), json.RawMessage(`{"version":1}`))
		require.NoError(t, err)
		require.Equal(t, start, e.At)
	})
	good := event(t, notify.OrderPaid, `{"version":1}`)
	around := len(notify.Body(good)) - len(good.Data)
	full := `{"version":1,"x":"` + strings.Repeat("x", notify.MaxBody-around-len(`{"version":1,"x":""}`)) + `"}`
	t.Run("TheLargest", func(t *testing.T) {
		t.Parallel()
		require.Len(t, notify.Body(event(t, notify.OrderPaid, full)), notify.MaxBody)
	})
	for name, spoil := range map[string]func(*notify.Event){
		"ErrNoMode":             func(e *notify.Event) { e.Mode = "" },
		"ErrNoPartner":          func(e *notify.Event) { e.Partner = ids.ID{} },
		"ErrNoObject":           func(e *notify.Event) { e.Object = ids.ID{} },
		"ErrNoVersion":          func(e *notify.Event) { e.Version = 0 },
		"ErrNoTime":             func(e *notify.Event) { e.At = time.Time{} },
		"ErrTypeNotKnown":       func(e *notify.Event) { e.Type = "order.paied" },
		"ErrNamedOtherwise":     func(e *notify.Event) { e.ID = object },
		"ErrTooLarge":           func(e *notify.Event) { e.Data = json.RawMessage(full[:len(full)-1] + " }") },
		"ErrNotAnObject":        func(e *notify.Event) { e.Data = json.RawMessage(`[1]`) },
		"ErrNull":               func(e *notify.Event) { e.Data = json.RawMessage(`null`) },
		"ErrNotJSON":            func(e *notify.Event) { e.Data = json.RawMessage(`{"version":1}}`) },
		"ErrNothing":            func(e *notify.Event) { e.Data = nil },
		"ErrNoVersionInside":    func(e *notify.Event) { e.Data = json.RawMessage(`{}`) },
		"ErrOlderVersionInside": func(e *notify.Event) { e.Data = json.RawMessage(`{"version":0}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := good
			spoil(&e)
			require.ErrorIs(t, e.Validate(), notify.ErrEvent)
		})
	}
	t.Run("ANewerVersionInsideIsAnEventThatHadToWait", func(t *testing.T) {
		t.Parallel()
		e := good
		e.Data = json.RawMessage(`{"version":2}`)
		require.NoError(t, e.Validate())
	})
	t.Run("EveryTypeIsKnownOnce", func(t *testing.T) {
		t.Parallel()
		seen := map[notify.Type]bool{}
		for _, typ := range notify.Types {
			require.True(t, typ.Known())
			require.False(t, seen[typ])
			seen[typ] = true
		}
		require.Len(t, seen, 13)
	})
	t.Run("TheBodyIsJSONWhateverTheDataIs", rapid.MakeCheck(func(t *rapid.T) {
		data, err := json.Marshal(map[string]any{"version": 3, "text": rapid.String().Draw(t, "text"), "n": rapid.Int().Draw(t, "n")})
		require.NoError(t, err)
		e, err := notify.New(ids.Live, partner, rapid.SampledFrom(notify.Types).Draw(t, "type"), object, 3, start, data)
		require.NoError(t, err)
		var back struct {
			Type      notify.Type
			Timestamp time.Time
			Data      json.RawMessage
		}
		require.NoError(t, json.Unmarshal(notify.Body(e), &back))
		require.Equal(t, e.Type, back.Type)
		require.True(t, e.At.Equal(back.Timestamp))
		require.Equal(t, string(data), string(back.Data))
	}))
}

// FuzzEvent holds that whatever is accepted is sent as one JSON object of bounded size.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"version":1}`), int64(1))
	f.Add([]byte(` {"version":2,"a":"\u2028"} `), int64(2))
	f.Add([]byte(`{"version":1}{"version":1}`), int64(1))
	f.Fuzz(func(t *testing.T, data []byte, version int64) {
		e, err := notify.New(ids.Test, partner, notify.PaymentPaid, object, version, start, data)
		if err != nil {
			return
		}
		body := notify.Body(e)
		if !json.Valid(body) || len(body) > notify.MaxBody {
			t.Fatalf("%q is sent as %q", data, body)
		}
	})
}
