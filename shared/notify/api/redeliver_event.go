package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/web"
)

// RedeliverRequest says to whom an event is told again.
type RedeliverRequest struct {
	EndpointUUID *ids.ID `json:"endpoint_uuid,omitempty" doc:"Absent: all that hear its type or have heard it" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

type redeliverEvent struct {
	ID   ids.ID            `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Body *RedeliverRequest `required:"false"`
}

// RedeliverEvent serves POST /api/v1/event/{id}/redeliver.
func (s *Service) RedeliverEvent() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "redeliver-event", Method: "POST", Path: "/api/v1/event/{id}/redeliver", API: "payments", Caller: web.Partner, Status: 202,
		Summary: "Tell an event again",
		Description: "At once, also to an endpoint that has been failing, and for 72 hours from now if it has to be. The `webhook-id` and the " +
			"body are those of the first time.",
		Refuses: []string{"event_not_found", "webhook_endpoint_not_found", "changed_meanwhile"},
	}, s.redeliverEvent)
}

func (s *Service) redeliverEvent(ctx context.Context, in *redeliverEvent) (*eventAnswer, error) {
	who := web.CallerOf(ctx)
	var endpoint ids.ID
	if in.Body != nil && in.Body.EndpointUUID != nil {
		if endpoint = *in.Body.EndpointUUID; endpoint.IsZero() { // an empty text is nobody, and not everybody
			return nil, notify.ErrEndpointNotFound
		}
	}
	h, err := s.Store.Redeliver(ctx, who.Mode, who.Partner, in.ID, endpoint)
	if err != nil {
		return nil, err
	}
	return &eventAnswer{history(h)}, nil
}
