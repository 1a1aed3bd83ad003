package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/platform/web"
)

// PartnerSettlement is a settlement as an operator sees it.
type PartnerSettlement struct {
	Partner ids.ID `json:"partner" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Settlement
	ProviderFees money.Money `json:"provider_fees" doc:"What banks keep of it: our affair, not the partner's"`
	Digest       string      `json:"digest,omitempty" doc:"Of the day's entries, in the order of shards and numbers"`
	PaidOutBy    string      `json:"paid_out_by,omitempty"`
}

type listPayouts struct {
	Mode    string `query:"mode" enum:"test,live" default:"live"`
	Partner ids.ID `query:"partner" doc:"All of this partner's settlements, newest first; absent: every payout that waits, longest waiting first"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Cursor  string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before, with the same filters"`
}

type payoutsAnswer struct {
	Body page.List[PartnerSettlement]
}

// ListPayouts serves GET /api/v1/admin/settlements: what waits to be paid out, or one partner's settlements.
func (s *Service) ListPayouts() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "list-payouts", Method: "GET", Path: "/api/v1/admin/settlements", API: "admin", Caller: web.Operator,
		Summary: "List settlements that wait for their payout, or those of a partner", Refuses: []string{"invalid_cursor"},
	}, s.listPayouts)
}

func (s *Service) listPayouts(ctx context.Context, in *listPayouts) (*payoutsAnswer, error) {
	scope := scopeOf(web.CallerOf(ctx), "payouts", in.Mode, in.Partner.String())
	after, err := s.Cursors.Open(scope, in.Cursor)
	if err != nil {
		return nil, err
	}
	var list []ledger.Settlement
	var next string
	if in.Partner.IsZero() {
		list, next, err = s.Store.AwaitingPayout(ctx, modeOf(in.Mode), after, in.Limit)
	} else {
		list, next, err = s.Store.Settlements(ctx, modeOf(in.Mode), in.Partner, after, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	out := page.List[PartnerSettlement]{Items: []PartnerSettlement{}}
	for _, made := range list {
		one, err := shownToOperator(made)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, one)
	}
	if next != "" {
		out.NextCursor = s.Cursors.Sign(scope, next)
	}
	return &payoutsAnswer{out}, nil
}

func shownToOperator(made ledger.Settlement) (PartnerSettlement, error) {
	out, err := object.OfSettlement(made)
	return PartnerSettlement{Partner: made.Partner, Settlement: out, ProviderFees: money.Of(made.Facts.ProviderFee, made.Currency),
		Digest: made.Digest.String(), PaidOutBy: made.PaidOutBy}, err
}
