package receipts

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// ErrQR is the fault of a text that is not the string of a Russian fiscal receipt.
var ErrQR = fault.Invalid("receipt_qr_invalid", "This is not the string of a fiscal receipt.")

// QR is what the square on a receipt says (the string of the tax service). FN, FD and FP name the receipt; the rest is
// zero where an address carries only those.
type QR struct {
	FN    string      // tag 1041, 16 digits
	FD    int64       // tag 1040, the key i
	FP    int64       // tag 1077, unsigned 32 bits
	At    time.Time   // the till's local time, which the string does not place; read as Moscow's
	Total money.Money // roubles
	Sign  int         // tag 1054: 1 income, 2 its return, 3 expense, 4 its return
}

// String writes t, s, fn, i, fp and n in the order in which tills print them; seconds only where there are any.
func (q QR) String() string {
	layout := "20060102T1504"
	at := q.At.In(Moscow)
	if at.Second() != 0 {
		layout += "05"
	}
	return fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%d", at.Format(layout), q.Total.Decimal(), q.FN, q.FD, q.FP, q.Sign)
}

// Kind is the sign in our words; "" for an expense, which we never make, and where the sign is missing.
func (q QR) Kind() Kind {
	switch q.Sign {
	case 1:
		return Income
	case 2:
		return IncomeReturn
	}
	return ""
}

// Identity names the receipt among all receipts of the country.
func (q QR) Identity() string { return identity(q.FN, q.FD, q.FP) }

// Identity names the receipt among all receipts of the country.
func (f Fiscal) Identity() string { return identity(f.FN, f.FD, f.FP) }

func identity(fn string, fd, fp int64) string {
	return fn + "-" + strconv.FormatInt(fd, 10) + "-" + strconv.FormatInt(fp, 10)
}

// QROf is the string of a receipt that a till gave back. ok is false where the receipt lacks something that the string
// needs, or is a correction, which has no sign there.
func QROf(f Fiscal) (q QR, ok bool) {
	q = QR{FN: f.FN, FD: f.FD, FP: f.FP, At: f.IssuedAt, Total: f.Total}
	switch f.Kind {
	case Income:
		q.Sign = 1
	case IncomeReturn:
		q.Sign = 2
	}
	return q, len(f.FN) == fnDigits && f.FD > 0 && q.Sign != 0 && !f.IssuedAt.IsZero() && f.Total.Currency == money.RUB
}

const (
	fnDigits = 16
	maxURL   = 2048
)

// ParseQR reads the string itself or any address that carries its keys in its query, in any order and among others.
// fn, i and fp must be there; t, s and n must be right if they are. A key that occurs twice is refused.
func ParseQR(text string) (QR, error) {
	if len(text) > maxURL {
		return QR{}, ErrQR
	}
	query := text
	if _, after, asked := strings.Cut(text, "?"); asked {
		query, _, _ = strings.Cut(after, "#")
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return QR{}, ErrQR
	}
	for _, key := range []string{"fn", "i", "fp", "t", "s", "n"} {
		if len(values[key]) > 1 {
			return QR{}, ErrQR
		}
	}
	q := QR{FN: values.Get("fn")}
	var okFD, okFP, okRest bool
	q.FD, okFD = digits(values.Get("i"))
	q.FP, okFP = digits(values.Get("fp"))
	_, okFN := digits(q.FN)
	okRest = q.readRest(values)
	if !okFN || len(q.FN) != fnDigits || !okFD || q.FD == 0 || q.FD > math.MaxUint32 || !okFP || q.FP > math.MaxUint32 || !okRest {
		return QR{}, ErrQR
	}
	return q, nil
}

func (q *QR) readRest(values url.Values) (ok bool) {
	if t := values.Get("t"); t != "" {
		at, err := time.ParseInLocation("20060102T1504", t, Moscow)
		if err != nil {
			at, err = time.ParseInLocation("20060102T150405", t, Moscow)
		}
		if err != nil {
			return false
		}
		q.At = at
	}
	if s := values.Get("s"); s != "" {
		minor, ok := roubles(s)
		if !ok {
			return false
		}
		q.Total = money.Of(minor, money.RUB)
	}
	if n := values.Get("n"); n != "" {
		if len(n) != 1 || n[0] < '1' || n[0] > '4' {
			return false
		}
		q.Sign = int(n[0] - '0')
	}
	return true
}

// roubles reads "8000", "8000.5" or "8000.00".
func roubles(text string) (minor int64, ok bool) {
	whole, cents, dotted := strings.Cut(text, ".")
	if dotted && cents == "" || len(cents) > 2 || len(whole) > 12 {
		return 0, false
	}
	units, okWhole := digits(whole)
	hundredths, okCents := digits((cents + "00")[:2])
	return units*100 + hundredths, okWhole && okCents
}

func digits(text string) (int64, bool) {
	if text == "" || len(text) > 18 {
		return 0, false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
