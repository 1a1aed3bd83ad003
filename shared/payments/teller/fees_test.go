package teller_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

func (c *contracts) Terms(_ context.Context, p payments.Payment) (ledger.Terms, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ledger.Terms{Account: p.Account, Ours: ledger.Fee{BP: c.fee}}, c.err
}

func (c *contracts) Supplier(context.Context, ids.ID) (*receipts.Supplier, error) {
	return c.supplier, c.err
}

func TestTermsAreFrozenWhenItIsPaid(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.accounts.fee = 100
	o, p := w.open(w.order(), banks.Card)
	require.Zero(t, w.load(o.Order.ID).Payments[0].Terms, "until it is paid the contract may change")
	w.accounts.fee = 250
	require.NoError(t, w.tell(p, banks.Paid))
	w.accounts.fee = 300
	require.NoError(t, w.tell(p, banks.Paid))
	require.Equal(t, int64(250), w.load(o.Order.ID).Payments[0].Terms.Ours.BP)
	e, ok, err := w.load(o.Order.ID).EntryOf(p.ID)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, int64(3_750), e.Facts.OurFee)
}

func TestReceiptsOfThePlatformsAccountNameTheSupplier(t *testing.T) {
	t.Parallel()
	w := setup(t).fiscal()
	w.accounts.agent, w.accounts.supplier = true, &receipts.Supplier{Name: "ООО «Понимаю»", INN: "7707083893", Phone: "+74950000000"}
	_, p := w.open(w.order(), banks.Card)
	require.True(t, p.Agent)
	require.Equal(t, &receipts.Agent{Type: "paying_agent", Supplier: *w.accounts.supplier}, w.bank.at(p.Reference()).opened.Lines[0].Agent)
}

func TestAPartnerWhomReceiptsCannotNameCallsAnOperatorOnce(t *testing.T) {
	t.Parallel()
	w := setup(t).fiscal()
	w.accounts.agent = true
	for range 2 {
		w.open(w.order(), banks.Card)
	}
	require.Equal(t, []payments.AlarmKind{payments.SupplierUnknown}, w.alarms())
}
