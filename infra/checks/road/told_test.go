package road

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// hearers keep what partners were told. They outlive every process and never fail: what befalls events on their way is
// played in shared/notify; here it is proved that each of them sets out.
type hearers struct {
	mu   sync.Mutex
	told map[payments.Event]json.RawMessage
}

func newHearers() *hearers { return &hearers{told: map[payments.Event]json.RawMessage{}} }

func (h *hearers) Tell(_ context.Context, m ids.Mode, to ids.ID, e payments.Event, data json.RawMessage) error {
	if m != ids.Test || to != partner || !json.Valid(data) {
		return errors.New("this is nobody's event")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, before := h.told[e]; !before {
		h.told[e] = data
	}
	return nil
}

func (h *hearers) Told(_ context.Context, _ ids.Mode, events ...payments.Event) (told []bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		_, kept := h.told[e]
		told = append(told, kept)
	}
	return told, nil
}

// heard holds that partners were told of everything that happened to an order, once for each, and of nothing else.
func (w *world) heard(whole payments.Whole) {
	w.t.Helper()
	children := []ids.ID{whole.Order.ID}
	for _, p := range whole.Payments {
		children = append(children, p.ID)
	}
	for _, r := range whole.Refunds {
		children = append(children, r.ID)
	}
	for _, r := range whole.Receipts {
		children = append(children, r.ID)
	}
	happened := map[payments.Event]bool{}
	for _, child := range children {
		for _, e := range whole.EventsOf(child, w.clock.Now()) {
			happened[e] = true
			require.Contains(w.t, w.hearers.told, e, "nobody was told %s of %s", e.Type, e.Object)
			var at struct{ Version int64 }
			require.NoError(w.t, json.Unmarshal(w.hearers.told[e], &at))
			require.GreaterOrEqual(w.t, at.Version, e.Version)
		}
	}
	for e := range w.hearers.told {
		if e.Object.Root() == whole.Order.ID {
			require.True(w.t, happened[e], "%s of %s was told and has not happened", e.Type, e.Object)
		}
	}
}
