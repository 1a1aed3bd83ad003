package road

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// pairWays are the roads on which two faults happen.
var pairWays = []way{
	{name: "Card", goes: byCard, ends: paidOnce},
	{name: "RefundCard", goes: refundingPart, ends: gaveBack(part{16_667, "partner"})},
	{name: "RefundSBP", goes: refundingSBP, ends: gaveBack(part{60_000, "partner"})},
}

// pairDamages are the ways in which a call of a pair breaks (DESIGN §8). A process that dies before a call is one that died
// after the call before it.
var pairDamages = []damage{errorBefore, errorAfter, timeout, crashAfter}

// sampleOf: every run of the tests plays one pair out of so many, always the same ones.
const sampleOf = 40

// TestEveryPairOfFaults goes a road with one fault, writes down the calls that it then makes, and goes it again with that
// fault and a second one at each later call.
func TestEveryPairOfFaults(t *testing.T) {
	t.Parallel()
	if underRace {
		return // the detector looks for something else
	}
	for _, way := range pairWays {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			var worlds atomic.Int64
			t.Cleanup(func() { t.Logf("%s: %d worlds", way.name, worlds.Load()) })
			for n, call := range way.whole(t, true) {
				for _, how := range pairDamages {
					if how.idle(call) {
						continue
					}
					first := stroke{n, how}
					t.Run(fmt.Sprintf("%03d %s %s", n, call, how), func(t *testing.T) {
						t.Parallel()
						worlds.Add(everySecond(t, way, first))
					})
				}
			}
		})
	}
}

// everySecond plays the road with first and every second fault behind it, and tells how many worlds that took.
func everySecond(t *testing.T, way way, first stroke) (worlds int64) {
	t.Helper()
	trace := way.broken(t, true, first)
	worlds = 1
	for n := first.at + 1; n < len(trace); n++ {
		for d, how := range pairDamages {
			pair := (first.at*len(trace)+n)*len(pairDamages) + d + int(first.how)
			if how.idle(trace[n]) || !everyPair && pair%sampleOf != 0 {
				continue
			}
			worlds++
			second := stroke{n, how}
			t.Run(fmt.Sprintf("%03d %s %s", n, trace[n], how), func(t *testing.T) { way.broken(t, true, first, second) })
		}
	}
	return worlds
}
