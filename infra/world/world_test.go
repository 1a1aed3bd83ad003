package world_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/world"
)

// play plays one world that has to hold.
func play(t *testing.T, o world.Options) world.Result {
	t.Helper()
	r, err := world.Run(o)
	require.NoError(t, err)
	if r.Failure != nil {
		t.Fatal(world.Shorten(o, r.Failure))
	}
	require.Equal(t, o.Steps, r.Steps)
	return r
}

// TestTwentyThousandSteps plays one world of each kind: with and without a bank that can cancel, with and without one that
// makes mistakes.
func TestTwentyThousandSteps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("Seed", seed), func(t *testing.T) {
			t.Parallel()
			require.Greater(t, play(t, world.Options{Seed: seed, Steps: 5000}).Orders, 20)
		})
	}
}

// TestASeedIsAHistory: what a seed tells once it tells again, and another seed tells something else.
func TestASeedIsAHistory(t *testing.T) {
	t.Parallel()
	first := play(t, world.Options{Seed: 7, Steps: 2500})
	require.Equal(t, first.Hash, play(t, world.Options{Seed: 7, Steps: 2500}).Hash)
	require.NotEqual(t, first.Hash, play(t, world.Options{Seed: 8, Steps: 2500}).Hash)
}

// TestTheEnginesOfProduction play the same history as those in memory.
func TestTheEnginesOfProduction(t *testing.T) {
	t.Parallel()
	in := play(t, world.Options{Seed: 3, Steps: 1500})
	require.Equal(t, in.Hash, play(t, world.Options{Seed: 3, Steps: 1500, Disk: t.TempDir()}).Hash)
}

// TestFairWeather: where nothing breaks, no operator is called but for what the bank's own people did, and what came late.
// Operators correct no receipts here: the older of the tills makes none of the kind that corrects a return, and says so.
func TestFairWeather(t *testing.T) {
	t.Parallel()
	c := play(t, world.Options{Seed: 4, Steps: 5000, Clear: true, Without: map[string]bool{"correct a receipt": true}}).Coverage
	require.Zero(t, c.Crashes)
	require.Empty(t, c.Faults)
	require.Empty(t, c.Alarms["stuck_payment"])
	require.Empty(t, c.Alarms["letter_unsent"])
	require.Empty(t, c.Alarms["receipt_failed"])
	require.NotZero(t, c.Transitions["order pending → paid"])
	require.NotZero(t, c.Events["delivered"])
	require.Empty(t, c.Events["retried"])
	require.Empty(t, c.Events["failed"])
}

// TestPartnersHear: events are told, delivered, tried again, dropped and asked for again.
func TestPartnersHear(t *testing.T) {
	t.Parallel()
	c := play(t, world.Options{Seed: 5, Steps: 8000}).Coverage
	for _, what := range []string{"told order.paid", "told payment.paid", "told order.expired", "told receipt.ready", "told refund.succeeded",
		"told settlement.ready", "delivered", "retried", "dropped", "redelivered", "heard: 410"} {
		require.NotZero(t, c.Events[what], what)
	}
}

// TestPlants: defects of several kinds are found. The command simulate -plants looks for all of them.
func TestPlants(t *testing.T) {
	t.Parallel()
	quick := map[string]string{
		"torn transaction": "", "refund without a promise": "", "replay in other words": "SameKeySameBytes",
		"key thrown away": "SameKeySameBytes", "place forgotten": "Audit",
		"paper of another number": "OneReceipt", "due key forgotten": "Audit", "sent into nothing": "",
		"believed before it is made": "", "letter twice": "OneLetter", "posted twice": "EntryIsTrue", "counted, not written": "LedgerAudit",
		"transfer without a name": "EntryIsTrue", "order.paid without its mark": "FactIsMarked", "told to a neighbour": "EventsStayHome",
		"told in other words": "SameIdSameBytes", "filter not read": "FilterHolds", "delivery without a due key": "WaitingIsDue",
		"given up at once": "EventArrives", "signed for another time": "SignatureIsGood",
	}
	for _, p := range world.Plants {
		invariant, ok := quick[p.Name]
		if !ok {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			found, steps, err := world.Find(p, 20_000)
			require.NoError(t, err)
			require.NotNil(t, found, "not found in %d steps", steps)
			if invariant != "" {
				require.Equal(t, invariant, found.Invariant)
			}
		})
	}
}
