// Package store keeps identity in the table: keys, rows, conditions, and a cache of one minute for what every request asks.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/cache"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
)

// CacheTime is how long a process believes what it has read, and so the longest time a revocation takes to hold.
const CacheTime = 60 * time.Second

// Store is safe for concurrent use. What it gives out of its cache is shared: do not change it in place.
type Store struct {
	table  table.Table
	keeper *secret.Keeper
	clock  clock.Clock
	random io.Reader

	tokens    *cache.Cache[[32]byte, identity.Token]
	partners  *cache.Cache[ids.ID, identity.Partner]
	accounts  *cache.Cache[accountName, identity.Account]
	modes     *cache.Cache[ids.Mode, []identity.Account]
	terminals *cache.Cache[terminalName, ids.ID]
}

// New makes a store. random must be cryptographic outside tests, and safe for concurrent use.
func New(t table.Table, keeper *secret.Keeper, c clock.Clock, random io.Reader) *Store {
	return &Store{
		table: t, keeper: keeper, clock: c, random: random,
		tokens: cache.New[[32]byte, identity.Token](c, CacheTime), partners: cache.New[ids.ID, identity.Partner](c, CacheTime),
		accounts: cache.New[accountName, identity.Account](c, CacheTime), modes: cache.New[ids.Mode, []identity.Account](c, CacheTime),
		terminals: cache.New[terminalName, ids.ID](c, CacheTime),
	}
}

// Misses counts the reads that the cache could not save, by what was read.
type Misses struct{ Tokens, Partners, Accounts int64 }

// Misses tells how often each kind of row was really read.
func (s *Store) Misses() Misses {
	return Misses{
		Tokens: s.tokens.Misses(), Partners: s.partners.Misses(),
		Accounts: s.accounts.Misses() + s.modes.Misses() + s.terminals.Misses(),
	}
}

// The refusals of the store.
var (
	ErrPartnerNotFound  = fault.NotFound("partner_not_found", "There is no such partner.")
	ErrOperatorNotFound = fault.NotFound("operator_not_found", "There is no such operator.")
	ErrTokenNotFound    = fault.NotFound("token_not_found", "There is no such token.")
	ErrAccountNotFound  = fault.NotFound("account_not_found", "There is no such account.")
	ErrTerminalTaken    = fault.Conflict("terminal_taken", "Another account has this provider, terminal and mode.")
	ErrNotLive          = fault.Conflict("livemode_not_enabled", "The partner may not have live tokens yet.")
	ErrChangedMeanwhile = fault.Conflict("changed_meanwhile", "Somebody changed it at the same time; read it and try again.")
	ErrClockMoved       = fault.Conflict("clock_moved", "The clock of this installation was moved ahead for a demonstration; real money needs data of its own.")
	ErrMismatch         = fault.Invalid("idempotency_mismatch", "This Idempotency-Key was used with another body.")
	ErrSecretShown      = fault.Conflict("secret_already_shown", "This Idempotency-Key has issued a token whose secret is shown only once; revoke it and issue another.")
	ErrHasOperator      = fault.Conflict("operator_exists", "There is a first operator already.")
	ErrUnavailable      = fault.Unavailable("unavailable", "The outcome is not known; repeat the call with the same Idempotency-Key.")
)

// Once makes a create idempotent: the hash of its parsed body and the answer to give again. The zero Once is no key.
type Once struct {
	Hash   [32]byte
	Answer []byte
}

func (o Once) given() bool { return o.Hash != [32]byte{} }

// replay reads a first answer back from the row that stood in the way.
func (o Once) replay(row table.Row) ([]byte, error) {
	if !o.given() || string(row.Attrs["ih"].Bytes()) != string(o.Hash[:]) {
		return nil, ErrMismatch
	}
	return row.Attrs["ans"].Bytes(), nil
}

// schema is the version of every row's JSON. Code reads its own, older ones and the next.
const schema = 1

// row writes v as a row; what other rows' conditions and the list need stands beside the JSON.
func row(key table.Key, v any, version int64) (table.Row, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return table.Row{}, fault.Internal(err)
	}
	return table.Row{Key: key, Attrs: table.Attrs{"sv": table.N(schema), "ver": table.N(version), "d": table.B(body)}}, nil
}

func (o Once) onto(attrs table.Attrs) {
	if o.given() {
		attrs["ih"], attrs["ans"] = table.B(o.Hash[:]), table.B(o.Answer)
	}
}

func read(r table.Row, into any) error {
	if sv := r.Attrs["sv"].Number(); sv < 1 || sv > schema+1 {
		return fault.Internal(fmt.Errorf("identity: row %v has schema %d", r.Key, sv))
	}
	if err := json.Unmarshal(r.Attrs["d"].Bytes(), into); err != nil {
		return fault.Internal(fmt.Errorf("identity: row %v: %w", r.Key, err))
	}
	return nil
}

// known turns an error of the table into a fault, unless it is a refusal that the caller has to read.
func known(err error) error {
	switch {
	case err == nil, table.IsRefused(err):
		return err
	case errors.Is(err, table.ErrUnavailable):
		return ErrUnavailable.Because(err)
	}
	return fault.Internal(err)
}

// listPage reads one page of a list by time, newest first, and re-reads its rows from the base table: an index may be old.
// after and next are positions of page.Signer.
func (s *Store) listPage(ctx context.Context, pk string, limit int, after string) (rows []table.Row, next string, err error) {
	place, err := placeOf(after)
	if err != nil {
		return nil, "", err
	}
	found, err := s.table.Query(ctx, table.Query{Index: table.First, PK: pk, Backward: true, Limit: limit, After: place})
	if err != nil {
		return nil, "", known(err)
	}
	keys := make([]table.Key, len(found.Rows))
	for i, r := range found.Rows {
		keys[i] = r.Key
	}
	if len(keys) == 0 {
		return nil, positionOf(found.More), nil
	}
	unordered, err := s.table.GetMany(ctx, keys)
	if err != nil {
		return nil, "", known(err)
	}
	byKey := make(map[table.Key]table.Row, len(unordered))
	for _, r := range unordered {
		byKey[r.Key] = r
	}
	for _, key := range keys {
		if r, ok := byKey[key]; ok {
			rows = append(rows, r)
		}
	}
	return rows, positionOf(found.More), nil
}

func positionOf(p *table.Place) string {
	if p == nil {
		return ""
	}
	text, _ := json.Marshal([4]string{p.Base.PK, p.Base.SK, p.Index.PK, p.Index.SK}) // four strings always marshal
	return string(text)
}

func placeOf(position string) (*table.Place, error) {
	if position == "" {
		return nil, nil
	}
	var k [4]string
	if err := json.Unmarshal([]byte(position), &k); err != nil {
		return nil, fault.Internal(err) // we signed it
	}
	return &table.Place{Base: table.Key{PK: k[0], SK: k[1]}, Index: table.Key{PK: k[2], SK: k[3]}}, nil
}
