package store

import (
	"errors"
	"io"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/cache"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
)

// CacheTime is how long a process believes what it has read, and so the longest time until a new endpoint hears.
const CacheTime = 60 * time.Second

// Store is safe for concurrent use. What it gives out of its cache is shared: do not change it in place.
type Store struct {
	table  table.Table
	keeper *secret.Keeper
	clock  clock.Clock
	random io.Reader

	hearers *cache.Cache[partnerName, []notify.Endpoint]
}

type partnerName struct {
	mode    ids.Mode
	partner ids.ID
}

// New makes a store. random must be cryptographic outside tests, and safe for concurrent use.
func New(t table.Table, keeper *secret.Keeper, c clock.Clock, random io.Reader) *Store {
	return &Store{table: t, keeper: keeper, clock: c, random: random, hearers: cache.New[partnerName, []notify.Endpoint](c, CacheTime)}
}

// Misses tells how often endpoints were really read, because the cache could not save it.
func (s *Store) Misses() int64 { return s.hearers.Misses() }

// The refusals of the store.
var (
	ErrMismatch         = fault.Invalid("idempotency_mismatch", "This Idempotency-Key was used with another body.")
	ErrSecretShown      = fault.Conflict("secret_already_shown", "This Idempotency-Key has made an endpoint whose secret is shown only once; delete it and make another.")
	ErrChangedMeanwhile = fault.Conflict("changed_meanwhile", "Somebody changed it at the same time; read it and try again.")
	ErrPosition         = fault.Invalid("invalid_cursor", "The cursor does not belong to this list.")
)

// The answers of Claim to a worker.
var (
	// ErrBusy is a lane that somebody holds, or that sleeps. The due keys know when to come back.
	ErrBusy = errors.New("store: the lane is held or asleep")
	// ErrNoLane is a lane whose endpoint was deleted.
	ErrNoLane = errors.New("store: the endpoint was deleted")
)

// maxTries is how often a write that met another one is made anew from what stands there.
const maxTries = 4

// now is the time as rows keep it.
func (s *Store) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }
