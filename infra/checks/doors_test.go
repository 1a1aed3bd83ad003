package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
	"giberno.ru/infra/docs/draw"
	"giberno.ru/shared/platform/web"
)

func TestDoors(t *testing.T) {
	t.Parallel()
	all, err := tree()
	require.NoError(t, err)
	doors := draw.Doors()
	require.NotEmpty(t, doors)
	t.Run("EndpointIsFileIsTest", func(t *testing.T) {
		t.Parallel()
		holds(t, all.Doors(doors))
	})
	t.Run("TheDocumentsHaveThem", func(t *testing.T) {
		t.Parallel()
		documents, err := draw.Documents()
		require.NoError(t, err)
		breaches, err := checks.Documented(doors, documents)
		require.NoError(t, err)
		holds(t, breaches)
	})
	t.Run("RefusalsAreReal", func(t *testing.T) {
		t.Parallel()
		holds(t, all.Refusals(doors))
	})
	t.Run("ACodeHasOneStatus", func(t *testing.T) {
		t.Parallel()
		holds(t, all.OneStatusPerCode())
	})
}

func TestDoorsCanFail(t *testing.T) {
	t.Parallel()
	door := func(name string) []checks.Door {
		return []checks.Door{{Domain: "payments", Operation: web.Operation{
			Name: name, Method: "GET", Path: "/api/v1/order", API: "payments", Refuses: []string{"order_too_red"}}}}
	}
	const made = "package api\n\nfunc (s *Service) GetOrder() web.Endpoint { return web.Endpoint{} }\n"
	read := func(t *testing.T, files map[string]string) *checks.Tree {
		t.Helper()
		tree, err := checks.NewTree(files)
		require.NoError(t, err)
		return tree
	}
	t.Run("NoFile", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, checks.Report(read(t, nil).Doors(door("get-order"))), "there is no shared/payments/api/get_order.go")
	})
	t.Run("NoTest", func(t *testing.T) {
		t.Parallel()
		report := checks.Report(read(t, map[string]string{"shared/payments/api/get_order.go": made}).Doors(door("get-order")))
		require.Contains(t, report, "there is no shared/payments/api/get_order_test.go")
	})
	t.Run("AnotherNameInTheFile", func(t *testing.T) {
		t.Parallel()
		report := checks.Report(read(t, map[string]string{"shared/payments/api/list_orders.go": made}).Doors(door("list-orders")))
		require.Contains(t, report, "has no method ListOrders")
		require.Contains(t, report, "GetOrder makes an endpoint that nobody hands out")
	})
	t.Run("OneNameTwice", func(t *testing.T) {
		t.Parallel()
		report := checks.Report(read(t, nil).Doors(append(door("get-order"), door("get-order")...)))
		require.Contains(t, report, "its name is used twice")
	})
	t.Run("NotInTheDocument", func(t *testing.T) {
		t.Parallel()
		breaches, err := checks.Documented(door("get-order"), map[string][]byte{"payments": []byte(`{"paths":{}}`)})
		require.NoError(t, err)
		require.Len(t, breaches, 1)
	})
	t.Run("InTheWrongDocument", func(t *testing.T) {
		t.Parallel()
		body := []byte(`{"paths":{"/api/v1/order":{"get":{"operationId":"get-order"}}}}`)
		breaches, err := checks.Documented(door("get-order"), map[string][]byte{"payments": body, "admin": body})
		require.NoError(t, err)
		require.Len(t, breaches, 1)
	})
	t.Run("ARefusalThatDoesNotExist", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, checks.Report(read(t, nil).Refusals(door("get-order"))), "order_too_red")
	})
	t.Run("ACodeOfTwoStatuses", func(t *testing.T) {
		t.Parallel()
		bad := read(t, map[string]string{
			"shared/a/a.go": "package a\n\nvar e = fault.Conflict(\"red\", \"R.\")\n",
			"shared/b/b.go": "package b\n\nvar e = fault.NotFound(\"red\", \"R.\")\n",
		})
		require.Len(t, bad.OneStatusPerCode(), 1)
	})
}
