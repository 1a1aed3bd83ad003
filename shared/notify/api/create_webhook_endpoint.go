package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/web"
)

// WebhookEndpointRequest is what a new endpoint is asked for.
type WebhookEndpointRequest struct {
	URL    string        `json:"url" minLength:"1" maxLength:"4096" doc:"https, at most 2048 bytes, on the public internet; http on loopback in test mode" example:"https://shop.example/hooks"`
	Events []notify.Type `json:"events,omitempty" maxItems:"13" uniqueItems:"true" enum:"order.paid,order.expired,order.cancelled,payment.held,payment.paid,payment.declined,payment.unknown,payment.expired,refund.succeeded,refund.failed,receipt.ready,receipt.failed,settlement.ready" doc:"The types to hear; none: all, later ones too"`
}

// CreatedWebhookEndpoint is an endpoint with its secret.
type CreatedWebhookEndpoint struct {
	WebhookEndpoint
	Secret string `json:"secret" doc:"Signs what is sent (Standard Webhooks). Shown once" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`
}

type createWebhookEndpoint struct {
	web.Idempotent
	Body WebhookEndpointRequest
}

type createdWebhookEndpoint struct{ Body CreatedWebhookEndpoint }

// CreateWebhookEndpoint serves POST /api/v1/webhook-endpoints. A repeated Idempotency-Key makes no second endpoint and shows no
// secret: it is refused, because the secret is shown once.
func (s *Service) CreateWebhookEndpoint() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "create-webhook-endpoint", Method: "POST", Path: "/api/v1/webhook-endpoints", API: "payments", Caller: web.Partner, Status: 201,
		Summary: "Have events told to an address",
		Description: "Each event is POSTed as `{\"type\",\"timestamp\",\"data\"}`, signed as Standard Webhooks 1.0 says: verify " +
			"`webhook-signature` over `{webhook-id}.{webhook-timestamp}.{body}` with the secret, before reading the body. Answer 2xx within " +
			"10 seconds; everything else, a redirect too, is tried again after 5 seconds, 5 minutes, 30 minutes, 2, 5 and 10 hours, for 72 " +
			"hours. An event may come twice, with the same `webhook-id`, and events may overtake each other: `data.version` tells which is " +
			"newer, and `data.omitted` names the fields that were left out of an object too large for 20 KB. Answer 410 to hear nothing any " +
			"more. A new endpoint hears what happens from a minute after it was made, at the latest.",
		Refuses: []string{"webhook_url_not_allowed", "too_many_webhook_endpoints", "idempotency_mismatch", "secret_already_shown", "changed_meanwhile"},
	}, s.createWebhookEndpoint)
}

func (s *Service) createWebhookEndpoint(ctx context.Context, in *createWebhookEndpoint) (*createdWebhookEndpoint, error) {
	who := web.CallerOf(ctx)
	wish := store.Wish{Mode: who.Mode, Partner: who.Partner, URL: in.Body.URL, Types: in.Body.Events}
	if key := in.Key(); key != "" {
		wish.Name = ids.FromParts(who.Partner.String(), string(who.Mode), "create-webhook-endpoint", "", key)
		wish.Hash = web.BodyHash(in.Body)
	}
	made, secret, err := s.Store.Create(ctx, wish)
	if err != nil {
		return nil, err
	}
	return &createdWebhookEndpoint{CreatedWebhookEndpoint{shown(store.Seen{Endpoint: made}), secret}}, nil
}
