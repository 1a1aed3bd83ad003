package api

import (
	"context"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/web"
)

type listOrders struct {
	Status      string    `query:"status" enum:"created,pending,paid,partially_refunded,refunded,cancelled,expired" doc:"Applied to each page: a page may be short, even empty, while next_cursor is present"`
	ExternalID  string    `query:"external_id" maxLength:"64" doc:"Applied to each page like status"`
	CreatedFrom time.Time `query:"created_from" doc:"Inclusive"`
	CreatedTo   time.Time `query:"created_to" doc:"Exclusive"`
	Limit       int       `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor      string    `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before, with the same filters"`
}

type ordersAnswer struct{ Body page.List[Order] }

// ListOrders serves GET /api/v1/orders: a partner's orders, newest first.
func (s *Service) ListOrders() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-orders", Method: "GET", Path: "/api/v1/orders", API: "payments", Caller: web.Partner,
		Summary: "List orders, newest first", Refuses: []string{"invalid_cursor"},
	}, s.listOrders)
}

func (s *Service) listOrders(ctx context.Context, in *listOrders) (*ordersAnswer, error) {
	who := web.CallerOf(ctx)
	if !in.CreatedFrom.IsZero() && !in.CreatedTo.IsZero() && !in.CreatedFrom.Before(in.CreatedTo) {
		return nil, fault.Validation(fault.Field{Location: "query.created_to", Message: "must be after created_from"})
	}
	scope := scopeOf(who, "orders", in.Status, in.ExternalID, object.Instant(in.CreatedFrom), object.Instant(in.CreatedTo))
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	orders, next, err := s.Store.List(ctx, who.Mode, who.Partner, store.Window{From: in.CreatedFrom, To: in.CreatedTo, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := page.List[Order]{Items: []Order{}}
	for _, w := range orders {
		if in.Status != "" && in.Status != string(w.Status()) || in.ExternalID != "" && in.ExternalID != w.Order.ExternalID {
			continue
		}
		out.Items = append(out.Items, object.Listed(w, s.BaseURL))
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &ordersAnswer{out}, nil
}
