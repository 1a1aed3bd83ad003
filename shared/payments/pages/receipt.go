package pages

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/pages/look"
	"giberno.ru/shared/receipts"
)

// receiptPage is one fiscal receipt of an order. A receipt that is not there yet has a mark and says so.
type receiptPage struct {
	T            Texts
	Icon, Mood   string
	Head, Lead   string
	Shop, Number string
	Lines        []line
	Total        string
	Facts        []fact
	Code         *code // nil: there is nothing to scan
	Operator     string
	Aside        string
	Check        string // address that checks now; "": nothing to check
	Itself, Stop string
	Order        string // address of the order's page
}

// receiptName is what the last segment of a receipt's address says: the order's link, which is the authority, and the
// child that the receipt is.
type receiptName struct {
	link   string
	family ids.Family
	n      int
}

// ReceiptPath is the address of a receipt's page: /r/, the order's link, a dash, two digits of the child's family and two of
// its number. Whoever has it can also open the order's page.
func ReceiptPath(o payments.Order, receipt ids.ID) string {
	return fmt.Sprintf("/r/%s-%02d%02d", o.Link(), receipt.Family(), receipt.N())
}

// parseReceipt reads the last segment back; zero for everything that ReceiptPath does not write. The link is judged by
// whoever opens it.
func parseReceipt(segment string) receiptName {
	const tail = len("-0000")
	if len(segment) <= tail || segment[len(segment)-tail] != '-' {
		return receiptName{}
	}
	digits := segment[len(segment)-tail+1:]
	if strings.Trim(digits, "0123456789") != "" {
		return receiptName{}
	}
	family, _ := strconv.Atoi(digits[:2])
	n, _ := strconv.Atoi(digits[2:])
	if n == 0 || family < int(ids.PaymentReceipt) || family > int(ids.CorrectionReceipt) {
		return receiptName{}
	}
	return receiptName{link: segment[:len(segment)-tail], family: ids.Family(family), n: n}
}

// receipt shows a fiscal receipt, or that it is still being made.
func (p *Pages) receipt(v *visit) error {
	name := parseReceipt(v.r.PathValue("receipt"))
	r, ok := v.order.ReceiptOf(v.order.Order.ID.Child(name.family, name.n))
	if !ok {
		return payments.ErrReceiptUnknown
	}
	page, refresh := v.receiptScene(r)
	title := page.Head + " — " + v.order.Order.Project
	return v.show(http.StatusOK, "receipt", look.Frame{Title: title, Refresh: refresh}, page, nil)
}

func (v *visit) receiptScene(r payments.Receipt) (receiptPage, *look.Refresh) {
	o := v.order.Order
	page := receiptPage{
		T: v.t, Head: v.t.ReceiptHead(r.Operation), Shop: o.Project, Total: amountText(v.t, r.Fiscal.Total), Order: v.at("/result"),
	}
	if o.ExternalID != "" {
		page.Number = v.t.OrderNumber(o.ExternalID)
	}
	switch r.Status {
	case payments.ReceiptPending:
		page.Icon, page.Head, page.Lead = "clock", v.t.ReceiptPending(), v.t.ReceiptPendingLead()
		return page, v.receiptChecks(&page)
	case payments.ReceiptFailed:
		page.Icon, page.Mood, page.Head, page.Lead = "cross", "care", v.t.ReceiptFailed(), v.t.ReceiptFailedLead()
		return page, nil
	}
	items := linesOf(o, r)
	page.Lines = v.receiptLines(items)
	page.Facts = append(v.taxes(items), v.fiscalFacts(r)...)
	page.Code = codeOf(r.Fiscal)
	page.Operator = operatorAddress(o, r)
	if !r.Verified {
		page.Aside = v.t.ReceiptByShop()
	}
	return page, nil
}

// receiptPause is how many seconds pass between two checks: a till takes minutes rather than seconds.
const receiptPause = 15

func (v *visit) receiptChecks(page *receiptPage) *look.Refresh {
	here := v.r.URL.EscapedPath()
	page.Check = v.address(here)
	n := v.checked()
	if n == maxChecks || v.r.URL.Query().Get("still") != "" {
		page.Check = v.address(here, "still", "1")
		return nil
	}
	page.Itself, page.Stop = v.t.ChecksItself(receiptPause), v.address(here, "still", "1")
	return &look.Refresh{Seconds: receiptPause, URL: v.address(here, "n", strconv.Itoa(n+1))}
}

// linesOf are the lines of a receipt; none where what we know of them is not what the till has printed.
func linesOf(o payments.Order, r payments.Receipt) []payments.Item {
	items := r.Items
	if len(items) == 0 {
		items = o.Items
	}
	sum := money.Of(0, r.Fiscal.Total.Currency)
	for _, i := range items {
		var err error
		if sum, err = sum.Add(i.Amount); err != nil {
			return nil
		}
	}
	if sum != r.Fiscal.Total {
		return nil
	}
	return items
}

func (v *visit) receiptLines(items []payments.Item) []line {
	var lines []line
	for _, i := range items {
		l := line{Name: i.Name, Sum: amountText(v.t, i.Amount), Count: vatText(v.t, i.VAT)}
		if i.Quantity != 1000 {
			l.Count = quantityText(v.t, i.Quantity) + " × " + amountText(v.t, i.Price) + " · " + l.Count
		}
		lines = append(lines, l)
	}
	return lines
}

// taxes states the tax within each rate, in the order in which the lines bring them.
func (v *visit) taxes(items []payments.Item) []fact {
	var rates []string
	sums := map[string]money.Money{}
	for _, i := range items {
		if i.VAT == "none" || i.VAT == "" {
			continue
		}
		if !slices.Contains(rates, i.VAT) {
			rates = append(rates, i.VAT)
			sums[i.VAT] = money.Of(0, i.Amount.Currency)
		}
		sum, err := sums[i.VAT].Add(i.Amount)
		if err != nil {
			return nil // linesOf has added them all
		}
		sums[i.VAT] = sum
	}
	var facts []fact
	for _, rate := range rates {
		tax, ok := receipts.VATSum(rate, sums[rate])
		if ok && rate != "vat0" {
			facts = append(facts, fact{Name: v.t.Including(vatText(v.t, rate)), Value: amountText(v.t, tax)})
		}
	}
	return facts
}

// vatText writes a rate: «НДС 22 %», «НДС 22/122», «Без НДС».
func vatText(t Texts, rate string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(rate, "vat"))
	switch {
	case err != nil:
		return t.NoVAT()
	case n > 100:
		return t.VAT() + thin + strconv.Itoa(n-100) + "/" + strconv.Itoa(n)
	case t.Lang() == "en":
		return t.VAT() + thin + strconv.Itoa(n) + "%"
	}
	return t.VAT() + thin + strconv.Itoa(n) + thin + "%"
}

// fiscalFacts are the figures of the till; what it did not tell is left out.
func (v *visit) fiscalFacts(r payments.Receipt) []fact {
	f := r.Fiscal
	facts := []fact{{Name: v.t.ReceiptSign(), Value: v.t.ReceiptKind(f.Kind)}}
	if !f.IssuedAt.IsZero() {
		facts = append(facts, fact{Name: v.t.Date(), Value: issuedText(v.t, f)})
	}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	for _, figure := range []fact{
		{Name: v.t.FN(), Value: f.FN}, {Name: v.t.FD(), Value: number(f.FD)}, {Name: v.t.FP(), Value: number(f.FP)},
		{Name: v.t.Till(), Value: f.RegistrationNumber}, {Name: v.t.Shift(), Value: number(f.Shift)}, {Name: v.t.ReceiptNumber(), Value: number(f.Number)},
	} {
		if figure.Value != "" {
			facts = append(facts, figure)
		}
	}
	return facts
}

// issuedText writes when a receipt was made, in the zone of its money: wherever the reader is, it says what the paper says.
func issuedText(t Texts, f receipts.Fiscal) string {
	return dayText(t, f.IssuedAt, zoneOf("", f.Total.Currency))
}

// operatorAddress is where the fiscal data operator shows the receipt; "" where there is no address that may be followed.
func operatorAddress(o payments.Order, r payments.Receipt) string {
	if r.Fiscal.URL == "" {
		return ""
	}
	a, err := receipts.ParseURL(r.Fiscal.URL, o.Mode == ids.Test)
	if err != nil {
		return ""
	}
	return a.URL
}

// receiptLink leads from the order's page to a receipt.
type receiptLink struct{ ID, Text, Address string }

// receiptLinks lists the receipts of the payment that can be read: the first one of the payment itself, and those that
// followed it.
func (v *visit) receiptLinks(p payments.Payment) []receiptLink {
	var links []receiptLink
	for _, r := range v.order.Receipts {
		if r.Payment != p.ID || r.Status != payments.ReceiptReady {
			continue
		}
		l := receiptLink{ID: "receipt", Text: v.t.Receipt(), Address: v.address(ReceiptPath(v.order.Order, r.ID))}
		if r.Operation != payments.OfPayment {
			l.ID = fmt.Sprintf("receipt-%02d%02d", r.ID.Family(), r.ID.N())
			l.Text = v.t.ReceiptHead(r.Operation) + ": " + amountText(v.t, r.Fiscal.Total)
		}
		if !slices.ContainsFunc(links, func(other receiptLink) bool { return other.ID == l.ID }) {
			links = append(links, l)
		}
	}
	return links
}
