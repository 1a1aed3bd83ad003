package platform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"giberno.ru/shared/platform/file"
)

// kept makes the data of a platform that has stopped, and gives copies of it.
func kept(t *testing.T) (another func(*testing.T) string) {
	t.Helper()
	dir := t.TempDir()
	p, err := Open(t.Context(), Config{Dir: dir, BaseURL: "http://127.0.0.1:1", NoSync: true})
	require.NoError(t, err)
	for range 110 { // more than one page of keys
		_, err := p.NewDemoOrder(t.Context(), p.Demo.PartnerID)
		require.NoError(t, err)
	}
	require.NoError(t, p.Close())
	data, err := os.ReadFile(filepath.Join(dir, dataFile))
	require.NoError(t, err)
	return func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), dataFile)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
}

// spoil changes a bucket past its engine.
func spoil(t *testing.T, path, bucket string, how func(*bbolt.Bucket) error) {
	t.Helper()
	f, err := file.Open(path, file.Options{NoSync: true})
	require.NoError(t, err)
	require.NoError(t, f.Update(t.Context(), func(tx *bbolt.Tx) error { return file.Spoiled(how(tx.Bucket([]byte(bucket)))) }))
	require.NoError(t, f.Close())
}

func TestVerify(t *testing.T) {
	t.Parallel()
	another := kept(t)
	t.Run("DataThatWasLeftInPeaceHolds", func(t *testing.T) {
		t.Parallel()
		v, err := Verify(t.Context(), another(t))
		require.NoError(t, err)
		require.Empty(t, v.Breaches)
		require.Equal(t, 111, v.Orders)
		require.Equal(t, 111, v.Due)
		require.Greater(t, v.Rows, v.Orders, "rows of identity are counted")
	})
	for name, c := range map[string]struct {
		bucket string
		how    func(*bbolt.Bucket) error
		want   string
	}{
		"ErrDueKeyLost": {secondBucket, func(b *bbolt.Bucket) error {
			k, _ := b.Cursor().First()
			return b.Delete(k)
		}, "index 2 does not have it"},
		"ErrListEntryLost": {firstBucket, func(b *bbolt.Bucket) error {
			k, _ := b.Cursor().Last()
			return b.Delete(k)
		}, "index 1 does not have it"},
		"ErrEntryOfNoRow": {secondBucket, func(b *bbolt.Bucket) error {
			k, v := b.Cursor().First()
			return b.Put(append(append([]byte(nil), k...), "-other"...), v)
		}, "the row does not say so"},
		"ErrEntryElsewhere": {secondBucket, func(b *bbolt.Bucket) error {
			_, v := b.Cursor().First()
			return b.Put([]byte("nowhere"), v)
		}, "entries in partitions that no row names"},
		"ErrRowLost": {rowsBucket, func(b *bbolt.Bucket) error {
			k, _ := b.Cursor().Last()
			return b.Delete(k)
		}, "the row does not say so"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := another(t)
			spoil(t, path, c.bucket, c.how)
			v, err := Verify(t.Context(), path)
			require.NoError(t, err)
			require.Contains(t, strings.Join(v.Breaches, "\n"), c.want)
		})
	}
	t.Run("ErrDamagedRow", func(t *testing.T) {
		t.Parallel()
		path := another(t)
		spoil(t, path, rowsBucket, func(b *bbolt.Bucket) error { k, _ := b.Cursor().First(); return b.Put(k, []byte("damaged")) })
		_, err := Verify(t.Context(), path)
		require.ErrorContains(t, err, "damaged")
	})
	t.Run("ErrKeyOfSomebodyElse", func(t *testing.T) {
		t.Parallel()
		path := another(t)
		spoil(t, path, rowsBucket, func(b *bbolt.Bucket) error { return b.Put([]byte("stranger"), []byte("x")) })
		_, err := Verify(t.Context(), path)
		require.ErrorContains(t, err, "none of ours")
	})
	t.Run("ErrNoData", func(t *testing.T) {
		t.Parallel()
		_, err := Verify(t.Context(), filepath.Join(t.TempDir(), "none"))
		require.ErrorIs(t, err, os.ErrNotExist)
		_, err = Verify(t.Context(), t.TempDir())
		require.Error(t, err)
	})
}
