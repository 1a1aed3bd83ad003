package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/web/caller"
)

// Issue says what a new token is for.
type Issue struct {
	Kind   identity.TokenKind
	Holder ids.ID // partner or operator
	Name   string
	Scopes []string
}

// IssueToken makes a token and gives its secret, once. name, made of the Idempotency-Key, and once make it happen once: the
// second call with it fails with ErrSecretShown, for the secret is not kept. The zero name is no key.
// It fails with ErrPartnerNotFound, ErrOperatorNotFound, and ErrNotLive for a live token of a partner who is not live.
func (s *Store) IssueToken(ctx context.Context, i Issue, name ids.ID, once Once) (t identity.Token, secret string, err error) {
	if t, secret, err = s.newToken(i, s.now()); err != nil {
		return t, "", err
	}
	r, err := tokenRow(t)
	if err != nil {
		return t, "", err
	}
	missing := ErrPartnerNotFound
	holder := table.Check(partnerKey(i.Holder)).If(table.Exists)
	switch i.Kind {
	case identity.LiveToken:
		holder = holder.If(table.Equals("live", table.Flag(true)))
	case identity.OperatorToken:
		holder, missing = table.Check(operatorKey(i.Holder)).If(table.Exists), ErrOperatorNotFound
	}
	actions := []table.Action{table.Put(r).If(table.Absent), holder}
	if !name.IsZero() {
		attrs := table.Attrs{"sv": table.N(schema), "tok": table.S(t.ID)}
		once.onto(attrs)
		actions = append(actions, table.Put(table.Row{Key: onceKey(name), Attrs: attrs}).If(table.Absent))
	}
	err = s.table.Write(ctx, actions...)
	if !table.IsRefused(err) {
		return t, secret, known(err)
	}
	if old, ok := table.OldOf(err, 2); ok {
		if _, err := once.replay(old); err != nil {
			return t, "", err
		}
		return t, "", ErrSecretShown
	}
	if _, ok := table.OldOf(err, 1); ok { // the partner stands there, and is not live
		return t, "", ErrNotLive
	}
	if _, ok := table.OldOf(err, 0); ok { // two secrets with one public name: once in 2^80
		return t, "", ErrUnavailable.Because(err)
	}
	return t, "", missing
}

func (s *Store) newToken(i Issue, now time.Time) (identity.Token, string, error) {
	secret, err := identity.NewSecret(i.Kind, s.random)
	if err != nil {
		return identity.Token{}, "", err
	}
	hash := identity.HashSecret(secret)
	return identity.Token{
		ID: identity.TokenID(hash), Hash: hash, Kind: i.Kind, Holder: i.Holder, Name: i.Name, Scopes: i.Scopes, CreatedAt: now,
	}, secret, nil
}

func tokenRow(t identity.Token) (table.Row, error) {
	r, err := row(tokenKey(t.ID), t, 1)
	if err != nil {
		return r, err
	}
	r.First = listed(tokensPK(t.Holder), t.CreatedAt, t.ID)
	r.Attrs["h"] = table.B(t.Hash[:])
	r.Attrs["lu"] = table.N(0)
	return r, nil
}

func tokenOf(r table.Row) (t identity.Token, err error) {
	if err = read(r, &t); err != nil {
		return t, err
	}
	copy(t.Hash[:], r.Attrs["h"].Bytes())
	if ms := r.Attrs["rv"].Number(); ms != 0 {
		t.RevokedAt = time.UnixMilli(ms).UTC()
	}
	if day := r.Attrs["lu"].Number(); day != 0 {
		t.LastUsed = time.Unix(day*secondsPerDay, 0).UTC()
	}
	return t, nil
}

const secondsPerDay = 24 * 60 * 60

// Token reads a token as it is now. It fails with ErrTokenNotFound.
func (s *Store) Token(ctx context.Context, id string) (identity.Token, error) {
	if !identity.ValidTokenID(id) {
		return identity.Token{}, ErrTokenNotFound
	}
	r, ok, err := s.table.Get(ctx, tokenKey(id))
	if err != nil {
		return identity.Token{}, known(err)
	}
	if !ok {
		return identity.Token{}, ErrTokenNotFound
	}
	return tokenOf(r)
}

// Tokens lists a holder's tokens, newest first. after and next are positions of page.Signer.
func (s *Store) Tokens(ctx context.Context, holder ids.ID, limit int, after string) (list []identity.Token, next string, err error) {
	rows, next, err := s.listPage(ctx, tokensPK(holder), limit, after)
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		t, err := tokenOf(r)
		if err != nil {
			return nil, "", err
		}
		list = append(list, t)
	}
	return list, next, nil
}

// RevokeToken ends a token, within CacheTime everywhere; a token revoked before keeps its first time.
func (s *Store) RevokeToken(ctx context.Context, id string) (identity.Token, error) {
	t, err := s.Token(ctx, id)
	if err != nil || !t.RevokedAt.IsZero() {
		return t, err
	}
	now := s.now()
	err = s.table.Write(ctx, table.Update(tokenKey(id)).Set("rv", table.N(now.UnixMilli())).If(table.Exists, table.Missing("rv")))
	if table.IsRefused(err) { // somebody else was faster
		s.tokens.Forget()
		return s.Token(ctx, id)
	}
	if err != nil {
		return t, known(err)
	}
	s.tokens.Forget()
	t.RevokedAt = now
	return t, nil
}

// Authenticate finds the caller of a secret. A text whose checksum is wrong is refused without asking the table. A partner's
// token is believed for CacheTime; an operator's is read every time.
func (s *Store) Authenticate(ctx context.Context, secret string) (caller.Caller, error) {
	kind, err := identity.ParseSecret(secret)
	if err != nil {
		return caller.Caller{}, caller.ErrInvalidToken
	}
	hash := identity.HashSecret(secret)
	load := func() (identity.Token, error) { return s.Token(ctx, identity.TokenID(hash)) }
	var t identity.Token
	fresh := true
	if kind == identity.OperatorToken {
		t, err = load()
	} else {
		t, fresh, err = s.tokens.Get(hash, load)
	}
	switch {
	case errors.Is(err, ErrTokenNotFound):
		return caller.Caller{}, caller.ErrInvalidToken
	case err != nil:
		return caller.Caller{}, err
	case subtle.ConstantTimeCompare(t.Hash[:], hash[:]) != 1 || t.Kind != kind:
		return caller.Caller{}, caller.ErrInvalidToken
	case !t.RevokedAt.IsZero():
		return caller.Caller{}, caller.ErrTokenRevoked
	}
	if fresh {
		s.noteUse(ctx, t)
	}
	who := caller.Caller{Kind: caller.Partner, Partner: t.Holder, Mode: kind.Mode(), TokenID: t.ID, Scopes: t.Scopes, Name: t.Name}
	if kind == identity.OperatorToken {
		who.Kind, who.Partner, who.Person = caller.Operator, ids.ID{}, t.Holder
	}
	return who, nil
}

// noteUse writes the day of a token's last use, at most once a day over all processes. Nobody is refused because it failed.
func (s *Store) noteUse(ctx context.Context, t identity.Token) {
	today := s.now().Unix() / secondsPerDay
	if t.LastUsed.Unix()/secondsPerDay >= today {
		return
	}
	_ = s.table.Write(ctx, table.Update(tokenKey(t.ID)).Set("lu", table.N(today)).If(table.Exists, table.AtMost("lu", today-1)))
}
