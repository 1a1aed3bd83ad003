package tbank

import (
	"encoding/json"
	"net/url"
	"time"
)

// initPayment opens a payment and gives the address of its page.
func initPayment(x *change, r *request) (any, error) {
	p, err := r.newPayment(x)
	if err != nil {
		return nil, err
	}
	if !r.terminal.RepeatOrders && len(x.old.byOrder[orderKey(p.Terminal, p.OrderID)]) > 0 {
		return nil, refuse("20", "OrderId")
	}
	if p.Page, err = x.bank.draw(12); err != nil {
		return nil, err
	}
	p.ID = x.nextPayment()
	x.payments[p.ID] = p
	return answer{
		"Success": true, "ErrorCode": "0", "TerminalKey": p.Terminal, "Status": string(p.Status), "PaymentId": p.ID,
		"OrderId": p.OrderID, "Amount": p.Amount, "PaymentURL": x.bank.baseURL() + "/pay/" + p.Page,
	}, nil
}

// newPayment reads Init's members and holds them against the bank's rules.
func (r *request) newPayment(x *change) (*Payment, error) {
	amount, given, err := r.amount("Amount")
	if err != nil {
		return nil, err
	}
	if !given {
		return nil, refuse("201", "Amount")
	}
	p := &Payment{
		Terminal: r.terminal.Key, Amount: amount, Status: Initial, ErrorCode: "0", CreatedAt: x.now,
		History: []Step{{At: x.now, To: Initial, Why: "Init"}},
	}
	for _, read := range []func(*Payment) error{r.readNames, r.readKind, r.readAddresses, r.readData} {
		if err := read(p); err != nil {
			return nil, err
		}
	}
	if p.Deadline, err = r.deadline(x.now); err != nil {
		return nil, err
	}
	if p.Receipt, err = r.receipt(amount, r.terminal.Fiscal); err != nil {
		return nil, err
	}
	return p, nil
}

func (r *request) readNames(p *Payment) error {
	p.OrderID, _ = r.fields.scalar("OrderId")
	p.Description, _ = r.fields.scalar("Description")
	switch {
	case p.OrderID == "":
		return refuse("201", "OrderId")
	case len([]rune(p.OrderID)) > 50:
		return refuse("212", "OrderId")
	case len([]rune(p.Description)) > 140:
		return refuse("213", "Description")
	}
	var err error
	p.CustomerKey, err = r.text("CustomerKey", 36)
	return err
}

func (r *request) readKind(p *Payment) error {
	switch recurrent, _ := r.fields.scalar("Recurrent"); recurrent {
	case "", "N":
	case "Y":
		p.Recurrent = true
	default:
		return refuse("1", "Recurrent")
	}
	if p.Recurrent && p.CustomerKey == "" {
		return refuse("201", "CustomerKey")
	}
	switch kind, _ := r.fields.scalar("PayType"); kind {
	case "":
		p.TwoStage = r.terminal.TwoStageDefault
	case "O", "T":
		p.TwoStage = kind == "T"
	default:
		return refuse("1", "PayType")
	}
	p.Language, _ = r.fields.scalar("Language")
	if p.Language != "" && p.Language != "ru" && p.Language != "en" {
		return refuse("1", "Language")
	}
	return nil
}

func (r *request) readAddresses(p *Payment) error {
	own := []struct {
		name     string
		into     *string
		standard string
	}{
		{"NotificationURL", &p.NotificationURL, r.terminal.NotificationURL},
		{"SuccessURL", &p.SuccessURL, r.terminal.SuccessURL},
		{"FailURL", &p.FailURL, r.terminal.FailURL},
	}
	for _, a := range own {
		text, given := r.fields.scalar(a.name)
		if !given || text == "" {
			*a.into = a.standard
			continue
		}
		u, err := url.Parse(text)
		if err != nil || len(text) > 250 || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return refuse("1", a.name)
		}
		*a.into = text
	}
	return nil
}

// readData takes the extra pairs. Their values are strings; clients that send numbers or booleans are borne.
func (r *request) readData(p *Payment) error {
	raw := r.fields["DATA"]
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	pairs, err := parseObject(raw)
	if err != nil {
		return refuse("1", "DATA")
	}
	if len(pairs) > 20 {
		return refuse("207", "DATA")
	}
	p.Data = map[string]string{}
	for name := range pairs {
		value, _ := pairs.scalar(name)
		if len([]rune(name)) > 20 && name != initiatorType { // the bank's own name is longer than its limit
			return refuse("208", "DATA")
		}
		if len([]rune(value)) > 100 {
			return refuse("209", "DATA")
		}
		p.Data[name] = value
	}
	// Only a parent payment says «1», and it says nothing else.
	if kind := p.Data[initiatorType]; kind != "" && (kind == "1") != p.Recurrent {
		return refuse("1126", "DATA."+initiatorType)
	}
	return nil
}

// initiatorType is the member of DATA that says who started a payment with a saved card: 0, 1, 2, R, I, D or N.
const initiatorType = "OperationInitiatorType"

// deadline is when the link dies: RedirectDueDate within a minute and ninety days, else a day from now.
func (r *request) deadline(now time.Time) (time.Time, error) {
	text, _ := r.fields.scalar("RedirectDueDate")
	if text == "" {
		return now.Add(defaultLife), nil
	}
	due, err := time.Parse(time.RFC3339, text)
	if err != nil || due.Before(now.Add(shortestLife).Truncate(time.Second)) || due.After(now.Add(longestLife)) {
		return time.Time{}, refuse("1", "RedirectDueDate")
	}
	return due.UTC(), nil
}

// receipt checks the Receipt of the call against total; required says that it may not be missing. Clients that always send
// the member send it without items when they have no receipt.
func (r *request) receipt(total int64, required bool) (json.RawMessage, error) {
	raw := r.fields["Receipt"]
	if emptyReceipt(raw) {
		if required {
			return nil, refuse("309", "Receipt")
		}
		return nil, nil
	}
	if err := checkReceipt(raw, total); err != nil {
		return nil, err
	}
	return raw, nil
}
