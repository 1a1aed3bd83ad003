package api

import (
	"context"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/platform/web"
)

type webhookEndpoints struct {
	Body page.List[WebhookEndpoint]
}

// ListWebhookEndpoints serves GET /api/v1/webhook-endpoints: all of them, oldest first, for they are few.
func (s *Service) ListWebhookEndpoints() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-webhook-endpoints", Method: "GET", Path: "/api/v1/webhook-endpoints", API: "payments", Caller: web.Partner,
		Summary:     "List the addresses that events are told to, with their health",
		Description: "An endpoint that has failed three times in a row is tried after 1, 5, 15, 30 and then every 60 minutes, until it answers 2xx.",
	}, s.listWebhookEndpoints)
}

func (s *Service) listWebhookEndpoints(ctx context.Context, _ *struct{}) (*webhookEndpoints, error) {
	who := web.CallerOf(ctx)
	list, err := s.Store.Endpoints(ctx, who.Mode, who.Partner)
	if err != nil {
		return nil, err
	}
	out := &webhookEndpoints{page.List[WebhookEndpoint]{Items: []WebhookEndpoint{}}}
	for _, e := range list {
		out.Body.Items = append(out.Body.Items, shown(e))
	}
	return out, nil
}
