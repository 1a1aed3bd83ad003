// Package documents hands out the OpenAPI documents and the pages for developers, of all APIs, for the one function that
// serves them. The described endpoints themselves are not served there.
package documents

import (
	"net/http"
	"slices"
	"sync"

	ledgerapi "giberno.ru/shared/ledger/api"
	reconcilingapi "giberno.ru/shared/ledger/reconciling/api"
	notifyapi "giberno.ru/shared/notify/api"
	"giberno.ru/shared/payments/wire/onaws"
	"giberno.ru/shared/platform/web"
	"giberno.ru/shared/platform/web/docs"
)

// Of gives the documents and pages of a house.
func Of(h *onaws.House) []web.Endpoint {
	described := slices.Concat(onaws.PaymentsOf(h).Endpoints(), onaws.AdminOf(h).Endpoints(), (&ledgerapi.Service{}).Endpoints(),
		(&reconcilingapi.Service{}).Endpoints(), (&notifyapi.Service{}).Endpoints())
	read := sync.OnceValues(func() (map[string][]byte, error) {
		return web.Documents(web.Options{Title: onaws.Title, Version: onaws.Version}, described...)
	})
	list := docs.Endpoints(described...)
	for _, name := range apisOf(described) {
		list = append(list, document(read, "/openapi/"+name+".json", name))
		if name == web.MainAPI {
			list = append(list, document(read, "/openapi.json", name))
		}
	}
	return list
}

func apisOf(endpoints []web.Endpoint) []string {
	var names []string
	for _, e := range endpoints {
		if name := e.Operation.API; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func document(read func() (map[string][]byte, error), path, name string) web.Endpoint {
	op := web.Operation{Name: "openapi-" + name, Method: http.MethodGet, Path: path, Summary: "The OpenAPI document", Caller: web.Nobody}
	return web.Raw(op, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, err := read()
		if err != nil {
			web.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(all[name])
	}))
}
