package world

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
)

// checkBooks holds, at rest, what every book says against the payments, payouts and transfers that there were.
func (w *World) checkBooks() {
	for _, s := range w.setting.shops {
		if w.failure != nil {
			return
		}
		should := w.owed(s)
		made := w.settlementsOf(s)
		for _, one := range made {
			should[ledger.Payable] -= one.Payout
			if one.Status == ledger.SettlementPaidOut {
				should[ledger.BankSettlement] += one.Payout
			} else {
				should[ledger.Reserved] += one.Payout
			}
			if p := w.book.payouts[one.ID]; p != nil && p.taken != "" && p.taken != one.Reference {
				w.fail("PaidOutOnce", ids.ID{}, "settlement %s was taken as paid under %s, and says %q", one.ID, p.taken, one.Reference)
			}
		}
		w.addTransfers(s, should)
		maps.DeleteFunc(should, func(_ ledger.Account, amount int64) bool { return amount == 0 })
		held, err := ledgerstore.New(w.durable.table).Balances(context.Background(), bookOf(s))
		if err != nil || !maps.Equal(held.Balances, should) {
			w.fail("BalancesAgree", ids.ID{}, "the book of %s in mode %s holds %v, and should hold %v (%v)", s.partner, s.mode, held.Balances, should, err)
		}
		w.checkDays(s, made, held.Open)
	}
}

// owed are the balances that payments and refunds alone would make, by the world's own arithmetic.
func (w *World) owed(s shop) ledger.Balances {
	b := ledger.Balances{}
	move := func(from, to ledger.Account, amount int64) {
		b[from] -= amount
		b[to] += amount
	}
	for _, t := range w.book.orders {
		if t.shop != s {
			continue
		}
		whole := w.watch.known(t)
		for _, p := range whole.Payments {
			if p.Status != payments.Paid {
				continue
			}
			a := w.agreed(p)
			back, _ := given(whole, p.N)
			ours := a.ours(p.Captured)
			for _, r := range backOf(whole, p.N) {
				ours -= a.oursBack(p.Captured, r)
			}
			if a.contract.own {
				move(ledger.Receivable, ledger.PlatformFees, ours)
				continue
			}
			move(ledger.Clearing(p.Account), ledger.Payable, p.Captured-back)
			move(ledger.Payable, ledger.PlatformFees, ours)
			move(ledger.ProviderFees(p.Account), ledger.Clearing(p.Account), a.bank(p.Captured)-a.bankBack(p.Captured, back))
		}
	}
	return b
}

// addTransfers adds what the banks have sent: every transfer that was taken, and of those whose answer was lost the booked ones.
func (w *World) addTransfers(s shop, should ledger.Balances) {
	booked := map[string]int{}
	for pk := range w.watch.entries {
		if r, ok := w.entryAt(pk); ok && r.Kind == ledger.KindTransferred && r.Mode == s.mode && r.Partner == s.partner {
			booked[r.Note]++
		}
	}
	for _, t := range w.book.transfers {
		if t.partner != s.partner || t.contract.mode != s.mode {
			continue
		}
		if n := booked[t.reference]; n > 1 || t.taken && n == 0 {
			w.fail("TransferOnce", ids.ID{}, "transfer %s over %d is booked %d times", t.reference, t.amount, n)
		}
		if booked[t.reference] > 0 {
			should[ledger.BankSettlement] -= t.amount
			should[ledger.Clearing(t.contract.id)] += t.amount
		}
	}
}

// settlementsOf lists a shop's settlements by day.
func (w *World) settlementsOf(s shop) (list []ledger.Settlement) {
	for _, made := range w.watch.settled {
		if made.Book == bookOf(s) {
			list = append(list, made)
		}
	}
	slices.SortFunc(list, func(a, b ledger.Settlement) int { return strings.Compare(string(a.Day), string(b.Day)) })
	return list
}

// moscow is the zone of both partners' business days.
var moscow = time.FixedZone("MSK", 3*60*60)

// checkDays holds that every entry is settled with its day, and that the days were settled in their order, when they were over.
func (w *World) checkDays(s shop, made []ledger.Settlement, open ledger.Day) {
	counts, facts := map[ledger.Day]int64{}, map[ledger.Day]int64{}
	for pk := range w.watch.entries {
		r, ok := w.entryAt(pk)
		if !ok || r.Book != bookOf(s) {
			continue
		}
		counts[r.Day]++
		if c, _ := w.contractOf(r.Through); !c.own {
			facts[r.Day] += r.Facts.Paid - r.Facts.Refunded
		}
		if day := ledger.DayOf(r.PostedAt, moscow); r.Day != day {
			w.fail("SettlementsAgree", ids.ID{}, "the entry %s was posted on %s, and stands in %s", r.ID, day, r.Day)
		}
	}
	var before ledger.Settlement
	for _, one := range made {
		if one.Entries != counts[one.Day] || one.Facts.Paid-one.Facts.Refunded != facts[one.Day] {
			w.fail("SettlementsAgree", ids.ID{}, "the settlement of %s has %d entries over %d; of that day there are %d over %d", one.Day, one.Entries,
				one.Facts.Paid-one.Facts.Refunded, counts[one.Day], facts[one.Day])
		}
		if one.ClosedAt.Before(before.ClosedAt) || ledger.DayOf(one.ClosedAt, moscow) <= one.Day {
			w.fail("SettlementsAgree", ids.ID{}, "%s was settled at %s, and %s at %s", before.Day, before.ClosedAt, one.Day, one.ClosedAt)
		}
		delete(counts, one.Day)
		before = one
	}
	for _, day := range slices.Sorted(maps.Keys(counts)) {
		w.fail("SettlementsAgree", ids.ID{}, "%d entries of %s are not settled; the open day is %s", counts[day], day, open)
	}
}

// checkDoors holds what partners are shown at rest against what is kept.
func (w *World) checkDoors() {
	for _, s := range w.setting.shops {
		held, err := ledgerstore.New(w.durable.table).Balances(context.Background(), bookOf(s))
		b, ok := w.balanceOf(s)
		if err != nil || !ok || b.Available.Amount != held.Balances[ledger.Payable]-w.leaving(s) || b.Reserved.Amount != held.Balances[ledger.Reserved] {
			w.fail("DoorsAgree", ids.ID{}, "partner %s in mode %s is shown %+v, and his book holds %v, of which %d are on their way to payers",
				s.partner, s.mode, b, held.Balances, w.leaving(s))
			return
		}
		shown := w.shownSettlements(s)
		for _, made := range w.settlementsOf(s) {
			one, listed := shown[made.ID]
			if listed == made.Bare() || listed && (one.Payout.Amount != made.Payout || one.Status != made.Status || one.Hash != made.Hash.String() || one.Reference != made.Reference) {
				w.fail("DoorsAgree", ids.ID{}, "the settlement %+v is shown as %+v", made, one)
			}
			w.checkRegister(s, made)
		}
	}
}

// shownSettlements are all settlements that a partner is shown, page by page.
func (w *World) shownSettlements(s shop) map[ids.ID]shownSettlement {
	shown, cursor := map[ids.ID]shownSettlement{}, ""
	for range rounds {
		got, ok := w.read(s, "/api/v1/settlements?limit=7"+cursor)
		var list struct {
			Items []shownSettlement `json:"items"`
			Next  string            `json:"next_cursor"`
		}
		if !ok || got.status != http.StatusOK || json.Unmarshal(got.body, &list) != nil {
			w.fail("DoorsAgree", ids.ID{}, "settlements are answered with %d %s", got.status, got.body)
			return shown
		}
		for _, one := range list.Items {
			shown[one.ID] = one
		}
		if list.Next == "" {
			return shown
		}
		cursor = "&cursor=" + list.Next
	}
	return shown
}

// checkRegister holds the last row of a settlement's register, as the partner gets it, against the settlement.
func (w *World) checkRegister(s shop, made ledger.Settlement) {
	got, ok := w.read(s, "/api/v1/settlement/"+made.ID.String()+"/register")
	rows, err := csv.NewReader(bytes.NewReader(got.body)).ReadAll()
	if !ok || got.status != http.StatusOK || err != nil || len(rows) < 2 {
		w.fail("DoorsAgree", ids.ID{}, "the register of %s is answered with %d %s (%v)", made.Day, got.status, got.body, err)
		return
	}
	should := []int64{made.Facts.Paid + made.Own.Paid, made.Facts.Refunded + made.Own.Refunded, made.Facts.OurFee + made.Own.OurFee, made.Earned - made.Charge}
	sums := make([]int64, len(should))
	total := rows[len(rows)-1]
	for _, row := range rows[1 : len(rows)-1] {
		for i := range sums {
			sums[i] += minorOf(row[len(row)-len(sums)+i])
		}
	}
	for i, sum := range sums {
		if shown := minorOf(total[len(total)-len(sums)+i]); sum != should[i] || shown != sum {
			w.fail("DoorsAgree", ids.ID{}, "the register of %s comes to %d in column %d, says %d, and the settlement %d", made.Day, sum, i, shown, should[i])
		}
	}
}

// minorOf reads an amount of a register.
func minorOf(text string) int64 {
	n, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
	if err != nil {
		return math.MinInt64
	}
	return n
}
