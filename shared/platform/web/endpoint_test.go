package web_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/web"
)

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	rec := setup(t).do(call{method: "GET", path: "/openapi.json"})
	require.Equal(t, 200, rec.Code)
	require.Equal(t, "application/openapi+json", rec.Header().Get("Content-Type"))
	require.Equal(t, rec.Body.String(), setup(t).do(call{method: "GET", path: "/openapi/payments.json"}).Body.String())
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Responses   map[string]any
			Codes       []string `json:"x-problem-codes"`
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &doc))
	require.Equal(t, "3.1.0", doc.OpenAPI)
	create := doc.Paths["/api/v1/thing"]["post"]
	require.Equal(t, "create-thing", create.OperationID)
	require.Contains(t, create.Codes, "thing_sold_out")
	require.Contains(t, create.Codes, "invalid_token")
	for _, status := range []string{"201", "400", "401", "413", "415", "422", "429"} {
		require.Contains(t, create.Responses, status)
	}
	require.NotContains(t, doc.Paths, "/api/v1/optional") // it belongs to no API
	require.Contains(t, doc.Components.Schemas, "Problem")
	require.Contains(t, string(doc.Components.Schemas["Line"]), `"maximum":99999.999`)
	require.NotContains(t, rec.Body.String(), "$schema")
	problem(t, setup(t).do(call{method: "GET", path: "/openapi/secret.json"}), 404, "not_found")
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	nothing := http.NotFoundHandler()
	t.Run("ErrNobodySaidWhoMayCall", func(t *testing.T) {
		t.Parallel()
		require.Panics(t, func() { web.Raw(web.Operation{Name: "x", Path: "/x"}, nothing) })
	})
	t.Run("ErrTwoAtOneAddress", func(t *testing.T) {
		t.Parallel()
		e := web.Raw(web.Operation{Name: "x", Path: "/x", Caller: web.Nobody}, nothing)
		require.Panics(t, func() { web.NewServer(web.Options{}, e, e) })
	})
	t.Run("ErrNoAuthenticator", func(t *testing.T) {
		t.Parallel()
		e := web.Raw(web.Operation{Name: "x", Path: "/x", Caller: web.Partner}, nothing)
		require.Panics(t, func() { web.NewServer(web.Options{}, e) })
	})
}
