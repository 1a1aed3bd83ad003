// Command revoke-token serves POST /api/v1/admin/token/{token}/revoke.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.RevokeToken())
}
