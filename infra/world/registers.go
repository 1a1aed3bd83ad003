package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
)

// operation is a line of a bank's register.
type operation struct {
	reference, bank string
	refund          bool
	amount, fee     int64
	at              time.Time
	alone           bool // nothing else is told of its payment
}

const registerHead = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

func (o operation) line() string {
	kind := "Оплата"
	if o.refund {
		kind = "Возврат"
	}
	return strings.Join([]string{o.reference, o.bank, kind, "Успешно", roubles(o.amount), roubles(o.fee), "RUB",
		o.at.In(moscow).Format("02.01.2006 15:04:05")}, ";") + "\n"
}

// roubles writes an amount as the bank does.
func roubles(minor int64) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d,%02d", sign, minor/100, minor%100)
}

// register is what the bank tells of all that went through a contract.
func (w *World) register(c contract) (list []operation) {
	for _, t := range w.book.orders {
		if t.shop.mode != c.mode {
			continue
		}
		whole := w.watch.known(t)
		l := &look{world: w, mode: c.mode, id: t.id, is: whole}
		for _, p := range whole.Payments {
			if p.Account != c.id {
				continue
			}
			b, known := l.bankOf(p)
			back, _ := given(whole, p.N)
			if !known || b.Captured != p.Captured || b.Returned != back { // an operator was called for it: BooksAgree
				b = tbank.Payment{ID: p.BankID, Captured: p.Captured, Returned: back}
			}
			if p.Status == payments.Paid {
				list = append(list, w.operationsOf(p, b)...)
			}
		}
	}
	return list
}

// operationsOf are the lines of one payment: what it took, and in one line what went back.
func (w *World) operationsOf(p payments.Payment, b tbank.Payment) []operation {
	a := w.agreed(p)
	paid := operation{reference: p.Reference(), bank: b.ID, amount: b.Captured, fee: a.bank(b.Captured), at: p.PaidAt, alone: b.Returned == 0}
	if paid.alone {
		return []operation{paid}
	}
	back := paid
	back.refund, back.amount, back.fee, back.at = true, b.Returned, -a.bankBack(b.Captured, b.Returned), p.PaidAt.Add(time.Second)
	return []operation{paid, back}
}

// checkRegisters holds, at rest, the registers of all contracts against the ledger: as the banks would send them, with
// differences put in, with the same again, and without them.
func (w *World) checkRegisters() {
	for _, c := range w.setting.contracts {
		if w.failure != nil {
			return
		}
		honest := w.register(c)
		if w.clock.Now().Sub(start) > 90*24*time.Hour || len(honest) == 0 {
			continue
		}
		w.reconcile(c, honest, "an honest register", change{})
		spoilt, differences := w.spoil(c, honest)
		if len(differences) == 0 {
			continue
		}
		w.reconcile(c, spoilt, "a register with differences", change{fresh: differences})
		w.reconcile(c, spoilt, "the same register again", change{still: differences})
		w.resolve(c)
		w.reconcile(c, spoilt, "the register after an operator", change{still: differences})
		delete(differences, reconcile.AmountDiffers) // what an operator has resolved does not vanish
		w.reconcile(c, honest, "the register put right", change{vanished: differences})
	}
	w.checkTouched()
	w.checkAll()
}

// change is how many breaks of each kind a run has to find new, to find again and to find no more.
type change struct {
	fresh, still, vanished map[reconciling.Kind]int
}

// spoil puts four differences into a register, and tells what breaks they have to make.
func (w *World) spoil(c contract, honest []operation) ([]operation, map[reconciling.Kind]int) {
	var single []int
	for i, o := range honest {
		if o.alone {
			single = append(single, i)
		}
	}
	if len(single) < 3 {
		return nil, nil
	}
	w.dice.Shuffle(len(single), func(i, j int) { single[i], single[j] = single[j], single[i] })
	spoilt, should := slices.Clone(honest), map[reconciling.Kind]int{reconcile.AmountDiffers: 1, reconcile.MissingThere: 1, reconcile.MissingHere: 1}
	spoilt[single[0]].amount += 1 + w.dice.Int64N(1000)
	if !c.own { // what the bank keeps of a partner's own money is not our affair
		spoilt[single[1]].fee++
		should[reconcile.FeeDiffers] = 1
	}
	stranger := operation{reference: ids.Reference(c.mode, ids.FromParts("stranger"), 1), bank: "77", amount: 100 + w.dice.Int64N(1000), at: start.Add(time.Hour)}
	spoilt = append(slices.Delete(spoilt, single[2], single[2]+1), stranger)
	w.dice.Shuffle(len(spoilt), func(i, j int) { spoilt[i], spoilt[j] = spoilt[j], spoilt[i] })
	return spoilt, should
}

// resolve is an operator who puts the difference in an amount aside, twice because he heard nothing the first time. It moves
// money only where the bank's money passes our books, and once.
func (w *World) resolve(c contract) {
	ctx, books := context.Background(), ledgerstore.New(w.durable.table)
	open, _, err := books.Breaks(ctx, c.mode, reconcile.Open, "", 100)
	i := slices.IndexFunc(open, func(b ledgerstore.Break) bool { return b.Bank() == c.id && b.Kind == reconcile.AmountDiffers })
	if err != nil || i < 0 {
		w.fail("RegisterAgrees", ids.ID{}, "the difference in an amount is not among the open breaks: %v", err)
		return
	}
	wish := reconciling.Wish{Posting: reconciling.Suspend, Note: "of unknown origin", Operator: "operator"}
	if c.own {
		wish.Posting = reconciling.None
	}
	more, err := open[i].Difference()
	entry, _, err2 := books.Entry(ctx, c.mode, open[i].Ours.Origin)
	before, err3 := books.Balances(ctx, entry.Book)
	for range 2 {
		b, err := w.house().matching.Resolve(ctx, c.mode, open[i].ID, wish)
		if err != nil || b.State != reconcile.Resolved {
			w.fail("RegisterAgrees", entry.Object.Root(), "the break %s cannot be resolved: %v", open[i].ID, err)
			return
		}
		w.book.corrected = append(w.book.corrected, b.Resolution.Posting)
	}
	after, err4 := books.Balances(ctx, entry.Book)
	if !c.own {
		before.Balances[ledger.Suspense] += more.Amount
		before.Balances[ledger.Clearing(c.id)] -= more.Amount
		maps.DeleteFunc(before.Balances, func(_ ledger.Account, amount int64) bool { return amount == 0 })
	}
	if err := errors.Join(err, err2, err3, err4); err != nil || !maps.Equal(before.Balances, after.Balances) {
		w.fail("RegisterAgrees", entry.Object.Root(), "a correction of %s has left %v instead of %v: %v", more, after.Balances, before.Balances, err)
	}
}

// reconcile holds one register against the ledger.
func (w *World) reconcile(c contract, lines []operation, what string, should change) {
	var text strings.Builder
	text.WriteString(registerHead)
	for _, o := range lines {
		text.WriteString(o.line())
	}
	out, err := w.house().matching.Run(context.Background(),
		reconciling.Period{Mode: c.mode, Account: c.id, From: start.Add(-time.Hour), To: w.clock.Now(), Operator: "operator"},
		reconciling.Register{Form: reconciling.CSV, Content: strings.NewReader(text.String()), Mapping: reconcile.TBank()})
	if err != nil {
		w.fail("RegisterAgrees", ids.ID{}, "%s of %s in mode %s cannot be held against the ledger: %v", what, c.terminal, c.mode, err)
		return
	}
	is := change{map[reconciling.Kind]int{}, map[reconciling.Kind]int{}, map[reconciling.Kind]int{}}
	for kind, n := range out.Changes {
		count := func(into map[reconciling.Kind]int, n int) {
			if n > 0 {
				into[kind] = n
			}
		}
		count(is.fresh, n.New+n.Opened+n.Reopened)
		count(is.still, n.Still)
		count(is.vanished, n.Vanished)
		w.coverage.Transitions["break "+string(kind)] += n.New
	}
	if out.Report.Accepted != len(lines) || !maps.Equal(is.fresh, should.fresh) || !maps.Equal(is.still, should.still) || !maps.Equal(is.vanished, should.vanished) {
		w.fail("RegisterAgrees", ids.ID{}, "%s of %s in mode %s with %d lines, %d of them accepted, gives %+v instead of %+v (%+v)",
			what, c.terminal, c.mode, len(lines), out.Report.Accepted, is, should, out.Summary)
	}
}
