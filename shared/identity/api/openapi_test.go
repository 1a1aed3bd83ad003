package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	setup(t).http.ServeHTTP(rec, httptest.NewRequest("GET", "/openapi/admin.json", nil))
	require.Equal(t, 200, rec.Code)
	var doc struct {
		Paths map[string]map[string]struct {
			Summary   string
			Caller    string `json:"x-caller"`
			Security  []map[string][]string
			Responses map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &doc))
	calls := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			calls++
			require.NotEmpty(t, op.Summary, method+path)
			require.Equal(t, "operator", op.Caller)
			require.Len(t, op.Security[0]["token"], 1, "every call has its scope")
		}
	}
	require.Equal(t, 21, calls)
	made := doc.Paths["/api/v1/admin/partner"]["post"].Responses["201"].Content["application/json"]
	require.Equal(t, "#/components/schemas/Partner", made.Schema.Ref)
	require.NotContains(t, doc.Components.Schemas["Account"].Properties, "password")
	require.NotContains(t, doc.Components.Schemas["Token"].Properties, "secret")
}
