package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/platform/web"
)

// ErrChecklist is a partner who has not yet tried everything in test mode.
var ErrChecklist = fault.Conflict("checklist_incomplete", "The partner's go-live checklist is not complete.")

// LetPartnerLive lets a partner have live tokens, once his checklist is complete. Saying it twice changes nothing.
func (a *API) LetPartnerLive() web.Endpoint {
	op := operation("let-partner-live", http.MethodPost, "/partner/{id}/live", WritePartners, "Let a partner go live", "partner_not_found", "checklist_incomplete", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *PartnerPath) (*one[Partner], error) {
		p, err := a.Store.PartnerNow(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if p.Live {
			return &one[Partner]{showPartner(p)}, nil
		}
		facts, err := a.goLive(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if !facts.Complete {
			refusal := ErrChecklist
			for _, s := range facts.Steps {
				if !s.Done {
					refusal = refusal.At("checklist."+s.Code, "is not done")
				}
			}
			return nil, refusal
		}
		p.Live = true
		if p, err = a.Store.ChangePartner(ctx, p); err != nil {
			return nil, err
		}
		return &one[Partner]{showPartner(p)}, nil
	})
}
