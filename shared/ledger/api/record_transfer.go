package api

import (
	"context"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/object"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/platform/web"
)

// TransferRequest is a bank's transfer of one partner's money to us.
type TransferRequest struct {
	Account   ids.ID      `json:"account" doc:"At the bank" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Partner   ids.ID      `json:"partner" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Mode      string      `json:"mode" enum:"test,live" example:"live"`
	Amount    money.Money `json:"amount" doc:"Negative: the bank took it back"`
	Reference string      `json:"reference" minLength:"1" maxLength:"140" doc:"The bank's name of the transfer, unique within the account, partner and currency" example:"PP-77"`
}

// RecordedTransfer is a transfer as it stands in the ledger.
type RecordedTransfer struct {
	Entry      string      `json:"entry" doc:"Its entry in the ledger"`
	Account    ids.ID      `json:"account" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Partner    ids.ID      `json:"partner" example:"0f8fad5b-d9cb-869f-a165-708677280000"`
	Amount     money.Money `json:"amount"`
	Reference  string      `json:"reference"`
	Day        string      `json:"day" format:"date" doc:"The business day that it was posted in"`
	RecordedAt string      `json:"recorded_at" format:"date-time"`
	RecordedBy string      `json:"recorded_by"`
}

type recordTransfer struct {
	web.Idempotent
	Body TransferRequest
}

// RecordTransfer serves POST /api/v1/admin/transfer: a bank has sent us what it owed.
func (s *Service) RecordTransfer() web.Endpoint {
	return web.Handle(web.Operation{
		Name: "record-transfer", Method: "POST", Path: "/api/v1/admin/transfer", API: "admin", Caller: web.Operator,
		Scope: ManageSettlements, Status: 201, Summary: "Record a bank's transfer to us",
		Description: "It is booked once for each reference. The same again gets the same answer; another amount under the same " +
			"reference is refused, whatever the Idempotency-Key.",
		Refuses: []string{"partner_not_found", "account_not_found", "ledger_entry_differs", "invalid_ledger_entry", "ledger_busy", "invalid_reference"},
	}, s.recordTransfer)
}

func (s *Service) recordTransfer(ctx context.Context, in *recordTransfer) (*web.Reply[RecordedTransfer], error) {
	entry, told, err := s.Settler.Transferred(ctx, settle.Transfer{
		Mode: modeOf(in.Body.Mode), Partner: in.Body.Partner, Account: in.Body.Account, Amount: in.Body.Amount,
		Reference: in.Body.Reference, By: operatorOf(ctx),
	})
	if err != nil {
		return nil, err
	}
	out := recorded(entry)
	if told {
		return web.Again(0, out), nil
	}
	return web.Fresh(0, out), nil
}

// recorded shows the entry of a transfer. It has one posting.
func recorded(entry ledger.Recorded) RecordedTransfer {
	var minor int64
	for _, p := range entry.Postings {
		if minor = p.Amount; p.To == ledger.BankSettlement {
			minor = -p.Amount
		}
	}
	return RecordedTransfer{
		Entry: entry.ID, Account: entry.Through, Partner: entry.Partner, Amount: money.Of(minor, entry.Currency), Reference: entry.Note,
		Day: string(entry.Day), RecordedAt: object.Instant(entry.PostedAt), RecordedBy: entry.By,
	}
}
