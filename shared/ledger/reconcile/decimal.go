package reconcile

import (
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
)

// notation is how a register writes amounts.
type notation struct {
	mark     string // before the fraction: "," or "."
	grouping string // what may stand between thousands
	minor    bool   // amounts are whole minor units
}

// problem is why a cell cannot be read. It never repeats the cell, which may hold anything.
type problem string

func (p problem) Error() string { return string(p) }

const (
	notANumber  = problem("is not a number")
	tooPrecise  = problem("has more than two decimals")
	tooLarge    = problem("is too large")
	wrongGroups = problem("has its thousands apart in the wrong places")
	notWhole    = problem("is not a whole number")
	roundedOff  = problem("has more than 15 digits, which a spreadsheet does not keep")
	notADate    = problem("is not a date in the expected form")
)

// parse reads an amount as a text: sign, thousands, two decimals. The result is in minor units.
func (n notation) parse(text string) (int64, error) {
	text = strings.TrimSpace(text)
	negative := false
	for _, sign := range []string{"-", "−", "+"} {
		if rest, found := strings.CutPrefix(text, sign); found {
			text, negative = strings.TrimLeft(rest, n.grouping), sign != "+"
			break
		}
	}
	whole, fraction, marked := strings.Cut(text, n.mark)
	if marked && fraction == "" {
		return 0, notANumber
	}
	whole, err := n.ungroup(whole)
	if err != nil {
		return 0, err
	}
	return amount(negative, whole, fraction, n.minor)
}

// ungroup takes the separators of thousands out, if they stand where they should.
func (n notation) ungroup(whole string) (string, error) {
	if n.grouping == "" || !strings.ContainsAny(whole, n.grouping) {
		return whole, nil
	}
	parts := strings.FieldsFunc(whole, func(r rune) bool { return strings.ContainsRune(n.grouping, r) })
	for i, part := range parts {
		if len(part) > 3 || (i > 0 && len(part) != 3) {
			return "", wrongGroups
		}
	}
	return strings.Join(parts, ""), nil
}

func amount(negative bool, whole, fraction string, minor bool) (int64, error) {
	if whole == "" || !digits(whole) || !digits(fraction) {
		return 0, notANumber
	}
	decimals := 2
	if minor {
		decimals = 0
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > decimals {
		return 0, tooPrecise
	}
	all := strings.TrimLeft(whole+fraction+strings.Repeat("0", decimals-len(fraction)), "0")
	if len(all) > 16 {
		return 0, tooLarge
	}
	value, _ := strconv.ParseInt("0"+all, 10, 64)
	if value > maxAmount {
		return 0, tooLarge
	}
	if negative {
		value = -value
	}
	return value, nil
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// number is a spreadsheet's number as its text says: 0.digits × 10^point. A spreadsheet keeps 15 significant digits and
// writes 17, the last two being noise: 1500.1 may stand as 1500.0999999999999.
type number struct {
	negative bool
	digits   string // no zeros around; "" is zero
	point    int
}

const (
	spreadsheetDigits = 15
	maxNumberText     = 40
)

func parseNumber(text string) (number, error) {
	if len(text) > maxNumberText {
		return number{}, notANumber
	}
	var n number
	text, n.negative = strings.CutPrefix(text, "-")
	mantissa, exponent, scientific := strings.Cut(strings.ToUpper(text), "E")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !digits(whole) || !digits(fraction) {
		return number{}, notANumber
	}
	if scientific {
		e, err := strconv.Atoi(exponent)
		if err != nil || e < -400 || e > 400 {
			return number{}, notANumber
		}
		n.point = e
	}
	n.point += len(whole)
	kept := strings.TrimLeft(whole+fraction, "0")
	n.point -= len(whole) + len(fraction) - len(kept)
	if len(kept) > spreadsheetDigits {
		kept = n.round(kept)
	}
	n.digits = strings.TrimRight(kept, "0")
	return n, nil
}

// round keeps the digits that a spreadsheet keeps.
func (n *number) round(kept string) string {
	head, _ := strconv.ParseInt(kept[:spreadsheetDigits], 10, 64)
	if kept[spreadsheetDigits] >= '5' {
		head++
	}
	rounded := strconv.FormatInt(head, 10)
	n.point += len(rounded) - spreadsheetDigits
	return rounded
}

// split is the number before and after the point, as digits.
func (n number) split() (whole, fraction string, err error) {
	switch {
	case n.digits == "":
		return "0", "", nil
	case n.point > 20 || n.point < -20:
		return "", "", tooLarge
	case n.point <= 0:
		return "0", strings.Repeat("0", -n.point) + n.digits, nil
	case n.point >= len(n.digits):
		return n.digits + strings.Repeat("0", n.point-len(n.digits)), "", nil
	}
	return n.digits[:n.point], n.digits[n.point:], nil
}

// minor is the number as an amount in minor units.
func (n number) minor(inMinor bool) (int64, error) {
	whole, fraction, err := n.split()
	if err != nil {
		return 0, err
	}
	return amount(n.negative, whole, fraction, inMinor)
}

// name is a whole number as a text: a bank's number that a spreadsheet took for an amount.
func (n number) name() (string, error) {
	whole, fraction, err := n.split()
	switch {
	case err != nil:
		return "", err
	case fraction != "" || n.negative:
		return "", notWhole
	case len(whole) > spreadsheetDigits:
		return "", roundedOff
	}
	return whole, nil
}

// firstSerial is the first day whose number is the same in all spreadsheets: 1 March 1900.
const firstSerial = 61

// date is the number as days since day zero, read on the clocks of the zone, to the millisecond.
func (n number) date(dayZero time.Time, zone *time.Location) (time.Time, error) {
	whole, fraction, err := n.split()
	if err != nil || n.negative || len(whole) > 7 || len(fraction) > 18 {
		return time.Time{}, notADate
	}
	days, _ := strconv.Atoi(whole)
	if days < firstSerial {
		return time.Time{}, notADate
	}
	part, _ := strconv.ParseInt("0"+fraction, 10, 64)
	unit := int64(1)
	for range fraction {
		unit *= 10
	}
	ms, err := money.MulDivRound(part, 24*60*60*1000, unit)
	if err != nil {
		return time.Time{}, notADate
	}
	day := dayZero.AddDate(0, 0, days)
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone).Add(time.Duration(ms) * time.Millisecond), nil
}
