package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments/api"
	"giberno.ru/shared/platform/web"
)

// document is what these tests read of an OpenAPI document.
type document struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string                    `json:"operationId"`
	Summary     string                    `json:"summary"`
	Codes       []string                  `json:"x-problem-codes"`
	Caller      string                    `json:"x-caller"`
	Security    []map[string][]string     `json:"security"`
	Responses   map[string]map[string]any `json:"responses"`
	Parameters  []map[string]any          `json:"parameters"`
	RequestBody struct {
		Required bool `json:"required"`
		Content  map[string]struct {
			Schema map[string]any `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

var rendered = sync.OnceValues(func() (map[string][]byte, error) {
	return web.Documents(web.Options{Title: "Giberno"}, (&api.Service{}).Endpoints()...)
})

var documents = sync.OnceValues(func() (map[string]document, error) {
	raw, err := rendered()
	if err != nil {
		return nil, err
	}
	read := map[string]document{}
	for name, text := range raw {
		var d document
		if err := json.Unmarshal(text, &d); err != nil {
			return nil, err
		}
		read[name] = d
	}
	return read, nil
})

// documentedCodes gives the problem codes of the operation that a call meets; described is false where none does.
func documentedCodes(t testing.TB, c call) (codes []string, described bool) {
	t.Helper()
	all, err := documents()
	require.NoError(t, err)
	path, _, _ := strings.Cut(c.path, "?")
	best := -1
	for _, d := range all {
		for template, operations := range d.Paths {
			op, known := operations[strings.ToLower(c.method)]
			if literal, fits := match(template, path); fits && known && literal > best {
				codes, described, best = op.Codes, true, literal
			}
		}
	}
	return codes, described
}

// match says how many literal segments a path shares with a template that it fits.
func match(template, path string) (literal int, ok bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i := range want {
		switch {
		case want[i] == got[i]:
			literal++
		case !strings.HasPrefix(want[i], "{"):
			return 0, false
		}
	}
	return literal, true
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	raw, err := rendered()
	require.NoError(t, err)
	all, err := documents()
	require.NoError(t, err)
	require.Len(t, all, 2, "partners' and operators' calls have a document each")
	t.Run("NoSchemaLinks", func(t *testing.T) {
		t.Parallel()
		for _, text := range raw {
			require.NotContains(t, string(text), "$schema")
		}
	})
	t.Run("EveryReferenceLeadsSomewhere", func(t *testing.T) {
		t.Parallel()
		for name, text := range raw {
			for _, tail := range strings.Split(string(text), `"$ref":"#/components/schemas/`)[1:] {
				target, _, _ := strings.Cut(tail, `"`)
				require.Contains(t, all[name].Components.Schemas, target)
			}
		}
	})
	t.Run("TheCurrenciesAreListed", func(t *testing.T) {
		t.Parallel()
		price := all["payments"].Components.Schemas["Money"]["properties"].(map[string]any)
		var listed []money.Currency
		for _, c := range price["currency"].(map[string]any)["enum"].([]any) {
			listed = append(listed, money.Currency(c.(string)))
		}
		require.Equal(t, money.Currencies, listed)
		require.Equal(t, "integer", price["amount"].(map[string]any)["type"], "minor units, never a fraction")
	})
	t.Run("EveryEndpointIsDescribed", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{}
		for _, d := range all {
			for path, operations := range d.Paths {
				for method, op := range operations {
					require.False(t, seen[op.OperationID], op.OperationID)
					seen[op.OperationID] = true
					op.check(t, method+" "+path)
				}
			}
		}
		for _, e := range (&api.Service{}).Endpoints() {
			require.Equal(t, e.Operation.API != "", seen[e.Operation.Name], e.Operation.Name)
		}
	})
	t.Run("EveryFieldOfARequestHasAnExample", func(t *testing.T) {
		t.Parallel()
		for _, d := range all {
			for path, operations := range d.Paths {
				for _, op := range operations {
					for _, p := range op.Parameters {
						if p["required"] == true {
							require.True(t, d.exemplified(p["schema"].(map[string]any)), "%s: %v", path, p["name"])
						}
					}
					if op.RequestBody.Required {
						require.NotNil(t, d.sample(t, op.RequestBody.Content["application/json"].Schema), path)
					}
				}
			}
		}
	})
}

func (op operation) check(t *testing.T, at string) {
	t.Helper()
	require.NotEmpty(t, op.Summary, at)
	require.NotEmpty(t, op.Security, at)
	require.Contains(t, []string{"partner", "operator"}, op.Caller, at)
	for _, always := range []string{"invalid_token", "token_revoked", "forbidden_scope", "rate_limited", "validation_failed", "internal"} {
		require.Contains(t, op.Codes, always, at)
	}
	require.IsIncreasing(t, op.Codes, at)
	success := 0
	for status, answer := range op.Responses {
		content, _ := answer["content"].(map[string]any)
		if status[0] == '2' {
			success++
			continue
		}
		require.Contains(t, content, web.ProblemType, "%s %s", at, status)
	}
	require.Equal(t, 1, success, at)
}

// resolved follows a reference.
func (d document) resolved(schema map[string]any) map[string]any {
	if ref, ok := schema["$ref"].(string); ok {
		return d.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	return schema
}

// exemplified reports that a reader can tell from the document what to send.
func (d document) exemplified(schema map[string]any) bool {
	schema = d.resolved(schema)
	return schema["examples"] != nil || schema["enum"] != nil || schema["default"] != nil || schema["type"] == "boolean" || schema["type"] == "object"
}

// sample makes a value from the examples of a schema: all required fields, and the others that have an example.
func (d document) sample(t *testing.T, schema map[string]any) any {
	t.Helper()
	schema = d.resolved(schema)
	if list, ok := schema["examples"].([]any); ok {
		return list[0]
	}
	if list, ok := schema["enum"].([]any); ok {
		return list[0]
	}
	switch schema["type"] {
	case "array":
		return []any{d.sample(t, schema["items"].(map[string]any))}
	case "object":
		required := map[string]bool{}
		names, _ := schema["required"].([]any)
		for _, name := range names {
			required[name.(string)] = true
		}
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		for name, p := range properties {
			field := d.resolved(p.(map[string]any))
			if required[name] || field["examples"] != nil {
				object[name] = d.sample(t, field)
			}
		}
		return object
	}
	require.Fail(t, "no example", "%v", schema)
	return nil
}

// TestTheExamplesWork sends what the documents show.
func TestTheExamplesWork(t *testing.T) {
	t.Parallel()
	all, err := documents()
	require.NoError(t, err)
	example := func(t *testing.T, document, path string) map[string]any {
		d := all[document]
		return d.sample(t, d.Paths[path]["post"].RequestBody.Content["application/json"].Schema).(map[string]any)
	}
	send := func(w *world, path string, body map[string]any) answer {
		text, err := json.Marshal(body)
		require.NoError(t, err)
		return w.do(post(path, string(text)))
	}
	t.Run("TheMainRoad", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := read[api.Order](t, send(w, "/api/v1/order", example(t, "payments", "/api/v1/order")), 201)
		pay := example(t, "payments", "/api/v1/payment")
		refused(t, send(w, "/api/v1/payment", pay), 404, "order_not_found")
		pay["order_uuid"] = o.UUID
		p := read[api.Payment](t, send(w, "/api/v1/payment", pay), 201)
		w.tell(t, p, "paid")
		receipt := example(t, "payments", "/api/v1/payment/receipt")
		receipt["order_uuid"] = o.UUID
		require.Equal(t, o.UUID, read[api.ReceiptFound](t, send(w, "/api/v1/payment/receipt", receipt), 201).OrderUUID)
	})
	t.Run("IDsInPaths", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for path, operations := range all["payments"].Paths {
			for method, op := range operations {
				for _, p := range op.Parameters {
					if p["in"] != "path" {
						continue
					}
					id := all["payments"].sample(t, p["schema"].(map[string]any)).(string)
					code := "order_not_found"
					switch {
					case strings.HasPrefix(path, "/api/v1/payment/"):
						code = "payment_not_found"
					case strings.HasPrefix(path, "/api/v1/refund/"):
						code = "refund_not_found"
					}
					refused(t, w.do(call{method: strings.ToUpper(method), path: strings.Replace(path, "{uuid}", id, 1), key: "k"}), 404, code)
				}
			}
		}
	})
	t.Run("IDsInPathsOfOperators", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for path, code := range map[string]string{
			"/api/v1/admin/payment/{uuid}/refund": "payment_not_found", "/api/v1/admin/refund/{uuid}/approve": "refund_not_found",
			"/api/v1/admin/refund/{uuid}/reject": "refund_not_found",
		} {
			op := all["admin"].Paths[path]["post"]
			id := op.Parameters[slices.IndexFunc(op.Parameters, func(p map[string]any) bool { return p["name"] == "uuid" })]
			c := call{method: "POST", path: strings.Replace(path, "{uuid}", all["admin"].sample(t, id["schema"].(map[string]any)).(string), 1), token: boris, key: "k"}
			if schema := op.RequestBody.Content["application/json"].Schema; op.RequestBody.Required {
				text, err := json.Marshal(all["admin"].sample(t, schema))
				require.NoError(t, err)
				c.body = string(text)
			}
			refused(t, w.do(c), 404, code)
		}
	})
	t.Run("Alarm", func(t *testing.T) {
		t.Parallel()
		text, err := json.Marshal(example(t, "admin", "/api/v1/admin/alarm/close"))
		require.NoError(t, err)
		refused(t, setup(t).do(post("/api/v1/admin/alarm/close", string(text)).by(operator)), 404, "alarm_not_found")
	})
	t.Run("ServedWithoutAToken", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, path := range []string{"/openapi.json", "/openapi/payments.json", "/openapi/admin.json"} {
			a := w.do(get(path).by("-"))
			require.Equal(t, 200, a.Code)
			require.True(t, json.Valid(a.Body.Bytes()))
		}
	})
}
