package api

import (
	"context"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/platform/web"
)

// PayoutLine is a transfer of the bank to us, as our bank statement shows it.
type PayoutLine struct {
	Date     string      `json:"date" doc:"A day of the bank" example:"2026-11-23"`
	Amount   money.Money `json:"amount"`
	Document string      `json:"document" minLength:"1" maxLength:"64" doc:"Its number" example:"417"`
	Register ids.ID      `json:"register,omitzero" doc:"The reconciliation whose register it pays, where its purpose says so"`
}

// MatchPayoutsRequest is a period with all transfers of the account's bank in it.
type MatchPayoutsRequest struct {
	Mode       string       `json:"mode" enum:"test,live" example:"live"`
	AccountID  ids.ID       `json:"account_id" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	From       string       `json:"from" maxLength:"35" doc:"A day of the bank, or a time of RFC 3339" example:"2026-11-23"`
	To         string       `json:"to" maxLength:"35" doc:"Not part of the period" example:"2026-11-24"`
	GraceHours *int         `json:"grace_hours,omitempty" minimum:"0" maximum:"744" doc:"How long a transfer may be under way before its absence is a break; 120 where it is absent" example:"120"`
	Transfers  []PayoutLine `json:"transfers" maxItems:"1000"`
}

// payoutGraceHours is how long a transfer may be under way: over a weekend and a holiday.
const payoutGraceHours = 120

type matchPayouts struct{ Body MatchPayoutsRequest }

type reconciliationAnswer struct{ Body Reconciliation }

// MatchPayouts serves POST /api/v1/admin/reconciliation/payouts: what the bank owes by its registers against what it transferred.
func (s *Service) MatchPayouts() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "match-payouts", Method: "POST", Path: "/api/v1/admin/reconciliation/payouts", API: "admin", Caller: web.Operator, Scope: Reconcile,
		Summary: "Hold a bank's transfers against its registers",
		Description: "The registers are those that were reconciled and whose periods ended within this one. Send all transfers of the period: " +
			"a repeated call doubles nothing, and takes the place of the first.",
		Refuses: []string{"account_not_found", "reconciliation_period_invalid", "reconciliation_invalid", "bank_transfer_invalid", "payouts_invalid",
			"ledger_index_behind", "break_changed_meanwhile"},
	}, s.matchPayouts)
}

func (s *Service) matchPayouts(ctx context.Context, in *matchPayouts) (*reconciliationAnswer, error) {
	b := in.Body
	p := reconciling.Period{Mode: modeOf(b.Mode), Account: b.AccountID, Grace: payoutGraceHours * time.Hour, Operator: operatorOf(ctx)}
	if b.GraceHours != nil {
		p.Grace = time.Duration(*b.GraceHours) * time.Hour
	}
	zone, err := s.zoneOfAccount(ctx, p.Mode, p.Account)
	if err != nil {
		return nil, err
	}
	if p.From, p.To, err = bounds(b.From, b.To, "body.", zone); err != nil {
		return nil, err
	}
	transfers := make([]reconciling.Transfer, len(b.Transfers))
	for i, t := range b.Transfers {
		day, ok := momentOf(t.Date, zone)
		if !ok {
			return nil, fault.Validation(fault.Field{Location: "body.transfers", Message: "a date is no day"})
		}
		transfers[i] = reconciling.Transfer{Day: day, Amount: t.Amount, Document: t.Document, Register: t.Register}
	}
	out, err := s.Reconciler.MatchPayouts(ctx, p, transfers)
	if err != nil {
		return nil, err
	}
	return &reconciliationAnswer{shown(p, out)}, nil
}
