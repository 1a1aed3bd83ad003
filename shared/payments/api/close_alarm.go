package api

import (
	"context"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/web"
)

// CloseAlarmRequest names an open alarm in the words of the list.
type CloseAlarmRequest struct {
	Mode      string  `json:"mode" enum:"test,live" example:"live"`
	Kind      string  `json:"kind" minLength:"1" maxLength:"64" example:"amount_mismatch"`
	Object    string  `json:"object" minLength:"1" maxLength:"128" example:"0f8fad5b-d9cb-869f-a165-708677280101"`
	OrderUUID *ids.ID `json:"order_uuid,omitempty" doc:"As the list gives it; absent where the list has none" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
}

type closeAlarm struct{ Body CloseAlarmRequest }

// ErrAlarmNotFound is the refusal to close an alarm that is not open.
var ErrAlarmNotFound = fault.NotFound("alarm_not_found", "There is no such open alarm.")

// CloseAlarm serves POST /api/v1/admin/alarm/close: an operator has seen to it. The same alarm may open again.
func (s *Service) CloseAlarm() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "close-alarm", Method: "POST", Path: "/api/v1/admin/alarm/close", API: "admin", Caller: web.Operator, Status: 204,
		Summary: "Close an alarm", Refuses: []string{"alarm_not_found"},
	}, s.closeAlarm)
}

func (s *Service) closeAlarm(ctx context.Context, in *closeAlarm) (*struct{}, error) {
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
}
