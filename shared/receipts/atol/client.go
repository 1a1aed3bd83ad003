package atol

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
)

// Account is a contract with the service, with its password in clear. It lives in memory only.
type Account struct {
	Address  string // base of the API without the version: "https://online.atol.ru/possystem"
	Version  Version
	Group    string // the code of the group of tills
	Login    string
	Password string
}

// State is where a receipt stands at the service.
type State string

// The states.
const (
	Waiting State = "waiting"
	Done    State = "done"
	Failed  State = "failed"
)

// Registered is a receipt that the service has taken.
type Registered struct {
	UUID     string // the service's number, which Report asks by
	State    State
	Repeated bool // it had been registered before
}

// Report is the service's truth about a receipt.
type Report struct {
	UUID       string
	ExternalID string // the ID of its draft; whoever asks by a number that he was told must compare it
	State      State
	Fiscal     *receipts.Fiscal // of a receipt that is done; its Kind is empty, for the service does not repeat it
	Failure    *Error           // of a receipt that failed, which was not made and never will be under its ID
}

// Receipt gives what the till made, with the kind of its draft and the text of its QR. It fails for a receipt that is not
// done, and for one that has another ID or another total than the draft.
func (r Report) Receipt(d receipts.Draft) (receipts.Fiscal, error) {
	if r.State != Done || r.Fiscal == nil {
		return receipts.Fiscal{}, errors.New("atol: the receipt is not done")
	}
	total, err := d.Document.Total()
	if err != nil {
		return receipts.Fiscal{}, err
	}
	if r.ExternalID != "" && r.ExternalID != d.ID || r.Fiscal.Total != total {
		return receipts.Fiscal{}, fmt.Errorf("atol: the report is about another receipt: %s of %s", r.ExternalID, r.Fiscal.Total)
	}
	f := *r.Fiscal
	f.Kind = d.Kind
	if q, ok := receipts.QROf(f); ok {
		f.QR = q.String()
	}
	return f, nil
}

// Total is the total of a receipt that is done, else zero roubles.
func (r Report) Total() money.Money {
	if r.Fiscal == nil {
		return money.Of(0, money.RUB)
	}
	return r.Fiscal.Total
}

// Client calls the service for any number of accounts. It keeps their tokens and is safe for many goroutines.
type Client struct {
	out    outbound.Doer
	clock  clock.Clock
	tokens tokens
}

// New makes a client.
func New(out outbound.Doer, now clock.Clock) *Client {
	return &Client{out: out, clock: now, tokens: tokens{slots: map[[32]byte]*slot{}}}
}

// Register asks the service to make a receipt. A draft whose ID is known there is not made again: its number comes back
// with Repeated. Errors are *Error; after one of class Unknown the same draft may be registered again.
func (c *Client) Register(ctx context.Context, a Account, d receipts.Draft) (Registered, error) {
	operation, raw, err := body(a.Version, d)
	if err != nil {
		return Registered{}, err
	}
	got, err := c.call(ctx, a, http.MethodPost, operation, raw)
	if err != nil {
		return Registered{}, err
	}
	repeated := got.Error != nil && got.Error.code() == codeExists
	switch {
	case repeated && !validUUID(got.UUID):
		return Registered{}, unknown(errors.New("the receipt exists, but the answer does not name it"))
	case got.Error != nil && !repeated:
		return Registered{}, refusal(got.Error)
	case !validUUID(got.UUID):
		return Registered{}, unknown(errors.New("the answer names no receipt"))
	}
	state := stateOf(got.Status)
	if repeated || state == "" {
		state = Waiting // what became of it is the report's to tell
	}
	return Registered{UUID: got.UUID, State: state, Repeated: repeated}, nil
}

// Report asks what became of a receipt. Errors are *Error; a failed receipt is no error but a Report with a Failure.
func (c *Client) Report(ctx context.Context, a Account, uuid string) (Report, error) {
	if !validUUID(uuid) {
		return Report{}, badRequest(errors.New("this is not a number of the service"))
	}
	got, err := c.call(ctx, a, http.MethodGet, "report/"+uuid, nil)
	if err != nil {
		return Report{}, err
	}
	same := strings.EqualFold(got.UUID, uuid)
	switch e := got.Error; {
	case e != nil && e.system() && e.code() == codeNoStateYet:
		return Report{UUID: uuid, ExternalID: got.ExternalID, State: Waiting}, nil
	case e != nil && e.system() && (e.code() != codeNotProcessed || !same): // about the question, not about the receipt
		return Report{}, refusal(e)
	case !same:
		return Report{}, unknown(errors.New("the report is about another receipt"))
	}
	return got.report(uuid)
}

// report reads an answer that is about the receipt that was asked for.
func (a answer) report(uuid string) (Report, error) {
	r := Report{UUID: uuid, ExternalID: a.ExternalID, State: stateOf(a.Status)}
	switch {
	case r.State == Done && a.Error == nil:
		fiscal, err := a.Payload.fiscal()
		if err != nil {
			return Report{}, unknown(err)
		}
		r.Fiscal = fiscal
	case r.State == Failed && a.Error != nil:
		r.Failure = failure(a.Error)
	case r.State == Waiting && a.Error == nil:
	default:
		return Report{}, unknown(fmt.Errorf("the status %q with its members makes no sense", a.Status))
	}
	return r, nil
}

// stateOf reads the service's word; "" is one that we do not know, and so is proof of nothing. That goes for «timeout» too,
// which some clients know: the till may still get to such a receipt, and another one in its place would be a second.
func stateOf(word string) State {
	switch word {
	case "wait":
		return Waiting
	case "done":
		return Done
	case "fail":
		return Failed
	}
	return ""
}

// call makes a call within the account's group. A token that the service no longer takes is renewed, once.
func (c *Client) call(ctx context.Context, a Account, method, path string, raw []byte) (answer, error) {
	if operations[a.Version] == nil || a.Group == "" {
		return answer{}, &Error{Class: Config, Cause: errors.New("the account names no protocol or no group")}
	}
	token := ""
	for renewed := false; ; renewed = true {
		var err error
		if token, err = c.token(ctx, a, token); err != nil {
			return answer{}, err
		}
		got, err := c.send(ctx, a, method, "/"+url.PathEscape(a.Group)+"/"+path, token, raw)
		stale := err == nil && got.Error != nil && (got.Error.code() == codeMissingToken || got.Error.code() == codeExpiredToken) && got.Error.system()
		if !stale {
			return got, err
		}
		if renewed {
			return answer{}, refusal(got.Error)
		}
	}
}

// send makes one HTTP call. The service answers errors with statuses of their own, so that the body alone is read, whatever
// the status; an answer without its JSON proves nothing.
func (c *Client) send(ctx context.Context, a Account, method, path, token string, raw []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.Address+"/"+string(a.Version)+path, bytes.NewReader(raw))
	if err != nil {
		return answer{}, &Error{Class: Config, Cause: errors.New("the account's address is not one")}
	}
	req.Header.Set("Accept", "application/json; charset=utf-8")
	if raw != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if token != "" {
		req.Header.Set("Token", token)
	}
	got, err := c.out.Do(req)
	if err != nil {
		return answer{}, unanswered(method+" "+path, err)
	}
	read, err := readAnswer(got.Body)
	switch {
	case err != nil:
		return answer{}, unknown(fmt.Errorf("HTTP status %d: %w", got.Status, err))
	case got.Status >= http.StatusBadRequest && read.Error == nil:
		return answer{}, unknown(fmt.Errorf("HTTP status %d without an error", got.Status))
	}
	return read, nil
}
