package pages

import (
	"net/http"
	"strconv"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages/look"
)

// waitPage is where the payer waits for the bank, whichever way he came.
type waitPage struct {
	T          Texts
	Icon, Mood string
	Turning    bool
	Head, Lead string
	Strong     string // a sentence that must not be missed
	Total      string
	Shop       string
	BankPage   string // address of the bank's page; "": none
	BankText   string
	BankFirst  bool         // the bank's page is what the payer should go to now
	Retry      banks.Method // the form sends it again; "": no form
	Action     string       // of the form
	Check      string       // address that checks now; "": nothing to check
	Itself     string       // says that the page checks by itself; "": it does not
	Stop       string       // address of this page standing still
	Other      string       // address of the choice; "": not now
}

// maxChecks is how often a page asks by itself before it leaves that to the payer.
const maxChecks = 60

// pause is how many seconds pass before the n-th check: 3 at first, 30 at last.
func pause(n int) int { return min(3+n*n/4, 30) }

// wait shows how the attempt stands. Coming here only makes us ask the bank, at most every few seconds.
func (p *Pages) wait(v *visit) error {
	v.order = p.look(v)
	s, last := sceneOf(v.order, v.now)
	switch {
	case s == choosing:
		return v.goTo(v.at(""))
	case !s.waits() && s != silent:
		return v.goTo(v.at("/result"))
	}
	page, refresh := v.waiting(s, last)
	var origins []string
	if page.Retry != "" {
		var err error
		if origins, err = p.Teller.PageOrigins(v.r.Context(), v.order.Order); err != nil {
			return err
		}
	}
	return v.show(http.StatusOK, "wait", look.Frame{Title: page.Head + " — " + v.order.Order.Project, Refresh: refresh}, page, origins)
}

// look asks about the attempt that the order stands on; and about an earlier one whose page the payer may have
// kept, for he may come back from there.
func (p *Pages) look(v *visit) payments.Whole {
	_, stands := sceneOf(v.order, v.now)
	w := p.Teller.Look(v.r.Context(), v.order, stands.N)
	for i := len(w.Payments) - 1; i >= 0 && w.State.Winner == 0; i-- {
		if a := w.Payments[i]; a.N != stands.N && a.Status == payments.Superseded && a.PageURL != "" {
			return p.Teller.Look(v.r.Context(), w, a.N)
		}
	}
	return w
}

func (v *visit) waiting(s scene, last payments.Payment) (waitPage, *look.Refresh) {
	page := waitPage{
		T: v.t, Icon: "turn", Turning: true, Total: amountText(v.t, v.order.Order.Total), Shop: v.order.Order.Project, Action: v.at(""),
	}
	prepared := v.r.URL.Query().Get("prepared") != ""
	if mayChange(v.order, last, v.now) {
		page.Other = v.at("", "choose", "1")
	}
	switch s {
	case silent:
		page.Icon, page.Mood, page.Turning = "cloud", "care", false
		page.Head, page.Lead, page.Retry = v.t.Silent(), v.t.SilentLead(), last.Method
		return page, nil
	case preparing:
		page.Head, page.Lead = v.t.Preparing(), v.t.PreparingLead()
	case unknown:
		page.Icon, page.Mood, page.Turning = "clock", "care", false
		page.Head, page.Lead, page.Strong, page.Other = v.t.Unknown(), v.t.UnknownLead(), v.t.DoNotPayAgain(), ""
	default:
		page.Head, page.Lead = v.t.Waiting(), v.t.WaitingLead()
		page.BankPage, page.BankText = bankPage(last, v.now), v.t.BackToBank()
		if prepared && page.BankPage != "" { // opened by a double click beside this one, or after a long wait
			page.Icon, page.Turning, page.BankFirst = "lock", false, true
			page.Head, page.Lead, page.BankText = v.t.Ready(), v.t.ReadyLead(), v.t.ToBank()
			return page, nil
		}
	}
	return page, v.checks(&page, prepared)
}

// checked is how often this page has asked by itself.
func (v *visit) checked() int {
	n, err := strconv.Atoi(v.r.URL.Query().Get("n"))
	if err != nil || n < 0 || n > maxChecks {
		return 0
	}
	return n
}

// checks makes the page ask by itself, less and less often, until it has asked often enough or is told to stand still.
func (v *visit) checks(page *waitPage, prepared bool) *look.Refresh {
	n := v.checked()
	again := func(more ...string) string {
		if prepared {
			more = append(more, "prepared", "1")
		}
		return v.at("/wait", more...)
	}
	page.Check = again()
	if n == maxChecks || v.r.URL.Query().Get("still") != "" {
		page.Check = again("still", "1")
		return nil
	}
	page.Itself, page.Stop = v.t.ChecksItself(pause(n)), again("still", "1")
	return &look.Refresh{Seconds: pause(n), URL: again("n", strconv.Itoa(n+1))}
}
