package api

import (
	"context"
	"net/http"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/platform/web"
)

type createPartner struct {
	web.Idempotent
	Body PartnerFields
}

// CreatePartner adds a partner, who begins in test mode.
func (a *API) CreatePartner() web.Endpoint {
	op := operation("create-partner", http.MethodPost, "/partner", WritePartners, "Add a partner", "idempotency_mismatch")
	return web.Handle(op, func(ctx context.Context, in *createPartner) (*web.Reply[web.Rendered[Partner]], error) {
		id, err := a.newID(ctx, op.Name, ids.ID{}, in.Key())
		if err != nil {
			return nil, err
		}
		p := in.Body.onto(identity.Partner{ID: id, CreatedAt: a.Clock.Now().UTC().Truncate(time.Millisecond)})
		if err := p.Check(); err != nil {
			return nil, err
		}
		answer, err := web.Render(showPartner(p))
		if err != nil {
			return nil, err
		}
		replay, err := a.Store.CreatePartner(ctx, p, once(in.Key(), in.Body, answer))
		if err != nil {
			return nil, err
		}
		return created[Partner](answer, replay), nil
	})
}
