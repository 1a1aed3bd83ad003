package reconcile

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// operation reads the cells of one line. skip tells a line of a kind that is no operation.
func (in *lines) operation(row Row, cells []Cell) (o Operation, skip bool, bad error) {
	cell := func(column int) Cell {
		if at := in.columns[column]; at >= 0 && at < len(cells) {
			return Cell{strings.TrimSpace(cells[at].Text), cells[at].Number}
		}
		return Cell{}
	}
	for _, c := range cells {
		if !utf8.ValidString(c.Text) {
			return o, false, problem("is not in the encoding of the mapping")
		}
	}
	kindWord := in.word(cell(colKind).Text)
	if slices.Contains(in.skipKinds, kindWord) && kindWord != "" {
		return o, true, nil
	}
	var err error
	wrong := func(column int, why error) (Operation, bool, error) {
		return Operation{}, false, problem(columnNames[column] + " " + why.Error())
	}
	if o.Reference, err = name(cell(colReference)); err != nil {
		return wrong(colReference, err)
	}
	if o.BankID, err = name(cell(colBankID)); err != nil {
		return wrong(colBankID, err)
	}
	if o.Amount.Currency, err = in.currency(cell(colCurrency)); err != nil {
		return wrong(colCurrency, err)
	}
	if o.Status, err = in.status(cell(colStatus)); err != nil {
		return wrong(colStatus, err)
	}
	if o.Amount.Amount, err = in.amount(cell(colAmount)); err != nil {
		return wrong(colAmount, err)
	}
	if err := in.setKind(&o, kindWord); err != nil {
		return wrong(colKind, err)
	}
	if err := in.setFee(&o, cell(colFee)); err != nil {
		return wrong(colFee, err)
	}
	if o.At, err = in.date(row, cell(colDate), cell(colTime)); err != nil {
		return wrong(colDate, err)
	}
	o.Origin = "line " + strconv.Itoa(row.Number)
	if err := o.Check(); err != nil {
		return Operation{}, false, problem(fault.As(err).Fields[0].Message)
	}
	return o, false, nil
}

// name is a reference or a bank's number. It is copied, so that it does not hold its whole line in memory.
func name(c Cell) (string, error) {
	if !c.Number {
		return strings.Clone(c.Text), nil
	}
	n, err := parseNumber(c.Text)
	if err != nil {
		return "", err
	}
	return n.name()
}

// maxSpoken bounds the words that are remembered; a register has a handful.
const maxSpoken = 100

// word is plain, remembered: the same few words stand in every line.
func (in *lines) word(text string) string {
	known, ok := in.spoken[text]
	if !ok {
		known = plain(text)
		if len(in.spoken) < maxSpoken {
			in.spoken[strings.Clone(text)] = known
		}
	}
	return known
}

func (in *lines) currency(c Cell) (money.Currency, error) {
	if in.columns[colCurrency] < 0 {
		return in.mapping.Currency, nil
	}
	if known, ok := in.currencies[in.word(c.Text)]; ok {
		return known, nil
	}
	return "", problem("is an unknown word")
}

func (in *lines) status(c Cell) (Status, error) {
	if in.columns[colStatus] < 0 {
		return Done, nil
	}
	if known, ok := in.statuses[in.word(c.Text)]; ok {
		return known, nil
	}
	return "", problem("is an unknown word")
}

func (in *lines) amount(c Cell) (int64, error) {
	if !c.Number {
		return in.notation.parse(c.Text)
	}
	n, err := parseNumber(c.Text)
	if err != nil {
		return 0, err
	}
	return n.minor(in.mapping.AmountInMinor)
}

// setKind reads the kind from its word, or from the sign. A payment with a minus contradicts itself.
func (in *lines) setKind(o *Operation, word string) error {
	negative := o.Amount.Amount < 0
	o.Kind = Payment
	if in.columns[colKind] >= 0 {
		known, ok := in.kinds[word]
		if !ok {
			return problem("is an unknown word")
		}
		o.Kind = known
	} else if negative {
		o.Kind = Refund
	}
	if negative && o.Kind == Payment {
		return problem("is a payment with a negative amount")
	}
	if negative {
		o.Amount.Amount = -o.Amount.Amount
	}
	return nil
}

// setFee reads what the bank keeps. An empty cell says nothing about the fee.
func (in *lines) setFee(o *Operation, c Cell) error {
	if c.Text == "" {
		return nil
	}
	fee, err := in.amount(c)
	if err != nil {
		return err
	}
	if in.mapping.FeeNegative {
		fee = -fee
	}
	if in.mapping.FeeReturned && o.Kind != Payment {
		fee = -max(fee, -fee)
	}
	o.Fee, o.FeeKnown = fee, true
	return nil
}

func (in *lines) date(row Row, day, hour Cell) (time.Time, error) {
	if day.Number {
		n, err := parseNumber(day.Text)
		if err != nil {
			return time.Time{}, notADate
		}
		at, err := n.date(row.DayZero, in.zone)
		return at.UTC(), err
	}
	text := day.Text
	if hour.Text != "" {
		text += " " + hour.Text
	}
	for _, layout := range in.mapping.Layouts {
		if at, err := time.ParseInLocation(layout, text, in.zone); err == nil {
			return at.UTC().Truncate(time.Millisecond), nil
		}
	}
	return time.Time{}, notADate
}
