package payments

import (
	"fmt"
	"math/bits"
	"slices"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Part names a line of the order and how much of it.
type Part struct {
	Line     int // counted from 1
	Quantity money.Quantity
}

// remain is what is left of one line of a payment.
type remain struct {
	line     int
	item     Item
	gone     money.Quantity // returned by quantity
	quantity money.Quantity // left
	amount   int64          // left, minor units
}

// remains lists what is left of the lines that a payment took. known is false where a part was captured without lines.
func (w Whole) remains(p Payment) (left []remain, known bool) {
	taken := p.Taken
	if len(taken) == 0 && p.Captured == w.Order.Total.Amount {
		taken = w.Order.Items
	}
	for i, item := range taken {
		line := item.Line
		if line == 0 {
			line = i + 1
		}
		left = append(left, remain{line: line, item: item, quantity: item.Quantity, amount: item.Amount.Amount})
	}
	for _, r := range w.Refunds {
		if r.Payment != p.N || !r.counts() {
			continue
		}
		for _, back := range r.Items {
			for i := range left {
				if left[i].line == back.Line {
					left[i].gone += back.Quantity
					left[i].quantity -= back.Quantity
					left[i].amount -= back.Amount
				}
			}
		}
	}
	return left, len(taken) > 0
}

// back says what a wish to give back comes to: the amount, and how much of which lines.
func (w Whole) back(p Payment, amount int64, parts []Part) (int64, []Returned, error) {
	refundable := w.Refundable(p.N)
	left, known := w.remains(p)
	closed := w.closedLines(p)
	mark := func(items []Returned) []Returned {
		for i := range items {
			items[i].Closed = closed[items[i].Line]
		}
		return items
	}
	if len(parts) > 0 {
		if !known {
			return 0, nil, fault.Validation(fault.Field{Location: "body.items", Message: "the payment was captured by amount; refund it by amount"})
		}
		items, sum, err := byParts(left, parts)
		switch {
		case err != nil:
			return 0, nil, err
		case amount != 0 && amount != sum:
			return 0, nil, fault.Validation(fault.Field{Location: "body.items", Message: fmt.Sprintf("the items come to %d, not to the amount", sum)})
		case sum > refundable || sum <= 0:
			return 0, nil, ErrExceedsRefundable
		}
		return sum, mark(items), nil
	}
	if amount == 0 {
		amount = refundable
	}
	switch {
	case amount < 0:
		return 0, nil, fault.Validation(fault.Field{Location: "body.amount.amount", Message: "must be above 0"})
	case amount == 0 || amount > refundable:
		return 0, nil, ErrExceedsRefundable
	case !known:
		return amount, nil, nil
	}
	return amount, mark(byAmount(left, amount)), nil
}

// byParts reads lines and quantities. A line gives back round(price × cumulative returned quantity) less what it gave
// back before, so that halves never add up to more than the whole (payments.md §5); its last part gives all the rest.
func byParts(left []remain, parts []Part) (items []Returned, sum int64, err error) {
	seen := map[int]bool{}
	for i, part := range parts {
		at := fmt.Sprintf("body.items[%d]", i)
		n := slices.IndexFunc(left, func(l remain) bool { return l.line == part.Line })
		if n < 0 || seen[part.Line] {
			return nil, 0, fault.Validation(fault.Field{Location: at + ".line", Message: "is no line of the payment, or stands twice"})
		}
		seen[part.Line] = true
		l := left[n]
		if part.Quantity <= 0 || part.Quantity > l.quantity {
			return nil, 0, fault.Validation(fault.Field{Location: at + ".quantity", Message: "must be above 0 and at most what is left: " + max(l.quantity, 0).String()})
		}
		amount, err := l.worth(part.Quantity)
		if err != nil {
			return nil, 0, err
		}
		items = append(items, Returned{Line: part.Line, Quantity: part.Quantity, Amount: amount})
		sum += amount // at most the payment's amount: each is bounded by what is left of its line
	}
	return items, sum, nil
}

// worth is what quantity q of a line gives back, in minor units.
func (l remain) worth(q money.Quantity) (int64, error) {
	if q == l.quantity {
		return max(l.amount, 0), nil
	}
	until, err := money.Line(l.item.Price, l.gone+q)
	if err != nil {
		return 0, err
	}
	before, err := money.Line(l.item.Price, l.gone)
	if err != nil {
		return 0, err
	}
	return max(min(until.Amount-before.Amount, l.amount), 0), nil
}

// byAmount spreads an amount over the remaining lines by largest remainder. A share is expressed as a quantity where
// thousandths of the line's price can do it.
func byAmount(left []remain, amount int64) (items []Returned) {
	var all int64
	for _, l := range left {
		all += max(l.amount, 0)
	}
	for i, share := range shares(left, amount, all) {
		l := left[i]
		switch {
		case amount == all && (share > 0 || l.item.Price.Amount == 0 && l.quantity > 0):
			items = append(items, Returned{Line: l.line, Quantity: max(l.quantity, 0), Amount: share})
		case share > 0:
			items = append(items, Returned{Line: l.line, Quantity: l.quantityOf(share), Amount: share})
		}
	}
	return items
}

// shares splits amount in proportion to what is left of the lines: the sum of the shares is the amount, and no share is
// more than its line has left. all is the sum of what is left; an amount above it goes to no line.
func shares(left []remain, amount, all int64) []int64 {
	out := make([]int64, len(left))
	rest := make([]uint64, len(left))
	if all <= 0 || amount > all {
		return out
	}
	missing := amount
	for i, l := range left {
		hi, lo := bits.Mul64(uint64(amount), uint64(max(l.amount, 0)))
		share, remainder := bits.Div64(hi, lo, uint64(all)) // amount ≤ all, so that the quotient fits
		out[i], rest[i] = int64(share), remainder
		missing -= int64(share)
	}
	order := make([]int, len(left))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case rest[a] > rest[b]:
			return -1
		case rest[a] < rest[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:missing] { // fewer than the lines with a remainder
		out[i]++
	}
	return out
}

// quantityOf is the quantity that a share of a line is worth, or 0 where no thousandths of it are.
func (l remain) quantityOf(share int64) money.Quantity {
	price := l.item.Price.Amount
	if share == l.amount {
		return max(l.quantity, 0)
	}
	if price <= 0 || share*1000%price != 0 { // a share is at most 10¹²
		return 0
	}
	q := money.Quantity(share * 1000 / price)
	if q <= 0 || q >= l.quantity {
		return 0
	}
	if worth, err := l.worth(q); err != nil || worth != share {
		return 0
	}
	return q
}

// lines writes returned parts as the lines of a receipt: those of the payment, and where price × quantity is not the
// amount, one piece of the amount.
func (w Whole) lines(p Payment, back []Returned) []Item {
	left, _ := w.remains(p)
	var items []Item
	for _, b := range back {
		n := slices.IndexFunc(left, func(l remain) bool { return l.line == b.Line })
		if n < 0 {
			continue
		}
		item := left[n].item
		item.Line, item.Amount.Amount = b.Line, b.Amount
		item.Quantity = b.Quantity
		if exact, err := money.Line(item.Price, b.Quantity); b.Quantity <= 0 || err != nil || exact.Amount != b.Amount {
			item.Price.Amount, item.Quantity = b.Amount, 1000
		}
		items = append(items, item)
	}
	return items
}

// LinesOf are the lines that a refund gives back, as they were sold.
func (w Whole) LinesOf(r Refund) []Item {
	p, ok := w.Payment(r.Payment)
	if !ok {
		return nil
	}
	return w.lines(p, r.Items)
}

// ReturnedLines are the lines that a refund gives back, as its receipt names them: with the mode of payment of the receipt
// that is being returned, which is the closing one where the line had been closed.
func (w Whole) ReturnedLines(r Refund) []Item {
	items := w.LinesOf(r)
	for i := range items {
		for _, back := range r.Items {
			if back.Line == items[i].Line && back.Closed {
				items[i].Mode = fullPayment
			}
		}
	}
	return items
}
