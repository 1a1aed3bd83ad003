package payments_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
)

// TestEntriesHaveTheReference holds that both a payment's entry and its refund's carry the payment's name at the bank: a bank's
// register is held against the ledger by it.
func TestEntriesHaveTheReference(t *testing.T) {
	t.Parallel()
	order := ids.FromParts("order of a reference")
	p := payments.Payment{ID: order.Child(ids.Payment, 1), Order: order, Mode: ids.Test, Partner: ids.FromParts("partner"), N: 1, Status: payments.Paid,
		Amount: money.Of(100, money.RUB), Captured: 100, PaidAt: start, Terms: ledger.Terms{Account: ids.FromParts("account")}}
	e, ok, err := p.Entry()
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, p.Reference(), e.Reference)
	require.NoError(t, e.Validate())
	w := payments.Whole{Payments: []payments.Payment{p}, Refunds: []payments.Refund{
		{ID: order.Child(ids.Refund, 1), Order: order, Mode: ids.Test, Partner: p.Partner, N: 1, Payment: 1, Status: payments.RefundSucceeded,
			Amount: money.Of(40, money.RUB), SucceededAt: start}}}
	e, ok, err = w.EntryOf(order.Child(ids.Refund, 1))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, p.Reference(), e.Reference)
	require.NoError(t, e.Validate())
}
