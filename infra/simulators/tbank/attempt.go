package tbank

import (
	"strings"
	"time"
)

// outcome is how an attempt to pay ends.
type outcome struct {
	name string
	code string // the bank's ErrorCode; "0" is success
	hold bool   // authorised and left there even in one stage
	acs  bool   // the payer's bank asks for a code first
}

// outcomes are the ways in which an attempt can end, by the name that control calls use.
var outcomes = map[string]outcome{
	"success":               {"success", "0", false, false},
	"authorized":            {"authorized", "0", true, false},
	"3ds":                   {"3ds", "0", false, true},
	"3ds_failed":            {"3ds_failed", "101", false, false},
	"insufficient_funds":    {"insufficient_funds", "1051", false, false},
	"card_expired":          {"card_expired", "1054", false, false},
	"card_invalid":          {"card_invalid", "1014", false, false},
	"limit_exceeded":        {"limit_exceeded", "1061", false, false},
	"not_permitted":         {"not_permitted", "1057", false, false},
	"suspected_fraud":       {"suspected_fraud", "1034", false, false},
	"issuer_unavailable":    {"issuer_unavailable", "1091", false, false},
	"wrong_cvv":             {"wrong_cvv", "1082", false, false},
	"foreign_card":          {"foreign_card", "76", false, false},
	"declined":              {"declined", "1005", false, false},
	"sbp_refused":           {"sbp_refused", "5060", false, false},
	"3ds_insufficient":      {"3ds_insufficient", "1051", false, true},
	"recurrent_not_allowed": {"recurrent_not_allowed", "104", false, false},
}

// TestCard is a card that always ends the same way.
type TestCard struct {
	Pan     string
	Outcome string
}

// TestCards are the cards that the form offers. Any other number that passes the check of Luhn pays at once.
var TestCards = []TestCard{
	{"4300000000000777", "success"},
	{"4249170392197566", "3ds"},
	{"5000000000000009", "insufficient_funds"},
	{"2200000000000053", "success"},
	{"5000000000000108", "card_expired"},
	{"5000000000000207", "limit_exceeded"},
	{"5000000000000306", "not_permitted"},
	{"5000000000000405", "suspected_fraud"},
	{"5000000000000504", "issuer_unavailable"},
	{"5000000000000603", "foreign_card"},
	{"5000000000000702", "declined"},
	{"4000000000000101", "3ds_insufficient"},
}

// try is one attempt to pay.
type try struct {
	method  string // card, sbp
	outcome outcome
	card    *UsedCard
	final   bool // a decline ends the payment, as it does when the attempts are used up
	why     string
}

// attempt lets a payer try to pay. A payment that cannot be paid now is refused with code 4.
func (x *change) attempt(p *Payment, t try) error {
	if err := p.walk(x.now, t.why, Authorizing); err != nil {
		return err
	}
	p.Method, p.Card = t.method, t.card
	if p.Card != nil && p.Card.ID == 0 {
		p.Card.ID = x.nextCard()
	}
	if t.outcome.acs {
		return p.walk(x.now, "ожидается код 3-D Secure", Checking3DS)
	}
	return x.finish(p, t)
}

// finish ends the attempt that is under way.
func (x *change) finish(p *Payment, t try) error {
	p.ErrorCode, p.Message = t.outcome.code, ""
	if t.outcome.code != "0" {
		return x.decline(p, t)
	}
	if p.Status == Checking3DS {
		if err := p.walk(x.now, t.why, Checked3DS); err != nil {
			return err
		}
	}
	if err := p.walk(x.now, t.why, Authorized); err != nil {
		return err
	}
	p.Held = p.Amount
	x.rememberCard(p)
	x.tell(p)
	if p.TwoStage || t.outcome.hold {
		return nil
	}
	return x.capture(p, p.Held, t.why, Confirmed)
}

func (x *change) decline(p *Payment, t try) error {
	p.Failures++
	p.Message = messages[t.outcome.code]
	if p.Status == Checking3DS && t.outcome.code != "101" { // the code was right, and the bank declined all the same
		if err := p.walk(x.now, "код 3-D Secure верен", Checked3DS); err != nil {
			return err
		}
	}
	to := AuthFail
	if t.final || p.Failures >= maxAttempts {
		to = Rejected
	}
	if err := p.walk(x.now, t.why+": "+t.outcome.name, to); err != nil {
		return err
	}
	x.tell(p)
	return nil
}

// giveUp is a payer who goes back to the shop: after a failed attempt the payment is rejected, an untouched one lives on.
func (x *change) giveUp(p *Payment) error {
	if p.Status != AuthFail && (p.Status != FormShowed || p.Failures == 0) {
		return nil
	}
	if p.Status == FormShowed { // the form does not lead to REJECTED by itself
		if err := p.walk(x.now, "плательщик ушёл", Authorizing); err != nil {
			return err
		}
	}
	if err := p.walk(x.now, "плательщик ушёл", Rejected); err != nil {
		return err
	}
	x.tell(p)
	return nil
}

// expire ends a payment whose time is over.
func (x *change) expire(p *Payment, why string) error {
	if err := p.walk(x.now, why, DeadlineExpired); err != nil {
		return err
	}
	if !x.old.terminals[p.Terminal].QuietExpiry {
		x.tell(p)
	}
	return nil
}

// show notes that the payer has opened the form.
func (x *change) show(p *Payment) error {
	switch {
	case p.Status == Initial || p.Status == AuthFail:
		if err := p.walk(x.now, "форма открыта", FormShowed); err != nil {
			return err
		}
	case p.Status != FormShowed:
		return nil
	}
	p.Openings++
	if p.Openings > maxOpenings {
		return p.walk(x.now, "форма открыта слишком много раз", AttemptsExpired)
	}
	return nil
}

// readCard says what a card does and what of it may be remembered. month and year are as printed, now decides whether
// the card has expired.
func readCard(pan, month, year, cvv string, now time.Time) (UsedCard, outcome) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(pan)
	used := UsedCard{Pan: mask(digits), Expires: month + year}
	end, err := time.Parse("0106", month+year)
	switch {
	case !luhn(digits) && listedCard(digits) == "" || err != nil:
		used.Outcome = "card_invalid"
	case !now.Before(end.AddDate(0, 1, 0)):
		used.Outcome = "card_expired"
	case len(cvv) != 3 || strings.Trim(cvv, "0123456789") != "" || cvv == "000":
		used.Outcome = "wrong_cvv"
	default:
		used.Outcome = listedCard(digits)
	}
	if used.Outcome == "" {
		used.Outcome = "success"
	}
	return used, outcomes[used.Outcome]
}

func listedCard(digits string) string {
	for _, c := range TestCards {
		if c.Pan == digits {
			return c.Outcome
		}
	}
	return ""
}

// mask keeps the first six and the last four digits.
func mask(digits string) string {
	if len(digits) < 13 || len(digits) > 19 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits[:6] + strings.Repeat("*", len(digits)-10) + digits[len(digits)-4:]
}

func luhn(digits string) bool {
	if mask(digits) == "" {
		return false
	}
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0
}
