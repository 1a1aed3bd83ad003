package restore

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/standalone/platform"
)

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.serve(false)
	s.scenes(1, true)
	backup := s.backup()
	keys := filepath.Join(s.dir, "keys")
	into := func(t *testing.T, r platform.Restoring) error {
		t.Helper()
		r.Backup, r.Since = backup, time.Now()
		return platform.Restore(t.Context(), r)
	}
	left := func(t *testing.T, dir string) (names []string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	t.Run("ErrNotEmpty", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600))
		require.ErrorIs(t, into(t, platform.Restoring{Dir: dir, Keys: keys}), platform.ErrNotEmpty)
		require.Equal(t, []string{"notes"}, left(t, dir))
		require.ErrorIs(t, into(t, platform.Restoring{Dir: s.dir, Keys: keys}), platform.ErrNotEmpty)
	})
	t.Run("ErrNoKeys", func(t *testing.T) {
		dir := t.TempDir()
		require.ErrorContains(t, into(t, platform.Restoring{Dir: dir}), "needs the key file")
		require.Empty(t, left(t, dir))
	})
	t.Run("ErrOtherKeys", func(t *testing.T) {
		other, dir := t.TempDir(), t.TempDir()
		p, err := platform.Open(t.Context(), platform.Config{Dir: other, BaseURL: "http://127.0.0.1:1", NoSync: true, NoDemo: true})
		require.NoError(t, err)
		require.NoError(t, p.Close())
		require.ErrorContains(t, into(t, platform.Restoring{Dir: dir, Keys: filepath.Join(other, "keys")}), "not the one that the data was sealed with")
		require.Empty(t, left(t, dir))
	})
	t.Run("ErrNoBackup", func(t *testing.T) {
		dir, torn := t.TempDir(), filepath.Join(t.TempDir(), "torn")
		require.NoError(t, os.WriteFile(torn, []byte("not a backup"), 0o600))
		require.Error(t, platform.Restore(t.Context(), platform.Restoring{Backup: torn, Dir: dir, Keys: keys}))
		require.Empty(t, left(t, dir))
	})
	t.Run("KeysThatCameFirstStay", func(t *testing.T) {
		dir := t.TempDir()
		raw, err := os.ReadFile(keys)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "keys"), raw, 0o600))
		require.NoError(t, into(t, platform.Restoring{Dir: dir}))
		require.Equal(t, []string{"gap.json", "giberno.db", "keys"}, left(t, dir))
	})
}
