package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
)

type accountName struct {
	mode ids.Mode
	id   ids.ID
}

type terminalName struct {
	provider string
	mode     ids.Mode
	terminal string
}

// CreateAccount writes a new account with its first password, and its look-up row beside it, so that no two accounts have
// one provider, terminal and mode. Where the same key and body made it before, replay is the first answer.
// It fails with ErrTerminalTaken, ErrPartnerNotFound for an owner who does not exist, and ErrClockMoved for a live account
// where the clock is not the world's.
func (s *Store) CreateAccount(ctx context.Context, a identity.Account, password string, once Once) (replay []byte, err error) {
	if ahead, ok := s.clock.(interface{ Offset() time.Duration }); ok && ahead.Offset() != 0 && a.Mode == ids.Live {
		return nil, ErrClockMoved
	}
	if a, err = s.sealed(ctx, a, password); err != nil {
		return nil, err
	}
	r, err := row(accountKey(a.Mode, a.ID), a, 1)
	if err != nil {
		return nil, err
	}
	once.onto(r.Attrs)
	terminal := table.Row{
		Key:   terminalKey(a.Provider, a.Mode, a.Terminal),
		Attrs: table.Attrs{"sv": table.N(schema), "acct": table.S(a.ID.String())},
	}
	checks, fields := beneficiaries(a)
	err = s.table.Write(ctx, append([]table.Action{table.Put(r).If(table.Absent), table.Put(terminal).If(table.Absent)}, checks...)...)
	if !table.IsRefused(err) {
		s.forgetAccounts()
		return nil, known(err)
	}
	if old, ok := table.OldOf(err, 0); ok {
		return once.replay(old)
	}
	if _, taken := table.OldOf(err, 1); taken {
		return nil, ErrTerminalTaken
	}
	return nil, stranger(err, 2, fields)
}

// beneficiaries are conditions that the partners whose money an account takes exist, with the fields that name them. A wrong
// id there would send money to nobody.
func beneficiaries(a identity.Account) (checks []table.Action, fields []string) {
	if !a.Owner.IsZero() {
		checks, fields = append(checks, table.Check(partnerKey(a.Owner)).If(table.Exists)), append(fields, "body.owner")
	}
	if !a.SettlesTo.IsZero() && a.SettlesTo != a.Owner {
		checks, fields = append(checks, table.Check(partnerKey(a.SettlesTo)).If(table.Exists)), append(fields, "body.settles_to")
	}
	return checks, fields
}

// stranger names the beneficiaries, whose conditions begin at action first, that do not exist.
func stranger(err error, first int, fields []string) error {
	var refused *table.Refused
	if !errors.As(err, &refused) {
		return known(err)
	}
	out := ErrPartnerNotFound
	for i, field := range fields {
		if at := first + i; at < len(refused.Reasons) && refused.Reasons[at].Failed {
			out = out.At(field, "there is no such partner")
		}
	}
	return out
}

// sealed gives the account with a password in front of the others.
func (s *Store) sealed(ctx context.Context, a identity.Account, password string) (identity.Account, error) {
	version := a.NextSecret()
	box, err := s.keeper.Seal(ctx, secret.Box{Account: a.ID, Version: version, Mode: a.Mode}, []byte(password))
	if err != nil {
		return a, fault.Internal(err)
	}
	return a.Rotated(identity.Sealed{Version: version, Box: box}, s.now())
}

// Account reads an account, up to a minute old. It fails with ErrAccountNotFound.
func (s *Store) Account(ctx context.Context, m ids.Mode, id ids.ID) (identity.Account, error) {
	a, _, err := s.accounts.Get(accountName{m, id}, func() (identity.Account, error) {
		r, ok, err := s.table.Get(ctx, accountKey(m, id))
		if err != nil {
			return identity.Account{}, known(err)
		}
		if !ok {
			return identity.Account{}, ErrAccountNotFound
		}
		return accountOf(r)
	})
	return a, err
}

// AccountNow reads an account as it is now, whatever its mode.
func (s *Store) AccountNow(ctx context.Context, id ids.ID) (identity.Account, error) {
	rows, err := s.table.GetMany(ctx, []table.Key{accountKey(ids.Test, id), accountKey(ids.Live, id)})
	if err != nil {
		return identity.Account{}, known(err)
	}
	if len(rows) == 0 {
		return identity.Account{}, ErrAccountNotFound
	}
	return accountOf(rows[0])
}

func accountOf(r table.Row) (a identity.Account, err error) {
	err = read(r, &a)
	a.Version = r.Attrs["ver"].Number()
	return a, err
}

// maxAccounts bounds the reading of one mode; routing looks at all of them.
const maxAccounts = 10_000

// Accounts reads every account of a mode, up to a minute old: what routing chooses from.
func (s *Store) Accounts(ctx context.Context, m ids.Mode) ([]identity.Account, error) {
	list, _, err := s.modes.Get(m, func() ([]identity.Account, error) { return s.AccountsNow(ctx, m) })
	return list, err
}

// AccountsNow reads every account of a mode as it is now.
func (s *Store) AccountsNow(ctx context.Context, m ids.Mode) ([]identity.Account, error) {
	var list []identity.Account
	q := table.Query{PK: accountsPK(m), Limit: 1000}
	for len(list) < maxAccounts {
		found, err := s.table.Query(ctx, q)
		if err != nil {
			return nil, known(err)
		}
		for _, r := range found.Rows {
			a, err := accountOf(r)
			if err != nil {
				return nil, err
			}
			list = append(list, a)
		}
		if q.After = found.More; q.After == nil {
			return list, nil
		}
	}
	return nil, fault.Internal(fmt.Errorf("identity: more than %d accounts in mode %q", maxAccounts, m))
}

// AccountByTerminal finds the account that a notification names, up to a minute old. It fails with ErrAccountNotFound, which
// is not kept, so that a new account is known at once.
func (s *Store) AccountByTerminal(ctx context.Context, provider string, m ids.Mode, terminal string) (identity.Account, error) {
	if provider == "" || terminal == "" || len(terminal) > 64 || !m.Valid() {
		return identity.Account{}, ErrAccountNotFound
	}
	id, _, err := s.terminals.Get(terminalName{provider, m, terminal}, func() (ids.ID, error) {
		r, ok, err := s.table.Get(ctx, terminalKey(provider, m, terminal))
		if err != nil {
			return ids.ID{}, known(err)
		}
		if !ok {
			return ids.ID{}, ErrAccountNotFound
		}
		return ids.Parse(r.Attrs["acct"].Text())
	})
	if err != nil {
		return identity.Account{}, err
	}
	return s.Account(ctx, m, id)
}

// ChangeAccount writes a changed account whose Version is the one that was read; ErrChangedMeanwhile when it is not any more.
// Provider, mode and terminal never change: they are its name at the bank.
func (s *Store) ChangeAccount(ctx context.Context, a identity.Account) (identity.Account, error) {
	r, err := row(accountKey(a.Mode, a.ID), a, a.Version+1)
	if err != nil {
		return a, err
	}
	checks, fields := beneficiaries(a)
	err = s.table.Write(ctx, append([]table.Action{table.Update(r.Key).SetAll(r.Attrs).If(table.Version(a.Version))}, checks...)...)
	if refused := (*table.Refused)(nil); errors.As(err, &refused) {
		if refused.Reasons[0].Failed {
			return a, ErrChangedMeanwhile
		}
		return a, stranger(err, 1, fields)
	}
	if err != nil {
		return a, known(err)
	}
	s.forgetAccounts()
	a.Version++
	return a, nil
}

// Rotate gives an account a new password; the one before stays good for identity.RotationOverlap. It fails with
// identity.ErrRotatedTwice while an earlier rotation still overlaps. The password that it has already changes nothing, so
// that a call whose answer was lost can be repeated.
func (s *Store) Rotate(ctx context.Context, id ids.ID, password string) (identity.Account, error) {
	a, err := s.AccountNow(ctx, id)
	if err != nil {
		return a, err
	}
	current, err := s.Unsealed(ctx, a)
	if err != nil {
		return a, err
	}
	if subtle.ConstantTimeCompare([]byte(current.Password), []byte(password)) == 1 {
		return a, nil
	}
	if a, err = s.sealed(ctx, a, password); err != nil {
		return a, err
	}
	return s.ChangeAccount(ctx, a)
}

// Unsealed gives an account with its passwords in clear, for a driver. It lives in memory only.
func (s *Store) Unsealed(ctx context.Context, a identity.Account) (banks.Account, error) {
	out := banks.Account{
		ID: a.ID, Provider: a.Provider, Mode: a.Mode, Terminal: a.Terminal, Address: a.Address,
		Fiscal: a.Fiscal, Taxation: a.Taxation, Options: a.Options,
	}
	for i, sealed := range a.GoodSecrets(s.clock.Now()) {
		plain, err := s.keeper.Open(ctx, secret.Box{Account: a.ID, Version: sealed.Version, Mode: a.Mode}, sealed.Box)
		if errors.Is(err, secret.ErrOpen) {
			return banks.Account{}, fault.Internal(fmt.Errorf("identity: the password of account %v was sealed under another key: %w", a.ID, err))
		}
		if err != nil {
			return banks.Account{}, fault.Unavailable("unavailable", "The keys cannot be read now; try again.").Because(err)
		}
		if i == 0 {
			out.Password = string(plain)
		} else {
			out.Previous = string(plain)
		}
	}
	return out, nil
}

func (s *Store) forgetAccounts() {
	s.accounts.Forget()
	s.modes.Forget()
	s.terminals.Forget()
}
