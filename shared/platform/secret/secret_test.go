package secret_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/secret"
)

// slot counts how often a key was asked for, and may fail first.
type slot struct {
	mu    sync.Mutex
	calls map[secret.KeyName]int
	fail  int
}

func (s *slot) Unwrap(_ context.Context, name secret.KeyName) (key [32]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return key, errors.New("no answer")
	}
	if s.calls == nil {
		s.calls = map[secret.KeyName]int{}
	}
	s.calls[name]++
	copy(key[:], name)
	return key, nil
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	box := secret.Box{Account: ids.FromParts("a"), Version: 1, Mode: ids.Test}
	t.Run("OpensWhatItSealed", func(t *testing.T) {
		t.Parallel()
		k := secret.NewKeeper(&slot{}, rand.Reader)
		for _, plain := range []string{"", "TinkoffBankTest", "пароль"} {
			sealed, err := k.Seal(t.Context(), box, []byte(plain))
			require.NoError(t, err)
			require.False(t, plain != "" && bytes.Contains(sealed, []byte(plain)))
			again, err := k.Seal(t.Context(), box, []byte(plain))
			require.NoError(t, err)
			require.NotEqual(t, sealed, again)
			opened, err := k.Open(t.Context(), box, sealed)
			require.NoError(t, err)
			require.Equal(t, plain, string(opened))
		}
	})
	t.Run("ErrOpenForAnyOtherBox", func(t *testing.T) {
		t.Parallel()
		k := secret.NewKeeper(&slot{}, rand.Reader)
		sealed, err := k.Seal(t.Context(), box, []byte("password"))
		require.NoError(t, err)
		for _, other := range []secret.Box{
			{Account: ids.FromParts("b"), Version: 1, Mode: ids.Test}, {Account: box.Account, Version: 2, Mode: ids.Test}, {Account: box.Account, Version: 1, Mode: ids.Live},
		} {
			_, err := k.Open(t.Context(), other, sealed)
			require.ErrorIs(t, err, secret.ErrOpen)
		}
		for i := range sealed {
			bad := bytes.Clone(sealed)
			bad[i] ^= 1
			_, err := k.Open(t.Context(), box, bad)
			require.ErrorIs(t, err, secret.ErrOpen)
			_, err = k.Open(t.Context(), box, sealed[:i])
			require.ErrorIs(t, err, secret.ErrOpen)
		}
	})
	t.Run("KeyIsUnwrappedOncePerProcess", func(t *testing.T) {
		t.Parallel()
		s := &slot{}
		k := secret.NewKeeper(s, rand.Reader)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				_, err := k.Seal(t.Context(), box, []byte("x"))
				require.NoError(t, err)
			})
		}
		wg.Wait()
		require.Equal(t, map[secret.KeyName]int{secret.TestData: 1}, s.calls)
	})
	t.Run("FailureIsNotRemembered", func(t *testing.T) {
		t.Parallel()
		k := secret.NewKeeper(&slot{fail: 1}, rand.Reader)
		_, err := k.Seal(t.Context(), box, []byte("x"))
		require.ErrorContains(t, err, "no answer")
		_, err = k.Seal(t.Context(), box, []byte("x"))
		require.NoError(t, err)
	})
	t.Run("ErrNoSuchMode", func(t *testing.T) {
		t.Parallel()
		_, err := secret.NewKeeper(&slot{}, rand.Reader).Seal(t.Context(), secret.Box{}, nil)
		require.Error(t, err)
	})
	t.Run("DerivedKeysDifferByPurpose", func(t *testing.T) {
		t.Parallel()
		k := secret.NewKeeper(&slot{}, rand.Reader)
		one, err := k.Derive(t.Context(), "cursor")
		require.NoError(t, err)
		two, err := k.Derive(t.Context(), "session")
		require.NoError(t, err)
		require.Len(t, one, 32)
		require.NotEqual(t, one, two)
	})
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	t.Run("SurvivesReopening", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "keys")
		made, err := secret.LoadKeyFile(path, rand.Reader)
		require.NoError(t, err)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
		again, err := secret.LoadKeyFile(path, rand.Reader)
		require.NoError(t, err)
		require.Equal(t, made, again)
		_, err = secret.CreateKeyFile(path, rand.Reader)
		require.ErrorIs(t, err, fs.ErrExist)
		left, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, left, 1)
	})
	t.Run("ErrLoose", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "keys")
		_, err := secret.CreateKeyFile(path, rand.Reader)
		require.NoError(t, err)
		for _, mode := range []fs.FileMode{0o640, 0o604, 0o660, 0o644} {
			require.NoError(t, os.Chmod(path, mode))
			_, err = secret.LoadKeyFile(path, rand.Reader)
			require.ErrorIs(t, err, secret.ErrLoose)
		}
	})
	t.Run("ErrDamaged", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "keys")
		_, err := secret.CreateKeyFile(path, rand.Reader)
		require.NoError(t, err)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, bad := range [][]byte{nil, whole[:len(whole)-3], bytes.ToUpper(whole), append(bytes.Clone(whole), whole...), bytes.Replace(whole, []byte("live"), []byte("lives"), 1)} {
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			_, err = secret.LoadKeyFile(path, rand.Reader)
			require.ErrorIs(t, err, secret.ErrDamaged)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, len(bad), len(after)) // a damaged file is never overwritten
		}
	})
	t.Run("ManyAtOnceMakeOne", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "keys")
		var wg sync.WaitGroup
		made := make([]*secret.KeyFile, 8)
		for i := range made {
			wg.Go(func() {
				k, err := secret.LoadKeyFile(path, rand.Reader)
				if err == nil {
					made[i] = k
				}
			})
		}
		wg.Wait()
		for _, k := range made {
			require.NotNil(t, k)
			require.Equal(t, made[0], k)
		}
	})
}
