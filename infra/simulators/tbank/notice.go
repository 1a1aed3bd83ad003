package tbank

import (
	"encoding/json"
	"time"
)

// The states of a notification.
const (
	noticePending   = "pending"
	noticeDelivered = "delivered" // answered with OK
	noticeArchived  = "archived"  // given up after a month; Resend brings it back
	noticeDropped   = "dropped"   // by a fault, or the shop has no address
	noticeSent      = "sent"      // a forgery: its sender does not wait for an answer
)

// Notice is a notification with its deliveries. Its body is fixed when it is written.
type Notice struct {
	ID        string     `json:"id"`
	PaymentID string     `json:"payment_id"`
	Terminal  string     `json:"terminal"`
	Status    string     `json:"status"` // the word it carries
	URL       string     `json:"url"`
	Body      string     `json:"body"`
	State     string     `json:"state"`
	Fault     FaultKind  `json:"fault,omitempty"` // what was done to it
	Forgery   bool       `json:"forgery,omitempty"`
	Round     int        `json:"round"` // deliveries since it was written or resent
	FirstAt   time.Time  `json:"first_at"`
	NextAt    time.Time  `json:"next_at,omitzero"`
	Attempts  []Delivery `json:"attempts"`
}

// Delivery is one attempt to deliver a notification.
type Delivery struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"` // of HTTP
	Answer string    `json:"answer,omitempty"` // its first bytes
	Error  string    `json:"error,omitempty"`
}

// The bank's rule of redelivery: at once, hourly for a day, daily for a month; then archived for 90 days.
const (
	hourlyRounds = 24
	dailyRounds  = 30
	archiveLife  = 90 * 24 * time.Hour
	noticeLife   = 30 * 24 * time.Hour // of a delivered one, in our list
	lateBy       = 30 * time.Minute    // a notification that the fault makes late
)

// tell writes the notification of what a payment has just become.
func (x *change) tell(p *Payment) {
	x.post(p, p.NotificationURL, string(p.Status), x.paymentBody(p))
}

// paymentBody has the members of a payment's notification, not yet signed.
func (x *change) paymentBody(p *Payment) answer {
	good := p.ErrorCode == "0"
	a := answer{
		"TerminalKey": p.Terminal, "OrderId": p.OrderID, "Success": good, "Status": string(p.Status),
		"PaymentId": number(p.ID), "ErrorCode": p.ErrorCode, "Amount": p.current(),
	}
	if p.Data != nil { // some clients cannot read an object here, so only a shop that sent DATA gets it back
		echo := answer{"Route": "ACQ", "Source": p.source()}
		for name, value := range p.Data {
			echo[name] = value
		}
		a["DATA"] = echo
	}
	if p.Card != nil && p.Method == "card" {
		a["CardId"], a["Pan"], a["ExpDate"] = p.Card.ID, p.Card.Pan, p.Card.Expires
		if p.Recurrent && p.Card.RebillID != "" {
			a["RebillId"] = p.Card.RebillID
		}
	}
	if !good && x.old.terminals[p.Terminal].Messages {
		a["Message"], a["Details"] = messages[p.ErrorCode], ""
	}
	return a
}

// tellReceipt writes the RECEIPT notification, which goes to the address of the terminal's settings only.
func (x *change) tellReceipt(p *Payment, f FiscalReceipt) {
	x.post(p, x.old.terminals[p.Terminal].NotificationURL, "RECEIPT", answer{
		"TerminalKey": p.Terminal, "OrderId": p.OrderID, "Success": true, "Status": "RECEIPT", "PaymentId": number(p.ID),
		"ErrorCode": "0", "Amount": f.Amount, "FiscalNumber": f.Number, "ShiftNumber": f.Shift,
		"ReceiptDatetime": f.IssuedAt.In(moscow).Format(time.RFC3339), "FnNumber": f.FN, "EcrRegNumber": f.Till,
		"FiscalDocumentNumber": f.Document, "FiscalDocumentAttribute": f.Sign, "Receipt": json.RawMessage(f.Receipt),
		"Type": f.Type, "Ofd": "Симулятор ОФД", "Url": f.URL, "QrCodeUrl": f.QRURL,
	})
}

// post signs a notification and queues it, with whatever a fault does to it on its way.
func (x *change) post(p *Payment, url, status string, body answer) {
	password := x.old.terminals[p.Terminal].Password
	n := x.newNotice(p, url, status)
	n.Fault = x.bank.faults.forNotice(x.bank.magicOf(p), status)
	switch n.Fault {
	case FaultWrongAmount:
		body["Amount"] = body["Amount"].(int64) + 100
	case FaultUnknownStatus:
		body["Status"] = strangeStatus
	case FaultLate:
		n.NextAt = x.now.Add(lateBy)
	case FaultDrop:
		n.State, n.NextAt = noticeDropped, time.Time{}
	case FaultForged:
		x.forge(p, url, body)
	}
	n.Body = signedBody(body, password)
	if n.State == noticePending && url == "" {
		n.State, n.NextAt = noticeDropped, time.Time{}
	}
	n.ID = x.nextNotice()
	x.notices = append(x.notices, n)
	switch n.Fault {
	case FaultDuplicate:
		again := *n
		again.ID = x.nextNotice()
		x.notices = append(x.notices, &again)
	case FaultReorder:
		x.swapWithEarlier(n)
	}
}

func (x *change) newNotice(p *Payment, url, status string) *Notice {
	return &Notice{
		PaymentID: p.ID, Terminal: p.Terminal, Status: status, URL: url, State: noticePending, FirstAt: x.now, NextAt: x.now,
	}
}

// forge queues, before the true one, a notification that claims the payment is confirmed under a token that does not hold.
func (x *change) forge(p *Payment, url string, body answer) {
	lie := answer{}
	for name, value := range body {
		lie[name] = value
	}
	lie["Status"], lie["Success"], lie["ErrorCode"] = string(Confirmed), true, "0"
	n := x.newNotice(p, url, string(Confirmed))
	n.ID, n.Fault, n.Forgery, n.Body = x.nextNotice(), FaultForged, true, signedBody(lie, "not the password")
	x.notices = append(x.notices, n)
}

// swapWithEarlier sends n before the notification that was written before it in the same step.
func (x *change) swapWithEarlier(n *Notice) {
	for i := len(x.notices) - 2; i >= 0; i-- {
		if earlier := x.notices[i]; earlier.PaymentID == n.PaymentID && earlier.State == noticePending {
			earlier.ID, n.ID = n.ID, earlier.ID
			return
		}
	}
}

// signedBody writes a notification with its token over the very bytes that it sends.
func signedBody(body answer, password string) string {
	delete(body, "Token")
	fields, err := parseObject(marshal(body))
	if err != nil {
		panic("tbank: a notification that cannot be read back: " + err.Error())
	}
	body["Token"] = fields.token(password)
	return string(marshal(body))
}

// delivered notes the outcome of a delivery and says when to try again.
func (n *Notice) delivered(d Delivery, now time.Time) {
	n.Attempts = append(n.Attempts, d)
	n.Round++
	switch {
	case n.Forgery:
		n.State, n.NextAt = noticeSent, now.Add(noticeLife)
	case d.Error == "" && d.Status == 200 && d.Answer == "OK":
		n.State, n.NextAt = noticeDelivered, now.Add(noticeLife)
	case n.Round <= hourlyRounds:
		n.NextAt = now.Add(time.Hour)
	case n.Round <= hourlyRounds+dailyRounds:
		n.NextAt = now.Add(24 * time.Hour)
	default:
		n.State, n.NextAt = noticeArchived, now.Add(archiveLife)
	}
}
