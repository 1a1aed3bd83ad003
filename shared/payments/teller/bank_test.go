package teller_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/teller"
	"giberno.ru/shared/receipts"
)

// atBank is a payment as the bank knows it.
type atBank struct {
	id     string
	status banks.Status
	amount money.Money
	hold   bool
	busy   bool // with a call that moves money

	opened  *receipts.Document
	back    int64            // given back, minor units
	keys    map[string]int64 // returns by key
	async   int64            // a return that the bank has begun
	refused bool             // how the last of those ended
	printed []*receipts.Document
	closed  []*receipts.Document
}

// bank keeps payments as a bank does, and fails as it is told.
type bank struct {
	mu       sync.Mutex
	payments map[string]*atBank
	calls    []string
	faults   map[string][]trouble
	cancels  bool
	captures bool
	slow     bool // captures are begun, and ended by the test
	keyed    bool // it knows keys of returns; else returns are begun, and ended by the test
	refunds  bool
	closes   bool
}

// trouble is what one call suffers: an error before the effect, a lost answer after it, or something that happens meanwhile.
type trouble struct {
	before, after error
	during        func() // after the effect, before the answer
	earlier       func() // before the effect
}

func newBank() *bank {
	return &bank{payments: map[string]*atBank{}, faults: map[string][]trouble{}, cancels: true, captures: true, keyed: true, refunds: true, closes: true}
}

var errLost = errors.New("the connection broke")

func refused(c banks.Class) error { return &banks.Error{Class: c, Code: "4"} }

// next lets the next call of a name suffer a fault.
func (b *bank) next(call string, f trouble) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[call] = append(b.faults[call], f)
}

func (b *bank) called(call string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if c == call {
			n++
		}
	}
	return n
}

// set changes the truth about a payment.
func (b *bank) set(reference string, s banks.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.payments[reference]
	p.status = s
	switch s {
	case banks.Refunded:
		p.back = p.amount.Amount
	case banks.PartlyRefunded:
		p.back = 50_000
	}
}

func (b *bank) at(reference string) *atBank {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.payments[reference]
}

func (b *bank) call(name string, effect func() error) error {
	b.mu.Lock()
	b.calls = append(b.calls, name)
	var f trouble
	if queued := b.faults[name]; len(queued) > 0 {
		f, b.faults[name] = queued[0], queued[1:]
	}
	b.mu.Unlock()
	if f.before != nil {
		return f.before
	}
	if f.earlier != nil {
		f.earlier()
	}
	b.mu.Lock()
	err := effect()
	b.mu.Unlock()
	if f.during != nil {
		f.during()
	}
	if f.after != nil {
		return f.after
	}
	return err
}

func (b *bank) Open(_ context.Context, _ banks.Account, c banks.Charge) (o banks.Opened, err error) {
	err = b.call("open", func() error {
		if b.payments[c.Reference] != nil {
			return errors.New("a reference was used twice")
		}
		p := &atBank{opened: c.Receipt, id: fmt.Sprint(700 + len(b.payments)), status: banks.Pending, amount: c.Amount, hold: c.Hold}
		b.payments[c.Reference] = p
		o = banks.Opened{BankID: p.id, PageURL: "https://bank.example/" + p.id}
		return nil
	})
	return o, err
}

func (b *bank) Ask(_ context.Context, _ banks.Account, r banks.Ref) (banks.News, error) {
	return b.about("ask", r, func(*atBank) error { return nil })
}

func (b *bank) Cancel(_ context.Context, _ banks.Account, r banks.Ref) (banks.News, error) {
	return b.about("cancel", r, func(p *atBank) error {
		switch p.status {
		case banks.Pending:
			p.status = banks.Cancelled
		case banks.Held:
			p.status = banks.Reversed
		case banks.Paid:
			p.status, p.back = banks.Refunded, p.amount.Amount
		default:
			return refused(banks.Conflict)
		}
		return nil
	})
}

func (b *bank) Capture(_ context.Context, _ banks.Account, r banks.Ref, amount money.Money, _ *receipts.Document) (banks.News, error) {
	return b.about("capture", r, func(p *atBank) error {
		if p.status != banks.Held {
			return refused(banks.Conflict)
		}
		if b.slow {
			p.busy = true
			return nil
		}
		p.status, p.amount = banks.Paid, amount
		return nil
	})
}

func (b *bank) Refund(_ context.Context, _ banks.Account, r banks.Ref, give banks.Return) (banks.News, error) {
	return b.about("refund", r, func(p *atBank) error {
		if _, done := p.keys[give.Key]; done && b.keyed {
			return nil
		}
		if p.status != banks.Paid && p.status != banks.PartlyRefunded || give.Amount.Amount > p.amount.Amount-p.back {
			return refused(banks.Conflict)
		}
		if p.keys == nil {
			p.keys = map[string]int64{}
		}
		p.keys[give.Key] += give.Amount.Amount
		p.printed = append(p.printed, give.Receipt)
		if !b.keyed {
			p.async = give.Amount.Amount
			return nil
		}
		p.give(give.Amount.Amount)
		return nil
	})
}

// give is money that went back.
func (p *atBank) give(minor int64) {
	p.back += minor
	p.status = banks.PartlyRefunded
	if p.back == p.amount.Amount {
		p.status = banks.Refunded
	}
}

// end lets a return that was begun succeed, or not.
func (b *bank) end(reference string, well bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.payments[reference]
	minor := p.async
	p.async, p.refused = 0, !well
	if well {
		p.give(minor)
	}
}

func (b *bank) AskRefund(_ context.Context, _ banks.Account, r banks.Ref, _ banks.Method) (n banks.News, err error) {
	n, err = b.about("ask-refund", r, func(*atBank) error { return nil })
	if p := b.at(r.Reference); err == nil && p.refused {
		n.Decline = banks.Decline{Code: banks.SBPRefused}
	}
	return n, err
}

func (b *bank) CloseReceipt(_ context.Context, _ banks.Account, r banks.Ref, document *receipts.Document) error {
	_, err := b.about("close", r, func(p *atBank) error {
		if p.status != banks.Paid {
			return refused(banks.Conflict)
		}
		p.closed = append(p.closed, document)
		return nil
	})
	return err
}

func (b *bank) CanRefund() bool                { return b.refunds }
func (b *bank) CanClose() bool                 { return b.closes }
func (b *bank) RefundsByKey(banks.Method) bool { return b.keyed }

func (b *bank) about(name string, r banks.Ref, effect func(*atBank) error) (n banks.News, err error) {
	err = b.call(name, func() error {
		p := b.payments[r.Reference]
		if p == nil {
			return refused(banks.NotFound)
		}
		if err := effect(p); err != nil {
			return err
		}
		amount := p.amount
		left := money.Of(p.amount.Amount-p.back, p.amount.Currency)
		if p.async > 0 {
			n = banks.News{Reference: r.Reference, BankID: p.id, Status: banks.Paid, Word: "async", Amount: &amount, Underway: true}
			return nil
		}
		if p.status == banks.Paid || p.status == banks.PartlyRefunded || p.status == banks.Refunded {
			defer func() { n.Left = &left }()
		}
		n = banks.News{Reference: r.Reference, BankID: p.id, Status: p.status, Word: string(p.status), Amount: &amount, Underway: p.busy}
		return nil
	})
	return n, err
}

func (b *bank) CanCancel() bool                        { return b.cancels }
func (b *bank) CanCapture() bool                       { return b.captures }
func (b *bank) PageOrigins(banks.Account) []string     { return []string{"https://bank.example"} }
func (b *bank) Answer() (contentType string, _ []byte) { return "text/plain", []byte("OK") }

// message is this bank's notification; its signature is the password itself.
type message struct {
	Terminal, Password, Reference string
	Status                        banks.Status
	Amount                        int64
	Receipt                       *receipts.Fiscal
	Closing                       bool
}

func (b *bank) Names(raw []byte, _ http.Header) (string, error) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil || m.Terminal == "" {
		return "", banks.ErrMalformed
	}
	return m.Terminal, nil
}

func (b *bank) Verify(a banks.Account, raw []byte, _ http.Header) (banks.Notice, error) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return banks.Notice{}, banks.ErrMalformed
	}
	if m.Password != a.Password && (a.Previous == "" || m.Password != a.Previous) {
		return banks.Notice{}, banks.ErrForged
	}
	n := banks.Notice{Terminal: m.Terminal, Receipt: m.Receipt, Closing: m.Closing, News: banks.News{Reference: m.Reference, Status: m.Status, Word: string(m.Status)}}
	if m.Amount != 0 {
		amount := money.Of(m.Amount, money.RUB)
		n.News.Amount = &amount
	}
	return n, nil
}

// contracts are the accounts that a partner may use.
type contracts struct {
	mu    sync.Mutex
	list  []banks.Account
	off   map[ids.ID]bool
	err   error
	limit int64 // of refunds

	fee      int64 // ours, basis points
	agent    bool  // the accounts are the platform's
	supplier *receipts.Supplier
}

var _ teller.Accounts = (*contracts)(nil)

func (c *contracts) Candidates(_ context.Context, m ids.Mode, _ ids.ID) (out []payments.Candidate, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, a := range c.list {
		if a.Mode != m {
			continue
		}
		candidate := payments.Candidate{Account: a.ID, Provider: a.Provider, On: !c.off[a.ID], Fiscal: a.Fiscal, Agent: c.agent, Currencies: []money.Currency{money.RUB}}
		for _, method := range []banks.Method{banks.Card, banks.SBP} {
			candidate.Methods = append(candidate.Methods, payments.MethodTerms{Method: method, On: true, FeeBP: int64(100 + i)})
		}
		out = append(out, candidate)
	}
	return out, c.err
}

func (c *contracts) RefundLimit(context.Context, ids.Mode, ids.ID) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.limit, c.err
}

func (c *contracts) Account(_ context.Context, m ids.Mode, id ids.ID) (banks.Account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.list {
		if a.ID == id && a.Mode == m {
			return a, c.err
		}
	}
	return banks.Account{}, errors.New("no such account")
}

func (c *contracts) ByTerminal(_ context.Context, m ids.Mode, provider, terminal string) (banks.Account, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.list {
		if a.Mode == m && a.Provider == provider && a.Terminal == terminal {
			return a, true, c.err
		}
	}
	return banks.Account{}, false, c.err
}
