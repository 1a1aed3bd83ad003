package api

import (
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
)

// WebhookEndpoint is an address that hears a partner's events.
type WebhookEndpoint struct {
	UUID            ids.ID        `json:"uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode        bool          `json:"livemode"`
	URL             string        `json:"url" example:"https://shop.example/hooks"`
	Events          []notify.Type `json:"events" doc:"The types that it hears; empty: all, later ones too"`
	CreatedAt       string        `json:"created_at" format:"date-time"`
	FailingSince    string        `json:"failing_since,omitempty" format:"date-time" doc:"Since when deliveries fail; absent while they arrive"`
	LastDeliveredAt string        `json:"last_delivered_at,omitempty" format:"date-time"`
	DisabledAt      string        `json:"disabled_at,omitempty" format:"date-time" doc:"When it answered 410 Gone: it hears nothing any more, and what waited for it was dropped. Delete it and make another"`
}

// shown is an endpoint as its partner sees it.
func shown(e store.Seen) WebhookEndpoint {
	out := WebhookEndpoint{
		UUID: e.ID, Livemode: e.Mode == ids.Live, URL: e.URL, Events: e.Types, CreatedAt: instant(e.CreatedAt),
		FailingSince: instant(e.FailingSince), LastDeliveredAt: instant(e.LastDelivered), DisabledAt: instant(e.DisabledAt),
	}
	if out.Events == nil {
		out.Events = []notify.Type{}
	}
	return out
}

type endpointByID struct {
	ID ids.ID `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}
