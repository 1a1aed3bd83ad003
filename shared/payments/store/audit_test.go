package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

// audited plays a paid order with its receipt, one that was given back in parts, and an order that was never opened, and
// gives all their rows.
func audited(t *testing.T) (w *world, rows []table.Row, paid payments.Whole) {
	t.Helper()
	w = setup(t)
	paid = w.paid("paid")
	p, _ := paid.Payment(1)
	paid = w.save(payments.AddReceipt(paid, p, receipts.Fiscal{Kind: receipts.Income, Total: total, URL: "https://receipt.example/1",
		FN: "9999078900000001", FD: 7, FP: 12, IssuedAt: start}, false, payments.Told, start))
	w.opened("open")
	w.order("new", start)
	back, k := w.refund(w.paid("back"), payments.RefundWish{Amount: 50_000})
	back = w.save(payments.RefundAnswered(back, k, banks.News{Status: banks.PartlyRefunded}, start))
	w.refund(back, payments.RefundWish{Amount: 70_000, Author: "ann", ApproveAbove: 1})
	out, _, err := payments.BeginFulfil(w.prepaid("given"), nil, "", "", start)
	require.NoError(t, err)
	w.save(out)
	require.NoError(t, w.RaiseHouse(t.Context(), ids.Test, payments.Alarm{Kind: payments.ForgedNotice, Object: "x", OpenedAt: start}))
	changes, err := w.engine.Changes(t.Context(), 1000)
	require.NoError(t, err)
	last := map[table.Key]table.Row{}
	for _, c := range changes {
		last[c.Key()] = c.New
	}
	for _, row := range last {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b table.Row) int { return strings.Compare(a.Key.PK+"\x00"+a.Key.SK, b.Key.PK+"\x00"+b.Key.SK) })
	return w, rows, paid
}

func audit(rows []table.Row) Audit {
	a := NewAuditor()
	for _, row := range rows {
		a.Add(row)
	}
	return a.Done()
}

func TestAudit(t *testing.T) {
	t.Parallel()
	_, rows, paid := audited(t)
	open, fresh := ids.FromParts("open"), ids.FromParts("new")
	back := ids.FromParts("back")
	refund := func(k int) table.Key {
		return refundKey(payments.Refund{Mode: ids.Test, Order: back, N: k})
	}
	closing := receiptKey(ids.Test, payments.Receipt{ID: ids.FromParts("given").Child(ids.FulfilmentReceipt, 1)})

	t.Run("EverythingHolds", func(t *testing.T) {
		t.Parallel()
		got := audit(append(rows, table.Row{Key: table.Key{PK: "ID#PRT#x", SK: "P"}}))
		require.Empty(t, got.Breaches)
		require.Equal(t, Audit{Orders: 5, Payments: 4, Refunds: 2, Receipts: 2, Alarms: 1, LookUps: 2, Due: 13}, got)
	})
	t.Run("NothingIsNoBreach", func(t *testing.T) { t.Parallel(); require.Equal(t, Audit{}, audit(nil)) })

	for name, c := range map[string]struct {
		key   table.Key // of the row that is spoilt
		spoil func(*table.Row)
		want  string
	}{
		"ErrUnknownSchema":       {orderKey(ids.Test, fresh), set("sv", table.N(3)), "schema version 3"},
		"ErrNoSchema":            {orderKey(ids.Test, fresh), set("sv", table.Value{}), "schema version 0"},
		"ErrNotInTheList":        {orderKey(ids.Test, fresh), func(r *table.Row) { r.First = table.Key{} }, "it stands in the list at"},
		"ErrOrderWithoutDueKey":  {orderKey(ids.Test, fresh), both(set("due", table.Value{}), noSecond), "can still expire"},
		"ErrDueKeyElsewhere":     {paymentKey(ids.Test, open, 1), set("due", table.N(start.Add(9*time.Hour).UnixMilli())), "its due key is"},
		"ErrPaymentWithoutDue":   {paymentKey(ids.Test, open, 1), both(set("due", table.Value{}), noSecond), "nobody would ask the bank"},
		"ErrDueKeyLost":          {paymentKey(ids.Test, open, 1), noSecond, "its due key is"},
		"ErrWinnerNotPaid":       {paymentKey(ids.Test, paid.Order.ID, 1), both(set("st", table.S("declined")), set("cap", table.Value{})), "STATE says that attempt 1 paid"},
		"ErrPaidWithoutMoney":    {paymentKey(ids.Test, paid.Order.ID, 1), set("cap", table.Value{}), "is paid and took 0"},
		"ErrOtherAmount":         {paymentKey(ids.Test, paid.Order.ID, 1), set("amt", table.N(1)), "is over 0.01 RUB"},
		"ErrPaidAndNoWinner":     {stateKey(ids.Test, paid.Order.ID), set("win", table.Value{}), "no attempt has won"},
		"ErrWinnerOfAnUnpaid":    {stateKey(ids.Test, paid.Order.ID), set("st", table.S("expired")), "has won, and STATE is expired"},
		"ErrPaidTwice":           {stateKey(ids.Test, paid.Order.ID), both(set("win", table.Value{}), set("pd", table.Value{}), set("st", table.S("pending"))), "no operator was called"},
		"ErrOpenIsNotOpen":       {stateKey(ids.Test, paid.Order.ID), set("opn", table.N(1)), "is open; it is \"paid\""},
		"ErrAttemptsMiscounted":  {stateKey(ids.Test, open), set("att", table.N(2)), "counts 2 attempts, there are 1"},
		"ErrOpeningWithoutRoad":  {paymentKey(ids.Test, paid.Order.ID, 1), both(set("st", table.S("created")), set("cap", table.Value{})), "does not hold the road"},
		"ErrForeignReceipt":      {table.Key{PK: collection(ids.Test, paid.Order.ID), SK: "R#0301"}, set("id", table.S(fresh.String())), "it holds the receipt"},
		"ErrAlarmOfAnother":      {houseKey(ids.Test, payments.Alarm{Kind: payments.ForgedNotice, Object: "x"}), set("obj", table.S("y")), "those of another alarm"},
		"ErrAlarmNotListed":      {houseKey(ids.Test, payments.Alarm{Kind: payments.ForgedNotice, Object: "x"}), func(r *table.Row) { r.First = table.Key{} }, "it stands in the list at"},
		"ErrLookUpNamesNothing":  {fiscalKey(ids.Test, partner, "9999078900000001-7-12"), set("rid", table.S("nothing")), "it names no receipt"},
		"ErrLookUpOfALostOne":    {fiscalKey(ids.Test, partner, "9999078900000001-7-12"), set("rid", table.S(fresh.Child(ids.PaymentReceipt, 1).String())), "which is not there"},
		"ErrOrderOfAnotherKey":   {orderKey(ids.Test, fresh), set("id", table.S(open.String())), "it is another's"},
		"ErrRefundNotListed":     {refund(2), func(r *table.Row) { r.First = table.Key{} }, "it stands in the list at"},
		"ErrRefundListedForEver": {refund(1), func(r *table.Row) { r.First = table.Key{PK: approvalsPK(ids.Test), SK: "x"} }, "it stands in the list at"},
		"ErrRefundDueElsewhere":  {refund(1), set("due", table.N(start.Add(9*time.Hour).UnixMilli())), "its due key is"},
		"ErrRefundWithoutDue":    {refund(2), both(set("due", table.Value{}), noSecond), "nobody would carry it on"},
		"ErrRefundOfAnotherKey":  {refund(2), set("id", table.S(fresh.Child(ids.Refund, 2).String())), "is no refund of its order"},
		"ErrRefundIsAPayment":    {refund(2), set("id", table.S(back.Child(ids.Payment, 2).String())), "is no refund of its order"},
		"ErrRefundOfNothing":     {refund(2), set("amt", table.Value{}), "has refund 2 over"},
		"ErrRefundInTenge":       {refund(2), set("cur", table.S("KZT")), "has refund 2 over"},
		"ErrPromiseForgotten":    {stateKey(ids.Test, back), set("prm", table.Value{}), "is promised 120000 by its refunds, and 0 by STATE"},
		"ErrPromiseTooSmall":     {refund(2), set("amt", table.N(60_000)), "is promised 110000 by its refunds, and 120000 by STATE"},
		"ErrFailedAndPromised":   {refund(2), both(set("st", table.S("failed")), func(r *table.Row) { r.First = table.Key{} }), "is promised 50000 by its refunds"},
		"ErrMoreThanPaid":        {paymentKey(ids.Test, back, 1), set("cap", table.N(119_999)), "took 119999, and 120000 is promised to go back"},
		"ErrGivenBackUncounted":  {stateKey(ids.Test, back), both(set("rfd", table.Value{}), set("st", table.S("paid"))), "gave back 50000, and STATE says 0"},
		"ErrStatusOfAnother":     {stateKey(ids.Test, back), set("st", table.S("refunded")), "STATE gave back 50000 of 150000 and is refunded"},
		"ErrPaidYetGivenBack":    {stateKey(ids.Test, back), set("st", table.S("paid")), "STATE gave back 50000 of 150000 and is paid"},
		"ErrGivenBackYetPaid":    {stateKey(ids.Test, paid.Order.ID), set("st", table.S("partially_refunded")), "STATE gave back 0 of 150000"},
		"ErrSuspectForgotten":    {paymentKey(ids.Test, back, 1), both(set("sus", table.Flag(true)), set("due", table.Value{}), noSecond), "is suspected, and has no due key"},
		"ErrReceiptDueLost":      {closing, noSecond, "its due key is"},
		"ErrPaymentOfAnotherKey": {paymentKey(ids.Test, open, 1), set("id", table.S(fresh.Child(ids.Payment, 1).String())), "is no payment of its order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, strings.Join(audit(spoilt(t, rows, c.key, c.spoil)).Breaches, "\n"), c.want)
		})
	}
	for name, key := range map[string]table.Key{
		"ErrNoOrder":          orderKey(ids.Test, paid.Order.ID),
		"ErrNoState":          stateKey(ids.Test, paid.Order.ID),
		"ErrNoPayment":        paymentKey(ids.Test, paid.Order.ID, 1),
		"ErrNoLookUp":         urlKey(ids.Test, partner, "https://receipt.example/1"),
		"ErrNoReceipt":        {PK: collection(ids.Test, paid.Order.ID), SK: "R#0301"},
		"ErrNoRefund":         refund(2),
		"ErrAGapInTheRefunds": refund(1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left := slices.DeleteFunc(slices.Clone(rows), func(r table.Row) bool { return r.Key == key })
			require.Len(t, left, len(rows)-1)
			require.NotEmpty(t, audit(left).Breaches)
		})
	}
	for name, key := range map[string]table.Key{
		"ErrStrangeChild":     {PK: collection(ids.Test, fresh), SK: "Q#1"},
		"ErrShortChild":       {PK: collection(ids.Test, fresh), SK: "P"},
		"ErrStrangePartition": {PK: Prefix + "NOBODY", SK: "X"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := audit(append(rows[:len(rows):len(rows)], table.Row{Key: key, Attrs: table.Attrs{"sv": table.N(1)}}))
			require.NotEmpty(t, got.Breaches)
		})
	}
	t.Run("ManyBreachesAreCounted", func(t *testing.T) {
		t.Parallel()
		var strange []table.Row
		for i := range MaxBreaches {
			strange = append(strange, table.Row{Key: table.Key{PK: Prefix + "NOBODY" + string(rune('a'+i)), SK: "X"}})
		}
		got := audit(strange)
		require.Len(t, got.Breaches, MaxBreaches)
		require.Equal(t, MaxBreaches, got.More) // each has no schema version either
	})
	t.Run("ASecondSuccessHasItsAlarm", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("twice")
		out, _ := payments.Begin(whole, banks.SBP, payments.Through{}, "", nil, start)
		whole = w.save(out)
		whole = w.save(payments.Apply(whole, 1, banks.News{Status: banks.Paid}, payments.Told, start))
		whole = w.save(payments.Apply(whole, 2, banks.News{Status: banks.Paid}, payments.Told, start))
		require.Empty(t, contradictions(whole))
		whole.Alarms = nil
		require.Len(t, contradictions(whole), 1)
		whole.Order.Total = money.Of(1, money.KZT)
		require.Len(t, contradictions(whole), 3)
	})
}

func set(name string, v table.Value) func(*table.Row) {
	return func(r *table.Row) {
		if v.IsAbsent() {
			delete(r.Attrs, name)
			return
		}
		r.Attrs[name] = v
	}
}

func noSecond(r *table.Row) { r.Second = table.Key{} }

func both(spoils ...func(*table.Row)) func(*table.Row) {
	return func(r *table.Row) {
		for _, s := range spoils {
			s(r)
		}
	}
}

// spoilt gives the rows with one of them changed.
func spoilt(t *testing.T, rows []table.Row, key table.Key, spoil func(*table.Row)) []table.Row {
	t.Helper()
	out := slices.Clone(rows)
	i := slices.IndexFunc(out, func(r table.Row) bool { return r.Key == key })
	require.GreaterOrEqual(t, i, 0, key.String())
	attrs := table.Attrs{}
	for name, v := range out[i].Attrs {
		attrs[name] = v
	}
	out[i].Attrs = attrs
	spoil(&out[i])
	return out
}
