package pages

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"rsc.io/qr"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/receipts"
)

func rub(minor int64) money.Money { return money.Of(minor, money.RUB) }

// basket is a receipt of three lines under three rates, over 1 800 roubles.
func basket() (payments.Order, payments.Receipt) {
	items := []payments.Item{
		{Name: "Тетрадь", Price: rub(49900), Quantity: 2000, Amount: rub(99800), VAT: "vat22"},
		{Name: "Молоко", Price: rub(40100), Quantity: 500, Amount: rub(20050), VAT: "vat10"},
		{Name: "Ручка", Price: rub(60150), Quantity: 1000, Amount: rub(60150), VAT: "vat22"},
	}
	o := payments.Order{ID: ids.FromParts("order"), Mode: ids.Test, Project: "Школа", Items: items, Total: rub(180000)}
	r := payments.Receipt{
		ID: o.ID.Child(ids.PaymentReceipt, 1), Operation: payments.OfPayment, Status: payments.ReceiptReady, Verified: true,
		Fiscal: receipts.Fiscal{Kind: receipts.Income, Total: rub(180000), FN: "9999078900000001", FD: 133, FP: 3449555941, IssuedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)},
	}
	return o, r
}

func sceneOfReceipt(texts Texts, o payments.Order, r payments.Receipt) receiptPage {
	v := &visit{r: httptest.NewRequest("GET", ReceiptPath(o, r.ID), nil), t: texts, order: payments.Whole{Order: o, Receipts: []payments.Receipt{r}}, link: o.Link()}
	page, _ := v.receiptScene(r)
	return page
}

func plain(text string) string { return strings.ReplaceAll(text, thin, " ") }

func TestReceiptScene(t *testing.T) {
	t.Parallel()

	t.Run("LinesAndTaxes", func(t *testing.T) {
		t.Parallel()
		o, r := basket()
		page := sceneOfReceipt(russian{}, o, r)
		require.Len(t, page.Lines, 3)
		require.Equal(t, "2 × 499,00 ₽ · НДС 22 %", plain(page.Lines[0].Count))
		require.Equal(t, "0,5 × 401,00 ₽ · НДС 10 %", plain(page.Lines[1].Count))
		require.Equal(t, "НДС 22 %", plain(page.Lines[2].Count))
		require.Equal(t, "998,00 ₽", plain(page.Lines[0].Sum))
		require.Equal(t, fact{Name: "В том числе НДС 22 %", Value: "288,43 ₽"}, fact{Name: plain(page.Facts[0].Name), Value: plain(page.Facts[0].Value)}) // 1 599,50 × 22/122
		require.Equal(t, fact{Name: "В том числе НДС 10 %", Value: "18,23 ₽"}, fact{Name: plain(page.Facts[1].Name), Value: plain(page.Facts[1].Value)})
		require.Equal(t, "Признак расчёта", page.Facts[2].Name)
	})

	t.Run("ItsOwnLinesBeforeThoseOfTheOrder", func(t *testing.T) {
		t.Parallel()
		o, r := basket()
		r.Operation, r.Fiscal.Kind = payments.OfRefund, receipts.IncomeReturn
		r.Items, r.Fiscal.Total = o.Items[2:], rub(60150)
		page := sceneOfReceipt(english{}, o, r)
		require.Len(t, page.Lines, 1)
		require.Equal(t, "Receipt of refund", page.Head)
		require.Equal(t, "Return of income", page.Facts[1].Value)
		require.Equal(t, "VAT 22%", plain(page.Lines[0].Count))
	})

	t.Run("APartWithoutLinesShowsItsTotalOnly", func(t *testing.T) {
		t.Parallel()
		o, r := basket()
		r.Fiscal.Total = rub(100)
		page := sceneOfReceipt(russian{}, o, r)
		require.Empty(t, page.Lines)
		require.Equal(t, "Признак расчёта", page.Facts[0].Name, "no tax of lines that are not known")
		require.Equal(t, "1,00 ₽", plain(page.Total))
	})

	t.Run("WhatTheTillDidNotTellIsLeftOut", func(t *testing.T) {
		t.Parallel()
		o, r := basket()
		r.Fiscal = receipts.Fiscal{Kind: receipts.IncomeCorrection, Total: rub(180000)}
		r.Operation = payments.OfCorrection
		page := sceneOfReceipt(kazakh{}, o, r)
		require.Equal(t, "Түзету түбіртегі", page.Head)
		require.Len(t, page.Facts, 3, "two taxes and the sign")
		require.Nil(t, page.Code)
		require.Empty(t, page.Operator)
	})

	t.Run("AHundredLines", func(t *testing.T) {
		t.Parallel()
		o, r := basket()
		r.Items = nil
		for range payments.MaxItems {
			r.Items = append(r.Items, payments.Item{Name: "x", Price: rub(1800), Quantity: 1000, Amount: rub(1800), VAT: "vat0"})
		}
		page := sceneOfReceipt(russian{}, o, r)
		require.Len(t, page.Lines, payments.MaxItems)
		require.Equal(t, "Признак расчёта", page.Facts[0].Name, "a tax of nothing is not stated")
	})
}

func TestVATText(t *testing.T) {
	t.Parallel()
	for rate, want := range map[string]string{
		"none": "Без НДС", "": "Без НДС", "vat0": "НДС 0 %", "vat5": "НДС 5 %", "vat22": "НДС 22 %", "vat105": "НДС 5/105", "vat110": "НДС 10/110", "vat122": "НДС 22/122",
	} {
		require.Equal(t, want, plain(vatText(russian{}, rate)), rate)
	}
	for _, word := range receipts.VATs {
		for _, texts := range catalogue {
			require.NotEmpty(t, vatText(texts, word.Name))
		}
	}
}

func TestDayText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 21, 5, 0, 0, time.UTC)
	require.Equal(t, "1 января 2027, 00:05 по Москве", plain(dayText(russian{}, at, moscow)))
	require.Equal(t, "2027 ж. 1 қаңтар, 02:05 (Алматы уақыты)", plain(dayText(kazakh{}, at, almaty)))
	require.Equal(t, "1 January 2027, 00:05 Moscow time", plain(dayText(english{}, at, moscow)))
}

func TestReceiptWords(t *testing.T) {
	t.Parallel()
	for _, texts := range catalogue {
		seen := map[string]bool{}
		for _, of := range []payments.Operation{payments.OfPayment, payments.OfRefund, payments.OfFulfilment, payments.OfCorrection} {
			require.False(t, seen[texts.ReceiptHead(of)], of)
			seen[texts.ReceiptHead(of)] = true
		}
		for _, k := range []receipts.Kind{receipts.Income, receipts.IncomeReturn, receipts.IncomeCorrection, receipts.IncomeReturnCorrection} {
			require.False(t, seen[texts.ReceiptKind(k)], k)
			seen[texts.ReceiptKind(k)] = true
		}
	}
}

func TestScanned(t *testing.T) {
	t.Parallel()
	const vector = "t=20260301T1200&s=1800.00&fn=9999078900000001&i=133&fp=3449555941&n=1"

	t.Run("MadeOfTheFigures", func(t *testing.T) {
		t.Parallel()
		_, r := basket()
		text, ok := scanned(r.Fiscal)
		require.True(t, ok)
		require.Equal(t, vector, text)
	})
	t.Run("TheTillsOwnComesFirst", func(t *testing.T) {
		t.Parallel()
		_, r := basket()
		r.Fiscal.QR = "https://ofd.example/x?n=1&fp=3449555941&i=133&fn=9999078900000001&s=1800&t=20260301T190059"
		text, ok := scanned(r.Fiscal)
		require.True(t, ok)
		require.Equal(t, strings.Replace(vector, "1200", "190059", 1), text)
	})
	t.Run("OfAnotherReceiptIsNotTaken", func(t *testing.T) {
		t.Parallel()
		_, r := basket()
		for _, own := range []string{strings.Replace(vector, "i=133", "i=134", 1), strings.Replace(vector, "1800.00", "1.00", 1), strings.Replace(vector, "n=1", "n=2", 1), "javascript:alert(1)", "?"} {
			r.Fiscal.QR = own
			text, _ := scanned(r.Fiscal)
			require.Equal(t, vector, text, own)
		}
	})
	t.Run("TooLittleIsNoCode", func(t *testing.T) {
		t.Parallel()
		_, r := basket()
		r.Fiscal.FN = ""
		require.Nil(t, codeOf(r.Fiscal))
	})
}

// TestCode: the path blackens exactly the modules of the code, with a quiet zone around.
func TestCode(t *testing.T) {
	t.Parallel()
	_, r := basket()
	text, _ := scanned(r.Fiscal)
	want, err := qr.Encode(text, qr.M)
	require.NoError(t, err)
	drawn := codeOf(r.Fiscal)
	require.Equal(t, want.Size+8, drawn.Side)
	black := map[[2]int]bool{}
	for _, run := range strings.Split(drawn.Path, "M")[1:] {
		var x, y, width, back int
		_, err := fmt.Sscanf(run, "%d %dh%dv1h-%dz", &x, &y, &width, &back)
		require.NoError(t, err)
		require.Equal(t, width, back)
		for i := range width {
			black[[2]int{x + i - 4, y - 4}] = true
		}
	}
	for y := -4; y < want.Size+4; y++ {
		for x := -4; x < want.Size+4; x++ {
			require.Equal(t, want.Black(x, y), black[[2]int{x, y}], "%d %d", x, y)
		}
	}
}

func TestParseReceipt(t *testing.T) {
	t.Parallel()
	o, _ := basket()
	for _, family := range []ids.Family{ids.PaymentReceipt, ids.RefundReceipt, ids.FulfilmentReceipt, ids.CorrectionReceipt} {
		for _, n := range []int{1, 9, 10, ids.MaxChild} {
			got := parseReceipt(strings.TrimPrefix(ReceiptPath(o, o.ID.Child(family, n)), "/r/"))
			require.Equal(t, receiptName{link: o.Link(), family: family, n: n}, got)
		}
	}
	for _, wrong := range []string{"", "-0301", "a-031", "a-03011", "a-0201", "a-0701", "a-0300", "a-03 1", "a-+301", "a-０301", "a_0301"} {
		require.Zero(t, parseReceipt(wrong), wrong)
	}
}
