package receipts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/receipts"
)

func rub(minor int64) money.Money { return money.Of(minor, money.RUB) }

func draft() receipts.Draft {
	return receipts.Draft{
		ID: "0198-0301", Kind: receipts.Income, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		Company: receipts.Company{INN: "7700000000", Email: "shop@example.com", PaymentAddress: "https://shop.example"},
		Document: receipts.Document{Email: "buyer@example.com", Taxation: "usn_income", Lines: []receipts.Line{{
			Name: "Кресло", Price: rub(400_000), Quantity: 2000, Amount: rub(800_000),
			VAT: "vat22", Subject: "commodity", Mode: "full_prepayment", Measure: "piece",
		}}},
		Paid: receipts.Split{Electronic: rub(800_000)},
	}
}

func corrected(d receipts.Draft) receipts.Draft {
	d.Kind = receipts.IncomeCorrection
	d.Correction = &receipts.Correction{Type: receipts.CorrectionSelf, Date: d.At, Number: "17"}
	return d
}

func TestDraft(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, draft().Check())
		require.NoError(t, corrected(draft()).Check())
	})
	t.Run("PaidFromTheAdvance", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Paid = receipts.Split{Advance: rub(500_000), Electronic: rub(300_000)}
		require.NoError(t, d.Check())
		d.Paid = receipts.Split{Advance: rub(800_000)}
		require.NoError(t, d.Check())
	})
	t.Run("OldRateIsGivenBackAndCorrected", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Document.Lines[0].VAT, d.Kind = "vat20", receipts.IncomeReturn
		require.NoError(t, d.Check())
		d = corrected(d)
		d.Correction.Date = time.Date(2025, 12, 31, 12, 0, 0, 0, time.UTC)
		require.NoError(t, d.Check())
	})
	agent := &receipts.Agent{Type: "paying_agent", Supplier: receipts.Supplier{Name: "ООО «Школа»", INN: "7701234567", Phone: "+79000000000"}}
	t.Run("SoldForASupplier", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Document.Lines[0].Agent = agent
		require.NoError(t, d.Check())
	})
	for location, spoil := range map[string]func(*receipts.Draft){
		"id":                      func(d *receipts.Draft) { d.ID = strings.Repeat("я", 129) },
		"kind":                    func(d *receipts.Draft) { d.Kind = "expense" },
		"at":                      func(d *receipts.Draft) { d.At = time.Time{} },
		"document.email":          func(d *receipts.Draft) { d.Document.Email = "" },
		"document.taxation":       func(d *receipts.Draft) { d.Document.Taxation = "envd" },
		"company.inn":             func(d *receipts.Draft) { d.Company.INN = "77000000000" },
		"company.email":           func(d *receipts.Draft) { d.Company.Email = "" },
		"company.payment_address": func(d *receipts.Draft) { d.Company.PaymentAddress = "" },
		"document.lines":          func(d *receipts.Draft) { d.Document.Lines = nil; d.Paid = receipts.Split{Electronic: rub(0)} },
		"correction":              func(d *receipts.Draft) { d.Kind = receipts.IncomeReturnCorrection },
		"paid":                    func(d *receipts.Draft) { d.Paid.Electronic = rub(799_999) },
		"document.lines[0].name":  func(d *receipts.Draft) { d.Document.Lines[0].Name = " " },
		"document.lines[0].quantity": func(d *receipts.Draft) {
			d.Document.Lines[0].Quantity, d.Document.Lines[0].Price = money.MaxQuantity+1, rub(8)
		},
		"document.lines[0].amount":  func(d *receipts.Draft) { d.Document.Lines[0].Price = rub(400_001) },
		"document.lines[0].vat":     func(d *receipts.Draft) { d.Document.Lines[0].VAT = "vat20" },
		"document.lines[0].subject": func(d *receipts.Draft) { d.Document.Lines[0].Subject = "" },
		"document.lines[0].mode":    func(d *receipts.Draft) { d.Document.Lines[0].Mode = "" },
		"document.lines[0].measure": func(d *receipts.Draft) { d.Document.Lines[0].Measure = "" },
		"document.lines[0].agent.type": func(d *receipts.Draft) {
			other := *agent
			other.Type = "friend"
			d.Document.Lines[0].Agent = &other
		},
		"correction.number": func(d *receipts.Draft) {
			*d = corrected(*d)
			d.Correction.Type, d.Correction.Number = receipts.CorrectionInstruction, ""
		},
		"correction.date": func(d *receipts.Draft) { *d = corrected(*d); d.Correction.Date = d.At.Add(time.Hour) },
		"correction.type": func(d *receipts.Draft) { *d = corrected(*d); d.Correction.Type = "" },
	} {
		t.Run("Err:"+location, func(t *testing.T) {
			t.Parallel()
			d := draft()
			spoil(&d)
			err := d.Check()
			require.ErrorIs(t, err, receipts.ErrDraft)
			require.Equal(t, location, fault.As(err).Fields[0].Location)
		})
	}
	t.Run("EveryWrongPlaceIsNamed", func(t *testing.T) {
		t.Parallel()
		require.Greater(t, len(fault.As(receipts.Draft{}.Check()).Fields), 5)
		require.Empty(t, receipts.ErrDraft.Fields, "the fault itself stays clean")
	})
}

func TestVATSum(t *testing.T) {
	t.Parallel()
	for rate, want := range map[string]int64{
		"none": 12_200, "vat0": 12_200, "vat5": 581, "vat105": 581, "vat7": 798, "vat107": 798,
		"vat10": 1_109, "vat110": 1_109, "vat20": 2_033, "vat120": 2_033, "vat22": 2_200, "vat122": 2_200,
	} {
		got, ok := receipts.VATSum(rate, rub(12_200))
		require.True(t, ok, rate)
		require.Equal(t, rub(want), got, rate)
	}
	_, ok := receipts.VATSum("vat18", rub(1))
	require.False(t, ok)
	_, ok = receipts.VATSum("vat22", rub(-1))
	require.False(t, ok)
	rapid.Check(t, func(r *rapid.T) {
		amount := rapid.Int64Range(0, receipts.MaxSettlement).Draw(r, "amount")
		sum, ok := receipts.VATSum(rapid.SampledFrom(receipts.VATs.Names()).Draw(r, "rate"), rub(amount))
		if !ok || sum.Amount < 0 || sum.Amount > amount {
			r.Fatalf("%d has a tax of %v", amount, sum)
		}
	})
}
