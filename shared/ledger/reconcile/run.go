package reconcile

import (
	"errors"
	"math"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
)

// Run is one comparison: an account, a period of its register, and how long an operation may be under way.
type Run struct {
	Account string        // the account at the bank, with its mode; part of every break's id
	From    time.Time     // the register's period: From ≤ time < To
	To      time.Time     //
	Grace   time.Duration // an operation unmatched within this time before To may stand in the next register
	By      By            // the name that joins both sides
	Now     time.Time     // when new breaks are first seen
}

// ErrRun is the fault of a run that makes no sense.
var ErrRun = fault.Invalid("reconciliation_invalid", "The reconciliation needs an account, a period, a grace of at most 31 days and a name to join by.")

// maxGrace is the longest time that a bank takes to put an operation into a register.
const maxGrace = 31 * 24 * time.Hour

// Check refuses a run that makes no sense.
func (r Run) Check() error {
	if r.Account == "" || !r.From.Before(r.To) || r.Grace < 0 || r.Grace > maxGrace || r.Now.IsZero() ||
		(r.By != ByReference && r.By != ByBankID) {
		return ErrRun
	}
	return nil
}

// Payouts is the run over the same period that holds the bank's transfers against the registers. Its breaks are kept apart.
func (r Run) Payouts() Run {
	r.Account += "/payouts"
	return r
}

// found makes a break of this run. Where the next register may settle it, it is in transit until the grace has passed.
func (r Run) found(kind BreakKind, ours, theirs *Operation) Break {
	b := Break{Account: r.Account, Kind: kind, State: Open, Ours: ours, Theirs: theirs, From: r.From, To: r.To, FirstSeen: r.Now}
	if b.carries() {
		known := ours
		if known == nil {
			known = theirs
		}
		if known.At.Add(r.Grace).After(r.To) {
			b.State = Transit
		}
	}
	return b
}

// Summary counts what a run saw.
type Summary struct {
	Facts   int               `json:"facts"`
	Lines   int               `json:"lines"`
	Matched int               `json:"matched"` // pairs of both sides, whatever else differs; a netted set is one
	Netted  int               `json:"netted"`  // operations that one of the other side stands for together
	Ignored int               `json:"ignored"` // unfinished or failed, and unknown to the other side
	Transit int               `json:"transit"`
	Breaks  map[BreakKind]int `json:"breaks"` // open ones
	Ours    Totals            `json:"ours"`
	Theirs  Totals            `json:"theirs"`
	Agreed  Totals            `json:"agreed"` // facts without any break
}

func (s *Summary) count(b Break) {
	if b.State == Transit {
		s.Transit++
		return
	}
	if s.Breaks == nil {
		s.Breaks = map[BreakKind]int{}
	}
	s.Breaks[b.Kind]++
}

// Total sums finished operations of one currency, in minor units.
type Total struct {
	Count       int   `json:"count"`
	Payments    int64 `json:"payments"`
	Refunds     int64 `json:"refunds"`
	Chargebacks int64 `json:"chargebacks"`
	Fees        int64 `json:"fees"`
}

// Net is what the bank owes us for them: payments less refunds, chargebacks and fees. It fails on overflow.
func (t Total) Net() (int64, error) {
	net := t.Payments
	for _, less := range []int64{t.Refunds, t.Chargebacks, t.Fees} {
		if (less > 0 && net < math.MinInt64+less) || (less < 0 && net > math.MaxInt64+less) {
			return 0, money.ErrOverflow
		}
		net -= less
	}
	return net, nil
}

// Totals are sums by currency.
type Totals map[money.Currency]Total

// Add counts one operation if it is done. It fails on overflow.
func (t *Totals) Add(o Operation) error {
	if o.Status != Done || o.Kind == Payout {
		return nil
	}
	if *t == nil {
		*t = Totals{}
	}
	sum := (*t)[o.Amount.Currency]
	into := &sum.Payments
	switch o.Kind {
	case Refund:
		into = &sum.Refunds
	case Chargeback:
		into = &sum.Chargebacks
	}
	var err1, err2 error
	*into, err1 = add(*into, o.Amount.Amount)
	sum.Fees, err2 = add(sum.Fees, o.Fee)
	sum.Count++
	(*t)[o.Amount.Currency] = sum
	return errors.Join(err1, err2)
}
