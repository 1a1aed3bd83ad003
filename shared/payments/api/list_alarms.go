package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments/object"
	"giberno.ru/shared/platform/web"
)

// Alarm is a durable call for an operator.
type Alarm struct {
	Kind      string  `json:"kind" example:"amount_mismatch"`
	Object    string  `json:"object" doc:"The payment, receipt or account" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	OrderUUID *ids.ID `json:"order_uuid,omitempty" doc:"Absent: the alarm belongs to no order" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Livemode  bool    `json:"livemode"`
	Detail    string  `json:"detail"`
	OpenedAt  string  `json:"opened_at" format:"date-time"`
}

type listAlarms struct {
	Mode   string `query:"mode" enum:"test,live" default:"live"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor string `query:"cursor" maxLength:"1024"`
}

type alarmsAnswer struct{ Body page.List[Alarm] }

// ListAlarms serves GET /api/v1/admin/alarms: what waits for an operator, oldest first.
func (s *Service) ListAlarms() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-alarms", Method: "GET", Path: "/api/v1/admin/alarms", API: "admin", Caller: web.Operator,
		Summary: "List open alarms, oldest first", Refuses: []string{"invalid_cursor"},
	}, s.listAlarms)
}

func (s *Service) listAlarms(ctx context.Context, in *listAlarms) (*alarmsAnswer, error) {
	scope := scopeOf(web.CallerOf(ctx), "alarms", in.Mode)
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	alarms, next, err := s.Store.OpenAlarms(ctx, modeOf(in.Mode), after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page.List[Alarm]{Items: []Alarm{}}
	for _, a := range alarms {
		shown := Alarm{Kind: string(a.Kind), Object: a.Object, Livemode: a.Mode == ids.Live, Detail: a.Detail, OpenedAt: object.Instant(a.OpenedAt)}
		if !a.Order.IsZero() {
			shown.OrderUUID = &a.Order
		}
		out.Items = append(out.Items, shown)
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &alarmsAnswer{out}, nil
}

// modeOf reads the world that an operator names; his own token belongs to neither.
func modeOf(word string) ids.Mode {
	if word == "live" {
		return ids.Live
	}
	return ids.Test
}
