// Command ungrant-account serves DELETE /api/v1/admin/account/{id}/grants/{partner}.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.UngrantAccount())
}
