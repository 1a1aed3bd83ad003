package ledger_test

import (
	"fmt"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
)

// A day on which more was given back than taken leaves a debt; the next day earns it back, and the rest is paid out.
func ExampleSettle() {
	p := example()
	refund, _ := ledger.Refunded(p, ledger.Refund{ID: order.Child(ids.Refund, 1), Amount: 20_000}, start)
	paid, _ := ledger.Paid(p, start)
	var head ledger.Head
	for n, e := range []ledger.Entry{refund, paid} {
		day := []ledger.Day{today, today.Next()}[n]
		tally := ledger.Tally{Book: book, Day: day}
		_ = tally.Add(ledger.Recorded{Entry: e, Day: day, Seq: int64(n) + 1, PostedAt: start})
		made, _ := ledger.Settle(head, tally, start)
		head = made.Head()
		fmt.Println(made.Day, "payout", money.Of(made.Payout, money.RUB), "carried forward", money.Of(made.CarriedForward, money.RUB))
	}
	// Output:
	// 2026-03-02 payout 0.00 RUB carried forward -200.00 RUB
	// 2026-03-03 payout 1262.50 RUB carried forward 0.00 RUB
}
