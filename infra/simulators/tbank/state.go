package tbank

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Status is the bank's word for where a payment stands.
type Status string

// The statuses.
const (
	Initial         Status = "NEW"
	FormShowed      Status = "FORM_SHOWED"
	PreAuthorizing  Status = "PREAUTHORIZING"
	Authorizing     Status = "AUTHORIZING"
	Checking3DS     Status = "3DS_CHECKING"
	Checked3DS      Status = "3DS_CHECKED"
	PayChecking     Status = "PAY_CHECKING"
	AuthFail        Status = "AUTH_FAIL"
	Authorized      Status = "AUTHORIZED"
	Confirming      Status = "CONFIRMING"
	ConfirmChecking Status = "CONFIRM_CHECKING"
	Confirmed       Status = "CONFIRMED"
	Reversing       Status = "REVERSING"
	PartialReversed Status = "PARTIAL_REVERSED"
	Reversed        Status = "REVERSED"
	Refunding       Status = "REFUNDING"
	AsyncRefunding  Status = "ASYNC_REFUNDING"
	PartialRefunded Status = "PARTIAL_REFUNDED"
	Refunded        Status = "REFUNDED"
	Canceled        Status = "CANCELED"
	DeadlineExpired Status = "DEADLINE_EXPIRED"
	AttemptsExpired Status = "ATTEMPTS_EXPIRED"
	Rejected        Status = "REJECTED"
)

// edges is the whole state machine; no payment ever takes a step that is not here.
var edges = map[Status][]Status{
	Initial:         {FormShowed, Authorizing, Canceled, DeadlineExpired, Rejected},
	FormShowed:      {PreAuthorizing, Authorizing, Canceled, DeadlineExpired, AttemptsExpired},
	PreAuthorizing:  {Authorizing, Canceled},
	Authorizing:     {Checking3DS, Authorized, AuthFail, Rejected},
	Checking3DS:     {Checked3DS, DeadlineExpired, AuthFail, Rejected},
	Checked3DS:      {Authorized, PayChecking, AuthFail, Rejected},
	AuthFail:        {Authorizing, FormShowed, Rejected, DeadlineExpired},
	Authorized:      {Confirming, Confirmed, Reversing, Reversed, PartialReversed},
	Confirming:      {ConfirmChecking, Confirmed},
	Reversing:       {Reversed, PartialReversed},
	PartialReversed: {Confirming, Confirmed, Reversing, Reversed, PartialReversed},
	Confirmed:       {Refunding, AsyncRefunding, PartialRefunded, Refunded},
	PartialRefunded: {Refunding, AsyncRefunding, PartialRefunded, Refunded},
	Refunding:       {PartialRefunded, Refunded, Confirmed},
	AsyncRefunding:  {PartialRefunded, Refunded, Confirmed},
}

// The bank's own times.
const (
	defaultLife  = 24 * time.Hour      // of a payment link
	shortestLife = time.Minute         //
	longestLife  = 90 * 24 * time.Hour //
	life3DS      = 36 * time.Hour      // a payer who never comes back from the ACS
	lifeHold     = 7 * 24 * time.Hour  // an authorised amount that is never confirmed
	refundTime   = 30 * time.Second    // an SBP refund
	tillTime     = 5 * time.Second     // a fiscal receipt
	maxAttempts  = 3                   // failed attempts before REJECTED
	maxOpenings  = 100                 // of the form before ATTEMPTS_EXPIRED
)

// Step is one edge that a payment took.
type Step struct {
	At   time.Time `json:"at"`
	From Status    `json:"from,omitempty"`
	To   Status    `json:"to"`
	Why  string    `json:"why"`
}

// UsedCard is what the bank remembers of a card: never the whole number.
type UsedCard struct {
	ID       int64  `json:"id"`
	Pan      string `json:"pan"`     // masked
	Expires  string `json:"expires"` // MMYY
	RebillID string `json:"rebill_id,omitempty"`
	Outcome  string `json:"outcome"` // what this card does, for the step after 3-D Secure and for later debits
}

// Refund is one return of money, or the release of a part of a hold.
type Refund struct {
	ExternalID string          `json:"external_id,omitempty"`
	Amount     int64           `json:"amount"` // kopecks
	Before     int64           `json:"before"` // what was left before
	Status     Status          `json:"status"` // what was answered
	Due        time.Time       `json:"due,omitzero"`
	Refuse     bool            `json:"refuse,omitempty"` // the payer's bank will not take it
	Code       string          `json:"code,omitempty"`   // SBP's reason of refusal
	Message    string          `json:"message,omitempty"`
	Receipt    json.RawMessage `json:"receipt,omitempty"`
}

// Payment is a payment at the bank. Amounts are kopecks.
type Payment struct {
	ID              string            `json:"payment_id"`
	Terminal        string            `json:"terminal"`
	OrderID         string            `json:"order_id"`
	Page            string            `json:"page"` // last segment of PaymentURL
	Amount          int64             `json:"amount"`
	Held            int64             `json:"held"`
	Captured        int64             `json:"captured"`
	Returned        int64             `json:"returned"`
	Status          Status            `json:"status"`
	TwoStage        bool              `json:"two_stage"`
	Method          string            `json:"method,omitempty"` // card, sbp
	Description     string            `json:"description,omitempty"`
	Language        string            `json:"language,omitempty"`
	CustomerKey     string            `json:"customer_key,omitempty"`
	Recurrent       bool              `json:"recurrent,omitempty"`
	NotificationURL string            `json:"notification_url,omitempty"`
	SuccessURL      string            `json:"success_url,omitempty"`
	FailURL         string            `json:"fail_url,omitempty"`
	Data            map[string]string `json:"data,omitempty"`
	Receipt         json.RawMessage   `json:"receipt,omitempty"`
	Card            *UsedCard         `json:"card,omitempty"`
	QR              string            `json:"qr,omitempty"` // SBP's qrcId
	ErrorCode       string            `json:"error_code"`
	Message         string            `json:"message,omitempty"`
	Failures        int               `json:"failures"`
	Openings        int               `json:"openings"`
	CreatedAt       time.Time         `json:"created_at"`
	Deadline        time.Time         `json:"deadline"`
	Refunds         []Refund          `json:"refunds,omitempty"`
	Owed            []owedReceipt     `json:"owed_receipts,omitempty"`
	Receipts        []FiscalReceipt   `json:"receipts,omitempty"`
	History         []Step            `json:"history"`
}

// clone copies everything that a change may write to.
func (p *Payment) clone() *Payment {
	c := *p
	c.Refunds, c.Owed = slices.Clone(p.Refunds), slices.Clone(p.Owed)
	c.Receipts, c.History = slices.Clone(p.Receipts), slices.Clone(p.History)
	c.Data = maps.Clone(p.Data)
	if p.Card != nil {
		card := *p.Card
		c.Card = &card
	}
	return &c
}

// may reports whether the state machine has this edge.
func (p *Payment) may(to Status) bool { return slices.Contains(edges[p.Status], to) }

// walk takes the steps one after the other. A missing edge is refused with the bank's code 4, and then nothing of the
// change around it is kept.
func (p *Payment) walk(now time.Time, why string, steps ...Status) error {
	for _, to := range steps {
		if !p.may(to) {
			return refuse("4", "Статус платежа "+string(p.Status)+" не позволяет операцию")
		}
		p.History = append(p.History, Step{At: now, From: p.Status, To: to, Why: why})
		p.Status = to
	}
	return nil
}

// left is what may still be returned.
func (p *Payment) left() int64 { return p.Captured - p.Returned }

// current is the amount that the bank states for the payment: what is left of it, and after the last refund or
// reversal the amount that it was about.
func (p *Payment) current() int64 {
	switch p.Status {
	case Authorized, PartialReversed:
		return p.Held
	case Confirmed, PartialRefunded, Refunding, AsyncRefunding:
		return p.left()
	case Refunded:
		return p.Captured
	}
	return p.Amount
}

// unpaid reports a payment that a payer may still pay through the form or a QR.
func (p *Payment) unpaid() bool {
	return p.Status == Initial || p.Status == FormShowed || p.Status == AuthFail
}

// settled reports a payment that is authorised or paid.
func (p *Payment) settled() bool {
	return p.Status == Authorized || p.Status == Confirmed
}

// dueAt is when the bank has to look at the payment by itself; zero: never.
func (p *Payment) dueAt() time.Time {
	var due time.Time
	earlier := func(t time.Time) {
		if due.IsZero() || t.Before(due) {
			due = t
		}
	}
	switch p.Status {
	case Initial, FormShowed, AuthFail:
		earlier(p.Deadline)
	case Checking3DS:
		earlier(p.since().Add(life3DS))
	case Authorized, PartialReversed:
		earlier(p.authorizedAt().Add(lifeHold))
	}
	for _, o := range p.Owed {
		earlier(o.Due)
	}
	if r := p.openRefund(); r != nil {
		earlier(r.Due)
	}
	return due
}

func (p *Payment) since() time.Time { return p.History[len(p.History)-1].At }

func (p *Payment) authorizedAt() time.Time {
	for _, s := range p.History {
		if s.To == Authorized {
			return s.At
		}
	}
	return p.CreatedAt
}

// openRefund is the refund that SBP has not decided yet.
func (p *Payment) openRefund() *Refund {
	for i := range p.Refunds {
		if !p.Refunds[i].Due.IsZero() {
			return &p.Refunds[i]
		}
	}
	return nil
}
