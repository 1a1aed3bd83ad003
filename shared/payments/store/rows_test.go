package store

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// TestRoundTrip: no field of any row is forgotten.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o := filled[payments.Order]()
	o.ID = ids.FromParts("round trip")
	p := filled[payments.Payment]()
	p.ID, p.Order, p.N = o.ID.Child(ids.Payment, 1), o.ID, 1
	f := filled[payments.Refund]()
	f.ID, f.Order, f.N = o.ID.Child(ids.Refund, 1), o.ID, 1
	r := filled[payments.Receipt]()
	r.ID = o.ID.Child(ids.PaymentReceipt, 1)
	s, a := filled[payments.State](), filled[payments.Alarm]()
	s.Attempts, s.Promised = 1, []payments.Promised{{N: 1, Amount: f.Amount.Amount}} // what does not fit together is not loaded
	want := payments.Whole{Order: o, State: s, Payments: []payments.Payment{p}, Refunds: []payments.Refund{f}, Receipts: []payments.Receipt{r}, Alarms: []payments.Alarm{a}}
	require.NoError(t, w.table.Write(t.Context(),
		table.Put(orderRow(o)), table.Put(paymentRow(p)), table.Put(refundRow(f)), table.Put(table.Row{Key: stateKey(o.Mode, o.ID), Attrs: fields.New(schemaVersion, stateFields, &s)}),
		table.Put(table.Row{Key: receiptKey(o.Mode, r), Attrs: fields.New(schemaVersion, receiptFields, &r)}),
		table.Put(alarmRow(o.Mode, table.Key{PK: collection(o.Mode, o.ID), SK: alarmSK(a)}, a))))
	require.Equal(t, want, w.load(o.ID))

	t.Run("AnUpdateTakesEveryFieldAway", func(t *testing.T) {
		bare := payments.Payment{ID: p.ID, Order: p.Order, N: 1, Version: p.Version, Status: p.Status}
		action := fields.Change(table.Update(paymentKey(o.Mode, o.ID, 1)), paymentFields, &p, &bare)
		require.NoError(t, w.table.Write(t.Context(), action))
		require.Equal(t, bare, w.load(o.ID).Payments[0])
		require.NoError(t, w.table.Write(t.Context(), fields.Change(table.Update(paymentKey(o.Mode, o.ID, 1)), paymentFields, &bare, &p)))
		require.Equal(t, p, w.load(o.ID).Payments[0])

		little := payments.Refund{ID: f.ID, Order: f.Order, N: 1, Version: f.Version, Status: f.Status}
		require.NoError(t, w.table.Write(t.Context(), fields.Change(table.Update(refundKey(f)), refundFields, &f, &little)))
		_, err := w.Load(t.Context(), o.Mode, o.ID)
		require.ErrorIs(t, err, table.ErrUnavailable, "STATE promises an amount that no refund has")
		require.NoError(t, w.table.Write(t.Context(), fields.Change(table.Update(refundKey(f)), refundFields, &little, &f)))
		require.Equal(t, f, w.load(o.ID).Refunds[0])
	})
}

func TestAttributesHaveOneNameEach(t *testing.T) {
	t.Parallel()
	unique(t, orderFields)
	unique(t, stateFields)
	unique(t, paymentFields)
	unique(t, refundFields)
	unique(t, receiptFields)
	unique(t, alarmFields)
}

func unique[T any](t *testing.T, list []fields.Of[T]) {
	t.Helper()
	seen := map[string]bool{"sv": true, askedAttr: true}
	for _, f := range list {
		require.False(t, seen[f.Name], f.Name)
		seen[f.Name] = true
	}
}

// TestSizes: the lock, and a payment without an SBP payload, are one write unit each.
func TestSizes(t *testing.T) {
	t.Parallel()
	id := ids.FromParts("sizes")
	key := payments.Answered{Key: id.String(), Hash: strings.Repeat("f", 64), At: start, Status: payments.Paid, Amount: payments.MaxTotal}
	s := payments.State{Version: 1 << 30, Status: payments.OrderPartiallyRefunded, Attempts: 20, Open: 20, Winner: 19, Paid: payments.MaxTotal,
		Refunded: payments.MaxTotal, UpdatedAt: start, Cancel: key}
	for n := range ids.MaxAttempts { // no order comes to it: each would have to be paid, and given back
		s.Promised = append(s.Promised, payments.Promised{N: n + 1, Amount: payments.MaxTotal})
	}
	require.LessOrEqual(t, table.Row{Key: stateKey(ids.Test, id), Attrs: fields.New(schemaVersion, stateFields, &s)}.Size(), 1024)
	p := payments.Payment{
		ID: id.Child(ids.Payment, 20), Order: id, Mode: ids.Test, Partner: partner, N: 20, Version: 99, Account: partner, Provider: "tbank",
		Fiscal: true, Method: banks.CardForeign, Hold: true, Status: payments.Superseded, Amount: total, Captured: total.Amount,
		BankID: "13660000000000000000", PageURL: "https://securepayments.tbank.ru/rest/AuthorizeRedirect?id=" + strings.Repeat("x", 24),
		Card:     banks.CardMask{Pan: "430000******0777", Brand: "mastercard", Expires: "12/28"},
		Deadline: start, Checks: 20, MissedAt: start, PaidAt: start, CreatedAt: start, UpdatedAt: start, Due: start,
		Keys: []payments.Answered{{Key: id.String(), Hash: strings.Repeat("f", 64)}}, First: payments.First{Status: payments.Pending, At: start},
	}
	require.LessOrEqual(t, paymentRow(p).Size(), 1024)
	r := payments.Refund{
		ID: id.Child(ids.Refund, 99), Order: id, Mode: ids.Test, Partner: partner, N: 99, Payment: 20, Version: 99, Status: payments.RefundUnknown,
		Source: payments.ByPartner, Amount: total, Items: []payments.Returned{{Line: 1, Quantity: 1000, Amount: 1}, {Line: 2, Quantity: 1500, Amount: 2}},
		Author: strings.Repeat("x", 22), Approver: id.String(), Keyed: true, Sent: true, Begun: true, Until: start, Checks: 12, MissedAt: start,
		Key:   payments.Answered{Key: id.String(), Hash: strings.Repeat("f", 64)},
		First: payments.First{Status: "pending", At: start}, SucceededAt: start, CreatedAt: start, UpdatedAt: start, Due: start,
	}
	require.LessOrEqual(t, refundRow(r).Size(), 1024, "but for its reason")
}

func TestRaces(t *testing.T) {
	t.Parallel()
	t.Run("OneOfTwoOpeners", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.order("o", start)
		one, _ := payments.Begin(whole, banks.Card, payments.Through{}, "", nil, start)
		two, _ := payments.Begin(whole, banks.SBP, payments.Through{}, "", nil, start)
		require.NoError(t, w.Save(t.Context(), one))
		require.ErrorIs(t, w.Save(t.Context(), two), ErrRaced)
		require.Equal(t, one.After, w.load(whole.Order.ID), "nothing of the loser stands")
	})
	t.Run("TheLockGuardsWhatTouchesNoCommonPayment", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.order("o", start)
		require.NoError(t, w.Save(t.Context(), payments.Cancel(whole, "", "", start)))
		begin, _ := payments.Begin(whole, banks.Card, payments.Through{}, "", nil, start)
		require.ErrorIs(t, w.Save(t.Context(), begin), ErrRaced)
		require.ErrorIs(t, w.Save(t.Context(), payments.Expire(whole, whole.Order.ExpiresAt)), ErrRaced)
	})
	t.Run("OldNewsOfAPayment", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("o")
		w.save(payments.Apply(whole, 1, banks.News{Status: banks.Paid}, payments.Told, start))
		require.ErrorIs(t, w.Save(t.Context(), payments.Looked(whole, 1, start)), ErrRaced)
	})
	t.Run("OneOfTwoRefunds", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.paid("o")
		wish := payments.RefundWish{Amount: 90_000, Keyed: true}
		one, _, err := payments.BeginRefund(whole, 1, wish, start)
		require.NoError(t, err)
		two, _, err := payments.BeginRefund(whole, 1, wish, start)
		require.NoError(t, err, "each alone is less than what was paid")
		require.NoError(t, w.Save(t.Context(), one))
		require.ErrorIs(t, w.Save(t.Context(), two), ErrRaced)
		got := w.load(whole.Order.ID)
		require.Equal(t, one.After, got, "nothing of the loser stands")
		_, _, err = payments.BeginRefund(got, 1, wish, start)
		require.ErrorIs(t, err, payments.ErrExceedsRefundable, "decided anew, it is too much")
	})
	t.Run("ARefundBesideAClosing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.prepaid("o")
		closing, _, err := payments.BeginFulfil(whole, nil, "", "", start)
		require.NoError(t, err)
		refund, _, err := payments.BeginRefund(whole, 1, payments.RefundWish{}, start)
		require.NoError(t, err)
		require.NoError(t, w.Save(t.Context(), closing))
		require.ErrorIs(t, w.Save(t.Context(), refund), ErrRaced)
	})
	t.Run("OldNewsOfARefund", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 100})
		require.NoError(t, w.Save(t.Context(), payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start)))
		require.ErrorIs(t, w.Save(t.Context(), payments.RefundLost(whole, k, start)), ErrRaced)
		require.ErrorIs(t, w.Save(t.Context(), payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start)), ErrRaced)
	})
	t.Run("OneOfTwoAnswersToAnApproval", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole, k := w.refund(w.paid("o"), payments.RefundWish{Author: "ann", ApproveAbove: 1})
		yes, err := payments.ApproveRefund(whole, k, "bob", start)
		require.NoError(t, err)
		no, err := payments.RejectRefund(whole, k, "ann", "a mistake", start)
		require.NoError(t, err)
		require.NoError(t, w.Save(t.Context(), no))
		require.ErrorIs(t, w.Save(t.Context(), yes), ErrRaced)
	})
	t.Run("AReceiptIsFilledOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		out, r, err := payments.BeginFulfil(w.prepaid("o"), nil, "", "", start)
		require.NoError(t, err)
		whole := w.save(out)
		f := r.Fiscal
		f.FN, f.FD, f.FP = "9999078900001234", 9, 9
		filled := payments.AddReceipt(whole, whole.Payments[0], f, true, payments.Told, start)
		refused := payments.ReceiptRefused(whole, r.ID, "no", start)
		require.NoError(t, w.Save(t.Context(), filled))
		require.ErrorIs(t, w.Save(t.Context(), refused), ErrRaced)
	})
	t.Run("AnEmptyOutcomeIsNoRoundTrip", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.order("o", start)
		w.count.Reset()
		require.NoError(t, w.Save(t.Context(), payments.Looked(whole, 1, start)))
		require.Zero(t, w.count.Snapshot().Total.Trips)
	})
	t.Run("CreateTwice", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.order("o", start)
		other := whole.Order
		other.Project = "another"
		kept, created, err := w.Create(t.Context(), other)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, whole.Order, kept)
	})
}

// TestNewerCode: attributes that this version does not know survive its updates.
func TestNewerCode(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.opened("o")
	for _, key := range []table.Key{paymentKey(ids.Test, whole.Order.ID, 1), stateKey(ids.Test, whole.Order.ID)} {
		require.NoError(t, w.table.Write(t.Context(), table.Update(key).Set("zz", table.S("newer"))))
	}
	whole = w.save(payments.Apply(whole, 1, banks.News{Status: banks.Paid}, payments.Told, start))
	whole, k := w.refund(whole, payments.RefundWish{Amount: 1})
	refund := refundKey(whole.Refunds[k-1])
	require.NoError(t, w.table.Write(t.Context(), table.Update(refund).Set("zz", table.S("newer"))))
	w.save(payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start))
	for _, key := range []table.Key{paymentKey(ids.Test, whole.Order.ID, 1), stateKey(ids.Test, whole.Order.ID), refund} {
		row, _, err := w.table.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, "newer", row.Attrs["zz"].Text(), key.SK)
		require.Equal(t, int64(schemaVersion), row.Attrs["sv"].Number())
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.opened("o")
	w.count.Reset()
	got, err := w.Load(t.Context(), ids.Test, whole.Payments[0].ID)
	require.NoError(t, err)
	require.Equal(t, whole, got, "by the id of a child")
	require.Equal(t, 1, w.count.Snapshot().Total.Trips)
	_, err = w.Load(t.Context(), ids.Live, whole.Order.ID)
	require.ErrorIs(t, err, payments.ErrOrderNotFound, "the other world")
	_, err = w.Load(t.Context(), ids.Test, ids.FromParts("nobody"))
	require.ErrorIs(t, err, payments.ErrOrderNotFound)
}

func TestClaimLook(t *testing.T) {
	t.Parallel()
	w := setup(t)
	p := w.opened("o").Payments[0]
	for _, c := range []struct {
		at   time.Duration
		want bool
	}{{0, true}, {time.Second, false}, {4999 * time.Millisecond, false}, {5 * time.Second, true}, {6 * time.Second, false}} {
		got, err := w.ClaimLook(t.Context(), p, start.Add(c.at), 5*time.Second)
		require.NoError(t, err)
		require.Equal(t, c.want, got, c.at)
	}
	require.Equal(t, p, w.load(p.Order).Payments[0], "it is no change of the payment")
}

func TestReadChange(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole, k := w.refund(w.paid("o"), payments.RefundWish{Amount: 1})
	w.save(payments.RefundAnswered(whole, k, banks.News{Status: banks.PartlyRefunded}, start))
	changes, err := w.engine.Changes(t.Context(), 100)
	require.NoError(t, err)
	var attempts []payments.Status
	var refunds []payments.RefundStatus
	for _, c := range changes {
		got, ok := ReadChange(c)
		if !ok {
			continue
		}
		require.Equal(t, ids.Test, got.Mode)
		require.Equal(t, whole.Order.ID, got.Order)
		if p := got.Payment; p.Is != nil {
			require.Equal(t, len(attempts) > 0, p.Was != nil)
			attempts = append(attempts, p.Is.Status)
		}
		if r := got.Refund; r.Is != nil {
			require.Equal(t, len(refunds) > 0, r.Was != nil)
			refunds = append(refunds, r.Is.Status)
		}
	}
	require.Equal(t, []payments.Status{payments.Created, payments.Pending, payments.Paid}, attempts)
	require.Equal(t, []payments.RefundStatus{payments.RefundPending, payments.RefundSucceeded}, refunds)
	for _, key := range []table.Key{{}, {PK: "LED#t#x", SK: "P#01"}, {PK: "PAY#t#x", SK: "P#01"}, {PK: "PAY#", SK: "P#01"},
		{PK: collection(ids.Test, whole.Order.ID), SK: "F#01"}, {PK: collection(ids.Test, whole.Order.ID), SK: "P#01"}} {
		_, ok := ReadChange(table.Change{New: table.Row{Key: key}, NewExists: true})
		require.False(t, ok, key)
	}
}
