package store_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/web/caller"
)

// crossed lets something happen between the first read of a store and all that follows it.
type crossed struct {
	table.Table
	meanwhile func()
}

func (c *crossed) Get(ctx context.Context, key table.Key) (row table.Row, ok bool, err error) {
	row, ok, err = c.Table.Get(ctx, key)
	if happens := c.meanwhile; happens != nil {
		c.meanwhile = nil
		happens()
	}
	return row, ok, err
}

func TestARevocationKeepsItsFirstTime(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token, _ := w.issue(t, identity.TestToken, w.partner(t, false).ID)
	first := w.clock.Now()
	slow := store.New(&crossed{Table: w.table, meanwhile: func() {
		_, err := w.RevokeToken(t.Context(), token.ID)
		require.NoError(t, err)
		w.clock.Advance(time.Hour)
	}}, secret.NewKeeper(w.keys, rand.Reader), w.clock, rand.Reader)
	got, err := slow.RevokeToken(t.Context(), token.ID)
	require.NoError(t, err)
	require.Equal(t, first, got.RevokedAt)
}

func TestARevocationIsNotForgottenByAReadThatBeganBefore(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token, text := w.issue(t, identity.TestToken, w.partner(t, false).ID)
	var slow *store.Store
	slow = store.New(&crossed{Table: w.table, meanwhile: func() {
		_, err := slow.RevokeToken(t.Context(), token.ID)
		require.NoError(t, err)
	}}, secret.NewKeeper(w.keys, rand.Reader), w.clock, rand.Reader)
	_, err := slow.Authenticate(t.Context(), text)
	require.NoError(t, err, "it was good as it was read")
	_, err = slow.Authenticate(t.Context(), text)
	require.ErrorIs(t, err, caller.ErrTokenRevoked, "and is not kept")
}

func TestATokenIsItsWholeHash(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token, text := w.issue(t, identity.TestToken, w.partner(t, false).ID)
	token.Hash[31] ^= 1 // another secret of the same public name
	key := table.Key{PK: "ID#TOK#" + token.ID, SK: "T"}
	require.NoError(t, w.table.Write(t.Context(), table.Update(key).Set("h", table.B(token.Hash[:])).If(table.Exists)))
	_, err := w.Authenticate(t.Context(), text)
	require.ErrorIs(t, err, caller.ErrInvalidToken)
}

// turned is the clock of a demonstration.
type turned struct {
	clock.Clock
	by time.Duration
}

func (c turned) Offset() time.Duration { return c.by }

func TestATurnedClockTakesNoLiveAccount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	live := account("one")
	live.Mode = ids.Live
	at := func(by time.Duration) *store.Store {
		return store.New(w.table, secret.NewKeeper(w.keys, rand.Reader), turned{w.clock, by}, rand.Reader)
	}
	_, err := at(time.Hour).CreateAccount(t.Context(), live, "pw", store.Once{})
	require.ErrorIs(t, err, store.ErrClockMoved)
	_, err = at(time.Hour).CreateAccount(t.Context(), account("test"), "pw", store.Once{})
	require.NoError(t, err)
	_, err = at(0).CreateAccount(t.Context(), live, "pw", store.Once{})
	require.NoError(t, err)
}

func TestAccountsOverwriteNothing(t *testing.T) {
	t.Parallel()
	t.Run("ErrTheIDIsTakenAtAnotherTerminal", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := account("one")
		_, err := w.CreateAccount(t.Context(), a, "pw", store.Once{Hash: [32]byte{1}})
		require.NoError(t, err)
		b := a
		b.Terminal = "two"
		_, err = w.CreateAccount(t.Context(), b, "pw", store.Once{Hash: [32]byte{2}})
		require.ErrorIs(t, err, store.ErrMismatch)
		kept, err := w.AccountNow(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, "one", kept.Terminal)
		_, err = w.AccountByTerminal(t.Context(), "tbank", ids.Test, "two")
		require.ErrorIs(t, err, store.ErrAccountNotFound, "nothing of the loser stands")
	})
	t.Run("TheSameBodyAgainIsAnsweredAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		once := store.Once{Hash: [32]byte{1}, Answer: []byte("first")}
		_, err := w.CreateAccount(t.Context(), account("one"), "pw", once)
		require.NoError(t, err)
		answer, err := w.CreateAccount(t.Context(), account("one"), "pw", store.Once{Hash: [32]byte{1}, Answer: []byte("second")})
		require.NoError(t, err)
		require.Equal(t, "first", string(answer))
	})
	t.Run("ErrChangedMeanwhile", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.CreateAccount(t.Context(), account("one"), "pw", store.Once{})
		require.NoError(t, err)
		one, err := w.AccountNow(t.Context(), ids.FromParts("one"))
		require.NoError(t, err)
		off, dear := one, one
		off.On = false
		_, err = w.ChangeAccount(t.Context(), off)
		require.NoError(t, err)
		dear.Country = "KZ"
		_, err = w.ChangeAccount(t.Context(), dear)
		require.ErrorIs(t, err, store.ErrChangedMeanwhile)
		kept, err := w.AccountNow(t.Context(), one.ID)
		require.NoError(t, err)
		require.False(t, kept.On, "the switch that an operator was told of stands")
	})
	t.Run("ErrMoneyForNobody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := account("one")
		a.SettlesTo = ids.FromParts("nobody")
		_, err := w.CreateAccount(t.Context(), a, "pw", store.Once{})
		require.ErrorIs(t, err, store.ErrPartnerNotFound)
		a.SettlesTo = w.partner(t, false).ID
		_, err = w.CreateAccount(t.Context(), a, "pw", store.Once{})
		require.NoError(t, err)
	})
}
