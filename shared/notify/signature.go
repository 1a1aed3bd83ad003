package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
)

// The headers of Standard Webhooks 1.0 (https://www.standardwebhooks.com), beside the body.
const (
	HeaderID        = "webhook-id"        // of the event: the same at each attempt
	HeaderTimestamp = "webhook-timestamp" // of the attempt, unix seconds
	HeaderSignature = "webhook-signature" // "v1,<base64>" for each valid secret, with a space between
)

// SecretSize is the length of a secret, in bytes.
const SecretSize = 32

const secretPrefix = "whsec_"

// NewSecret makes the key of an endpoint.
func NewSecret(random io.Reader) ([]byte, error) {
	key := make([]byte, SecretSize)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fault.Internal(err)
	}
	return key, nil
}

// ShowSecret writes a key as the partner is shown it: whsec_ and base64.
func ShowSecret(key []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(key) }

// Sign makes the signature header of one attempt: HMAC-SHA256 over "{id}.{timestamp}.{body}" under each key.
func Sign(id string, at time.Time, body []byte, keys ...[]byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		io.WriteString(mac, id+"."+strconv.FormatInt(at.Unix(), 10)+".")
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
