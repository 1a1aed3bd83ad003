package store_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
	"giberno.ru/shared/platform/web/caller"
)

// watched counts reads and writes, keeps the keys written, and can fail.
type watched struct {
	table.Table
	mu            sync.Mutex
	reads, writes int
	keys          map[table.Key]bool
	down          bool
}

func (w *watched) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	if w.note(&w.reads) {
		return table.Row{}, false, table.ErrUnavailable
	}
	return w.Table.Get(ctx, key)
}

func (w *watched) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if w.note(&w.reads) {
		return table.Page{}, table.ErrUnavailable
	}
	return w.Table.Query(ctx, q)
}

func (w *watched) Write(ctx context.Context, actions ...table.Action) error {
	if w.note(&w.writes) {
		return table.ErrUnavailable
	}
	w.mu.Lock()
	for _, a := range actions {
		w.keys[a.Key()] = true
	}
	w.mu.Unlock()
	return w.Table.Write(ctx, actions...)
}

func (w *watched) note(n *int) (down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*n++
	return w.down
}

type world struct {
	*store.Store
	table *watched
	clock *clock.Manual
	keys  secret.Unwrapper
}

func setup(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	f, err := file.Open(filepath.Join(dir, "db"), file.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	engine, err := boltengine.New(f, boltengine.Options{})
	require.NoError(t, err)
	keys, err := secret.CreateKeyFile(filepath.Join(dir, "keys"), rand.Reader)
	require.NoError(t, err)
	w := &world{table: &watched{Table: engine, keys: map[table.Key]bool{}}, clock: clock.At(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), keys: keys}
	w.Store = w.another()
	return w
}

// another is the store of a second process over the same table.
func (w *world) another() *store.Store {
	return store.New(w.table, secret.NewKeeper(w.keys, rand.Reader), w.clock, rand.Reader)
}

func (w *world) partner(t *testing.T, live bool) identity.Partner {
	t.Helper()
	id, err := ids.New(rand.Reader)
	require.NoError(t, err)
	p := identity.Partner{ID: id, Name: "p", Live: live, CreatedAt: w.clock.Now()}
	_, err = w.CreatePartner(t.Context(), p, store.Once{})
	require.NoError(t, err)
	p.Version = 1
	return p
}

func (w *world) issue(t *testing.T, kind identity.TokenKind, holder ids.ID) (identity.Token, string) {
	t.Helper()
	token, secret, err := w.IssueToken(t.Context(), store.Issue{Kind: kind, Holder: holder, Name: "n", Scopes: []string{"*"}}, ids.ID{}, store.Once{})
	require.NoError(t, err)
	return token, secret
}

func account(terminal string) identity.Account {
	return identity.Account{
		ID: ids.FromParts(terminal), Provider: "tbank", Mode: ids.Test, Terminal: terminal, Address: "https://b.example", Country: "RU",
		Currencies: []money.Currency{money.RUB}, Methods: []identity.MethodTerms{{Code: banks.Card, On: true}}, On: true,
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	t.Run("WorldsDoNotMeet", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.partner(t, true)
		_, test := w.issue(t, identity.TestToken, p.ID)
		_, live := w.issue(t, identity.LiveToken, p.ID)
		who, err := w.Authenticate(t.Context(), test)
		require.NoError(t, err)
		require.Equal(t, ids.Test, who.Mode)
		who, err = w.Authenticate(t.Context(), live)
		require.NoError(t, err)
		require.Equal(t, ids.Live, who.Mode)
		require.Equal(t, p.ID, who.Partner)
		require.True(t, who.Person.IsZero(), "a partner's token is nobody's in person")
	})
	t.Run("ErrNotOursCostsNoRead", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, secret := w.issue(t, identity.TestToken, w.partner(t, false).ID)
		for _, text := range []string{"", "x", strings.Replace(secret, "test", "live", 1), secret[:len(secret)-1], secret + "a", strings.ToUpper(secret)} {
			_, err := w.Authenticate(t.Context(), text)
			require.ErrorIs(t, err, caller.ErrInvalidToken)
		}
		require.Zero(t, w.table.reads)
		foreign, err := identity.NewSecret(identity.TestToken, rand.Reader)
		require.NoError(t, err)
		_, err = w.Authenticate(t.Context(), foreign)
		require.ErrorIs(t, err, caller.ErrInvalidToken)
		require.Equal(t, 1, w.table.reads)
	})
	t.Run("IsReadOnceAMinute", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, secret := w.issue(t, identity.TestToken, w.partner(t, false).ID)
		for range 10 {
			_, err := w.Authenticate(t.Context(), secret)
			require.NoError(t, err)
			w.clock.Advance(6*time.Second - 1)
		}
		require.Equal(t, 1, w.table.reads)
		w.clock.Advance(10)
		_, err := w.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, 2, w.table.reads)
		require.Equal(t, store.Misses{Tokens: 2}, w.Misses())
	})
	t.Run("RevocationHoldsAtOnceHereAndInAMinuteElsewhere", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token, secret := w.issue(t, identity.TestToken, w.partner(t, false).ID)
		other := w.another()
		for _, s := range []*store.Store{w.Store, other} {
			_, err := s.Authenticate(t.Context(), secret)
			require.NoError(t, err)
		}
		_, err := w.RevokeToken(t.Context(), token.ID)
		require.NoError(t, err)
		_, err = w.Authenticate(t.Context(), secret)
		require.ErrorIs(t, err, caller.ErrTokenRevoked)
		_, err = other.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		w.clock.Advance(store.CacheTime)
		_, err = other.Authenticate(t.Context(), secret)
		require.ErrorIs(t, err, caller.ErrTokenRevoked)
	})
	t.Run("OperatorIsReadEveryTime", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		secret, err := w.Bootstrap(t.Context())
		require.NoError(t, err)
		for range 3 {
			who, err := w.Authenticate(t.Context(), secret)
			require.NoError(t, err)
			require.Equal(t, caller.Operator, who.Kind)
			require.True(t, who.Partner.IsZero())
			require.Equal(t, store.FirstOperator(), who.Person, "with two tokens he is still one person")
		}
		require.Equal(t, 3, w.table.reads)
		tokens, _, err := w.Tokens(t.Context(), store.FirstOperator(), 10, "")
		require.NoError(t, err)
		_, err = w.another().RevokeToken(t.Context(), tokens[0].ID)
		require.NoError(t, err)
		_, err = w.Authenticate(t.Context(), secret)
		require.ErrorIs(t, err, caller.ErrTokenRevoked)
	})
	t.Run("LastUseIsWrittenOnceADay", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token, secret := w.issue(t, identity.TestToken, w.partner(t, false).ID)
		before := w.table.writes
		for range 5 {
			for _, s := range []*store.Store{w.Store, w.another()} {
				_, err := s.Authenticate(t.Context(), secret)
				require.NoError(t, err)
			}
			w.clock.Advance(time.Hour)
		}
		require.Equal(t, before+1, w.table.writes)
		w.clock.Advance(24 * time.Hour)
		_, err := w.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, before+2, w.table.writes)
		got, err := w.Token(t.Context(), token.ID)
		require.NoError(t, err)
		require.Equal(t, "2026-11-23", got.LastUsed.Format(time.DateOnly))
	})
	t.Run("ErrTableDownIsNoRefusalAndIsNotKept", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, secret := w.issue(t, identity.TestToken, w.partner(t, false).ID)
		w.table.down = true
		_, err := w.Authenticate(t.Context(), secret)
		require.ErrorIs(t, err, store.ErrUnavailable)
		w.table.down = false
		_, err = w.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		w.table.down = true // what is known is believed while the table is away
		_, err = w.Authenticate(t.Context(), secret)
		require.NoError(t, err)
	})
}

func TestIssueToken(t *testing.T) {
	t.Parallel()
	t.Run("ErrLiveTokenOfATestPartner", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.partner(t, false)
		_, _, err := w.IssueToken(t.Context(), store.Issue{Kind: identity.LiveToken, Holder: p.ID}, ids.ID{}, store.Once{})
		require.ErrorIs(t, err, store.ErrNotLive)
		p.Live = true
		_, err = w.ChangePartner(t.Context(), p)
		require.NoError(t, err)
		w.issue(t, identity.LiveToken, p.ID)
	})
	t.Run("ErrHolderMissing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, _, err := w.IssueToken(t.Context(), store.Issue{Kind: identity.TestToken, Holder: ids.FromParts("x")}, ids.ID{}, store.Once{})
		require.ErrorIs(t, err, store.ErrPartnerNotFound)
		_, _, err = w.IssueToken(t.Context(), store.Issue{Kind: identity.OperatorToken, Holder: ids.FromParts("x")}, ids.ID{}, store.Once{})
		require.ErrorIs(t, err, store.ErrOperatorNotFound)
	})
	t.Run("SecretIsNowhereInTheTable", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		token, secret := w.issue(t, identity.TestToken, w.partner(t, false).ID)
		r, ok, err := w.table.Get(t.Context(), table.Key{PK: "ID#TOK#" + token.ID, SK: "T"})
		require.NoError(t, err)
		require.True(t, ok)
		for name, v := range r.Attrs {
			require.NotContains(t, v.String(), secret[8:40], name)
		}
	})
	t.Run("ManyAtOnceWithOneKeyMakeOne", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.partner(t, false)
		made := make([]bool, 16)
		var wg sync.WaitGroup
		for i := range made {
			wg.Go(func() {
				_, _, err := w.IssueToken(t.Context(), store.Issue{Kind: identity.TestToken, Holder: p.ID}, ids.FromParts("k"), store.Once{Hash: [32]byte{1}})
				made[i] = err == nil
			})
		}
		wg.Wait()
		made = slices.DeleteFunc(made, func(ok bool) bool { return !ok })
		require.Len(t, made, 1)
		list, _, err := w.Tokens(t.Context(), p.ID, 100, "")
		require.NoError(t, err)
		require.Len(t, list, 1)
	})
}

func TestBootstrapHappensOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var wg sync.WaitGroup
	secrets := make([]string, 8)
	for i := range secrets {
		wg.Go(func() { secrets[i], _ = w.Bootstrap(t.Context()) })
	}
	wg.Wait()
	made := 0
	for _, s := range secrets {
		if s != "" {
			made++
		}
	}
	require.Equal(t, 1, made)
	_, err := w.Bootstrap(t.Context())
	require.ErrorIs(t, err, store.ErrHasOperator)
}

func TestPartnerChanges(t *testing.T) {
	t.Parallel()
	w := setup(t)
	p := w.partner(t, false)
	first, err := w.PartnerNow(t.Context(), p.ID)
	require.NoError(t, err)
	second := first
	first.Name = "first"
	_, err = w.ChangePartner(t.Context(), first)
	require.NoError(t, err)
	second.Name = "second"
	_, err = w.ChangePartner(t.Context(), second)
	require.ErrorIs(t, err, store.ErrChangedMeanwhile)
	got, err := w.Partner(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, "first", got.Name)
	_, err = w.Partner(t.Context(), ids.FromParts("x"))
	require.ErrorIs(t, err, store.ErrPartnerNotFound)
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	t.Run("AreReadOnceAMinute", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.CreateAccount(t.Context(), account("one"), "pw", store.Once{})
		require.NoError(t, err)
		for range 5 {
			list, err := w.Accounts(t.Context(), ids.Test)
			require.NoError(t, err)
			require.Len(t, list, 1)
			_, err = w.AccountByTerminal(t.Context(), "tbank", ids.Test, "one")
			require.NoError(t, err)
		}
		require.Equal(t, 3, w.table.reads) // the mode; the terminal and its account
		list, err := w.Accounts(t.Context(), ids.Live)
		require.NoError(t, err)
		require.Empty(t, list)
	})
	t.Run("NewOneIsKnownAtOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.AccountByTerminal(t.Context(), "tbank", ids.Test, "one")
		require.ErrorIs(t, err, store.ErrAccountNotFound)
		_, err = w.another().CreateAccount(t.Context(), account("one"), "pw", store.Once{})
		require.NoError(t, err)
		_, err = w.AccountByTerminal(t.Context(), "tbank", ids.Test, "one")
		require.NoError(t, err)
		_, err = w.AccountByTerminal(t.Context(), "tbank", ids.Live, "one")
		require.ErrorIs(t, err, store.ErrAccountNotFound)
	})
	t.Run("ErrTerminalTakenByOneOfMany", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		var wg sync.WaitGroup
		codes := make([]string, 8)
		for i := range codes {
			wg.Go(func() {
				a := account("same")
				a.ID = ids.FromParts("a", string(rune('a'+i)))
				_, err := w.CreateAccount(t.Context(), a, "pw", store.Once{})
				codes[i] = fault.Code(err)
			})
		}
		wg.Wait()
		made := 0
		for _, code := range codes {
			if code == "" {
				made++
				continue
			}
			require.Equal(t, "terminal_taken", code)
		}
		require.Equal(t, 1, made)
	})
	t.Run("ErrSealedUnderOtherKeys", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.CreateAccount(t.Context(), account("one"), "TinkoffBankSecret", store.Once{})
		require.NoError(t, err)
		foreign, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "keys"), rand.Reader)
		require.NoError(t, err)
		other := store.New(w.table, secret.NewKeeper(foreign, rand.Reader), w.clock, rand.Reader)
		a, err := other.Account(t.Context(), ids.Test, ids.FromParts("one"))
		require.NoError(t, err)
		_, err = other.Unsealed(t.Context(), a)
		require.Equal(t, "internal", fault.Code(err))
		require.ErrorContains(t, err, "another key")
		a.ID = ids.FromParts("two") // a box moved to another account stays shut
		_, err = w.Unsealed(t.Context(), a)
		require.ErrorIs(t, err, secret.ErrOpen)
	})
}

func TestEveryKeyBelongsToIdentity(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := w.Bootstrap(t.Context())
	require.NoError(t, err)
	p := w.partner(t, false)
	_, _, err = w.IssueToken(t.Context(), store.Issue{Kind: identity.TestToken, Holder: p.ID}, ids.FromParts("k"), store.Once{Hash: [32]byte{1}})
	require.NoError(t, err)
	_, err = w.CreateAccount(t.Context(), account("one"), "pw", store.Once{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(w.table.keys), 7)
	for key := range w.table.keys {
		require.True(t, strings.HasPrefix(key.PK, store.Prefix), key.PK)
		r, ok, err := w.table.Get(t.Context(), key)
		require.NoError(t, err)
		if ok && !r.First.IsZero() {
			require.True(t, strings.HasPrefix(r.First.PK, store.Prefix), r.First.PK)
		}
		require.True(t, r.Second.IsZero())
	}
}

// The row of an account as code of today writes it. When this fails, a running process of the version before cannot read
// what this one writes: raise the schema and keep reading both.
func TestRowsOfSchemaOneAreRead(t *testing.T) {
	t.Parallel()
	const kept = `{"id":"0f8fad5b-d9cb-869f-a165-708677280000","provider":"tbank","mode":"t","terminal":"T1","address":"https://b.example","grants":["0f8fad5b-d9cb-869f-a165-708677280000"],"country":"RU","currencies":["RUB"],"methods":[{"code":"card","on":true,"fee_bp":190,"fee_fixed":0,"countries":["RU"]}],"on":true,"fiscal":true,"taxation":"osn","secrets":[{"version":2,"box":"AQI="},{"version":1,"box":"AQ==","valid_until":"2026-11-23T12:00:00Z"}],"created_at":"2026-11-22T12:00:00Z"}`
	var a identity.Account
	require.NoError(t, json.Unmarshal([]byte(kept), &a))
	again, err := json.Marshal(a)
	require.NoError(t, err)
	require.Equal(t, kept, string(again))
}
