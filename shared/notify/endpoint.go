package notify

import (
	"slices"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
)

// The limits of endpoints.
const (
	MaxEndpoints    = 10             // of one partner in one mode
	RotationOverlap = 24 * time.Hour // how long the previous secret signs beside the new one
)

// Endpoint is a partner's address for events. Its secrets are sealed; the store opens them.
type Endpoint struct {
	ID         ids.ID
	Partner    ids.ID
	Mode       ids.Mode
	URL        string
	Types      []Type   // what it hears; empty: everything
	Secrets    []Sealed // newest first, at most two
	CreatedAt  time.Time
	DisabledAt time.Time // when it answered that it is gone; zero: it hears
	Version    int64
}

// Sealed is one version of an endpoint's secret, in its box. The JSON names are those of its row.
type Sealed struct {
	Version    int64     `json:"version"`
	Box        []byte    `json:"box"`
	ValidUntil time.Time `json:"valid_until,omitzero"` // zero: the current one
}

// The refusals about endpoints.
var (
	ErrEndpointNotFound = fault.NotFound("webhook_endpoint_not_found", "There is no such webhook endpoint, or it is disabled.")
	ErrEventNotFound    = fault.NotFound("event_not_found", "There is no such event; events are kept for 30 days.")
	ErrTooMany          = fault.Conflict("too_many_webhook_endpoints", "There are 10 webhook endpoints already; delete one first.")
	ErrRotatedTwice     = fault.Conflict("rotation_in_progress", "The previous secret is still valid; wait until it has ended.")
)

// Hears reports whether events of a type go to the endpoint.
func (e Endpoint) Hears(t Type) bool {
	return e.DisabledAt.IsZero() && (len(e.Types) == 0 || slices.Contains(e.Types, t))
}

// NextSecret is the version that the next secret of the endpoint will have.
func (e Endpoint) NextSecret() int64 {
	if len(e.Secrets) == 0 {
		return 1
	}
	return e.Secrets[0].Version + 1
}

// Rotated gives the endpoint with a new secret in front; the one before signs beside it for RotationOverlap. It fails with
// ErrRotatedTwice while an earlier rotation still overlaps: the partner may verify with the older secret alone.
func (e Endpoint) Rotated(s Sealed, now time.Time) (Endpoint, error) {
	if len(e.GoodSecrets(now)) > 1 {
		return e, ErrRotatedTwice
	}
	if len(e.Secrets) == 0 {
		e.Secrets = []Sealed{s}
		return e, nil
	}
	previous := e.Secrets[0]
	previous.ValidUntil = now.Add(RotationOverlap)
	e.Secrets = []Sealed{s, previous}
	return e, nil
}

// GoodSecrets gives the secrets that sign now, the current one first.
func (e Endpoint) GoodSecrets(now time.Time) []Sealed {
	if len(e.Secrets) > 1 && !e.Secrets[1].ValidUntil.After(now) {
		return e.Secrets[:1]
	}
	return e.Secrets
}
