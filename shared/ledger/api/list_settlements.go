package api

import (
	"context"
	"slices"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/platform/web"
)

type listSettlements struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before"`
}

type settlementsAnswer struct{ Body page.List[Settlement] }

// ListSettlements serves GET /api/v1/settlements: a partner's settlements, newest first.
func (s *Service) ListSettlements() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-settlements", Method: "GET", Path: "/api/v1/settlements", API: "payments", Caller: web.Partner,
		Summary: "List settlements, newest first",
		Description: "The days that are not settled yet stand first, as open. A day on which only money moved that was settled before is left out, " +
			"so that a page may be short.",
		Refuses: []string{"invalid_cursor"},
	}, s.listSettlements)
}

func (s *Service) listSettlements(ctx context.Context, in *listSettlements) (*settlementsAnswer, error) {
	who := web.CallerOf(ctx)
	scope := scopeOf(who, "settlements")
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	var list []ledger.Settlement
	if after == "" {
		if list, err = s.open(ctx, who.Mode, who.Partner); err != nil {
			return nil, err
		}
	}
	closed, next, err := s.Store.Settlements(ctx, who.Mode, who.Partner, after, in.Limit)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(open ledger.Settlement) bool { // settled meanwhile
		return slices.ContainsFunc(closed, func(made ledger.Settlement) bool { return made.ID == open.ID })
	})
	out := page.List[Settlement]{Items: []Settlement{}}
	for _, made := range append(list, closed...) {
		if made.Bare() {
			continue
		}
		one, err := object.OfSettlement(made)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, one)
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &settlementsAnswer{out}, nil
}
