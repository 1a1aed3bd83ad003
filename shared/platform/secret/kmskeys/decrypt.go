package kmskeys

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The wire of KMS: JSON 1.1, the operation in a header.
const (
	target      = "TrentService.Decrypt"
	contentType = "application/x-amz-json-1.1"
	maxAnswer   = 64 << 10 // bytes; a key has 32
)

type decryptRequest struct {
	CiphertextBlob    []byte
	EncryptionContext map[string]string
}

type decryptAnswer struct {
	Plaintext []byte
	Type      string `json:"__type"` // of a refusal, perhaps behind a namespace and «#»
}

// attempts is how often a decryption is asked for in all; it changes nothing, so asking again is safe.
const attempts = 3

// waits lie between the attempts.
var waits = [attempts - 1]time.Duration{50 * time.Millisecond, 200 * time.Millisecond}

// decrypt asks KMS for what is wrapped. It asks again after a broken connection, throttling or a failure of KMS itself.
func (k *Keys) decrypt(ctx context.Context, wrapped []byte, binding map[string]string) (plain []byte, err error) {
	body, err := json.Marshal(decryptRequest{wrapped, binding})
	if err != nil {
		return nil, err
	}
	for i := range attempts {
		if i > 0 {
			if k.o.Sleep(ctx, waits[i-1]) != nil {
				return nil, err
			}
		}
		var again bool
		if plain, again, err = k.ask(ctx, body); err == nil || !again {
			return plain, err
		}
	}
	return nil, err
}

// transient are the refusals that pass by themselves.
var transient = map[string]bool{
	"ThrottlingException": true, "LimitExceededException": true, "KMSInternalException": true, "DependencyTimeoutException": true, "KeyUnavailableException": true,
}

func (k *Keys) ask(ctx context.Context, body []byte) (plain []byte, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, k.o.Endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, false, fmt.Errorf("%w: its address cannot be read", ErrUnavailable)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("X-Amz-Target", target)
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, k.o.Credentials, request, hex.EncodeToString(sum[:]), "kms", k.o.Region, k.o.Now()); err != nil {
		return nil, false, fmt.Errorf("kmskeys: cannot sign: %w", err)
	}
	response, err := k.o.Client.Do(request)
	if err != nil {
		return nil, ctx.Err() == nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, ctx.Err() == nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return read(response.StatusCode, text)
}

// read understands an answer of KMS. Nothing of its text but the kind of a refusal goes into an error.
func read(status int, text []byte) (plain []byte, again bool, err error) {
	var answer decryptAnswer
	readable := json.Unmarshal(text, &answer) == nil
	kind := answer.Type[strings.LastIndexByte(answer.Type, '#')+1:]
	switch {
	case status == http.StatusOK && readable:
		return answer.Plaintext, false, nil
	case status == http.StatusOK:
		return nil, false, fmt.Errorf("%w: KMS answers what cannot be read", ErrDamaged)
	case status >= http.StatusInternalServerError, status == http.StatusTooManyRequests, readable && transient[kind]:
		return nil, true, fmt.Errorf("%w: %d %s", ErrUnavailable, status, known(kind))
	}
	return nil, false, fmt.Errorf("%w: %d %s", ErrRefused, status, known(kind))
}

// known keeps anything but the name of a refusal out of the log.
func known(kind string) string {
	for _, c := range []byte(kind) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return "for a reason without a name"
		}
	}
	return kind
}
