// Package kmskeys unwraps the root keys on AWS: they lie wrapped in the environment of the functions, and KMS, which never
// gives its own key away, opens them. It stands apart from secret, so that the standalone links no AWS.
//
// One call of KMS is all that is needed. It is written out here, signed by the SDK's signer: the SDK's client of KMS describes
// every call and type of the service when a process starts, which alone made the start of a function longer by a quarter of
// an empty Lambda's.
package kmskeys

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"giberno.ru/shared/platform/secret"
)

// Variables are the environment's names of the wrapped root keys: base64 of what kms:Encrypt gave for 32 random bytes under
// Context.
var Variables = map[secret.KeyName]string{
	secret.TestData: "DATA_KEY_TEST",
	secret.LiveData: "DATA_KEY_LIVE",
	secret.Signing:  "CURSOR_KEY",
}

// Context is the encryption context of a root key. KMS authenticates it, so that one key cannot be passed off as another,
// and a policy may name it.
func Context(name secret.KeyName) map[string]string {
	return map[string]string{"giberno": "root-key", "name": string(name)}
}

// Options of New. Region and Credentials are needed.
type Options struct {
	Region      string
	Endpoint    string // "" is the service's own
	Credentials aws.Credentials
	Wrapped     func(name secret.KeyName) string // the wrapped key, base64; "" is none
	Client      *http.Client                     // nil is one that fits a Lambda: it dials for a second and waits three for an answer
	Now         func() time.Time                 // of signatures; nil is the machine's
	// Sleep waits between two attempts, or less if ctx ends, which it answers with ctx's error; nil is a timer.
	Sleep func(ctx context.Context, wait time.Duration) error
}

// Keys is a secret.Unwrapper over KMS. Every Unwrap is one round trip; secret.Keeper makes each once per process.
type Keys struct{ o Options }

// The reasons not to give a key.
var (
	ErrNotSet      = errors.New("kmskeys: the environment has no such key")
	ErrDamaged     = errors.New("kmskeys: the key is not what it should be")
	ErrRefused     = errors.New("kmskeys: KMS refuses")
	ErrUnavailable = errors.New("kmskeys: KMS does not answer")
)

// New makes the keys. Nothing is connected before the first Unwrap.
func New(o Options) *Keys {
	if o.Client == nil {
		transport := &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext,
			TLSHandshakeTimeout: 2 * time.Second, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		}
		o.Client = &http.Client{Transport: transport, Timeout: 3 * time.Second}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleepByTimer
	}
	if o.Endpoint == "" {
		o.Endpoint = "https://kms." + o.Region + ".amazonaws.com"
		if strings.HasPrefix(o.Region, "cn-") {
			o.Endpoint += ".cn"
		}
	}
	return &Keys{o}
}

// FromEnv reads the options from the environment of a Lambda; getenv is os.Getenv. An empty AWS_ENDPOINT_URL_KMS or
// AWS_ENDPOINT_URL is an unset one.
func FromEnv(getenv func(string) string) Options {
	endpoint := getenv("AWS_ENDPOINT_URL_KMS")
	if endpoint == "" {
		endpoint = getenv("AWS_ENDPOINT_URL")
	}
	return Options{
		Region: getenv("AWS_REGION"), Endpoint: endpoint,
		Credentials: aws.Credentials{
			AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: getenv("AWS_SESSION_TOKEN"),
		},
		Wrapped: func(name secret.KeyName) string { return getenv(Variables[name]) },
	}
}

// Unwrap gives a root key. It fails with ErrNotSet, ErrDamaged, ErrRefused or ErrUnavailable.
func (k *Keys) Unwrap(ctx context.Context, name secret.KeyName) (key [secret.KeySize]byte, err error) {
	text := k.o.Wrapped(name)
	if text == "" {
		return key, fmt.Errorf("%w: %s", ErrNotSet, Variables[name])
	}
	wrapped, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return key, fmt.Errorf("%w: %s is not base64", ErrDamaged, Variables[name])
	}
	plain, err := k.decrypt(ctx, wrapped, Context(name))
	if err != nil {
		return key, err
	}
	if len(plain) != secret.KeySize {
		return key, fmt.Errorf("%w: %s holds %d bytes", ErrDamaged, Variables[name], len(plain))
	}
	copy(key[:], plain)
	clear(plain)
	return key, nil
}

func sleepByTimer(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
