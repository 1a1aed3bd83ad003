package pages

import (
	"net/http"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages/look"
)

// choicePage is the choice of a way to pay. Groups is empty when there is none.
type choicePage struct {
	T      Texts
	Bill   bill
	Action string // of the form
	Note   *note
	Groups []group
}

// bill is what is paid for.
type bill struct {
	Shop, Number, Description, Total string
	Lines                            []line
	Fold                             bool // many lines: shown on demand
	Until, UntilISO                  string
}

type line struct{ Name, Count, Sum string }

// note stands above the choice: what became of the last attempt, or what was wrong with the form.
type note struct {
	Bad                  bool
	Head, Text           string
	LinkText, LinkTarget string
}

// group is a heading with its ways to pay; each way is one button of the one form.
type group struct {
	Head string
	Ways []way
}

type way struct {
	Method     banks.Method
	Name, Hint string
	Icon       string
	Best       bool
}

// manyLines is how many lines of an order are shown at once.
const manyLines = 5

// choice shows the ways to pay, or what has become of an order that takes no more attempts.
func (p *Pages) choice(v *visit) error {
	s, last := sceneOf(v.order, v.now)
	switch {
	case s.closed():
		return p.showResult(v, s, last)
	case s == preparing || s == unknown:
		if v.r.URL.Query().Get("choose") == "" || !mayChange(v.order, last, v.now) {
			return v.goTo(v.at("/wait", "prepared", "1"))
		}
	}
	return p.showChoice(v, http.StatusOK, v.noteOf(s, last))
}

func (p *Pages) showChoice(v *visit, status int, n *note) error {
	o := v.order.Order
	usable, err := p.Teller.Usable(v.r.Context(), o, v.country)
	if err != nil {
		return err
	}
	origins, err := p.Teller.PageOrigins(v.r.Context(), o)
	if err != nil {
		return err
	}
	page := choicePage{T: v.t, Bill: v.bill(), Action: v.at(""), Note: n, Groups: groupsOf(v.t, usable, v.country)}
	return v.show(status, "choice", look.Frame{Title: v.t.Title(o.Project), Wide: true}, page, origins)
}

// noteOf tells what became of the last attempt.
func (v *visit) noteOf(s scene, last payments.Payment) *note {
	switch s {
	case declined:
		return &note{Bad: true, Head: v.t.Declined(), Text: v.t.Decline(last.Decline.Code)}
	case stopped:
		return &note{Head: v.t.Stopped(), Text: v.t.StoppedLead()}
	case lapsed:
		return &note{Head: v.t.Lapsed(), Text: v.t.LapsedLead()}
	case silent:
		return &note{Bad: true, Head: v.t.Silent(), Text: v.t.SilentLead()}
	case atBank:
		if address := bankPage(last, v.now); address != "" {
			return &note{Text: v.t.Unfinished(v.t.Way(last.Method)), LinkText: v.t.Continue(), LinkTarget: address}
		}
	}
	return nil
}

func (v *visit) bill() bill {
	o := v.order.Order
	until := o.ExpiresAt.Add(-payments.LastCall)
	b := bill{
		Shop: o.Project, Description: o.Description, Total: amountText(v.t, o.Total), Fold: len(o.Items) > manyLines,
		Until: v.t.Until(timeText(v.t, until, zoneOf(v.country, o.Total.Currency))), UntilISO: until.UTC().Format("2006-01-02T15:04:05Z"),
	}
	if o.ExternalID != "" {
		b.Number = v.t.OrderNumber(o.ExternalID)
	}
	for _, i := range o.Items {
		l := line{Name: i.Name, Sum: amountText(v.t, i.Amount)}
		if i.Quantity != 1000 {
			l.Count = quantityText(v.t, i.Quantity) + " × " + amountText(v.t, i.Price)
		}
		b.Lines = append(b.Lines, l)
	}
	return b
}

var icons = map[banks.Method]string{banks.SBP: "phone", banks.Card: "card", banks.CardForeign: "globe", banks.Instalments: "parts"}

// groupsOf arranges the ways to pay. SBP is first and looks best. A payer in Kazakhstan, who may hold a card of either
// country, is asked first whose card it is.
func groupsOf(t Texts, usable map[banks.Method][]payments.Candidate, country string) []group {
	var ways []way
	for _, m := range banks.Methods {
		if len(usable[m]) > 0 {
			ways = append(ways, way{Method: m, Name: t.Way(m), Hint: t.WayHint(m), Icon: icons[m]})
		}
	}
	switch {
	case len(ways) == 0:
		return nil
	case country == kazakhstan && len(usable[banks.Card]) > 0 && len(usable[banks.CardForeign]) > 0:
		return askWhoseCard(t, ways)
	}
	ways[0].Best = ways[0].Method == banks.SBP || len(ways) == 1
	head := t.ChooseWay()
	if len(ways) == 1 {
		head = t.OneWay()
	}
	return []group{{head, ways}}
}

func askWhoseCard(t Texts, ways []way) []group {
	cards := group{Head: t.CardQuestion()}
	others := group{Head: t.OtherWays()}
	for _, w := range ways {
		switch w.Method {
		case banks.Card:
			w.Name, w.Hint = t.CardHome(), t.CardHomeHint()
			cards.Ways = append(cards.Ways, w)
		case banks.CardForeign:
			w.Name, w.Hint = t.CardAbroad(), t.CardAbroadHint()
			cards.Ways = append(cards.Ways, w)
		default:
			w.Best = w.Method == banks.SBP
			others.Ways = append(others.Ways, w)
		}
	}
	if len(others.Ways) == 0 {
		return []group{cards}
	}
	return []group{cards, others}
}

// refusedChoice shows the choice again because of what the teller answered to the form.
func (p *Pages) refusedChoice(v *visit, code string) error {
	text, status := v.t.WayClosed(), http.StatusConflict
	switch code {
	case payments.ErrAttemptsExhausted.Code:
		text = v.t.AttemptsUsedUp()
	case errUnknownWay.Code:
		text, status = v.t.WayUnknown(), http.StatusUnprocessableEntity
	}
	return p.showChoice(v, status, &note{Bad: true, Text: text})
}
