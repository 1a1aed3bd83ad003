package api

import (
	"context"

	"giberno.ru/shared/platform/web"
)

// GetEvent serves GET /api/v1/event/{id}: an event with its deliveries and their attempts.
func (s *Service) GetEvent() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "get-event", Method: "GET", Path: "/api/v1/event/{id}", API: "payments", Caller: web.Partner,
		Summary: "Get an event with its deliveries", Refuses: []string{"event_not_found"},
	}, s.getEvent)
}

func (s *Service) getEvent(ctx context.Context, in *eventByID) (*eventAnswer, error) {
	who := web.CallerOf(ctx)
	h, err := s.Store.Event(ctx, who.Mode, who.Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return &eventAnswer{history(h)}, nil
}
