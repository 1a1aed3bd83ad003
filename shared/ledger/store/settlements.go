package store

import (
	"context"
	"iter"
	"strings"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/fields"
)

// ErrSettledMeanwhile is a book that somebody else has settled further. Nothing was written; read how far, and go on.
var ErrSettledMeanwhile = fault.Unavailable("ledger_settled_meanwhile", "The book was settled further meanwhile; try again.").After(time.Second)

// Chain reads how far a book is settled; the zero Chain for one that never was. One round trip.
func (s *Store) Chain(ctx context.Context, b ledger.Book) (c Chain, err error) {
	row, found, err := s.table.Get(ctx, headKey(b))
	if err != nil || !found {
		return Chain{}, err
	}
	err = fields.Read(chainFields, row.Attrs, &c)
	return c, err
}

// Unsettled lists the closed days of a book that are not settled yet, up to a day, oldest first. One query per 100.
func (s *Store) Unsettled(ctx context.Context, b ledger.Book, c Chain, to ledger.Day) ([]Closed, error) {
	from := ledger.Day("0001-01-01")
	if c.Day != "" {
		from = c.Day.Next()
	}
	return s.Days(ctx, b, from, to)
}

// KeepTally keeps how far a day is counted, and gives the chain as it stands then. It fails with ErrSettledMeanwhile. One round
// trip.
func (s *Store) KeepTally(ctx context.Context, c Chain, t ledger.Tally) (Chain, error) {
	now := Chain{Head: c.Head, Tally: t, Version: c.Version + 1}
	return now, s.onChain(ctx, chainPut(t.Book, c, now))
}

// SkipDay moves the chain over a closed day without entries. It fails with ErrSettledMeanwhile. One round trip.
func (s *Store) SkipDay(ctx context.Context, c Chain, empty Closed) error {
	now := Chain{Head: c.Head}
	now.Day = empty.Day
	return s.onChain(ctx, chainPut(empty.Book, c, now))
}

// Settle writes a settlement and moves the chain to it, both or none. It fails with ErrSettledMeanwhile. One round trip.
func (s *Store) Settle(ctx context.Context, c Chain, made ledger.Settlement) error {
	return s.onChain(ctx, table.Put(settlementRow(made)).If(table.Absent), chainPut(made.Book, c, Chain{Head: made.Head()}))
}

func (s *Store) onChain(ctx context.Context, actions ...table.Action) error {
	err := s.table.Write(ctx, actions...)
	if table.IsRefused(err) {
		return ErrSettledMeanwhile
	}
	return err
}

// Counting lists the closed set of a day as DayEntries does, behind what a tally of it has counted.
func (s *Store) Counting(ctx context.Context, c Closed, t ledger.Tally) iter.Seq2[ledger.Recorded, error] {
	if t.Entries == 0 {
		return s.DayEntries(ctx, c)
	}
	var left []span
	for _, of := range c.spans() {
		if of.shard < t.Shard {
			continue
		}
		if of.shard == t.Shard {
			of = of.behind(mark{t.Seq, t.PostedAt.UnixMilli()})
		}
		left = append(left, of)
	}
	return s.recorded(ctx, s.inTurn(ctx, left))
}

// InTime lists the closed set of a day in the order of time, behind a position (nil: from the beginning). A list that the index
// does not show whole ends with ErrBehind.
func (s *Store) InTime(ctx context.Context, c Closed, after *Position) iter.Seq2[ledger.Recorded, error] {
	return s.recorded(ctx, s.merged(ctx, behind(c.spans(), after)))
}

// Settlement reads a settlement. It fails with ledger.ErrSettlementNotFound. One round trip.
func (s *Store) Settlement(ctx context.Context, m ids.Mode, id ids.ID) (ledger.Settlement, error) {
	row, found, err := s.table.Get(ctx, settlementKey(m, id))
	if err != nil {
		return ledger.Settlement{}, err
	}
	if !found {
		return ledger.Settlement{}, ledger.ErrSettlementNotFound
	}
	return readSettlement(row)
}

// PaidOut keeps an operator's word that a closed settlement was paid out, as made says it. Its row is due until PayoutBooked.
// told is false when it was paid out before; then the answer is what stood there. One or two round trips.
func (s *Store) PaidOut(ctx context.Context, made ledger.Settlement) (stands ledger.Settlement, told bool, err error) {
	err = s.table.Write(ctx, table.Update(settlementKey(made.Mode, made.ID)).
		If(table.Equals("st", table.S(string(ledger.SettlementClosed)))).
		SetAll(fields.Attrs(whenPaidOut, &made)).PlaceSecond(duePlace(made.Book, made.Day, settlementSK, made.PaidOutAt)))
	if table.IsRefused(err) {
		stands, err = s.Settlement(ctx, made.Mode, made.ID)
		return stands, false, err
	}
	return made, err == nil, err
}

// PayoutBooked takes a settlement that was paid out from the index of due keys, once its entries are durable. One round trip.
func (s *Store) PayoutBooked(ctx context.Context, made ledger.Settlement) error {
	return notRefused(s.table.Write(ctx, table.Update(settlementKey(made.Mode, made.ID)).
		If(table.Equals("st", table.S(string(ledger.SettlementPaidOut)))).PlaceSecond(table.Key{})))
}

// Settlements lists a partner's settlements, newest first, behind the position where the page before ended ("": the first page).
// next is "" when nothing is left. One index query and one batch read.
func (s *Store) Settlements(ctx context.Context, m ids.Mode, partner ids.ID, after string, limit int) (list []ledger.Settlement, next string, err error) {
	return s.settlements(ctx, m, table.Query{Index: table.First, PK: settlementsPK(m, partner), Backward: true, Limit: limit}, after)
}

// AwaitingPayout lists the settlements of a mode whose payout nobody has told yet, longest waiting first, as Settlements does.
func (s *Store) AwaitingPayout(ctx context.Context, m ids.Mode, after string, limit int) (list []ledger.Settlement, next string, err error) {
	list, next, err = s.settlements(ctx, m, table.Query{Index: table.Second, PK: payoutsPK(m), Limit: limit}, after)
	waiting := list[:0]
	for _, one := range list {
		if one.Status == ledger.SettlementClosed { // the index may be behind the table
			waiting = append(waiting, one)
		}
	}
	return waiting, next, err
}

func (s *Store) settlements(ctx context.Context, m ids.Mode, q table.Query, after string) (list []ledger.Settlement, next string, err error) {
	if after != "" {
		id, err := ids.Parse(after[strings.LastIndex(after, "#")+1:])
		if err != nil {
			return nil, "", ErrPosition
		}
		q.After = &table.Place{Base: settlementKey(m, id), Index: table.Key{PK: q.PK, SK: after}}
	}
	page, err := s.table.Query(ctx, q)
	if err != nil || len(page.Rows) == 0 {
		return nil, "", err
	}
	keys := make([]table.Key, len(page.Rows))
	for i, row := range page.Rows {
		keys[i] = row.Key
	}
	rows, err := s.table.GetMany(ctx, keys)
	if err != nil {
		return nil, "", err
	}
	byKey := make(map[table.Key]table.Row, len(rows))
	for _, row := range rows {
		byKey[row.Key] = row
	}
	for _, key := range keys {
		one, err := readSettlement(byKey[key])
		if err != nil {
			return nil, "", err
		}
		list = append(list, one)
	}
	if page.More != nil {
		next = page.Rows[len(page.Rows)-1].Place(q.Index).SK
	}
	return list, next, nil
}

// Books lists the books that a partner has in a mode. One round trip.
func (s *Store) Books(ctx context.Context, m ids.Mode, partner ids.ID) (books []ledger.Book, err error) {
	keys := make([]table.Key, len(money.Currencies))
	for i, c := range money.Currencies {
		keys[i] = shardKey(ledger.Book{Mode: m, Partner: partner, Currency: c}, 0)
	}
	rows, err := s.table.GetMany(ctx, keys)
	if err != nil {
		return nil, err
	}
	there := make(map[table.Key]bool, len(rows))
	for _, row := range rows {
		there[row.Key] = true
	}
	for i, c := range money.Currencies {
		if there[keys[i]] {
			books = append(books, ledger.Book{Mode: m, Partner: partner, Currency: c})
		}
	}
	return books, nil
}
