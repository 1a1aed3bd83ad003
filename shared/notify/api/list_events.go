package api

import (
	"context"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/notify/store"
	"giberno.ru/shared/platform/web"
)

type listEvents struct {
	Type        notify.Type `query:"type" enum:"order.paid,order.expired,order.cancelled,payment.held,payment.paid,payment.declined,payment.unknown,payment.expired,refund.succeeded,refund.failed,receipt.ready,receipt.failed,settlement.ready" doc:"Applied to each page: a page may be short, even empty, while next_cursor is present"`
	ObjectUUID  string      `query:"object_uuid" maxLength:"36" doc:"Applied to each page like type"`
	CreatedFrom time.Time   `query:"created_from" doc:"Inclusive"`
	CreatedTo   time.Time   `query:"created_to" doc:"Exclusive"`
	Limit       int         `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor      string      `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before, with the same filters"`
}

type eventsAnswer struct{ Body page.List[Event] }

// ListEvents serves GET /api/v1/events: what was told to a partner, newest first.
func (s *Service) ListEvents() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-events", Method: "GET", Path: "/api/v1/events", API: "payments", Caller: web.Partner,
		Summary: "List events, newest first", Description: "Events are kept for 30 days, whether an endpoint has heard them or not.",
		Refuses: []string{"invalid_cursor"},
	}, s.listEvents)
}

func (s *Service) listEvents(ctx context.Context, in *listEvents) (*eventsAnswer, error) {
	who := web.CallerOf(ctx)
	if !in.CreatedFrom.IsZero() && !in.CreatedTo.IsZero() && !in.CreatedFrom.Before(in.CreatedTo) {
		return nil, fault.Validation(fault.Field{Location: "query.created_to", Message: "must be after created_from"})
	}
	var object ids.ID
	if in.ObjectUUID != "" {
		var err error
		if object, err = ids.Parse(in.ObjectUUID); err != nil {
			return nil, fault.Validation(fault.Field{Location: "query.object_uuid", Message: "expected an id of ours"})
		}
	}
	scope := scopeOf(who, "events", string(in.Type), object.String(), instant(in.CreatedFrom), instant(in.CreatedTo))
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := s.Store.Events(ctx, who.Mode, who.Partner, store.Window{From: in.CreatedFrom, To: in.CreatedTo, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := page.List[Event]{Items: []Event{}}
	for _, e := range list {
		if in.Type != "" && in.Type != e.Type || !object.IsZero() && object != e.Object {
			continue
		}
		out.Items = append(out.Items, told(e))
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &eventsAnswer{out}, nil
}
