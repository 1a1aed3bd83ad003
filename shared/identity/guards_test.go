package identity_test

import (
	"crypto/sha256"
	"encoding/base32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/identity"
)

func TestASecretHasOneSpelling(t *testing.T) {
	t.Parallel()
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	text, err := identity.NewSecret(identity.TestToken, rand.NewChaCha8([32]byte{1}))
	require.NoError(t, err)
	body := text[:len(text)-6]
	signed := func(body string) string { // with the checksum that a forger can make as well as we can
		sum := sha256.Sum256([]byte("giberno token checksum\x00" + body))
		return body + base32.NewEncoding(letters).EncodeToString(sum[:])[:6]
	}
	require.Equal(t, text, signed(body))
	last := len(body) - 1 // its last letter has bits that no byte takes
	other := body[:last] + string(letters[strings.IndexByte(letters, body[last])+1])
	_, err = identity.ParseSecret(signed(other))
	require.ErrorIs(t, err, identity.ErrTokenForm)
}
