package tbank_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/receipts"
)

// TestAgentsLine: a receipt says for whom a line is sold, and a line that says it by half is refused here.
func TestAgentsLine(t *testing.T) {
	t.Parallel()
	refund := func(a receipts.Agent) (*fake, error) {
		f, give := newFake(), back(99_900, banks.Card)
		f.reply = on("/v2/Cancel", cancelled("PARTIAL_REFUNDED", `,"OriginalAmount":149900,"NewAmount":50000`))
		give.Receipt = charge().Receipt
		give.Receipt.Lines = give.Receipt.Lines[:1]
		give.Receipt.Lines[0].Agent = &a
		_, err := tbank.New(f).Refund(t.Context(), account, ref(), give)
		return f, err
	}
	good := receipts.Agent{Type: "paying_agent", Supplier: receipts.Supplier{Name: `ООО "Шкаф"`, INN: "7707083893", Phone: "+79000000000"}}
	f, err := refund(good)
	require.NoError(t, err)
	require.Contains(t, f.calls[0], `"AgentData":{"AgentSign":"paying_agent"},`+
		`"SupplierInfo":{"Phones":["+79000000000"],"Name":"ООО \"Шкаф\"","Inn":"7707083893"},"Tax":"none"}`)
	for name, spoil := range map[string]func(*receipts.Agent){
		"ErrSign":  func(a *receipts.Agent) { a.Type = "friend" },
		"ErrName":  func(a *receipts.Agent) { a.Supplier.Name = "" },
		"ErrPhone": func(a *receipts.Agent) { a.Supplier.Phone = "" },
		"ErrINN":   func(a *receipts.Agent) { a.Supplier.INN = "77070838930" },
		"ErrINN10": func(a *receipts.Agent) { a.Supplier.INN = "770708389x" },
	} {
		bad := good
		spoil(&bad)
		f, err := refund(bad)
		requireClass(t, banks.BadRequest, err)
		require.Empty(t, f.calls, name)
	}
}
