package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIssueOperatorToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.call("POST", "/operator", `{"name":"Анна"}`).ok(201)["id"].(string)
	narrow := w.call("POST", "/operator/"+id+"/tokens", `{"name":"reports","scopes":["partners:read","operators:write"]}`).ok(201)["secret"].(string)
	require.Contains(t, narrow, "gb_ops_")
	as := "Authorization: Bearer " + narrow
	w.call("GET", "/partners", "", as).ok(200)
	w.call("POST", "/partner", partnerBody, as).refused(403, "forbidden_scope")
	// Nobody gives away more than he has.
	w.call("POST", "/operator/"+id+"/tokens", `{"name":"more"}`, as).refused(403, "forbidden_scope")
	w.call("POST", "/operator/"+id+"/tokens", `{"name":"more","scopes":["accounts:write"]}`, as).refused(403, "forbidden_scope")
	w.call("POST", "/operator/"+id+"/tokens", `{"name":"same","scopes":["partners:read"]}`, as).ok(201)
	w.call("POST", "/operator/"+nobody+"/tokens", `{"name":"x"}`).refused(404, "operator_not_found")
}
