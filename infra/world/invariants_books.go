package world

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/identity"
	"giberno.ru/shared/ledger"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/table"
)

// checkAll holds every row against every other.
func (w *World) checkAll() {
	auditor, books, chains, breaks := store.NewAuditor(), ledgerstore.NewAuditor(), ledgerstore.NewChains(), ledgerstore.NewReconciled()
	for _, pk := range slices.Sorted(maps.Keys(w.watch.partitions)) {
		rows, err := w.durable.rowsOf(pk)
		if err != nil {
			w.fail("Engine", ids.ID{}, "%s cannot be read: %v", pk, err)
			return
		}
		for _, row := range rows {
			auditor.Add(row)
			chains.Add(row)
			breaks.Add(row)
			if !ledgerstore.IsOfChain(row.Key) && !ledgerstore.IsOfReconciliation(row.Key) {
				books.Add(row)
			}
			w.checkHistory(row)
			w.checkPlaces(row)
		}
	}
	if audit := auditor.Done(); len(audit.Breaches) > 0 {
		breach := audit.Breaches[0]
		w.fail("Audit", orderIn(breach), "%d breaches, one of them: %s", len(audit.Breaches)+audit.More, breach)
	}
	if audit := books.Done(); len(audit.Breaches) > 0 {
		w.fail("LedgerAudit", ids.ID{}, "%d breaches, one of them: %s", len(audit.Breaches), audit.Breaches[0])
	}
	if _, breaches := chains.Done(); len(breaches) > 0 {
		w.fail("Chain", ids.ID{}, "%d breaches, one of them: %s", len(breaches), breaches[0])
	}
	if breaches := breaks.Done(); len(breaches) > 0 {
		w.fail("RegisterAgrees", ids.ID{}, "%d breaches, one of them: %s", len(breaches), breaches[0])
	}
	w.checkLeaving()
}

const (
	entryPK = ledgerstore.Prefix + "ENTRY#"
	bookPK  = ledgerstore.Prefix + "BOOK#"
	claimPK = ledgerstore.Prefix + "SETTLEMENT#"
)

// checkHistory holds that entries and closed days stay as they were written, and that an entry tells of something true.
func (w *World) checkHistory(row table.Row) {
	switch {
	case strings.HasPrefix(row.Key.PK, bookPK) && strings.HasPrefix(row.Key.SK, "D#"):
		w.checkDay(row.Key)
	case strings.HasPrefix(row.Key.PK, entryPK):
		r, ok := w.entryAt(row.Key.PK)
		was, known := w.watch.entries[row.Key.PK]
		if !ok || known && was != r.Digest() {
			w.fail("EntryStays", r.Object.Root(), "the entry %s has changed", row.Key.PK)
			return
		}
		if w.watch.entries[row.Key.PK] = r.Digest(); !known {
			w.checkEntry(r)
		}
	}
}

// checkDay holds that a day which is summed up stays as it is.
func (w *World) checkDay(key table.Key) {
	parts := strings.Split(strings.TrimPrefix(key.PK, bookPK), "#")
	partner, err := ids.Parse(parts[1])
	b := ledger.Book{Mode: ids.Mode(parts[0]), Partner: partner, Currency: money.RUB}
	day, err2 := ledgerstore.New(w.durable.table).Closed(context.Background(), b, ledger.Day(strings.TrimPrefix(key.SK, "D#")))
	was, known := w.watch.days[key]
	if err != nil || err2 != nil || known && !reflect.DeepEqual(was, day) {
		w.fail("EntryStays", ids.ID{}, "the closed day %s has changed from %+v to %+v (%v)", key, was, day, err2)
	}
	if day.Done() {
		w.watch.days[key] = day
	}
}

// entryAt reads an entry past every fault.
func (w *World) entryAt(pk string) (ledger.Recorded, bool) {
	m, id, _ := strings.Cut(strings.TrimPrefix(pk, entryPK), "#")
	r, found, err := ledgerstore.New(w.durable.table).Entry(context.Background(), ids.Mode(m), id)
	return r, found && err == nil
}

// checkEntry holds a new entry against what it tells of.
func (w *World) checkEntry(r ledger.Recorded) {
	id := r.Object
	switch r.Kind {
	case ledger.KindPaid, ledger.KindRefunded:
		whole := w.watch.last[partitionOf(r.Mode, id.Root())]
		if whole.EntryID(id) != r.ID || whole.Order.Partner != r.Partner {
			w.fail("EntryIsTrue", id.Root(), "the entry %s of %s tells of nothing that happened", r.ID, r.Partner)
		}
	case ledger.KindReserved, ledger.KindPaidOut:
		made, known := w.watch.settled[claimPK+string(r.Mode)+"#"+id.String()]
		if !known || r.ID != id.String()+":"+string(r.Kind) || len(r.Postings) != 1 || r.Postings[0].Amount != made.Payout ||
			r.Kind == ledger.KindPaidOut && made.Status != ledger.SettlementPaidOut {
			w.fail("EntryIsTrue", ids.ID{}, "the entry %s does not tell of settlement %s over %d", r.ID, id, made.Payout)
		}
	case ledger.KindTransferred:
		if !slices.ContainsFunc(w.book.transfers, func(t *transfer) bool { return t.is(r) }) {
			w.fail("EntryIsTrue", ids.ID{}, "the transfer %s over %+v was read by nobody", r.Note, r.Postings)
		}
	default:
		if r.Kind == ledger.KindCorrected && slices.Contains(w.book.corrected, r.ID) {
			return
		}
		w.fail("EntryIsTrue", id.Root(), "nobody has made the entry %s of kind %s", r.ID, r.Kind)
	}
}

// is reports the entry of a transfer.
func (t *transfer) is(r ledger.Recorded) bool {
	p := ledger.Posting{From: ledger.BankSettlement, To: ledger.Clearing(t.contract.id), Amount: t.amount}
	if t.amount < 0 {
		p = ledger.Posting{From: p.To, To: p.From, Amount: -t.amount}
	}
	return r.Note == t.reference && r.Partner == t.partner && r.Mode == t.contract.mode && slices.Equal(r.Postings, []ledger.Posting{p})
}

// checkSettlement holds that a settlement changes only by being paid out, once.
func (w *World) checkSettlement(pk string) {
	m, text, ok := strings.Cut(strings.TrimPrefix(pk, claimPK), "#")
	id, err := ids.Parse(text)
	if !strings.HasPrefix(pk, claimPK) || !ok || err != nil {
		return
	}
	is, err := ledgerstore.New(w.durable.table).Settlement(context.Background(), ids.Mode(m), id)
	if err != nil {
		w.fail("SettlementStays", ids.ID{}, "settlement %s cannot be read: %v", id, err)
		return
	}
	was, known := w.watch.settled[pk]
	if w.watch.settled[pk] = is; !known {
		w.oweSettlement(is)
	}
	if !known || was == is {
		w.coverage.settled(is, known)
		return
	}
	paid := was
	paid.Status, paid.Reference, paid.PaidOutBy, paid.PaidOutAt = is.Status, is.Reference, is.PaidOutBy, is.PaidOutAt
	p := w.book.payouts[id]
	if was.Status != ledger.SettlementClosed || is.Status != ledger.SettlementPaidOut || paid != is || p == nil || !p.tried[is.Reference] {
		w.fail("SettlementStays", ids.ID{}, "settlement %s went from %+v to %+v", id, was, is)
	}
	w.coverage.settled(is, known)
}

// entriesCome: at rest the ledger has the entry of every payment and refund, and it says what was agreed.
func entriesCome(l *look) string {
	check := func(child ids.ID, done bool, paid, refunded, ours int64) string {
		e, ok, err := l.is.EntryOf(child)
		if err != nil || ok != done {
			return fmt.Sprintf("the entry of %s cannot be made: %v", child, err)
		}
		if !done {
			return ""
		}
		r, found := l.world.entryAt(entryPK + string(l.mode) + "#" + e.ID)
		if !found || !r.SameAs(e) {
			return fmt.Sprintf("the entry %s is not in the ledger as it should be: %+v", e.ID, r.Entry)
		}
		if r.Facts.Paid != paid || r.Facts.Refunded != refunded || r.Facts.OurFee != ours {
			return fmt.Sprintf("the entry %s says %+v; there was paid %d, given back %d, and our fee is %d", e.ID, r.Facts, paid, refunded, ours)
		}
		return ""
	}
	for _, p := range l.is.Payments {
		done := p.Status == payments.Paid
		if wrong := check(p.ID, done, p.Captured, 0, l.world.agreed(p).ours(p.Captured)); wrong != "" {
			return wrong
		}
		a, before := l.world.agreed(p), int64(0)
		for _, r := range backOf(l.is, p.N) {
			if r.Before != before {
				return fmt.Sprintf("refund %d follows %d that went back, and says %d", r.N, before, r.Before)
			}
			if wrong := check(r.ID, true, 0, r.Amount.Amount, -a.oursBack(p.Captured, r)); wrong != "" {
				return wrong
			}
			before += r.Amount.Amount
		}
	}
	return ""
}

// agreement is what was agreed about the fees of a payment: the world's own reading of the contracts.
type agreement struct {
	bp, fixed int64
	returned  bool
	theirs    identity.MethodTerms
	contract  contract
}

func (w *World) agreed(p payments.Payment) agreement {
	a := agreement{bp: 250}
	if p.Partner == partners[0] {
		a.fixed, a.returned = 100, true
	}
	a.contract, _ = w.contractOf(p.Account)
	for _, m := range a.contract.methods {
		if m.Code == p.Method {
			a.theirs = m
		}
	}
	return a
}

func (a agreement) ours(amount int64) int64 { return (amount*a.bp+5000)/10_000 + a.fixed }

// oursBack is how much of our fee a refund brings back. A success that the order did not keep costs the partner nothing.
func (a agreement) oursBack(amount int64, r payments.Refund) int64 {
	if !a.returned && r.Source != payments.BySystem {
		return 0
	}
	return share(a.ours(amount), amount, r.Before+r.Amount.Amount) - share(a.ours(amount), amount, r.Before)
}

// share is the part of a fee that belongs to a part of the amount, rounded half up.
func share(fee, amount, part int64) int64 { return (2*fee*part + amount) / (2 * amount) }

// backOf lists the refunds of an attempt that succeeded, in the order in which they did.
func backOf(whole payments.Whole, n int) []payments.Refund {
	backs := slices.DeleteFunc(slices.Clone(whole.Refunds), func(r payments.Refund) bool {
		return r.Payment != n || r.Status != payments.RefundSucceeded
	})
	slices.SortFunc(backs, func(a, b payments.Refund) int { return cmp.Compare(a.Before, b.Before) })
	return backs
}

func (a agreement) bank(amount int64) int64 {
	return (amount*a.theirs.FeeBP+5000)/10_000 + a.theirs.FeeFixed
}

func (a agreement) bankBack(amount, refunded int64) int64 {
	if !a.contract.returns || amount == 0 {
		return 0
	}
	return share(a.bank(amount), amount, refunded)
}

// bookOf is the book of a shop.
func bookOf(s shop) ledger.Book {
	return ledger.Book{Mode: s.mode, Partner: s.partner, Currency: money.RUB}
}
