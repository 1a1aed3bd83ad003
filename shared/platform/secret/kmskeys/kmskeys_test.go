package kmskeys_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
)

// script is KMS as a test plays it: one answer a call.
type script struct {
	t       *testing.T
	answers []answer
	calls   []call
}

type answer struct {
	status int
	body   string
}

type call struct {
	header http.Header
	body   string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	require.NoError(s.t, err)
	s.calls = append(s.calls, call{r.Header, string(body)})
	next := s.answers[min(len(s.calls), len(s.answers))-1]
	if next.status == 0 { // the line is cut
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
}

var good = answer{200, `{"Plaintext":"` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", secret.KeySize))) + `","KeyId":"arn"}`}

func setup(t *testing.T, answers ...answer) (*kmskeys.Keys, *script, *[]time.Duration) {
	t.Helper()
	s := &script{t: t, answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	waits := &[]time.Duration{}
	return kmskeys.New(kmskeys.Options{
		Region: "eu-central-1", Endpoint: server.URL,
		Credentials: aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI", SessionToken: "session"},
		Wrapped:     func(name secret.KeyName) string { return base64.StdEncoding.EncodeToString([]byte("wrapped " + name)) },
		Now:         func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) },
		Sleep: func(_ context.Context, wait time.Duration) error {
			*waits = append(*waits, wait)
			return nil
		},
	}), s, waits
}

func TestUnwrap(t *testing.T) {
	t.Parallel()
	t.Run("TheCallIsKMSsOwn", func(t *testing.T) {
		t.Parallel()
		keys, kms, _ := setup(t, good)
		key, err := keys.Unwrap(t.Context(), secret.TestData)
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("k", secret.KeySize), string(key[:]))
		require.Len(t, kms.calls, 1)
		sent := kms.calls[0]
		require.Equal(t, "TrentService.Decrypt", sent.header.Get("X-Amz-Target"))
		require.Equal(t, "application/x-amz-json-1.1", sent.header.Get("Content-Type"))
		require.Equal(t, "session", sent.header.Get("X-Amz-Security-Token"))
		require.Equal(t, "20261122T100000Z", sent.header.Get("X-Amz-Date"))
		authorization := sent.header.Get("Authorization")
		require.Contains(t, authorization, "Credential=AKIDEXAMPLE/20261122/eu-central-1/kms/aws4_request")
		for _, name := range []string{"content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"} {
			require.Contains(t, authorization, name)
		}
		var body struct {
			CiphertextBlob    []byte
			EncryptionContext map[string]string
		}
		require.NoError(t, json.Unmarshal([]byte(sent.body), &body))
		require.Equal(t, "wrapped test", string(body.CiphertextBlob))
		require.Equal(t, map[string]string{"giberno": "root-key", "name": "test"}, body.EncryptionContext)
	})
	t.Run("WhatPassesIsAskedAgain", func(t *testing.T) {
		t.Parallel()
		for _, passing := range []answer{{500, ""}, {503, "<html>"}, {429, "{}"}, {400, `{"__type":"ThrottlingException"}`}, {0, ""}, {400, `{"__type":"com.amazon#KMSInternalException"}`}} {
			keys, kms, waits := setup(t, passing, passing, good)
			_, err := keys.Unwrap(t.Context(), secret.LiveData)
			require.NoError(t, err, "%+v", passing)
			require.Len(t, kms.calls, 3)
			require.Equal(t, []time.Duration{50 * time.Millisecond, 200 * time.Millisecond}, *waits)
		}
	})
	t.Run("ErrUnavailable", func(t *testing.T) {
		t.Parallel()
		keys, kms, _ := setup(t, answer{503, ""})
		_, err := keys.Unwrap(t.Context(), secret.Signing)
		require.ErrorIs(t, err, kmskeys.ErrUnavailable)
		require.Len(t, kms.calls, 3)
	})
	t.Run("ErrRefused", func(t *testing.T) {
		t.Parallel()
		for kind, shown := range map[string]string{
			`AccessDeniedException`:                                   "AccessDeniedException",
			`com.amazonaws.kms#InvalidCiphertextException`:            "InvalidCiphertextException",
			`user arn:aws:sts::1:assumed-role/hunter2 is not allowed`: "for a reason without a name",
		} {
			keys, kms, _ := setup(t, answer{400, `{"__type":"` + kind + `","message":"hunter2"}`})
			_, err := keys.Unwrap(t.Context(), secret.Signing)
			require.ErrorIs(t, err, kmskeys.ErrRefused)
			require.ErrorContains(t, err, shown)
			require.NotContains(t, err.Error(), "hunter2")
			require.Len(t, kms.calls, 1, "a refusal stays one")
		}
	})
	t.Run("ErrDamaged", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{`{"Plaintext":"c2hvcnQ="}`, `no json`, `{}`} {
			keys, _, _ := setup(t, answer{200, body})
			_, err := keys.Unwrap(t.Context(), secret.Signing)
			require.ErrorIs(t, err, kmskeys.ErrDamaged)
		}
		keys := kmskeys.New(kmskeys.Options{Wrapped: func(secret.KeyName) string { return "no base64" }})
		_, err := keys.Unwrap(t.Context(), secret.Signing)
		require.ErrorIs(t, err, kmskeys.ErrDamaged)
		require.NotContains(t, err.Error(), "no base64\"")
	})
	t.Run("ErrNotSet", func(t *testing.T) {
		t.Parallel()
		keys := kmskeys.New(kmskeys.FromEnv(func(string) string { return "" }))
		_, err := keys.Unwrap(t.Context(), secret.LiveData)
		require.ErrorIs(t, err, kmskeys.ErrNotSet)
		require.ErrorContains(t, err, "DATA_KEY_LIVE")
	})
	t.Run("AKeeperAsksOnce", func(t *testing.T) {
		t.Parallel()
		keys, kms, _ := setup(t, good)
		keeper := secret.NewKeeper(keys, strings.NewReader(strings.Repeat("r", 100)))
		box := secret.Box{Account: ids.FromParts("a"), Version: 1, Mode: ids.Test}
		sealed, err := keeper.Seal(t.Context(), box, []byte("password"))
		require.NoError(t, err)
		plain, err := keeper.Open(t.Context(), box, sealed)
		require.NoError(t, err)
		require.Equal(t, "password", string(plain))
		require.Len(t, kms.calls, 1)
	})
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AWS_REGION": "eu-north-1", "AWS_ENDPOINT_URL": "http://all", "CURSOR_KEY": "wrapped"}
	o := kmskeys.FromEnv(func(name string) string { return env[name] })
	require.Equal(t, "http://all", o.Endpoint)
	require.Equal(t, "wrapped", o.Wrapped(secret.Signing))
	env["AWS_ENDPOINT_URL_KMS"] = "http://kms"
	require.Equal(t, "http://kms", kmskeys.FromEnv(func(name string) string { return env[name] }).Endpoint)
}
