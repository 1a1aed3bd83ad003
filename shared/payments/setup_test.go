package payments_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

var (
	start   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	partner = ids.FromParts("partner")
	account = ids.FromParts("account")
	total   = money.Of(150_000, money.RUB)
	via     = payments.Through{Account: account, Provider: "tbank", Fiscal: true}
)

func draft() payments.Draft {
	return payments.Draft{
		Project: "Школа", Email: "buyer@example.com",
		Items: []payments.Item{{Name: "Консультация", Price: total, Quantity: 1000, Subject: "service"}},
	}
}

// fresh is an order that nobody has touched.
func fresh(t testing.TB, edit ...func(*payments.Draft)) payments.Whole {
	t.Helper()
	d := draft()
	for _, e := range edit {
		e(&d)
	}
	o, err := payments.NewOrder(d, ids.FromParts("order", t.Name()), ids.Test, partner, start)
	require.NoError(t, err)
	return payments.Whole{Order: o}
}

func hold(d *payments.Draft) { d.Hold = true }

// begun opens attempt after attempt without asking the bank.
func begun(w payments.Whole, m banks.Method, now time.Time) payments.Whole {
	out, _ := payments.Begin(w, m, via, "", nil, now)
	return out.After
}

// opened is an order whose newest attempt has the bank's page.
func opened(w payments.Whole, m banks.Method, now time.Time) payments.Whole {
	w = begun(w, m, now)
	n := w.State.Attempts
	return payments.Opened(w, n, banks.Opened{BankID: bankID(n), PageURL: "https://bank.example/" + bankID(n)}, now).After
}

func bankID(n int) string { return string([]byte{'7', byte('0' + n/10), byte('0' + n%10)}) }

func news(n int, s banks.Status) banks.News {
	amount := total
	return banks.News{BankID: bankID(n), Status: s, Word: string(s), Amount: &amount}
}

// held is an order whose first attempt is authorised.
func held(t testing.TB) payments.Whole {
	t.Helper()
	w := opened(fresh(t, hold), banks.Card, start)
	return payments.Apply(w, 1, news(1, banks.Held), payments.Told, start).After
}

// at puts attempt 1 of an order into a status, by hand where the rules alone would need a long way.
func at(t testing.TB, s payments.Status, op payments.CallOp) payments.Whole {
	t.Helper()
	w := opened(fresh(t, hold), banks.Card, start)
	p := &w.Payments[0]
	p.Status, p.Call = s, payments.Call{Op: op}
	if op == payments.CallCapture {
		p.Call.Amount = total.Amount
	}
	switch {
	case s == payments.Paid:
		p.Captured, p.PaidAt = total.Amount, start
		w.State.Open, w.State.Winner, w.State.Paid, w.State.Status = 0, 1, total.Amount, payments.OrderPaid
	case !s.Open():
		w.State.Open = 0
	}
	if s.Final() && s != payments.Paid {
		p.Due = time.Time{}
	}
	return w
}

func status(w payments.Whole, n int) payments.Status {
	p, _ := w.Payment(n)
	return p.Status
}

func raised(out payments.Outcome) (kinds []payments.AlarmKind) {
	for _, a := range out.NewAlarms {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// refunding gives amount of attempt 1 back (0: all that is left), as far as the intent.
func refunding(t require.TestingT, w payments.Whole, amount int64) payments.Whole {
	out, _, err := payments.BeginRefund(w, 1, payments.RefundWish{Amount: amount, Source: payments.ByPartner, Keyed: true}, start)
	require.NoError(t, err)
	lawful(t, out)
	return out.After
}

// succeeded lets the bank carry refund k out.
func succeeded(t require.TestingT, w payments.Whole, k int) payments.Whole {
	out := payments.RefundAnswered(w, k, banks.News{Status: banks.PartlyRefunded}, start)
	lawful(t, out)
	return out.After
}
