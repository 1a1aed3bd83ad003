package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// Wish is what a new endpoint is asked for.
type Wish struct {
	Mode    ids.Mode
	Partner ids.ID
	URL     string
	Types   []notify.Type // empty: everything
	// Name, made of the Idempotency-Key, and Hash, of the parsed request, make it happen once. The zero Name is no key.
	Name ids.ID
	Hash [32]byte
}

// Create makes an endpoint with its lanes and gives its secret, once: the second call of the same name fails with
// ErrSecretShown, or with ErrMismatch where it asks for something else. It fails with notify.ErrURL, and with
// notify.ErrTooMany where there are notify.MaxEndpoints. Two round trips.
func (s *Store) Create(ctx context.Context, w Wish) (e notify.Endpoint, shown string, err error) {
	if err := notify.CheckURL(w.URL, w.Mode); err != nil {
		return e, "", err
	}
	if e, shown, err = s.draft(ctx, w); err != nil {
		return e, "", err
	}
	for range maxTries {
		list, head, err := s.endpoints(ctx, w.Mode, w.Partner)
		if err != nil {
			return e, "", err
		}
		if len(list) >= notify.MaxEndpoints {
			return e, "", s.tooMany(ctx, w)
		}
		err = s.table.Write(ctx, creation(e, w, head)...)
		s.hearers.Forget()
		if err == nil {
			return e, shown, nil
		}
		if !table.IsRefused(err) {
			return e, "", err
		}
		if old, ok := table.OldOf(err, onceAction); ok {
			return e, "", replayed(old, w)
		}
	}
	return e, "", ErrChangedMeanwhile // many are being made at once
}

// onceAction is the place of the key's row among the actions of a creation.
const onceAction = 2 + notify.Lanes

func creation(e notify.Endpoint, w Wish, head int64) []table.Action {
	top := table.Update(headKey(e.Mode, e.Partner)).If(table.Version(head)).Set("ver", table.N(head+1))
	if head == 0 {
		top = top.Set("sv", table.N(schemaVersion))
	}
	actions := []table.Action{table.Put(endpointRow(e)).If(table.Absent), top}
	for n := range notify.Lanes {
		actions = append(actions, table.Put(laneRow(notify.Lane{Mode: e.Mode, Endpoint: e.ID, Partner: e.Partner, N: n})).If(table.Absent))
	}
	if !w.Name.IsZero() {
		actions = append(actions, table.Put(onceRow(e, w)).If(table.Absent))
	}
	return actions
}

func onceRow(e notify.Endpoint, w Wish) table.Row {
	return table.Row{Key: onceKey(w.Name), Attrs: table.Attrs{
		"sv": table.N(schemaVersion), "ih": table.B(w.Hash[:]), "epd": table.S(e.ID.String())}}
}

func replayed(old table.Row, w Wish) error {
	if string(old.Attrs["ih"].Bytes()) != string(w.Hash[:]) {
		return ErrMismatch
	}
	return ErrSecretShown
}

// tooMany refuses one more endpoint; a repeated call is told what became of the first.
func (s *Store) tooMany(ctx context.Context, w Wish) error {
	if w.Name.IsZero() {
		return notify.ErrTooMany
	}
	old, found, err := s.table.Get(ctx, onceKey(w.Name))
	if err != nil {
		return err
	}
	if found {
		return replayed(old, w)
	}
	return notify.ErrTooMany
}

// draft makes an endpoint and its first secret.
func (s *Store) draft(ctx context.Context, w Wish) (e notify.Endpoint, shown string, err error) {
	id, err := ids.New(s.random)
	if err != nil {
		return e, "", err
	}
	e = notify.Endpoint{ID: id, Partner: w.Partner, Mode: w.Mode, URL: w.URL, Types: w.Types, CreatedAt: s.now(), Version: 1}
	sealed, shown, err := s.sealed(ctx, e)
	e.Secrets = []notify.Sealed{sealed}
	return e, shown, err
}

// sealed makes the next secret of an endpoint, in its box and as it is shown.
func (s *Store) sealed(ctx context.Context, e notify.Endpoint) (sealed notify.Sealed, shown string, err error) {
	key, err := notify.NewSecret(s.random)
	if err != nil {
		return sealed, "", err
	}
	sealed.Version = e.NextSecret()
	sealed.Box, err = s.keeper.Seal(ctx, boxOf(e, sealed.Version), key)
	if err != nil {
		return sealed, "", errKeys.Because(err)
	}
	return sealed, notify.ShowSecret(key), nil
}

func boxOf(e notify.Endpoint, version int64) secret.Box {
	return secret.Box{Account: e.ID, Version: version, Mode: e.Mode}
}

var errKeys = fault.Unavailable("unavailable", "The keys cannot be read now; try again.")

// Rotate gives an endpoint a new secret and shows it, once; the one before signs beside it until previousUntil. It fails with
// notify.ErrEndpointNotFound, and with notify.ErrRotatedTwice while an earlier rotation still overlaps. Two round trips.
func (s *Store) Rotate(ctx context.Context, m ids.Mode, partner, id ids.ID) (shown string, previousUntil time.Time, err error) {
	for range maxTries {
		e, err := s.endpoint(ctx, m, partner, id)
		if err != nil {
			return "", time.Time{}, err
		}
		sealed, shown, err := s.sealed(ctx, e)
		if err != nil {
			return "", time.Time{}, err
		}
		next, err := e.Rotated(sealed, s.now())
		if err != nil {
			return "", time.Time{}, err
		}
		next.Version++
		err = s.table.Write(ctx, table.Update(endpointKey(m, partner, id)).If(table.Version(e.Version)).SetAll(fields.Attrs(endpointFields, &next)))
		s.hearers.Forget()
		if err == nil {
			return shown, next.Secrets[1].ValidUntil, nil
		}
		if !table.IsRefused(err) {
			return "", time.Time{}, err
		}
	}
	return "", time.Time{}, ErrChangedMeanwhile
}

// Keys gives the keys that sign for an endpoint now, the current one first, in clear. They live in memory only.
func (s *Store) Keys(ctx context.Context, e notify.Endpoint) (keys [][]byte, err error) {
	for _, sealed := range e.GoodSecrets(s.clock.Now()) {
		key, err := s.keeper.Open(ctx, boxOf(e, sealed.Version), sealed.Box)
		if errors.Is(err, secret.ErrOpen) {
			return nil, fault.Internal(fmt.Errorf("store: the secret of endpoint %v was sealed under another key: %w", e.ID, err))
		}
		if err != nil {
			return nil, errKeys.Because(err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
