package platform

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
)

func askBackup(t *testing.T, p *Platform, token string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, BackupPath, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

func TestBackup(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)

	t.Run("IsWholeAndSaysSo", func(t *testing.T) {
		t.Parallel()
		own, server := setup(t)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+BackupPath, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+own.Demo.OperatorToken)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		copied, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, int64(len(copied)), resp.ContentLength)
		sum := sha256.Sum256(copied)
		require.Equal(t, hex.EncodeToString(sum[:]), resp.Header.Get(BackupDigest))
		require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
		require.NotContains(t, string(copied), own.Demo.Accounts[0].Password)
		path := filepath.Join(t.TempDir(), "copy.db")
		require.NoError(t, os.WriteFile(path, copied, 0o600))
		v, err := Verify(t.Context(), path)
		require.NoError(t, err)
		require.Empty(t, v.Breaches)
		require.Equal(t, 1, v.Orders)
		left, err := filepath.Glob(filepath.Join(own.Dir, ".backup-*"))
		require.NoError(t, err)
		require.Empty(t, left)
	})
	t.Run("ErrStrangers", func(t *testing.T) {
		t.Parallel()
		_, narrow, err := p.Identity.IssueToken(t.Context(), identitystore.Issue{Kind: identity.OperatorToken, Holder: identitystore.FirstOperator(),
			Name: "narrow", Scopes: []string{"partners:read"}}, ids.ID{}, identitystore.Once{})
		require.NoError(t, err)
		require.Equal(t, 401, askBackup(t, p, "").Code)
		require.Equal(t, 401, askBackup(t, p, "gb_ops_nobody").Code)
		require.Equal(t, 403, askBackup(t, p, narrow).Code)
		require.Equal(t, 403, askBackup(t, p, p.Demo.TestToken).Code)
	})
	t.Run("ANarrowTokenMayDoNothingElse", func(t *testing.T) {
		t.Parallel()
		_, token, err := p.Identity.IssueToken(t.Context(), identitystore.Issue{Kind: identity.OperatorToken, Holder: identitystore.FirstOperator(),
			Name: "backups", Scopes: []string{ReadBackup}}, ids.ID{}, identitystore.Once{})
		require.NoError(t, err)
		require.Contains(t, []int{200, 409}, askBackup(t, p, token).Code)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/admin/partners", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		require.Equal(t, 403, w.Code)
	})
	t.Run("ErrAnotherIsRunning", func(t *testing.T) {
		t.Parallel()
		own, _ := setup(t)
		own.copying.Lock()
		w := askBackup(t, own, own.Demo.OperatorToken)
		require.Equal(t, 409, w.Code)
		require.Contains(t, w.Body.String(), "backup_running")
		own.copying.Unlock()
		require.Equal(t, 200, askBackup(t, own, own.Demo.OperatorToken).Code)
	})
	t.Run("ErrNoRoomIsToldBeforeTheFirstByte", func(t *testing.T) {
		t.Parallel()
		own, _ := setup(t)
		own.Dir = filepath.Join(own.Dir, "gone") // where no file can be made
		w := askBackup(t, own, own.Demo.OperatorToken)
		require.Equal(t, 500, w.Code)
		require.Empty(t, w.Header().Get(BackupDigest))
		require.NotContains(t, w.Body.String(), "gone")
	})
	t.Run("ErrHeldFolder", func(t *testing.T) {
		t.Parallel()
		_, err := CopyData(p.Dir, io.Discard)
		require.ErrorContains(t, err, "another process holds it")
	})
}

func TestWholeFile(t *testing.T) {
	t.Parallel()
	t.Run("NothingIsLeftOfABrokenOne", func(t *testing.T) {
		t.Parallel()
		dir, broke := t.TempDir(), errors.New("broke")
		err := WholeFile(t.Context(), filepath.Join(dir, "a"), func(w io.Writer) error { _, _ = w.Write([]byte("half")); return broke })
		require.ErrorIs(t, err, broke)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, entries)
	})
	t.Run("ErrTaken", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "a")
		write := func(text string) error {
			return WholeFile(t.Context(), path, func(w io.Writer) error { _, err := io.Copy(w, bytes.NewBufferString(text)); return err })
		}
		require.NoError(t, write("first"))
		require.ErrorIs(t, write("second"), fs.ErrExist)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "first", string(text))
	})
	t.Run("ErrCancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		path := filepath.Join(t.TempDir(), "a")
		require.ErrorIs(t, WholeFile(ctx, path, func(io.Writer) error { return nil }), context.Canceled)
		require.NoFileExists(t, path)
	})
}
