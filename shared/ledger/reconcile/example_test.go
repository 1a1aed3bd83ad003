package reconcile_test

import (
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

// A register is read, sorted and held against what the ledger says. The bank took another fee for the first order, and
// knows a payment that we do not.
func Example() {
	file := `Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции
order-1;301;Оплата;Успешно;1 500,00;30,00;RUB;22.11.2026 12:30:15
order-2;302;Оплата;Успешно;200,00;3,80;RUB;22.11.2026 12:31:00
order-3;303;Оплата;Успешно;99,90;1,90;RUB;22.11.2026 12:32:00
Итого;;;;1 799,90;35,70;;
`
	mapping := reconcile.TBank()
	var report reconcile.Report
	lines := reconcile.NewSorter(mapping.By, "", 0)
	defer lines.Close()
	if err := lines.AddAll(reconcile.ReadCSV(strings.NewReader(file), mapping, reconcile.Limits{}, &report)); err != nil {
		fmt.Println(err)
	}

	facts := reconcile.NewSorter(mapping.By, "", 0)
	defer facts.Close()
	for i, amount := range []int64{150000, 20000} {
		if err := facts.Add(reconcile.Operation{
			Reference: fmt.Sprintf("order-%d", i+1), Kind: reconcile.Payment, Status: reconcile.Done, Amount: money.Of(amount, money.RUB),
			Fee: amount * 19 / 1000, FeeKnown: true, At: time.Date(2026, 11, 22, 9, 30, i, 0, time.UTC),
		}); err != nil {
			fmt.Println(err)
		}
	}

	run := reconcile.Run{Account: "l/tbank-1", From: day, To: day.Add(24 * time.Hour), Grace: 3 * time.Hour, By: mapping.By, Now: day.Add(30 * time.Hour)}
	var summary reconcile.Summary
	for b, err := range reconcile.Match(run, facts.Sorted(), lines.Sorted(), &summary) {
		if err != nil {
			fmt.Println(err)
			return
		}
		difference, _ := b.Difference()
		fmt.Println(b.State, b.Kind, difference)
	}
	fmt.Println(report.Accepted, "lines,", summary.Matched, "matched")
	// Output:
	// open fee -1.50 RUB
	// open missing_here 99.90 RUB
	// 3 lines, 2 matched
}
