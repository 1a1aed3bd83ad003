package atol

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
)

// The till's limits of a shift.
const (
	shiftLife     = 24 * time.Hour
	shiftReceipts = 500
)

// till is the one till of a group. Its registration was document 1; opening and closing a shift are documents too.
type till struct {
	Document int64     `json:"document"`
	Shift    int64     `json:"shift"`
	Number   int64     `json:"number"` // within the shift
	Opened   time.Time `json:"opened"`
}

// next numbers one more receipt, beginning a new shift where the old one is over.
func (t till) next(now time.Time) till {
	if t.Document == 0 {
		t.Document = 1
	}
	if t.Shift == 0 || !now.Before(t.Opened.Add(shiftLife)) || t.Number >= shiftReceipts {
		if t.Shift > 0 {
			t.Document++ // the old one is closed
		}
		t.Document++
		t.Shift, t.Number, t.Opened = t.Shift+1, 0, now
	}
	t.Document++
	t.Number++
	return t
}

// Fiscal is what the till gave a receipt.
type Fiscal struct {
	FN       string    `json:"fn"`     // tag 1041
	Document int64     `json:"fd"`     // tag 1040
	Sign     int64     `json:"fp"`     // tag 1077, unsigned 32 bits
	Till     string    `json:"ecr"`    // tag 1037
	Shift    int64     `json:"shift"`  // tag 1038
	Number   int64     `json:"number"` // tag 1042
	IssuedAt time.Time `json:"issued_at"`
	URL      string    `json:"url"`
	FNS      string    `json:"fns"` // the text of the QR, as the tax service reads it
}

func (f Fiscal) index() string { return fiscalIndex(f.FN, f.Document, f.Sign) }

func fiscalIndex(fn string, document, sign int64) string {
	return fmt.Sprintf("%s/%d/%d", fn, document, sign)
}

// sign1054 is the sign of the settlement; a correction has that of what it corrects.
func sign1054(operation string) int {
	switch strings.TrimSuffix(operation, "_correction") {
	case "sell":
		return 1
	case "sell_refund":
		return 2
	case "buy":
		return 3
	}
	return 4
}

// finish lets the till make a receipt, or fail to.
func (x *change) finish(r *Receipt) error {
	f := x.service.faults.forTill()
	if f.Fault == FaultStuck {
		r.TillAt = x.now.Add(stuckFor)
		return nil
	}
	if r.Failure = x.failure(r, f); r.Failure != nil {
		r.Status = Fail
	} else {
		fiscal, err := x.print(r)
		if err != nil {
			return err
		}
		r.Status, r.Fiscal = Done, &fiscal
	}
	if r.Callback == "" {
		return nil
	}
	r.Notice, r.NoticeAt = noticePending, x.now
	switch r.NoticeFault {
	case FaultDrop:
		r.Notice = noticeDropped
	case FaultLate:
		r.NoticeAt = x.now.Add(lateBy)
	}
	return nil
}

// failure is why this receipt cannot be made; nil: it can.
func (x *change) failure(r *Receipt, f Fault) *Failure {
	if why, asked := tillFailures[f.Fault]; asked {
		if f.Code != 0 {
			why.Code = f.Code
		}
		return &why
	}
	for _, a := range x.old.accounts {
		if a.Group == r.Group && a.INN != r.INN {
			return &Failure{2009, "ИНН, указанный в чеке " + r.INN + ", не соответствует ИНН группы касс " + a.INN + ". Попыток регистрировать чек не производилось.", "agent"}
		}
	}
	for _, tax := range r.Taxes {
		if !tax.plausible(len(r.Lines)) {
			return &Failure{128, "Некорректная сумма налога", "driver"}
		}
	}
	return nil
}

func (x *change) print(r *Receipt) (Fiscal, error) {
	drawn, err := x.service.draw(4)
	if err != nil {
		return Fiscal{}, err
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, r.Group)
	serial := int64(h.Sum32() % 1_000_000_000)
	t := x.till(r.Group).next(x.now)
	x.tills[r.Group] = t
	f := Fiscal{
		FN: fmt.Sprintf("9999078%09d", serial), Document: t.Document, Sign: int64(binary.BigEndian.Uint32(drawn)),
		Till: fmt.Sprintf("%016d", serial), Shift: t.Shift, Number: t.Number, IssuedAt: x.now.Truncate(time.Second),
	}
	f.FNS = fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%d", f.IssuedAt.In(moscow).Format("20060102T1504"),
		money.Of(r.Total, money.RUB).Decimal(), f.FN, f.Document, f.Sign, sign1054(r.Operation))
	f.URL = x.service.baseURL() + "/receipt?" + f.FNS
	return f, nil
}

// findFiscal gives the receipt that an address names.
func (s *Service) findFiscal(q url.Values) (r Receipt, ok bool) {
	document, err1 := strconv.ParseInt(q.Get("i"), 10, 64)
	sign, err2 := strconv.ParseInt(q.Get("fp"), 10, 64)
	if err1 != nil || err2 != nil {
		return Receipt{}, false
	}
	s.store.look(func(st *state) {
		if p := st.receipts[st.byFiscal[fiscalIndex(q.Get("fn"), document, sign)]]; p != nil {
			r, ok = *p, true
		}
	})
	return r, ok
}
