package api

import (
	"context"

	"giberno.ru/shared/platform/web"
)

// DeleteWebhookEndpoint serves DELETE /api/v1/webhook-endpoints/{id}.
func (s *Service) DeleteWebhookEndpoint() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "delete-webhook-endpoint", Method: "DELETE", Path: "/api/v1/webhook-endpoints/{id}", API: "payments", Caller: web.Partner, Status: 204,
		Summary: "Tell events to an address no more", Description: "What waits for it is dropped; a request that is on its way may still arrive.",
		Refuses: []string{"webhook_endpoint_not_found"},
	}, s.deleteWebhookEndpoint)
}

func (s *Service) deleteWebhookEndpoint(ctx context.Context, in *endpointByID) (*struct{}, error) {
	who := web.CallerOf(ctx)
	return nil, s.Store.Delete(ctx, who.Mode, who.Partner, in.ID)
}
