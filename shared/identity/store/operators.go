package store

import (
	"context"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/web/caller"
)

// CreateOperator writes a new operator. Where the same key and body made him before, replay is the first answer.
func (s *Store) CreateOperator(ctx context.Context, o identity.Operator, once Once) (replay []byte, err error) {
	r, err := operatorRow(o)
	if err != nil {
		return nil, err
	}
	once.onto(r.Attrs)
	err = s.table.Write(ctx, table.Put(r).If(table.Absent))
	if old, ok := table.OldOf(err, 0); ok {
		return once.replay(old)
	}
	return nil, known(err)
}

func operatorRow(o identity.Operator) (table.Row, error) {
	r, err := row(operatorKey(o.ID), o, 1)
	r.First = listed(operatorsPK, o.CreatedAt, o.ID.String())
	return r, err
}

// Operators lists operators, newest first. after and next are positions of page.Signer.
func (s *Store) Operators(ctx context.Context, limit int, after string) (list []identity.Operator, next string, err error) {
	rows, next, err := s.listPage(ctx, operatorsPK, limit, after)
	if err != nil {
		return nil, "", err
	}
	for _, r := range rows {
		var o identity.Operator
		if err := read(r, &o); err != nil {
			return nil, "", err
		}
		list = append(list, o)
	}
	return list, next, nil
}

// firstOperator has a name that everybody can make, so that there is only one first.
var firstOperator = ids.FromParts("identity", "first operator")

// Bootstrap makes the first operator with a token that may do everything, and gives its secret: the only one that is not
// asked for by an operator. It fails with ErrHasOperator ever after.
func (s *Store) Bootstrap(ctx context.Context) (secret string, err error) {
	now := s.now()
	operator, err := operatorRow(identity.Operator{ID: firstOperator, Name: "first operator", CreatedAt: now})
	if err != nil {
		return "", err
	}
	t, secret, err := s.newToken(Issue{Kind: identity.OperatorToken, Holder: firstOperator, Name: "bootstrap", Scopes: []string{caller.EveryScope}}, now)
	if err != nil {
		return "", err
	}
	token, err := tokenRow(t)
	if err != nil {
		return "", err
	}
	err = s.table.Write(ctx, table.Put(operator).If(table.Absent), table.Put(token).If(table.Absent))
	if table.IsRefused(err) {
		return "", ErrHasOperator
	}
	if err != nil {
		return "", known(err)
	}
	return secret, nil
}

// FirstOperator is the id that Bootstrap makes.
func FirstOperator() ids.ID { return firstOperator }

func (s *Store) now() time.Time { return s.clock.Now().UTC().Truncate(time.Millisecond) }
