package settle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/faulty"
)

// TestFaults plays each road of settlement with each fault at each call, lets the sweeper find what is left, and holds that
// the day is settled once, its payout set aside once, and nothing is owed any more.
func TestFaults(t *testing.T) {
	t.Parallel()
	twoDays := func(w *world) {
		w.post(paids(0, 7)...)
		w.clock.Advance(24 * time.Hour)
		w.post(refunded(1, 5_000), paid(20))
		w.clock.Advance(24*time.Hour + settle.DefaultGrace)
	}
	roads := map[string]struct {
		before func(w *world)
		road   func(w *world) error
		after  func(w *world)
	}{
		"Closing": {
			before: twoDays,
			road:   func(w *world) error { _, err := w.settler.Close(w.t.Context(), book, today.Next()); return err },
			after:  func(*world) {},
		},
		"ClosingByManyJobs": {
			before: func(w *world) { w.settler.Pace = 2; twoDays(w) },
			road:   func(w *world) error { _, err := w.settler.Close(w.t.Context(), book, today.Next()); return err },
			after:  func(*world) {},
		},
		"PayingOut": {
			before: func(w *world) { twoDays(w); w.closeDay(today.Next()) },
			road: func(w *world) error {
				_, _, err := w.settler.PayOut(w.t.Context(), ids.Test, ledger.SettlementID(book, today), "P-1", "anna")
				return err
			},
			after: func(w *world) {
				s, _, err := w.settler.PayOut(w.t.Context(), ids.Test, ledger.SettlementID(book, today), "P-1", "anna")
				require.NoError(w.t, err)
				require.Equal(w.t, "P-1", s.Reference)
			},
		},
	}
	for name, r := range roads {
		for _, fault := range faulty.All {
			t.Run(name+"/"+fault.String(), func(t *testing.T) {
				t.Parallel()
				for n, hit := 0, true; hit; n++ {
					require.Less(t, n, 60)
					var broken *faulty.Table
					w := setup(t, "Europe/Moscow", func(inner table.Table) table.Table { broken = faulty.New(inner, nil); return broken })
					r.before(w)
					hit = false
					broken.SetPlan(func(c faulty.Call) faulty.Fault {
						if c.N != n {
							return faulty.None
						}
						hit = true
						return fault
					})
					if err := survive(w, r.road); err != nil && !hit {
						require.NoError(t, err)
					}
					broken.SetPlan(nil)
					w.restart() // the next process
					r.after(w)
					w.clock.Advance(24 * time.Hour) // the day into which the payouts were set aside
					for w.sweep() > 0 {
						w.clock.Advance(6 * time.Minute)
					}
					first, second := w.settlement(today), w.settlement(today.Next())
					require.Equal(t, int64(7*146_250), first.Payout)
					require.Equal(t, int64(146_250-5_000+125), second.Payout)
					paidOut := int64(0)
					if name == "PayingOut" {
						paidOut = first.Payout
						require.Equal(t, ledger.SettlementPaidOut, first.Status)
					}
					require.Equal(t, first.Payout+second.Payout-paidOut, w.balances()[ledger.Reserved])
					require.Equal(t, paidOut, w.balances()[ledger.BankSettlement])
					require.Zero(t, w.balances()[ledger.Payable])
					w.sound()
				}
			})
		}
	}
}

// TestFaultsOfATransfer: told again after any fault, a bank's transfer is booked once.
func TestFaultsOfATransfer(t *testing.T) {
	t.Parallel()
	transfer := settle.Transfer{Mode: ids.Test, Partner: partner, Account: account, Amount: money.Of(147_150, money.RUB), Reference: "PP-77", By: "anna"}
	road := func(w *world) error { _, _, err := w.settler.Transferred(w.t.Context(), transfer); return err }
	for _, fault := range faulty.All {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			for n, hit := 0, true; hit; n++ {
				require.Less(t, n, 30)
				var broken *faulty.Table
				w := setup(t, "Europe/Moscow", func(inner table.Table) table.Table { broken = faulty.New(inner, nil); return broken })
				w.post(paid(1))
				hit = false
				broken.SetPlan(func(c faulty.Call) faulty.Fault {
					if c.N != n {
						return faulty.None
					}
					hit = true
					return fault
				})
				if err := survive(w, road); err != nil && !hit {
					require.NoError(t, err)
				}
				broken.SetPlan(nil)
				w.restart()
				require.NoError(t, road(w))
				require.Equal(t, int64(-147_150), w.balances()[ledger.BankSettlement])
				require.Zero(t, w.balances()[ledger.Clearing(account)])
				w.sound()
			}
		})
	}
}

// survive plays the operating system: a process that dies ends, and nothing else.
func survive(w *world, road func(*world) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(faulty.Crash) {
				panic(r)
			}
			err = faulty.Crash
		}
	}()
	return road(w)
}
