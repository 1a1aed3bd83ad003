// Command issue-operator-token serves POST /api/v1/admin/operator/{id}/tokens.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.IssueOperatorToken())
}
