package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/platform/web"
)

// GoLive is a partner's go-live checklist.
type GoLive struct {
	Complete bool   `json:"complete" doc:"Every step is done"`
	Steps    []Step `json:"steps"`
}

// ShowChecklist shows what a partner still has to try in test mode.
func (a *API) ShowChecklist() web.Endpoint {
	op := operation("show-checklist", http.MethodGet, "/partner/{id}/checklist", ReadPartners, "Show a partner's go-live checklist", "partner_not_found")
	return web.Handle(op, func(ctx context.Context, in *PartnerPath) (*one[GoLive], error) {
		if _, err := a.Store.Partner(ctx, in.ID); err != nil {
			return nil, err
		}
		facts, err := a.goLive(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &one[GoLive]{facts}, nil
	})
}

// goLive asks for the facts. Without facts nothing is complete.
func (a *API) goLive(ctx context.Context, partner ids.ID) (GoLive, error) {
	out := GoLive{Steps: []Step{}}
	if a.Checklist == nil {
		return out, nil
	}
	steps, err := a.Checklist.Steps(ctx, partner)
	if err != nil {
		return out, err
	}
	out.Complete = len(steps) > 0
	for _, s := range steps {
		out.Steps = append(out.Steps, s)
		out.Complete = out.Complete && s.Done
	}
	return out, nil
}
