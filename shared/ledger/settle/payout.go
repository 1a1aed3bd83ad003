package settle

import (
	"context"
	"errors"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

// PayOut keeps an operator's word that a settlement reached the partner under a reference, and books it. told is true when the
// same was told before: the settlement is answered as it stands, and what a crash left undone is done. It refuses with
// ledger.ErrReference, ErrSettlementNotFound, ErrNothingToPayOut and ErrPaidOutOtherwise, and with ErrInDebt while the partner's
// later days have left a debt: it has to be earned first.
func (s *Settler) PayOut(ctx context.Context, m ids.Mode, id ids.ID, reference, by string) (made ledger.Settlement, told bool, err error) {
	if reference, err = ledger.CleanReference(reference); err != nil {
		return made, false, err
	}
	made, err = s.Store.Settlement(ctx, m, id)
	if err != nil {
		return made, false, err
	}
	if told, err = made.Pays(reference); err != nil {
		return made, false, err
	}
	partner, err := s.Partners.Partner(ctx, made.Partner)
	if err != nil {
		return made, false, err
	}
	if !told {
		chain, err := s.Store.Chain(ctx, made.Book)
		if err == nil && chain.CarriedForward < 0 {
			err = ErrInDebt
		}
		if err != nil {
			return made, false, err
		}
		made.Status, made.Reference, made.PaidOutBy, made.PaidOutAt = ledger.SettlementPaidOut, reference, by, s.now()
		stands, first, err := s.Store.PaidOut(ctx, made)
		if err != nil {
			return made, false, err
		}
		if made = stands; !first { // somebody else told it meanwhile
			if told, err = made.Pays(reference); err != nil {
				return made, false, err
			}
		}
	}
	return made, told, s.book(ctx, made, partner.Zone)
}

// Transfer is the bank's transfer of one partner's money to us, as an operator read it.
type Transfer struct {
	Mode      ids.Mode
	Partner   ids.ID
	Account   ids.ID // at the bank
	Amount    money.Money
	Reference string // the bank's name of it, unique within the account, partner and currency
	By        string // the operator
}

// Transferred books a transfer of a bank's, once for each reference. told is true when it was booked before. It fails with
// store.ErrDiffers when the reference was told with another amount, and with ledger.ErrReference.
func (s *Settler) Transferred(ctx context.Context, t Transfer) (entry ledger.Recorded, told bool, err error) {
	if t.Reference, err = ledger.CleanReference(t.Reference); err != nil {
		return entry, false, err
	}
	partner, err := s.Partners.Partner(ctx, t.Partner)
	if err != nil {
		return entry, false, err
	}
	if err := s.Partners.Account(ctx, t.Mode, t.Account); err != nil {
		return entry, false, err
	}
	b := ledger.Book{Mode: t.Mode, Partner: t.Partner, Currency: t.Amount.Currency}
	id := ids.FromParts("transfer", t.Account.String(), t.Partner.String(), string(b.Currency), t.Reference)
	e, err := ledger.BankTransfer(b, ledger.Transfer{ID: id.String(), Account: t.Account, Amount: t.Amount.Amount}, s.now())
	if err != nil {
		return entry, false, err
	}
	e.By, e.Note = t.By, t.Reference
	entry, told, err = s.Store.Entry(ctx, t.Mode, e.ID)
	if err != nil || told && entry.SameAs(e) {
		return entry, told, err
	}
	if err := s.Poster.Post(ctx, b, partner.Zone, []ledger.Entry{e})[0]; err != nil {
		return entry, false, err
	}
	entry, found, err := s.Store.Entry(ctx, t.Mode, e.ID)
	if err == nil && !found {
		err = fault.Internal(errors.New("settle: the entry " + e.ID + " was posted and is not there"))
	}
	return entry, false, err
}
