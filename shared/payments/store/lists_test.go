package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

func TestDue(t *testing.T) {
	t.Parallel()
	due := func(w *world, o payments.Order, now time.Time) []Due {
		t.Helper()
		found, err := w.DueBy(t.Context(), o.Mode, int(o.ID[0])%Shards, now, 100)
		require.NoError(t, err)
		return found
	}
	t.Run("AnOrderIsDueWhenItExpires", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		o := w.order("o", start).Order
		require.Empty(t, due(w, o, o.Due.Add(-time.Millisecond)))
		require.Equal(t, []Due{{Mode: ids.Test, Order: o.ID, Child: o.ID, At: o.Due}}, due(w, o, o.Due))
		oldest, err := w.OldestDue(t.Context(), ids.Test, int(o.ID[0])%Shards)
		require.NoError(t, err)
		require.Equal(t, o.Due, oldest)
		oldest, err = w.OldestDue(t.Context(), ids.Live, int(o.ID[0])%Shards)
		require.NoError(t, err)
		require.True(t, oldest.IsZero())
	})
	t.Run("OneSweeperClaims", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("o")
		at := whole.Payments[0].Due
		d := Due{Mode: ids.Test, Order: whole.Order.ID, Child: whole.Order.ID.Child(ids.Payment, 1), At: at}
		require.Equal(t, []Due{d}, due(w, whole.Order, at))
		later := at.Add(time.Minute)
		for _, want := range []bool{true, false} {
			claimed, err := w.MoveDue(t.Context(), d, later)
			require.NoError(t, err)
			require.Equal(t, want, claimed)
		}
		require.Empty(t, due(w, whole.Order, at))
		d.At = later
		require.Equal(t, []Due{d}, due(w, whole.Order, later))
		require.Equal(t, whole.Payments[0].Version, w.load(whole.Order.ID).Payments[0].Version)
	})
	t.Run("LettingGo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.order("o", start)
		claimed, err := w.MoveDue(t.Context(), Due{Mode: ids.Test, Order: whole.Order.ID, Child: whole.Order.ID, At: whole.Order.Due}, time.Time{})
		require.NoError(t, err)
		require.True(t, claimed)
		require.Empty(t, due(w, whole.Order, start.Add(1000*time.Hour)))
		require.True(t, w.load(whole.Order.ID).Order.Due.IsZero())
	})
	t.Run("AClaimDoesNotDisturbADecision", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("o")
		read := w.load(whole.Order.ID)
		claimed, err := w.MoveDue(t.Context(), Due{Mode: ids.Test, Order: whole.Order.ID, Child: whole.Order.ID.Child(ids.Payment, 1), At: whole.Payments[0].Due}, start.Add(time.Hour))
		require.NoError(t, err)
		require.True(t, claimed)
		out := payments.Apply(read, 1, banks.News{Status: banks.Paid}, payments.Told, start)
		require.NoError(t, w.Save(t.Context(), out))
		found := due(w, whole.Order, start.Add(2*time.Hour))
		require.Len(t, found, 1)
		require.Equal(t, out.After.Payments[0].Due, found[0].At)
	})
	t.Run("AClaimIsOfTheRowThatWasJudged", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("o")
		p := whole.Payments[0]
		judged := Due{Mode: ids.Test, Order: whole.Order.ID, Child: p.ID, At: p.Due, Version: whole.VersionOf(p.ID)}
		w.save(payments.Apply(whole, 1, banks.News{Status: banks.Declined}, payments.Told, start))
		is := w.load(whole.Order.ID)
		require.Equal(t, p.Due, is.Payments[0].Due, "the key still stands where it was read")
		claimed, err := w.MoveDue(t.Context(), judged, time.Time{})
		require.NoError(t, err)
		require.False(t, claimed, "what the decline owes would be forgotten")
		judged.Version = is.VersionOf(p.ID)
		claimed, err = w.MoveDue(t.Context(), judged, time.Time{})
		require.NoError(t, err)
		require.True(t, claimed)
	})
	t.Run("AnEndedAttemptIsDueUntilItIsTold", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		whole := w.opened("o")
		w.save(payments.Apply(whole, 1, banks.News{Status: banks.Declined}, payments.Told, start))
		found := due(w, whole.Order, start.Add(payments.FeedFirst))
		require.Len(t, found, 1)
		require.Equal(t, whole.Payments[0].ID, found[0].Child)
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var want []ids.ID
	for i := range 7 {
		whole := w.order(fmt.Sprint(i), start.Add(time.Duration(i)*time.Minute))
		want = append([]ids.ID{whole.Order.ID}, want...)
	}
	last := w.load(want[0])
	w.save(payments.Cancel(last, "", "", start))
	all := func(window Window) (got []ids.ID) {
		for range 10 {
			page, next, err := w.List(t.Context(), ids.Test, partner, window)
			require.NoError(t, err)
			require.LessOrEqual(t, len(page), window.Limit)
			for _, o := range page {
				got = append(got, o.Order.ID)
			}
			if next == "" {
				return got
			}
			window.After = next
		}
		t.Fatal("the list has no end")
		return nil
	}
	t.Run("NewestFirstPageByPage", func(t *testing.T) {
		require.Equal(t, want, all(Window{Limit: 3}))
		require.Equal(t, want, all(Window{Limit: 7}))
		require.Equal(t, want, all(Window{Limit: 100}))
	})
	t.Run("Window", func(t *testing.T) {
		require.Equal(t, want[2:5], all(Window{Limit: 2, From: start.Add(2 * time.Minute), To: start.Add(5 * time.Minute)}))
	})
	t.Run("WithItsState", func(t *testing.T) {
		page, _, err := w.List(t.Context(), ids.Test, partner, Window{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, payments.OrderCancelled, page[0].Status())
	})
	t.Run("OfOnePartnerAndWorld", func(t *testing.T) {
		page, _, err := w.List(t.Context(), ids.Test, ids.FromParts("another"), Window{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, page)
		page, _, err = w.List(t.Context(), ids.Live, partner, Window{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, page)
	})
	t.Run("ErrPosition", func(t *testing.T) {
		_, _, err := w.List(t.Context(), ids.Test, partner, Window{Limit: 1, After: "x"})
		require.ErrorIs(t, err, errPosition)
	})
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	w := setup(t)
	list := func() (kinds []payments.AlarmKind) {
		after := ""
		for {
			page, next, err := w.OpenAlarms(t.Context(), ids.Test, after, 1)
			require.NoError(t, err)
			for _, a := range page {
				kinds = append(kinds, a.Kind)
			}
			if after = next; next == "" {
				return kinds
			}
		}
	}
	forged := payments.Alarm{Kind: payments.ForgedNotice, Object: "account", Detail: "first", OpenedAt: start}
	require.NoError(t, w.RaiseHouse(t.Context(), ids.Test, forged))
	again := forged
	again.Detail, again.OpenedAt = "second", start.Add(time.Second)
	require.NoError(t, w.RaiseHouse(t.Context(), ids.Test, again))
	page, _, err := w.OpenAlarms(t.Context(), ids.Test, "", 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, forged, page[0].Alarm, "one that is open stays as it is")
	require.True(t, page[0].Order.IsZero())

	whole := w.opened("o")
	amount := total
	amount.Amount++
	mismatch := banks.News{Status: banks.Paid, Amount: &amount}
	whole = w.save(payments.Apply(whole, 1, mismatch, payments.Told, start.Add(time.Minute)))
	require.Equal(t, []payments.AlarmKind{payments.ForgedNotice, payments.AmountMismatch}, list())
	page, _, err = w.OpenAlarms(t.Context(), ids.Test, "", 10)
	require.NoError(t, err)
	require.Equal(t, whole.Order.ID, page[1].Order)

	closing := func(order ids.ID, kind payments.AlarmKind, object string) bool {
		was, err := w.CloseAlarm(t.Context(), ids.Test, order, kind, object, "ann", start.Add(time.Hour))
		require.NoError(t, err)
		return was
	}
	require.True(t, closing(whole.Order.ID, payments.AmountMismatch, whole.Payments[0].ID.String()))
	require.False(t, closing(whole.Order.ID, payments.AmountMismatch, whole.Payments[0].ID.String()), "it is closed")
	require.True(t, closing(ids.ID{}, payments.ForgedNotice, "account"))
	require.False(t, closing(ids.ID{}, payments.StuckPayment, "nobody"))
	require.Empty(t, list())

	whole = w.load(whole.Order.ID)
	require.Equal(t, "ann", whole.Alarms[0].ClosedBy)
	require.NoError(t, w.Save(t.Context(), payments.Apply(whole, 1, mismatch, payments.Told, start.Add(2*time.Hour))))
	require.NoError(t, w.RaiseHouse(t.Context(), ids.Test, again))
	require.ElementsMatch(t, []payments.AlarmKind{payments.ForgedNotice, payments.AmountMismatch}, list(), "both are open again")
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	whole := w.paid("o")
	f := receipts.Fiscal{Kind: receipts.Income, Total: total, FN: "9999078900001234", FD: 5, FP: 77, IssuedAt: start,
		URL: "https://ofd.example/rec?fn=9999078900001234&i=5&fp=77"}
	whole = w.save(payments.AddReceipt(whole, whole.Payments[0], f, false, payments.Told, start))
	find := func(p ids.ID, url, identity string) ids.ID {
		id, _, err := w.Found(t.Context(), ids.Test, p, url, identity)
		require.NoError(t, err)
		return id
	}
	id := whole.Receipts[0].ID
	for _, spelling := range []string{f.URL, "https://OFD.example/rec?fn=9999078900001234&i=5&fp=77", "https://ofd.example:443/rec?fn=9999078900001234&i=5&fp=77",
		f.URL + "#top"} {
		require.Equal(t, id, find(partner, spelling, ""), spelling)
	}
	require.Equal(t, id, find(partner, "https://other.example/", f.Identity()))
	require.True(t, find(partner, "https://other.example/", "").IsZero())
	require.True(t, find(ids.FromParts("another"), f.URL, f.Identity()).IsZero(), "another partner's")

	t.Run("ThePartnerNeverOverwrites", func(t *testing.T) {
		other := w.paid("other")
		out, _, err := payments.AttachReceipt(other, receipts.Fiscal{URL: f.URL}, start)
		require.NoError(t, err)
		require.ErrorIs(t, w.Save(t.Context(), out), ErrRaced)
	})
	t.Run("TheTillOverwritesThePartner", func(t *testing.T) {
		first, second := w.paid("first"), w.paid("second")
		named := f
		named.FD, named.URL = 6, "https://ofd.example/6"
		out, _, err := payments.AttachReceipt(first, named, start)
		require.NoError(t, err)
		require.NoError(t, w.Save(t.Context(), out))
		elsewhere := named
		elsewhere.URL = "https://till.example/6"
		second = w.save(payments.AddReceipt(second, second.Payments[0], elsewhere, false, payments.Told, start))
		require.Equal(t, second.Receipts[0].ID, find(partner, named.URL, named.Identity()), "the identity is the receipt")
	})
	t.Run("TheSameReceiptTwiceAtOnce", func(t *testing.T) {
		third := w.paid("third")
		g := f
		g.FD, g.URL = 7, "https://ofd.example/7"
		out := payments.AddReceipt(third, third.Payments[0], g, false, payments.Told, start)
		w.save(out)
		require.ErrorIs(t, w.Save(t.Context(), out), ErrRaced)
	})
}
