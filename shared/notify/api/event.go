package api

import (
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/web"
)

// Event is a fact that was told.
type Event struct {
	UUID       ids.ID                       `json:"uuid" doc:"Its webhook-id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode   bool                         `json:"livemode"`
	Type       notify.Type                  `json:"type" example:"order.paid"`
	ObjectUUID ids.ID                       `json:"object_uuid" doc:"The order, payment, refund, receipt or settlement" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	CreatedAt  string                       `json:"created_at" format:"date-time"`
	Data       web.Rendered[map[string]any] `json:"data" doc:"The object as it was, with its version"`
}

// EventHistory is an event with what became of it at each endpoint.
type EventHistory struct {
	Event
	Deliveries []EventDelivery `json:"deliveries"`
}

// EventDelivery is an event on its way to one endpoint.
type EventDelivery struct {
	EndpointUUID ids.ID            `json:"endpoint_uuid" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Status       notify.Status     `json:"status" enum:"waiting,delivered,failed,dropped" doc:"failed: for 72 hours nobody answered 2xx; dropped: the endpoint was deleted, or has answered 410"`
	Attempts     int               `json:"attempts" doc:"Ever made"`
	NextAt       string            `json:"next_attempt_at,omitempty" format:"date-time" doc:"Not before"`
	Last         []DeliveryAttempt `json:"last_attempts" doc:"At most 10, oldest first"`
}

// DeliveryAttempt is one request to an endpoint, as it ended.
type DeliveryAttempt struct {
	At         string `json:"at" format:"date-time"`
	Code       int    `json:"code,omitempty" doc:"Of the answer; absent: none came"`
	Error      string `json:"error,omitempty" enum:"status,redirect,timeout,not_connected,not_public,broken,answer_too_big" doc:"Absent: the endpoint has heard it"`
	DurationMs int64  `json:"duration_ms"`
}

func told(e notify.Event) Event {
	return Event{
		UUID: e.ID, Livemode: e.Mode == ids.Live, Type: e.Type, ObjectUUID: e.Object, CreatedAt: instant(e.At),
		Data: web.Rendered[map[string]any]{JSON: e.Data},
	}
}

func history(h store.History) EventHistory {
	out := EventHistory{Event: told(h.Event), Deliveries: []EventDelivery{}}
	for _, d := range h.Deliveries {
		one := EventDelivery{EndpointUUID: d.Endpoint, Status: d.Status, Attempts: d.Attempts, NextAt: instant(d.Next), Last: []DeliveryAttempt{}}
		for _, a := range d.Tries {
			one.Last = append(one.Last, DeliveryAttempt{At: instant(a.At), Code: a.Code, Error: a.Class, DurationMs: a.DurationMs})
		}
		out.Deliveries = append(out.Deliveries, one)
	}
	return out
}

type eventByID struct {
	ID ids.ID `path:"id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

type eventAnswer struct{ Body EventHistory }
