// Command rotate-password serves POST /api/v1/admin/account/{id}/password.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	a := onaws.Admin()
	gateway.Serve(a.Door(), a.RotatePassword())
}
