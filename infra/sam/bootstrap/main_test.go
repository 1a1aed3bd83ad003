package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/identity"
	identitystore "giberno.ru/shared/identity/store"
)

// environment is that of somebody who may write the table of a server.
func environment(address string) map[string]string {
	return map[string]string{
		"TABLE_NAME": "t", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL_DYNAMODB": address,
	}
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("X-Amz-Target")
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	env := environment(server.URL)
	token, err := bootstrap(t.Context(), func(name string) string { return env[name] })
	require.NoError(t, err)
	kind, err := identity.ParseSecret(token)
	require.NoError(t, err)
	require.Equal(t, identity.OperatorToken, kind)
	require.True(t, strings.HasSuffix(asked, ".TransactWriteItems"), "operator and token are written together")
}

func TestErrSecondOperator(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		reason := map[string]any{"Code": "ConditionalCheckFailed", "Item": map[string]any{"pk": map[string]string{"S": "p"}, "sk": map[string]string{"S": "O"}}}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": []any{reason, map[string]string{"Code": "None"}},
		})
	}))
	defer server.Close()
	env := environment(server.URL)
	_, err := bootstrap(t.Context(), func(name string) string { return env[name] })
	require.ErrorIs(t, err, identitystore.ErrHasOperator)
}

func TestErrNotSet(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"TABLE_NAME", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		env := environment("http://127.0.0.1:9")
		delete(env, missing)
		_, err := bootstrap(t.Context(), func(name string) string { return env[name] })
		require.ErrorContains(t, err, missing)
	}
}
