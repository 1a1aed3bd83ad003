// Package kms is a stand-in for KMS on a developer's machine: it answers Decrypt for the root keys of a local installation, and
// nothing else. It keeps no secret: its keys open data that is made up.
package kms

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"

	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
)

// Wrapped is a root key as this KMS wrapped it, base64: the value of DATA_KEY_TEST and its like.
func Wrapped(name secret.KeyName) string {
	return base64.StdEncoding.EncodeToString([]byte(mark + name))
}

const (
	mark       = "wrapped by the local KMS: "
	maxRequest = 64 << 10 // bytes
)

// Handler answers the wire protocol of KMS; keys gives the root keys in clear. As the real service it wants a signature,
// which it cannot check, and the very encryption context under which a key was wrapped.
func Handler(keys secret.Unwrapper) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		plain, refusal := decrypt(keys, r)
		if refusal != "" {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"__type": refusal})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": plain, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"})
	})
}

// decrypt opens what is asked for, or names the refusal in the words of KMS.
func decrypt(keys secret.Unwrapper, r *http.Request) (plain []byte, refusal string) {
	if r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != "TrentService.Decrypt" {
		return nil, "UnknownOperationException"
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		return nil, "MissingAuthenticationTokenException"
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return nil, "SerializationException"
	}
	name, err := read(text)
	if err != nil {
		return nil, "InvalidCiphertextException"
	}
	key, err := keys.Unwrap(r.Context(), name)
	if err != nil {
		return nil, "KMSInternalException"
	}
	return key[:], ""
}

var errNotOurs = errors.New("kms: not wrapped here, or under another context")

// read finds the key that a request of Decrypt is about.
func read(text []byte) (secret.KeyName, error) {
	var request struct {
		CiphertextBlob    []byte
		EncryptionContext map[string]string
	}
	if err := json.Unmarshal(text, &request); err != nil {
		return "", err
	}
	for _, name := range secret.KeyNames {
		if string(request.CiphertextBlob) == mark+string(name) && maps.Equal(request.EncryptionContext, kmskeys.Context(name)) {
			return name, nil
		}
	}
	return "", errNotOurs
}
