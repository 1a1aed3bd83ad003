package identity_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
)

func TestToken(t *testing.T) {
	t.Parallel()
	t.Run("SecretTellsItsWorld", func(t *testing.T) {
		t.Parallel()
		for kind, mode := range map[identity.TokenKind]ids.Mode{identity.TestToken: ids.Test, identity.LiveToken: ids.Live, identity.OperatorToken: ""} {
			text, err := identity.NewSecret(kind, rand.Reader)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(text, string(kind)))
			got, err := identity.ParseSecret(text)
			require.NoError(t, err)
			require.Equal(t, kind, got)
			require.Equal(t, mode, kind.Mode())
		}
		require.Equal(t, identity.LiveToken, identity.PartnerToken(ids.Live))
		require.Equal(t, identity.TestToken, identity.PartnerToken(ids.Test))
	})
	t.Run("ErrAnyWrongCharacter", func(t *testing.T) {
		t.Parallel()
		text, err := identity.NewSecret(identity.TestToken, rand.Reader)
		require.NoError(t, err)
		for i := range text {
			for _, c := range []byte{'a', 'z', '2', 'A', '_', 0, 0xff} {
				if bad := text[:i] + string([]byte{c}) + text[i+1:]; bad != text {
					_, err := identity.ParseSecret(bad)
					require.ErrorIs(t, err, identity.ErrTokenForm, bad)
				}
			}
			_, err := identity.ParseSecret(text[:i])
			require.ErrorIs(t, err, identity.ErrTokenForm)
		}
		_, err = identity.ParseSecret(text + "a")
		require.ErrorIs(t, err, identity.ErrTokenForm)
		_, err = identity.ParseSecret(strings.Replace(text, "test", "live", 1)) // the checksum covers the world, too
		require.ErrorIs(t, err, identity.ErrTokenForm)
	})
	t.Run("ErrNoRandomness", func(t *testing.T) {
		t.Parallel()
		_, err := identity.NewSecret(identity.TestToken, strings.NewReader("short"))
		require.Error(t, err)
	})
	t.Run("PublicName", func(t *testing.T) {
		t.Parallel()
		id := identity.TokenID(identity.HashSecret("x"))
		require.True(t, identity.ValidTokenID(id))
		require.False(t, identity.ValidTokenID(strings.ToUpper(id)))
		require.False(t, identity.ValidTokenID(id[1:]))
		require.False(t, identity.ValidTokenID("ID#TOK#0123456789abc"))
	})
}

// FuzzToken: only what NewSecret makes is read as a token, and reading never panics.
func FuzzToken(f *testing.F) {
	for _, kind := range []identity.TokenKind{identity.TestToken, identity.LiveToken, identity.OperatorToken} {
		text, err := identity.NewSecret(kind, strings.NewReader(strings.Repeat("seed", 8)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(text[:len(text)-1])
	}
	f.Add("gb_test_")
	f.Add("\xffgb_live_")
	f.Fuzz(func(t *testing.T, text string) {
		kind, err := identity.ParseSecret(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(text, string(kind)) || len(text) > 80 || strings.ToLower(text) != text {
			t.Fatalf("accepted %q", text)
		}
		if !identity.ValidTokenID(identity.TokenID(identity.HashSecret(text))) {
			t.Fatal("a token without a name")
		}
	})
}
