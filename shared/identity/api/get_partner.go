package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

// PartnerPath names a partner.
type PartnerPath struct {
	ID ids.ID `path:"id" doc:"The partner"`
}

// GetPartner shows a partner.
func (a *API) GetPartner() web.Endpoint {
	op := operation("get-partner", http.MethodGet, "/partner/{id}", ReadPartners, "Show a partner", "partner_not_found")
	return web.Handle(op, func(ctx context.Context, in *PartnerPath) (*one[Partner], error) {
		p, err := a.Store.PartnerNow(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &one[Partner]{showPartner(p)}, nil
	})
}
