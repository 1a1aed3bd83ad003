package api

import (
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/identity"
)

// PartnerFields are what an operator says of a partner.
type PartnerFields struct {
	Name           string `json:"name" minLength:"1" maxLength:"128" doc:"What we call the partner"`
	LegalName      string `json:"legal_name" minLength:"1" maxLength:"256" doc:"What receipts and contracts call the partner" example:"ООО «Ромашка»"`
	INN            string `json:"inn" minLength:"1" maxLength:"20" doc:"Russia: INN; Kazakhstan: BIN or IIN" example:"7707083893"`
	Taxation       string `json:"taxation,omitempty" doc:"System of taxation; required in Russia" example:"usn_income"`
	PaymentAddress string `json:"payment_address,omitempty" maxLength:"512" doc:"Address of the shop, as receipts name it" example:"https://shop.example"`
	Phone          string `json:"phone,omitempty" maxLength:"16" example:"+79000000000"`
	Country        string `json:"country" minLength:"2" maxLength:"2" doc:"ISO 3166-1" example:"RU"`
	TimeZone       string `json:"time_zone" doc:"Of the business day" example:"Europe/Moscow"`
	SupportContact string `json:"support_contact,omitempty" maxLength:"128" doc:"What the payer sees when something went wrong"`
	FeeBP          int64  `json:"fee_bp,omitempty" minimum:"0" maximum:"10000" doc:"Our fee, basis points" example:"250"`
	FeeFixed       int64  `json:"fee_fixed,omitempty" minimum:"0" doc:"Our fee per payment, minor units"`
	RefundOurFee   bool   `json:"refund_our_fee,omitempty" doc:"Whether our fee goes back on a refund"`
	RefundLimit    int64  `json:"refund_limit,omitempty" doc:"Minor units of one payment that a single person may give back; above it a second operator approves. 0: any amount"`
}

// Partner is what an operator sees of a partner.
type Partner struct {
	ID ids.ID `json:"id"`
	PartnerFields
	Live      bool      `json:"live" doc:"May have live tokens"`
	CreatedAt time.Time `json:"created_at"`
}

func (f PartnerFields) onto(p identity.Partner) identity.Partner {
	p.Name, p.LegalName, p.INN, p.Taxation = f.Name, f.LegalName, f.INN, f.Taxation
	p.PaymentAddress, p.Phone, p.Country, p.TimeZone, p.SupportContact = f.PaymentAddress, f.Phone, f.Country, f.TimeZone, f.SupportContact
	p.FeeBP, p.FeeFixed, p.RefundOurFee, p.RefundLimit = f.FeeBP, f.FeeFixed, f.RefundOurFee, f.RefundLimit
	return p
}

func showPartner(p identity.Partner) Partner {
	return Partner{
		ID: p.ID, Live: p.Live, CreatedAt: p.CreatedAt,
		PartnerFields: PartnerFields{
			Name: p.Name, LegalName: p.LegalName, INN: p.INN, Taxation: p.Taxation, PaymentAddress: p.PaymentAddress, Phone: p.Phone,
			Country: p.Country, TimeZone: p.TimeZone, SupportContact: p.SupportContact,
			FeeBP: p.FeeBP, FeeFixed: p.FeeFixed, RefundOurFee: p.RefundOurFee, RefundLimit: p.RefundLimit,
		},
	}
}
