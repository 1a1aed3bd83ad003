// Package kmskeys unwraps the root keys on AWS: they lie wrapped in the environment of the functions, and KMS, which never
// gives its own key away, opens them. It stands apart from secret, so that the standalone links no AWS.
package kmskeys

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"giberno.ru/shared/platform/secret"
)

// Variables are the environment's names of the wrapped root keys: base64 of what kms:Encrypt gave for 32 random bytes under
// Context.
var Variables = map[secret.KeyName]string{
	secret.TestData: "DATA_KEY_TEST",
	secret.LiveData: "DATA_KEY_LIVE",
	secret.Signing:  "CURSOR_KEY",
}

// Context is the encryption context of a root key. It is authenticated by KMS, so that one key cannot be passed off as
// another, and a policy may name it.
func Context(name secret.KeyName) map[string]string {
	return map[string]string{"giberno": "root-key", "name": string(name)}
}

// Decrypter is the one call of KMS that is needed.
type Decrypter interface {
	Decrypt(ctx context.Context, in *kms.DecryptInput, options ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// Keys unwraps what the environment holds. Every Unwrap is one round trip; secret.Keeper makes each once per process.
type Keys struct {
	open    func() Decrypter
	setting func(variable string) string
}

// The reasons not to give a key.
var (
	ErrNotSet    = errors.New("kmskeys: the environment has no such key")
	ErrDamaged   = errors.New("kmskeys: the wrapped key cannot be read")
	ErrWrongSize = errors.New("kmskeys: the key has another length than ours")
)

// New makes keys from wrapped ones; open is called at the first Unwrap.
func New(open func() Decrypter, setting func(variable string) string) *Keys {
	return &Keys{open: sync.OnceValue(open), setting: setting}
}

// FromEnv makes the keys of a function from its environment. Nothing is opened before the first key is asked for.
func FromEnv() *Keys { return New(client, os.Getenv) }

const (
	attempts    = 3
	longestWait = 300 * time.Millisecond // between two attempts; the SDK's own is 20 s, longer than most functions live
)

func client() Decrypter {
	o := kms.Options{
		Region: os.Getenv("AWS_REGION"),
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, longestWait }),
	}
	if at := os.Getenv("AWS_ENDPOINT_URL_KMS"); at != "" {
		o.BaseEndpoint = aws.String(at)
	}
	return kms.New(o)
}

// Unwrap gives a root key. It fails with ErrNotSet, ErrDamaged, ErrWrongSize, or what KMS says.
func (k *Keys) Unwrap(ctx context.Context, name secret.KeyName) (key [secret.KeySize]byte, err error) {
	text := k.setting(Variables[name])
	if text == "" {
		return key, fmt.Errorf("%w: %s", ErrNotSet, Variables[name])
	}
	wrapped, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return key, fmt.Errorf("%w: %s is not base64", ErrDamaged, Variables[name])
	}
	out, err := k.open().Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: wrapped, EncryptionContext: Context(name)})
	if err != nil {
		return key, fmt.Errorf("kmskeys: %w", err)
	}
	if len(out.Plaintext) != secret.KeySize {
		return key, ErrWrongSize
	}
	copy(key[:], out.Plaintext)
	clear(out.Plaintext)
	return key, nil
}
