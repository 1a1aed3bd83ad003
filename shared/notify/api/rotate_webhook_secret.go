package api

import (
	"context"

	"giberno.ru/shared/platform/web"
)

// RotatedSecret is the new secret of an endpoint.
type RotatedSecret struct {
	Secret             string `json:"secret" doc:"Shown once" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`
	PreviousValidUntil string `json:"previous_valid_until" format:"date-time" doc:"Until then the secret before signs, too"`
}

type rotatedSecret struct{ Body RotatedSecret }

// RotateWebhookSecret serves POST /api/v1/webhook-endpoints/{id}/rotate.
func (s *Service) RotateWebhookSecret() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "rotate-webhook-secret", Method: "POST", Path: "/api/v1/webhook-endpoints/{id}/rotate", API: "payments", Caller: web.Partner,
		Summary: "Give an endpoint a new secret",
		Description: "For 24 hours both secrets sign: `webhook-signature` has a signature by each, with a space between. Meanwhile it cannot be " +
			"rotated again; who has lost the answer can make another endpoint.",
		Refuses: []string{"webhook_endpoint_not_found", "rotation_in_progress", "changed_meanwhile"},
	}, s.rotateWebhookSecret)
}

func (s *Service) rotateWebhookSecret(ctx context.Context, in *endpointByID) (*rotatedSecret, error) {
	who := web.CallerOf(ctx)
	secret, until, err := s.Store.Rotate(ctx, who.Mode, who.Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return &rotatedSecret{RotatedSecret{secret, instant(until)}}, nil
}
