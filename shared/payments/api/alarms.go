package api

import (
	"context"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/web"
)

// Alarm is a durable call for an operator.
type Alarm struct {
	Kind      string  `json:"kind"`
	Object    string  `json:"object" doc:"The payment, receipt or account"`
	OrderUUID *ids.ID `json:"order_uuid,omitempty"`
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
	scope := "alarms|" + in.Mode
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
		shown := Alarm{Kind: string(a.Kind), Object: a.Object, Livemode: a.Mode == ids.Live, Detail: a.Detail, OpenedAt: instant(a.OpenedAt)}
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

func modeOf(word string) ids.Mode {
	if word == "live" {
		return ids.Live
	}
	return ids.Test
}

type closeAlarm struct {
	Body struct {
		Mode      string  `json:"mode" enum:"test,live"`
		Kind      string  `json:"kind" maxLength:"64"`
		Object    string  `json:"object" maxLength:"128"`
		OrderUUID *ids.ID `json:"order_uuid,omitempty"`
	}
}

// ErrAlarmNotFound is the refusal to close an alarm that is not open.
var ErrAlarmNotFound = fault.NotFound("alarm_not_found", "There is no such open alarm.")

// CloseAlarm serves POST /api/v1/admin/alarm/close: an operator has seen to it. The same alarm may open again.
func (s *Service) CloseAlarm() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "close-alarm", Method: "POST", Path: "/api/v1/admin/alarm/close", API: "admin", Caller: web.Operator, Status: 204,
		Summary: "Close an alarm", Refuses: []string{"alarm_not_found"},
	}, func(ctx context.Context, in *closeAlarm) (*struct{}, error) {
		var order ids.ID
		if in.Body.OrderUUID != nil {
			order = *in.Body.OrderUUID
		}
		was, err := s.Store.CloseAlarm(ctx, modeOf(in.Body.Mode), order, payments.AlarmKind(in.Body.Kind), in.Body.Object,
			web.CallerOf(ctx).TokenID, s.Clock.Now())
		if err == nil && !was {
			err = ErrAlarmNotFound
		}
		return nil, err
	})
}
