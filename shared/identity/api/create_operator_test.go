package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCreateOperator(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := w.call("POST", "/operator", `{"name":"Анна"}`, "Idempotency-Key: k")
	again := w.call("POST", "/operator", `{"name":"Анна"}`, "Idempotency-Key: k")
	first.ok(201)
	require.Equal(t, first.body, again.body)
	w.call("POST", "/operator", `{"name":"Борис"}`, "Idempotency-Key: k").refused(422, "idempotency_mismatch")
	w.call("POST", "/operator", `{"name":""}`).refused(422, "validation_failed")
}
