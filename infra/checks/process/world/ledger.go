package world

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/payments/wire/books"
	"giberno.ru/shared/payments/wire/books/matching"
)

// TransferReference is the bank's name of the transfer that the ledger of this world has.
const TransferReference = "PP-77"

// EmptyRegister is a register of the bank in which nothing happened.
const EmptyRegister = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

// ledger writes what two orders came to into yesterday's book, which is closed and settled since, and a transfer of the
// bank's into today's.
func (w *World) ledger(ctx context.Context) error {
	parts := w.House.Module.Parts
	now := parts.Clock.Now()
	today := books.New(parts)
	parts.Clock = clock.At(now.Add(-24 * time.Hour))
	yesterday := books.New(parts)
	w.Book = ledger.Book{Mode: ids.Test, Partner: w.Partner, Currency: money.RUB}
	zone, err := books.ZonesOf(parts.Contracts)(ctx, w.Partner)
	if err != nil {
		return err
	}
	w.Day = ledger.DayOf(parts.Clock.Now(), zone)
	var entries []ledger.Entry
	for _, child := range []ids.ID{w.Given.ID, w.Given.Refund(), w.Returnable.ID} {
		whole, err := w.House.Module.Store.Load(ctx, ids.Test, child.Root())
		if err != nil {
			return err
		}
		entry, ok, err := whole.EntryOf(child)
		if err != nil || !ok {
			return fmt.Errorf("%s has no entry: %w", child, err)
		}
		entries = append(entries, entry)
	}
	if err := errors.Join(yesterday.Poster.Post(ctx, w.Book, zone, entries)...); err != nil {
		return err
	}
	done, err := today.Settler.Close(ctx, w.Book, w.Day)
	if err == nil && !done {
		err = errors.New("the day was not closed")
	}
	if err != nil {
		return err
	}
	w.Settlement = ledger.SettlementID(w.Book, w.Day)
	if _, _, err = today.Settler.Transferred(ctx, settle.Transfer{Mode: ids.Test, Partner: w.Partner, Account: w.Account,
		Amount: money.Of(100_000, money.RUB), Reference: TransferReference, By: "sample"}); err != nil {
		return err
	}
	return w.reconcile(ctx, today)
}

// reconcile holds a register with one payment that the ledger does not have against it, so that there are breaks.
func (w *World) reconcile(ctx context.Context, b *books.Books) error {
	parts := w.House.Module.Parts
	r := matching.Of(parts, b, w.House.Module.Service.Cursors, "").Reconciler
	now := parts.Clock.Now().Truncate(time.Millisecond)
	line := fmt.Sprintf("%s;1047;Оплата;Успешно;1500,00;28,50;RUB;%s\n", ids.Reference(ids.Test, w.Paid.Order, 1),
		now.In(time.FixedZone("", 3*60*60)).Format("02.01.2006 15:04:05"))
	_, err := r.Run(ctx, reconciling.Period{Mode: ids.Test, Account: w.Account, From: now.Add(-24 * time.Hour), To: now.Add(24 * time.Hour), Operator: "sample"},
		reconciling.Register{Form: reconciling.CSV, Content: strings.NewReader(EmptyRegister + line), Mapping: reconcile.TBank()})
	if err != nil {
		return err
	}
	open, _, err := b.Store.Breaks(ctx, ids.Test, reconcile.Open, "", 10)
	if err != nil {
		return err
	}
	for _, one := range open {
		if one.Ours == nil {
			w.MissingHere = one.ID
		} else {
			w.MissingThere = one.ID
		}
	}
	if w.MissingHere.IsZero() || w.MissingThere.IsZero() {
		return fmt.Errorf("the register has made %d breaks", len(open))
	}
	return nil
}
