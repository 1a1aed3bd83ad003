package identity

import (
	"slices"
	"time"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/receipts"
)

// Partner is a merchant whose payers pay through us. The JSON names are those of its row.
type Partner struct {
	ID             ids.ID    `json:"id"`
	Name           string    `json:"name"`       // what we call him
	LegalName      string    `json:"legal_name"` // what receipts and contracts call him
	INN            string    `json:"inn"`        // Russia: INN, 10 or 12 digits; Kazakhstan: BIN or IIN, 12
	Taxation       string    `json:"taxation"`   // receipts.Taxations; "" outside Russia
	PaymentAddress string    `json:"payment_address"`
	Phone          string    `json:"phone"`
	Country        string    `json:"country"`   // ISO 3166-1, two letters
	TimeZone       string    `json:"time_zone"` // of his business day
	SupportContact string    `json:"support_contact"`
	FeeBP          int64     `json:"fee_bp"`    // our fee, basis points of the amount
	FeeFixed       int64     `json:"fee_fixed"` // and minor units per payment
	RefundOurFee   bool      `json:"refund_our_fee"`
	RefundLimit    int64     `json:"refund_limit"` // minor units of one payment that a single person may give back; 0: any
	Live           bool      `json:"live"`         // may have live tokens
	CreatedAt      time.Time `json:"created_at"`
	Version        int64     `json:"-"`
}

// MaxFeeBP is all of the amount, in basis points.
const MaxFeeBP = 10_000

var (
	countryForm = onUse(`^[A-Z]{2}$`)
	phoneForm   = onUse(`^\+[0-9]{10,15}$`)
	taxNumber   = onUse(`^[0-9A-Za-z-]{1,20}$`)
)

// Check tells every wrong field of a partner at once.
func (p Partner) Check() error {
	var w wrong
	w.text("name", p.Name, 1, 128)
	w.text("legal_name", p.LegalName, 1, 256)
	w.text("support_contact", p.SupportContact, 0, 128)
	w.unless(countryForm().MatchString(p.Country), "country", "expected two capital letters of ISO 3166-1")
	w.unless(ValidTaxNumber(p.Country, p.INN), "inn", "expected an INN of 10 or 12 digits (Russia) or a BIN or IIN of 12 (Kazakhstan) whose check digits hold")
	w.unless(p.Taxation == "" && p.Country != "RU" || receipts.ValidTaxation(p.Taxation), "taxation", "expected a system of taxation in force")
	w.unless(ValidTimeZone(p.TimeZone), "time_zone", "expected a time zone of the countries we work in, such as Europe/Moscow")
	w.unless(p.Phone == "" || phoneForm().MatchString(p.Phone), "phone", "expected + and 10 to 15 digits")
	w.unless(p.FeeBP >= 0 && p.FeeBP <= MaxFeeBP, "fee_bp", "expected 0 to 10000 basis points")
	w.unless(p.FeeFixed >= 0 && p.FeeFixed <= 1_000_000_00, "fee_fixed", "expected 0 to 100000000 minor units")
	w.unless(p.RefundLimit >= 0 && p.RefundLimit <= 1_000_000_000_000, "refund_limit", "expected 0 to 1000000000000 minor units; 0 is no limit")
	if p.PaymentAddress != "" {
		w.unless(ValidAddress(p.PaymentAddress, ids.Live), "payment_address", "expected an https address without user, query and fragment")
	}
	return w.fault()
}

// wrong collects the wrong fields of one body.
type wrong []fault.Field

func (w *wrong) unless(ok bool, field, message string) {
	if !ok {
		*w = append(*w, fault.Field{Location: "body." + field, Message: message})
	}
}

func (w *wrong) text(field, value string, least, most int) {
	n := utf8.RuneCountInString(value)
	w.unless(n >= least && n <= most, field, "is too short or too long")
}

func (w wrong) fault() error {
	if len(w) == 0 {
		return nil
	}
	return fault.Validation(w...)
}

// timeZones are the zones of the countries we work in. The list is closed, so that no process needs a zone database to
// check a partner, and every settlement knows its day.
var timeZones = []string{
	"UTC", "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Europe/Saratov", "Europe/Volgograd", "Europe/Astrakhan", "Europe/Ulyanovsk",
	"Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk", "Asia/Barnaul", "Asia/Tomsk", "Asia/Novokuznetsk", "Asia/Krasnoyarsk",
	"Asia/Irkutsk", "Asia/Chita", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Sakhalin", "Asia/Magadan", "Asia/Kamchatka", "Asia/Anadyr",
	"Asia/Almaty", "Asia/Qyzylorda", "Asia/Qostanay", "Asia/Aqtau", "Asia/Aqtobe", "Asia/Atyrau", "Asia/Oral",
	"Asia/Bishkek", "Asia/Tashkent", "Asia/Baku", "Asia/Tbilisi", "Asia/Yerevan", "Europe/Istanbul", "Europe/Minsk", "Asia/Shanghai",
}

// ValidTimeZone reports whether a partner's business day may follow the zone.
func ValidTimeZone(name string) bool { return slices.Contains(timeZones, name) }
