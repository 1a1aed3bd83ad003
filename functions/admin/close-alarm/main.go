// Command close-alarm serves POST /api/v1/admin/alarm/close.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), p.CloseAlarm())
}
