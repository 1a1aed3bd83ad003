package reconcile

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// MaxPayouts bounds each side of MatchPayouts.
const MaxPayouts = 1000

// maxDays is how many neighbouring registers one transfer may pay: a bank pays a long holiday at once.
const maxDays = 31

// ErrPayouts is the fault of too many or malformed dues and transfers.
var ErrPayouts = fault.Invalid("payouts_invalid", "The payouts cannot be reconciled: each needs kind payout and a name, and there may be at most 1000.")

// Dues are what the bank owes for a register, one for each currency of its totals: Report.Totals, or a Summary's. at is the
// end of the register's period. It fails on overflow.
func Dues(register string, at time.Time, totals Totals) ([]Operation, error) {
	var dues []Operation
	for currency, total := range totals {
		net, err := total.Net()
		if err != nil {
			return nil, err
		}
		dues = append(dues, Operation{Reference: register, Kind: Payout, Status: Done, Amount: money.Of(net, currency), At: at})
	}
	slices.SortFunc(dues, func(a, b Operation) int { return strings.Compare(string(a.Amount.Currency), string(b.Amount.Currency)) })
	return dues, nil
}

// MatchPayouts is the third way: it holds what each register says that the bank owes us (Dues: negative where we owe) against the bank's transfers (BankID
// is the document's number, Reference the register that its purpose names, or empty). A transfer without a register pays
// the oldest due of its amount, or several neighbouring ones. Call it with run.Payouts(), and Merge and Carried too.
func MatchPayouts(run Run, dues, transfers []Operation) ([]Break, Summary, error) {
	var s Summary
	if err := run.Check(); err != nil {
		return nil, s, err
	}
	if len(dues) > MaxPayouts || len(transfers) > MaxPayouts {
		return nil, s, ErrPayouts
	}
	for _, o := range slices.Concat(dues, transfers) {
		if err := o.Check(); err != nil || o.Kind != Payout {
			return nil, s, ErrPayouts.Because(err)
		}
	}
	p := &payouts{run: run, sum: &s, dues: byTime(dues), transfers: byTime(transfers)}
	p.duePaid, p.used = make([]bool, len(dues)), make([]bool, len(transfers))
	s.Facts, s.Lines = len(dues), len(transfers)
	err := p.byName()
	p.byAmount()
	p.bySeveral()
	p.rest()
	for i := range p.group.breaks {
		p.group.breaks[i] = p.group.name(p.group.breaks[i])
		s.count(p.group.breaks[i])
	}
	return p.group.breaks, s, err
}

func byTime(of []Operation) []Operation {
	sorted := slices.Clone(of)
	slices.SortFunc(sorted, func(a, b Operation) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Reference, b.Reference), strings.Compare(a.BankID, b.BankID),
			cmp.Compare(a.Amount.Amount, b.Amount.Amount))
	})
	return sorted
}

// payouts is a match of dues and transfers under way.
type payouts struct {
	run             Run
	sum             *Summary
	dues, transfers []Operation
	duePaid, used   []bool
	group           group
}

// byName pays each due with all transfers that name its register.
func (p *payouts) byName() error {
	var errs []error
	for i, due := range p.dues {
		var paid *Operation
		for j, t := range p.transfers {
			if p.used[j] || t.Reference != due.Reference || t.Amount.Currency != due.Amount.Currency {
				continue
			}
			p.used[j] = true
			if paid == nil {
				paid = &t
				continue
			}
			sum, err := add(paid.Amount.Amount, t.Amount.Amount)
			paid.Amount.Amount = sum
			errs = append(errs, err)
		}
		if paid == nil {
			continue
		}
		p.duePaid[i] = true
		p.sum.Matched++
		if paid.Amount != due.Amount {
			p.group.breaks = append(p.group.breaks, p.run.found(AmountDiffers, &due, paid))
		}
	}
	return errors.Join(errs...)
}

// byAmount pays the oldest due of the same amount.
func (p *payouts) byAmount() {
	for j, t := range p.transfers {
		for i, due := range p.dues {
			if !p.used[j] && t.Reference == "" && !p.duePaid[i] && due.Amount == t.Amount && !t.At.Before(due.At) {
				p.used[j], p.duePaid[i] = true, true
				p.sum.Matched++
			}
		}
	}
}

// bySeveral pays neighbouring dues that one transfer adds up to.
func (p *payouts) bySeveral() {
	for j, t := range p.transfers {
		if p.used[j] || t.Reference != "" {
			continue
		}
		var open []int
		for i, due := range p.dues {
			if !p.duePaid[i] && due.Amount.Currency == t.Amount.Currency && !t.At.Before(due.At) {
				open = append(open, i)
			}
		}
		if days := p.adding(open, t.Amount.Amount); len(days) > 0 {
			p.used[j] = true
			p.sum.Matched += len(days)
			p.sum.Netted += len(days)
			for _, i := range days {
				p.duePaid[i] = true
			}
		}
	}
}

// adding finds the first neighbouring dues whose sum it is.
func (p *payouts) adding(open []int, want int64) []int {
	for from := range open {
		left := want
		for to := from; to < min(len(open), from+maxDays); to++ {
			rest, err := add(left, -p.dues[open[to]].Amount.Amount)
			if err != nil {
				break
			}
			if left = rest; left == 0 && to > from {
				return open[from : to+1]
			}
		}
	}
	return nil
}

// rest names what is not paid and what pays nothing. A register without a balance needs no transfer.
func (p *payouts) rest() {
	for i, due := range p.dues {
		if !p.duePaid[i] && due.Amount.Amount != 0 {
			p.group.breaks = append(p.group.breaks, p.run.found(MissingThere, &due, nil))
		}
	}
	for j, t := range p.transfers {
		if !p.used[j] {
			p.group.breaks = append(p.group.breaks, p.run.found(MissingHere, nil, &t))
		}
	}
}
