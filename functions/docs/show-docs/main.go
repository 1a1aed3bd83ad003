// Command show-docs serves the OpenAPI documents and the pages made from them.
package main

import (
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/payments/wire/onaws/documents"
	"giberno.ru/shared/platform/host/onlambda/gateway"
)

func main() {
	p := onaws.Payments()
	gateway.Serve(p.Door(), documents.Of(p.House)...)
}
