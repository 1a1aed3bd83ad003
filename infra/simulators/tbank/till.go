package tbank

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// The till's words for the sign of the settlement (tag 1054).
const (
	receiptIncome = "Income"
	receiptReturn = "IncomeReturn"
)

// shiftReceipts is how many receipts the till prints before it closes a shift.
const shiftReceipts = 200

// owedReceipt is a receipt that the till has yet to print.
type owedReceipt struct {
	Type    string          `json:"type"`
	Amount  int64           `json:"amount"`
	Receipt json.RawMessage `json:"receipt"`
	Due     time.Time       `json:"due"`
}

// FiscalReceipt is a printed receipt.
type FiscalReceipt struct {
	Type     string          `json:"type"`
	FN       string          `json:"fn"`     // tag 1041
	Document int64           `json:"fd"`     // tag 1040
	Sign     int64           `json:"fp"`     // tag 1077, unsigned 32 bits
	Till     string          `json:"ecr"`    // tag 1037
	Shift    int64           `json:"shift"`  // tag 1038
	Number   int64           `json:"number"` // tag 1042
	IssuedAt time.Time       `json:"issued_at"`
	Amount   int64           `json:"amount"` // kopecks
	URL      string          `json:"url"`
	QRURL    string          `json:"qr_url"`
	Receipt  json.RawMessage `json:"receipt"`
}

func (f FiscalReceipt) index() string { return receiptIndex(f.FN, f.Document, f.Sign) }

func receiptIndex(fn string, document, sign int64) string {
	return fmt.Sprintf("%s/%d/%d", fn, document, sign)
}

// fns is the text of the QR that every receipt carries, as the tax service reads it.
func (f FiscalReceipt) fns() string {
	n := "1"
	if f.Type == receiptReturn {
		n = "2"
	}
	return fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%s", f.IssuedAt.In(moscow).Format("20060102T1504"),
		money.Of(f.Amount, money.RUB).Decimal(), f.FN, f.Document, f.Sign, n)
}

// oweReceipt lets the till of a fiscal terminal print a receipt some seconds later.
func (x *change) oweReceipt(p *Payment, kind string, amount int64, receipt json.RawMessage) {
	if !x.old.terminals[p.Terminal].Fiscal || receipt == nil {
		return
	}
	p.Owed = append(p.Owed, owedReceipt{Type: kind, Amount: amount, Receipt: receipt, Due: x.now.Add(tillTime)})
}

// print makes the receipts that are due and tells the shop of them.
func (x *change) print(p *Payment) error {
	var waiting []owedReceipt
	for _, o := range p.Owed {
		if o.Due.After(x.now) {
			waiting = append(waiting, o)
			continue
		}
		f, err := x.fiscalise(p, o)
		if err != nil {
			return err
		}
		p.Receipts = append(p.Receipts, f)
		x.tellReceipt(p, f)
	}
	p.Owed = waiting
	return nil
}

func (x *change) fiscalise(p *Payment, o owedReceipt) (FiscalReceipt, error) {
	var sign [4]byte
	if err := x.bank.random4(&sign); err != nil {
		return FiscalReceipt{}, err
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, p.Terminal)
	till := int64(h.Sum32() % 1_000_000)
	document := x.nextDocument()
	f := FiscalReceipt{
		Type: o.Type, FN: fmt.Sprintf("9999078%09d", till), Document: document,
		Sign: int64(binary.BigEndian.Uint32(sign[:])), Till: fmt.Sprintf("%016d", till),
		Shift: (document-1)/shiftReceipts + 1, Number: (document-1)%shiftReceipts + 1,
		IssuedAt: x.now.Truncate(time.Second), Amount: o.Amount, Receipt: o.Receipt,
	}
	f.URL = x.bank.baseURL() + "/receipt?" + f.fns()
	f.QRURL = x.bank.baseURL() + "/receipt/qr.svg?" + f.fns()
	return f, nil
}

func (b *Bank) random4(into *[4]byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := io.ReadFull(b.random, into[:]); err != nil {
		return fault.Internal(err)
	}
	return nil
}

// findReceipt gives the receipt that an address names, with its payment.
func (b *Bank) findReceipt(q url.Values) (p *Payment, f FiscalReceipt, ok bool) {
	document, err1 := strconv.ParseInt(q.Get("i"), 10, 64)
	sign, err2 := strconv.ParseInt(q.Get("fp"), 10, 64)
	if err1 != nil || err2 != nil {
		return nil, FiscalReceipt{}, false
	}
	index := receiptIndex(q.Get("fn"), document, sign)
	b.store.look(func(s *state) {
		if p, ok = s.payments[s.byReceipt[index]]; !ok {
			return
		}
		for _, r := range p.Receipts {
			if r.index() == index {
				f = r
			}
		}
	})
	return p, f, ok
}
