package api

import (
	"context"
	"net/http"

	"giberno.ru/shared/platform/web"
)

type changePartner struct {
	PartnerPath
	Body struct {
		Name           *string `json:"name,omitempty" minLength:"1" maxLength:"128"`
		LegalName      *string `json:"legal_name,omitempty" minLength:"1" maxLength:"256"`
		INN            *string `json:"inn,omitempty" minLength:"1" maxLength:"20"`
		Taxation       *string `json:"taxation,omitempty"`
		PaymentAddress *string `json:"payment_address,omitempty" maxLength:"512"`
		Phone          *string `json:"phone,omitempty" maxLength:"16"`
		Country        *string `json:"country,omitempty" minLength:"2" maxLength:"2"`
		TimeZone       *string `json:"time_zone,omitempty"`
		SupportContact *string `json:"support_contact,omitempty" maxLength:"128"`
		FeeBP          *int64  `json:"fee_bp,omitempty" minimum:"0" maximum:"10000"`
		FeeFixed       *int64  `json:"fee_fixed,omitempty" minimum:"0"`
		RefundOurFee   *bool   `json:"refund_our_fee,omitempty"`
		RefundLimit    *int64  `json:"refund_limit,omitempty"`
	}
}

// ChangePartner changes the fields that are given. Fees hold for payments that are paid from now on.
func (a *API) ChangePartner() web.Endpoint {
	op := operation("change-partner", http.MethodPatch, "/partner/{id}", WritePartners, "Change fields of a partner", "partner_not_found", "changed_meanwhile")
	return web.Handle(op, func(ctx context.Context, in *changePartner) (*one[Partner], error) {
		p, err := a.Store.PartnerNow(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		b := in.Body
		set(&p.Name, b.Name)
		set(&p.LegalName, b.LegalName)
		set(&p.INN, b.INN)
		set(&p.Taxation, b.Taxation)
		set(&p.PaymentAddress, b.PaymentAddress)
		set(&p.Phone, b.Phone)
		set(&p.Country, b.Country)
		set(&p.TimeZone, b.TimeZone)
		set(&p.SupportContact, b.SupportContact)
		set(&p.FeeBP, b.FeeBP)
		set(&p.FeeFixed, b.FeeFixed)
		set(&p.RefundOurFee, b.RefundOurFee)
		set(&p.RefundLimit, b.RefundLimit)
		if err := p.Check(); err != nil {
			return nil, err
		}
		if p, err = a.Store.ChangePartner(ctx, p); err != nil {
			return nil, err
		}
		return &one[Partner]{showPartner(p)}, nil
	})
}

// set takes a field that was given.
func set[T any](field *T, given *T) {
	if given != nil {
		*field = *given
	}
}
