package outbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/notify/mail/outbox"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, o outbox.Options) *outbox.Outbox {
	t.Helper()
	o.Clock = clock.At(start)
	b, err := outbox.Open(o)
	require.NoError(t, err)
	return b
}

func letter(key string) mail.Message {
	return mail.Message{To: "buyer@example.com", Subject: "Чек <" + key + ">", Text: "Спасибо & <b>", HTML: "<p>Спасибо</p><script>alert(1)</script>", Lang: "ru", Key: key}
}

func keys(b *outbox.Outbox) string {
	var list []string
	for _, k := range b.Messages() {
		list = append(list, fmt.Sprintf("%d:%s×%d", k.N, k.Message.Key, k.Times))
	}
	return strings.Join(list, " ")
}

func TestOutbox(t *testing.T) {
	t.Parallel()

	t.Run("NewestFirst", func(t *testing.T) {
		t.Parallel()
		b := open(t, outbox.Options{})
		require.NoError(t, b.Send(t.Context(), letter("a")))
		require.NoError(t, b.Send(t.Context(), letter("b")))
		require.Equal(t, "2:b×1 1:a×1", keys(b))
		require.Equal(t, start, b.Messages()[0].At)
	})

	t.Run("SentAgainIsTheSameLetter", func(t *testing.T) {
		t.Parallel()
		b := open(t, outbox.Options{})
		for _, key := range []string{"a", "b", "a"} {
			require.NoError(t, b.Send(t.Context(), letter(key)))
		}
		require.Equal(t, "2:b×1 1:a×2", keys(b))
	})

	t.Run("OldestGoFirst", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		b := open(t, outbox.Options{Keep: 2, Dir: dir})
		for _, key := range []string{"a", "b", "c"} {
			require.NoError(t, b.Send(t.Context(), letter(key)))
		}
		require.Equal(t, "3:c×1 2:b×1", keys(b))
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 2)
	})

	t.Run("AFolderOutlivesTheProcess", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "letters")
		b := open(t, outbox.Options{Dir: dir})
		require.NoError(t, b.Send(t.Context(), letter("a")))
		require.NoError(t, b.Send(t.Context(), letter("b")))
		again := open(t, outbox.Options{Dir: dir})
		require.Equal(t, b.Messages(), again.Messages())
		require.NoError(t, again.Send(t.Context(), letter("c")))
		require.Equal(t, "3:c×1 2:b×1 1:a×1", keys(again))
		info, err := os.Stat(filepath.Join(dir, "00000001.json"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})

	t.Run("ErrForeignFile", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "x.json"), []byte("{}"), 0o600))
		_, err := outbox.Open(outbox.Options{Clock: clock.At(start), Dir: dir})
		require.ErrorContains(t, err, "x.json")
	})

	t.Run("ErrWrongMessage", func(t *testing.T) {
		t.Parallel()
		b := open(t, outbox.Options{})
		require.ErrorIs(t, b.Send(t.Context(), mail.Message{To: "x"}), mail.ErrRefused)
		require.Empty(t, b.Messages())
	})

	t.Run("ErrFolderGone", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "letters")
		b := open(t, outbox.Options{Dir: dir})
		require.NoError(t, os.RemoveAll(dir))
		require.ErrorIs(t, b.Send(t.Context(), letter("a")), mail.ErrLater)
		require.Empty(t, b.Messages(), "what was not kept is not shown")
	})

	t.Run("ManyAtOnce", func(t *testing.T) {
		t.Parallel()
		b := open(t, outbox.Options{Dir: t.TempDir()})
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := b.Send(t.Context(), letter(fmt.Sprint("k", i%10))); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Len(t, b.Messages(), 10)
	})
}

func get(b *outbox.Outbox, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:5"
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	http.StripPrefix("/dev/outbox", b.Handler()).ServeHTTP(rec, r)
	return rec
}

func TestHandler(t *testing.T) {
	t.Parallel()
	b := open(t, outbox.Options{})
	require.Contains(t, get(b, "/dev/outbox/").Body.String(), "Nothing has been sent yet")
	require.NoError(t, b.Send(t.Context(), letter("receipt/1")))

	t.Run("List", func(t *testing.T) {
		t.Parallel()
		page := get(b, "/dev/outbox/")
		require.Equal(t, http.StatusOK, page.Code)
		require.Contains(t, page.Body.String(), `<a href="1" hreflang="ru">Чек &lt;receipt/1&gt;</a>`)
		require.Contains(t, page.Body.String(), "buyer@example.com")
		require.Equal(t, "no-store", page.Header().Get("Cache-Control"))
	})

	t.Run("Letter", func(t *testing.T) {
		t.Parallel()
		page := get(b, "/dev/outbox/1")
		require.Contains(t, page.Body.String(), "Спасибо &amp; &lt;b&gt;")
		require.Contains(t, page.Body.String(), `<iframe src="1/html" sandbox `)
		require.NotContains(t, page.Body.String(), "<script>")
		require.Contains(t, page.Header().Get("Content-Security-Policy"), "frame-src 'self'")
	})

	t.Run("HTMLIsLockedIn", func(t *testing.T) {
		t.Parallel()
		page := get(b, "/dev/outbox/1/html")
		require.Equal(t, letter("receipt/1").HTML, page.Body.String())
		policy := page.Header().Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(policy, "sandbox; default-src 'none';"), policy)
		require.NotContains(t, policy, "allow-")
		require.NotContains(t, policy, "script-src")
		require.Equal(t, "nosniff", page.Header().Get("X-Content-Type-Options"))
	})

	t.Run("File", func(t *testing.T) {
		t.Parallel()
		page := get(b, "/dev/outbox/1/letter.eml")
		require.Equal(t, "message/rfc822", page.Header().Get("Content-Type"))
		require.Contains(t, page.Body.String(), "Message-ID: <"+letter("receipt/1").ID("localhost")+">")
	})

	t.Run("Stylesheet", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, get(b, "/dev/outbox/outbox.css").Header().Get("Content-Type"), "text/css")
	})

	t.Run("NotFound", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/dev/outbox/2", "/dev/outbox/x", "/dev/outbox/1/other", "/dev/outbox/2/html", "/dev/outbox/-1", "/dev/outbox/99999999999999999999"} {
			require.Equal(t, http.StatusNotFound, get(b, path).Code, path)
		}
	})

	t.Run("ErrStranger", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, http.StatusNotFound, get(b, "/dev/outbox/", func(r *http.Request) { r.RemoteAddr = "10.0.0.7:5" }).Code)
		require.Equal(t, http.StatusNotFound, get(b, "/dev/outbox/", func(r *http.Request) { r.Host = "evil.example" }).Code)
	})
}
