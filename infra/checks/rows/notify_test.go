package rows

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
)

// notifyRead is what the room of events reads in its rows.
type notifyRead struct {
	Endpoints []notifystore.Seen
	Lanes     []notify.Lane
	Events    []notify.Event // without their data, which Bodies hold to the byte
	Bodies    []string
	Histories [][]notify.Delivery
	Due       []notifystore.Due
	Secret    string // that was shown when the last one was made
}

// told is an event of these stories.
func told(t *testing.T, name string) notify.Event {
	t.Helper()
	e, err := notify.New(ids.Test, partner, notify.OrderPaid, ids.FromParts(name), 3, start, json.RawMessage(`{"project": "Школа", "version":3}`))
	require.NoError(t, err)
	return e
}

func events(t *testing.T, tbl table.Table) (*notifystore.Store, *clock.Manual) {
	t.Helper()
	keys, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "keys"), rand.NewChaCha8([32]byte{1}))
	require.NoError(t, err)
	now, random := clock.At(start), rand.NewChaCha8([32]byte{3})
	return notifystore.New(tbl, secret.NewKeeper(keys, random), now, random), now
}

// tellNotify plays the stories of endpoints, lanes, events and deliveries, and gives the last secret that was shown.
func tellNotify(t *testing.T, tbl table.Table) (shown string) {
	t.Helper()
	s, now := events(t, tbl)
	ctx := t.Context()
	endpoint, _, err := s.Create(ctx, notifystore.Wish{Mode: ids.Test, Partner: partner, URL: "https://school.example/hooks",
		Types: []notify.Type{notify.OrderPaid}, Name: ids.FromParts("key"), Hash: [32]byte{9}})
	require.NoError(t, err)
	now.Advance(time.Second)
	gone, _, err := s.Create(ctx, notifystore.Wish{Mode: ids.Test, Partner: partner, URL: "https://gone.example/hooks"})
	require.NoError(t, err)
	require.NoError(t, s.Disable(ctx, gone))
	shown, _, err = s.Rotate(ctx, ids.Test, partner, endpoint.ID)
	require.NoError(t, err)
	for _, story := range []struct {
		name  string
		codes []int
	}{{"waits", nil}, {"is tried again", []int{500}}, {"arrived", []int{302, 200}}, {"is refused", []int{410}}} {
		e := told(t, story.name)
		require.NoError(t, s.Tell(ctx, e))
		h, err := s.Event(ctx, ids.Test, partner, e.ID)
		require.NoError(t, err)
		d := h.Deliveries[0]
		for _, code := range story.codes {
			is := d.Tried(notify.Answered(now.Now(), time.Second, code), now.Now())
			kept, err := s.Outcome(ctx, d, is)
			require.NoError(t, err)
			require.True(t, kept)
			d = is
		}
	}
	lane := notifystore.LaneName{Mode: ids.Test, Endpoint: endpoint.ID, N: 1}
	c, err := s.Claim(ctx, lane)
	require.NoError(t, err)
	health := notify.Lane{LastSuccess: now.Now()}
	for range 3 {
		health = health.After(notify.Answered(now.Now(), 0, 500), now.Now())
	}
	require.NoError(t, s.Release(ctx, c, health))
	now.Advance(time.Minute)
	_, err = s.Claim(ctx, lane) // and holds it
	require.NoError(t, err)
	return shown
}

func readNotify(t *testing.T, tbl table.Table, secret string) (got notifyRead) {
	t.Helper()
	s, now := events(t, tbl)
	now.Advance(time.Second)
	ctx := t.Context()
	got.Secret = secret
	var err error
	got.Endpoints, err = s.Endpoints(ctx, ids.Test, partner)
	require.NoError(t, err)
	for _, e := range got.Endpoints {
		for n := range notify.Lanes {
			name := notifystore.LaneName{Mode: ids.Test, Endpoint: e.ID, N: n}
			lanes, err := s.Lanes(ctx, name)
			require.NoError(t, err)
			got.Lanes = append(got.Lanes, lanes[name])
		}
	}
	keys, err := s.Keys(ctx, got.Endpoints[0].Endpoint)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	require.Equal(t, secret, notify.ShowSecret(keys[0]))
	list, next, err := s.Events(ctx, ids.Test, partner, notifystore.Window{Limit: 100})
	require.NoError(t, err)
	require.Empty(t, next)
	for _, e := range list {
		got.Bodies = append(got.Bodies, string(notify.Body(e)))
		h, err := s.Event(ctx, ids.Test, partner, e.ID)
		require.NoError(t, err)
		require.Equal(t, e, h.Event)
		e.Data = json.RawMessage("null")
		got.Events, got.Histories = append(got.Events, e), append(got.Histories, h.Deliveries)
	}
	for shard := range notifystore.DueShards {
		due, _, err := s.DueAfter(ctx, ids.Test, shard, start.AddDate(1, 0, 0), nil, 100)
		require.NoError(t, err)
		got.Due = append(got.Due, due...)
	}
	return got
}

func TestEventsOfEarlierVersions(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		if _, err := os.Stat(filepath.Join("testdata", version, "notify.rows.json")); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		t.Run(version+"EventsAreRead", func(t *testing.T) {
			t.Parallel()
			var want notifyRead
			read(t, filepath.Join(version, "notify.read.json"), &want)
			require.Equal(t, want, readNotify(t, with(t, kept(t, version, "notify")), want.Secret))
		})
		t.Run(version+"UpdatesKeepWhatTheyDoNotKnowOfEvents", func(t *testing.T) {
			t.Parallel()
			rows := kept(t, version, "notify")
			for i := range rows {
				rows[i].Attrs["zz"], rows[i].Attrs["sv"] = table.S("of the next version"), table.N(9)
			}
			e := with(t, rows)
			s, now := events(t, e)
			ctx := t.Context()
			now.Advance(48 * time.Hour)
			list, err := s.Endpoints(ctx, ids.Test, partner)
			require.NoError(t, err)
			_, _, err = s.Rotate(ctx, ids.Test, partner, list[0].ID)
			require.NoError(t, err)
			c, err := s.Claim(ctx, notifystore.LaneName{Mode: ids.Test, Endpoint: list[0].ID, N: 1})
			require.NoError(t, err)
			require.NoError(t, s.Release(ctx, c, notify.Lane{}))
			h, err := s.Redeliver(ctx, ids.Test, partner, told(t, "arrived").ID, list[0].ID)
			require.NoError(t, err)
			_, err = s.Outcome(ctx, h.Deliveries[0], h.Deliveries[0].Drop())
			require.NoError(t, err)
			require.NoError(t, s.Disable(ctx, list[0].Endpoint))
			for _, row := range written(t, e) {
				i := slices.IndexFunc(rows, func(r table.Row) bool { return r.Key == row.Key })
				require.GreaterOrEqual(t, i, 0, "%s is new", row.Key)
				require.Equal(t, "of the next version", row.Attrs["zz"].Text(), "%s", row.Key)
				require.Equal(t, int64(9), row.Attrs["sv"].Number(), "%s: an update must not make a row look older", row.Key)
			}
		})
	}
}
