package pages

import (
	"net/http"
	"strings"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages/look"
)

// resultPage says what became of the order.
type resultPage struct {
	T           Texts
	Icon, Mood  string
	Head, Lead  string
	Aside       string
	Facts       []fact
	Receipts    []receiptLink
	Shop        string // address of the way back
	Again       string // address of the choice
	ShopIsFirst bool
}

type fact struct {
	Name, Value string
	Big         bool
}

// result shows the end of the road. Where it has not come yet, the payer goes back to waiting or choosing.
func (p *Pages) result(v *visit) error {
	s, last := sceneOf(v.order, v.now)
	switch {
	case s == choosing:
		return v.goTo(v.at(""))
	case s.waits() || s == silent:
		return v.goTo(v.at("/wait"))
	}
	return p.showResult(v, s, last)
}

func (p *Pages) showResult(v *visit, s scene, last payments.Payment) error {
	page := v.outcome(s, last)
	return v.show(http.StatusOK, "result", look.Frame{Title: page.Head + " — " + v.order.Order.Project}, page, nil)
}

func (v *visit) outcome(s scene, last payments.Payment) resultPage {
	page := resultPage{T: v.t, Icon: "cross", Mood: "bad", Shop: v.shopAddress(last)}
	switch s {
	case paid:
		page.Icon, page.Mood, page.Head, page.Lead = "check", "good", v.t.Paid(), v.t.PaidLead()
		page.Facts, page.ShopIsFirst = v.paidFacts(last), true
		page.Receipts = v.receiptLinks(last)
		if len(page.Receipts) == 0 && (last.Fiscal || !last.Till.IsZero()) {
			page.Aside = v.t.ReceiptSoon()
		}
	case held:
		page.Icon, page.Mood, page.Head, page.Lead = "check", "good", v.t.Held(), v.t.HeldLead()
		page.Facts, page.ShopIsFirst = v.facts(last, last.Amount), true
	case declined:
		page.Head, page.Lead, page.Aside = v.t.Declined(), v.t.Decline(last.Decline.Code), v.t.NothingCharged()
		page.Again = v.at("")
	case stopped:
		page.Mood, page.Head, page.Lead, page.Again = "care", v.t.Stopped(), v.t.StoppedLead(), v.at("")
	case lapsed:
		page.Icon, page.Mood, page.Head, page.Lead, page.Again = "clock", "care", v.t.Lapsed(), v.t.LapsedLead(), v.at("")
	case cancelled:
		page.Mood, page.Head, page.Lead, page.ShopIsFirst = "care", v.t.Cancelled(), v.t.CancelledLead(), true
		if paidAnyway(v.order) {
			page.Lead = v.t.PaidLate()
		}
	default:
		page.Icon, page.Mood, page.Head, page.Lead, page.ShopIsFirst = "clock", "care", v.t.Expired(), v.t.ExpiredLead(), true
	}
	return page
}

// paidAnyway reports money that came although the order takes none.
func paidAnyway(w payments.Whole) bool {
	for _, p := range w.Payments {
		if p.Status == payments.Paid {
			return true
		}
	}
	return false
}

func (v *visit) facts(p payments.Payment, amount money.Money) []fact {
	facts := []fact{{Name: v.t.PaidAmount(), Value: amountText(v.t, amount), Big: true}, {Name: v.t.Shop(), Value: v.order.Order.Project}}
	if p.Card.Pan != "" {
		facts = append(facts, fact{Name: v.t.Card(), Value: cardText(p.Card.Pan)})
	}
	return facts
}

func (v *visit) paidFacts(p payments.Payment) []fact {
	currency := p.Amount.Currency
	facts := v.facts(p, money.Of(p.Captured, currency))
	if back := v.order.State.Refunded; back > 0 {
		facts = append(facts, fact{Name: v.t.Returned(), Value: amountText(v.t, money.Of(back, currency))})
	}
	if !p.PaidAt.IsZero() {
		facts = append(facts, fact{Name: v.t.Date(), Value: timeText(v.t, p.PaidAt, zoneOf(v.country, currency))})
	}
	return facts
}

// cardText shows no more of a card than its last four digits.
func cardText(mask string) string {
	last := []rune(strings.TrimSpace(mask))
	return "•••• " + string(last[max(0, len(last)-4):])
}

// shopAddress is the way back to the shop, if it gave one.
func (v *visit) shopAddress(p payments.Payment) string {
	for _, address := range []string{p.ReturnURL, v.order.Order.ReturnURL} {
		if address != "" && payments.ValidReturnURL(address, v.order.Order.Mode) {
			return address
		}
	}
	return ""
}
