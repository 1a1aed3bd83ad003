package table

import (
	"fmt"
	"strings"
)

// Limits of the real service that every engine keeps, because its own keys and answers depend on them. The others are in
// package limits.
const (
	MaxActions   = 100
	MaxRowBytes  = 400 << 10 // as Row.Size counts, after the write
	MaxKeys      = 100       // of one GetMany
	MaxPageRows  = 1000      // ours: a page that a handler can hold
	PageRows     = 100
	MaxPKBytes   = 2048
	MaxSKBytes   = 1024
	MaxOneOf     = 100
	maxPlaceText = 80 // of a key in an error text
)

// Validate refuses, with ErrLimit, actions that no state of the table would accept: none or more than MaxActions, a row
// twice, an empty or too long key, a place in an index of which one half is empty, an attribute changed in two ways, a
// condition without values, a negative TTL.
func Validate(actions []Action) error {
	if len(actions) == 0 || len(actions) > MaxActions {
		return fmt.Errorf("%w: %d actions, 1 to %d are allowed", ErrLimit, len(actions), MaxActions)
	}
	for i, a := range actions {
		if err := a.validate(); err != nil {
			return fmt.Errorf("%w (action %d on %s)", err, i, a.row.Key)
		}
	}
	if len(actions) == 1 {
		return nil
	}
	seen := make(map[Key]struct{}, len(actions))
	for i, a := range actions {
		if _, twice := seen[a.row.Key]; twice {
			return fmt.Errorf("%w: a row twice in one transaction (action %d on %s)", ErrLimit, i, a.row.Key)
		}
		seen[a.row.Key] = struct{}{}
	}
	return nil
}

func (a Action) validate() error {
	if err := ValidKey(a.row.Key); err != nil {
		return err
	}
	places := []Key{a.row.First, a.row.Second}
	if a.first != nil {
		places = append(places, *a.first)
	}
	if a.second != nil {
		places = append(places, *a.second)
	}
	for _, place := range places {
		if place.IsZero() {
			continue
		}
		if err := ValidKey(place); err != nil {
			return fmt.Errorf("%w: place in an index %s", err, place)
		}
	}
	if a.row.TTL < 0 || a.ttl != nil && *a.ttl < 0 {
		return fmt.Errorf("%w: a negative TTL", ErrLimit)
	}
	if a.kind != UpdateOp && (len(a.set)+len(a.add)+len(a.remove) > 0 || a.first != nil || a.second != nil || a.ttl != nil) {
		return fmt.Errorf("%w: only an update has Set, Add, Remove, PlaceFirst, PlaceSecond and ExpireAt", ErrLimit)
	}
	if err := a.overlap(); err != nil {
		return err
	}
	for _, c := range a.conds {
		if c.op == AttrOneOf && (len(c.any) == 0 || len(c.any) > MaxOneOf) {
			return fmt.Errorf("%w: OneOf(%q) has %d values, 1 to %d are allowed", ErrLimit, c.name, len(c.any), MaxOneOf)
		}
	}
	return nil
}

// overlap finds an attribute that is changed in two ways, which the service refuses.
func (a Action) overlap() error {
	for _, name := range a.remove {
		if _, twice := a.set[name]; twice {
			return fmt.Errorf("%w: %q is set and removed", ErrLimit, name)
		}
	}
	for name := range a.add {
		if _, twice := a.set[name]; twice {
			return fmt.Errorf("%w: %q is set and added to", ErrLimit, name)
		}
		for _, gone := range a.remove {
			if gone == name {
				return fmt.Errorf("%w: %q is added to and removed", ErrLimit, name)
			}
		}
	}
	return nil
}

// ValidKey refuses an empty or too long key with ErrLimit.
func ValidKey(k Key) error {
	if k.PK == "" || k.SK == "" {
		return fmt.Errorf("%w: an empty key", ErrLimit)
	}
	if len(k.PK) > MaxPKBytes || len(k.SK) > MaxSKBytes {
		return fmt.Errorf("%w: a key of %d and %d bytes, %d and %d are allowed", ErrLimit, len(k.PK), len(k.SK), MaxPKBytes, MaxSKBytes)
	}
	return nil
}

// ValidKeys refuses, with ErrLimit, what GetMany cannot ask: more than MaxKeys keys, a wrong key, a key twice.
func ValidKeys(keys []Key) error {
	if len(keys) > MaxKeys {
		return fmt.Errorf("%w: %d keys, %d are allowed", ErrLimit, len(keys), MaxKeys)
	}
	seen := make(map[Key]struct{}, len(keys))
	for _, k := range keys {
		if err := ValidKey(k); err != nil {
			return err
		}
		if _, twice := seen[k]; twice {
			return fmt.Errorf("%w: %s is asked for twice", ErrLimit, k)
		}
		seen[k] = struct{}{}
	}
	return nil
}

// Valid gives the query with its limit filled in, or ErrLimit: no partition key, a limit out of range, a prefix together
// with a range, or a place to continue behind that is not within the question (the service refuses that, too).
func (q Query) Valid() (Query, error) {
	if q.Limit == 0 {
		q.Limit = PageRows
	}
	switch {
	case q.Index < Base || q.Index > Second:
		return q, fmt.Errorf("%w: there is no index %d", ErrLimit, q.Index)
	case q.PK == "" || len(q.PK) > MaxPKBytes:
		return q, fmt.Errorf("%w: a query without a partition key, or with one that is too long", ErrLimit)
	case max(len(q.From), len(q.To), len(q.Prefix)) > MaxSKBytes:
		return q, fmt.Errorf("%w: a bound longer than a sort key", ErrLimit)
	case q.Limit < 0 || q.Limit > MaxPageRows:
		return q, fmt.Errorf("%w: a page of %d rows, 1 to %d are allowed", ErrLimit, q.Limit, MaxPageRows)
	case q.Prefix != "" && q.From+q.To != "":
		return q, fmt.Errorf("%w: a prefix and a range together", ErrLimit)
	}
	if q.After == nil {
		return q, nil
	}
	at := q.After.Base
	if q.Index != Base {
		at = q.After.Index
	}
	if ValidKey(q.After.Base) != nil || at.PK != q.PK || !q.covers(at.SK) {
		return q, fmt.Errorf("%w: the page to continue belongs to another query", ErrLimit)
	}
	return q, nil
}

// covers reports whether a sort key lies within the question.
func (q Query) covers(sk string) bool {
	if q.Prefix != "" {
		return strings.HasPrefix(sk, q.Prefix)
	}
	return sk != "" && sk >= q.From && (q.To == "" || sk < q.To)
}

// String shows the key, shortened, in an error text.
func (k Key) String() string {
	text := fmt.Sprintf("%q/%q", k.PK, k.SK)
	if len(text) > maxPlaceText {
		return text[:maxPlaceText] + "…"
	}
	return text
}
