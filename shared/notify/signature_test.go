package notify_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
)

// TestSignature holds our signature against the vector that the standard publishes, and against its own verifier.
func TestSignature(t *testing.T) {
	t.Parallel()
	t.Run("ThePublishedVector", func(t *testing.T) {
		t.Parallel()
		// Of the standard's own tests: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw over this message at this time.
		key := []byte{0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4, 0x3c, 0x3f, 0x08, 0x2c, 0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0}
		require.Equal(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", notify.ShowSecret(key))
		require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			notify.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), key))
	})
	t.Run("TheOfficialVerifierAccepts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			random := rand.NewChaCha8([32]byte{1})
			old, err := notify.NewSecret(random)
			require.NoError(t, err)
			fresh, err := notify.NewSecret(random)
			require.NoError(t, err)
			now := time.Now()
			body := notify.Body(event(t, notify.OrderPaid, `{"version":1,"project":"Школа <«Понимаю»>"}`))
			head := http.Header{}
			head.Set(notify.HeaderID, "0f8fad5b-d9cb-869f-a165-708677280000")
			head.Set(notify.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
			head.Set(notify.HeaderSignature, notify.Sign(head.Get(notify.HeaderID), now, body, fresh, old))
			for _, key := range [][]byte{old, fresh} {
				require.NoError(t, verifier(t, key).Verify(body, head))
				require.Error(t, verifier(t, key).Verify(append(body, ' '), head))
			}
			other, err := notify.NewSecret(random)
			require.NoError(t, err)
			require.Error(t, verifier(t, other).Verify(body, head))
			time.Sleep(6 * time.Minute)
			require.ErrorIs(t, verifier(t, fresh).Verify(body, head), standardwebhooks.ErrMessageTooOld)
		})
	})
	t.Run("ErrNoRandomness", func(t *testing.T) {
		t.Parallel()
		_, err := notify.NewSecret(bytes.NewReader(make([]byte, notify.SecretSize-1)))
		require.Error(t, err)
	})
	t.Run("EverySecretAndBodyVerifies", rapid.MakeCheck(func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), notify.SecretSize, notify.SecretSize).Draw(t, "key")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(1, 1<<40).Draw(t, "at"), 0)
		id := ids.FromParts(rapid.String().Draw(t, "id")).String()
		head := http.Header{}
		head.Set(notify.HeaderID, id)
		head.Set(notify.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
		head.Set(notify.HeaderSignature, notify.Sign(id, at, body, key))
		require.NoError(t, verifier(t, key).VerifyIgnoringTimestamp(body, head))
	}))
}

func verifier(t require.TestingT, key []byte) *standardwebhooks.Webhook {
	shown := notify.ShowSecret(key)
	require.True(t, strings.HasPrefix(shown, "whsec_"))
	w, err := standardwebhooks.NewWebhook(shown)
	require.NoError(t, err)
	return w
}
