package hot

import (
	"context"
	"fmt"
	"io"
)

// Options of Report. The zero value is what make bench measures.
type Options struct {
	Partners int // among whom payments are spread; 0 is 1,000
	Batches  int // of a round; 0 is one for each partner
	Rounds   int // 0 is 3
}

// Budget is the least rate of one partner as a share of the rate of many (issue 6).
const Budget = 0.9

// Report measures and prints the rates of one partner and of many, for two ways in which the queue may bring them. kept says
// whether one partner keeps Budget in both.
func Report(ctx context.Context, out io.Writer, o Options) (kept bool, err error) {
	o.Partners, o.Rounds = or(o.Partners, 1000), or(o.Rounds, 3)
	o.Batches = or(o.Batches, o.Partners)
	fmt.Fprintf(out, "8 workers; a write takes %s and %s more for each row (assumed, a quarter more or less), overlapping ones are cancelled; %d rounds in turns\n",
		pace.Write, pace.Row, o.Rounds)
	fmt.Fprintf(out, "%-34s %12s %10s %12s %7s   %13s %8s   %s\n", "payments per second", "nobody meets", "hot", "spread", "ratio",
		"ours, µs: hot", "spread", "cancelled writes: hot (finding its places), spread")
	kept = true
	for _, w := range []struct {
		name string
		load load
	}{
		{"batches of 25, each one partner's", load{8, 1, o.Batches, 25, false}},
		{"batches of 100 as they come", load{8, 1, max(o.Batches/10, 1), 100, true}},
	} {
		spread := w.load
		spread.partners = o.Partners
		r, err := compare(ctx, w.load, spread, o.Rounds)
		if err != nil {
			return false, err
		}
		verdict := fmt.Sprintf("at least %.1f: kept", Budget)
		if r.ratio() < Budget {
			kept, verdict = false, fmt.Sprintf("BELOW %.1f", Budget)
		}
		fmt.Fprintf(out, "%-34s %12.0f %10.0f %12.0f %7.2f   %13.0f %8.0f   %d (%d), %d   %s\n", w.name, w.load.ideal(), r.hot.rate(), r.spread.rate(),
			r.ratio(), each(r.hot), each(r.spread), r.hot.cancelled, r.hot.cold, r.spread.cancelled, verdict)
	}
	return kept, nil
}

func or(is, otherwise int) int {
	if is == 0 {
		return otherwise
	}
	return is
}

// each is our own work for one payment, in microseconds.
func each(t took) float64 { return float64(t.ours.Microseconds()) / float64(t.payments) }

// pair is the sums of all rounds.
type pair struct{ hot, spread took }

func (p pair) ratio() float64 { return p.hot.rate() / p.spread.rate() }

// compare plays both in turns, every round in fresh houses with chances of their own.
func compare(ctx context.Context, hot, spread load, rounds int) (p pair, err error) {
	for seed := range uint64(rounds) {
		one, err := play(ctx, hot, seed)
		if err != nil {
			return p, err
		}
		many, err := play(ctx, spread, seed)
		if err != nil {
			return p, err
		}
		p.hot.add(one)
		p.spread.add(many)
	}
	return p, nil
}
