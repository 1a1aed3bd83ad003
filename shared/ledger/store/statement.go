package store

import (
	"context"
	"iter"
	"slices"

	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

// DayEntries lists the closed set of a day by shard and number: an order that is the same for ever, and a list that is
// complete or ends with ErrBehind. A read and a batch read per 100 entries.
func (s *Store) DayEntries(ctx context.Context, c Closed) iter.Seq2[ledger.Recorded, error] {
	return s.recorded(ctx, s.inTurn(ctx, c.spans()))
}

// Line is an entry as the statement of one account shows it.
type Line struct {
	ledger.Recorded
	Change  int64 // of the account, minor units
	Balance int64 // after it
	at      Position
}

// Position is where the line stands.
func (l Line) Position() Position { return l.at }

// Statement lists the entries that touched an account in the business days from … to, oldest first, with its balance after
// each, behind a position (nil: from the beginning). It shows what stood in the book when it was asked; a list that the index
// does not show whole ends with ErrBehind. Users' accounts have no statement here (ledger.ErrAccount): a book keeps their sum.
func (s *Store) Statement(ctx context.Context, b ledger.Book, account ledger.Account, from, to ledger.Day, after *Position) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		days, balance, err := s.days(ctx, b, account, from, to, after)
		if err != nil {
			yield(Line{}, err)
			return
		}
		var at Position
		if after != nil {
			at = *after
		}
		for _, day := range days {
			for r, err := range s.recorded(ctx, s.merged(ctx, behind(day, after))) {
				if err != nil {
					yield(Line{}, err)
					return
				}
				at = at.Past(r)
				change, touched := changed(r, account)
				if !touched {
					continue
				}
				balance += change
				at.Balance = balance
				if !yield(Line{r, change, balance, at}, nil) {
					return
				}
			}
		}
	}
}

// changed is what an entry did to an account, and whether it touched it.
func changed(r ledger.Recorded, account ledger.Account) (change int64, touched bool) {
	for _, p := range r.Postings {
		if p.From.InBook() == account {
			change, touched = change-p.Amount, true
		}
		if p.To.InBook() == account {
			change, touched = change+p.Amount, true
		}
	}
	return change, touched
}

// days gives the spans of each day, oldest first, and the account's balance before them. A day of which the shards know more
// than its row shows yet is read again: nothing of it may be left out. It fails with ErrBusy.
func (s *Store) days(ctx context.Context, b ledger.Book, account ledger.Account, from, to ledger.Day, after *Position) (days [][]span, before int64, err error) {
	if !from.Valid() || !to.Valid() {
		return nil, 0, ledger.ErrDay
	}
	if account.OfUser() {
		return nil, 0, ledger.ErrAccount
	}
	if after != nil {
		from, before = max(from, after.Day), after.Balance
	}
	for range maxReads {
		all, err := s.shards(ctx, b) // before the days: what is not summed up on a day's row, the shards still had
		if err != nil || len(all) == 0 {
			return nil, 0, err
		}
		if after == nil {
			if before, err = s.opening(ctx, b, account, from, all); err != nil {
				return nil, 0, err
			}
		}
		rows, err := s.Days(ctx, b, from, to)
		if err != nil {
			return nil, 0, err
		}
		if all.firstMissing(rows, from, to) == "" {
			return all.inDays(b, rows, from, to), before, nil
		}
	}
	return nil, 0, ErrBusy
}

// inDays lists the spans of each day from … to: of the closed ones that rows tell of, and of the open one.
func (all shards) inDays(b ledger.Book, rows []Closed, from, to ledger.Day) (days [][]span) {
	for _, c := range rows {
		if c.Done() {
			days = append(days, c.spans())
		} else {
			days = append(days, all.spans(b, c.Day))
		}
	}
	open := all.open()
	moved := slices.ContainsFunc(rows, func(c Closed) bool { return c.Day == open })
	if open >= from && open <= to && !moved {
		days = append(days, all.spans(b, open))
	}
	return days
}

// Days lists the closed days of a book from … to, oldest first. One query per 100.
func (s *Store) Days(ctx context.Context, b ledger.Book, from, to ledger.Day) (days []Closed, err error) {
	q := table.Query{PK: bookPK(b), From: daysSK + string(from), To: daysSK + string(to) + "\x00"}
	if from > to {
		return nil, nil
	}
	for {
		page, err := s.table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			c, err := readDay(row)
			if err != nil {
				return nil, err
			}
			days = append(days, c)
		}
		if page.More == nil {
			return days, nil
		}
		q.After = page.More
	}
}

// opening is what an account held before a day.
func (s *Store) opening(ctx context.Context, b ledger.Book, account ledger.Account, day ledger.Day, all shards) (int64, error) {
	page, err := s.table.Query(ctx, table.Query{PK: bookPK(b), From: daysSK, To: daysSK + string(day), Backward: true, Limit: 1})
	if err != nil {
		return 0, err
	}
	waits := slices.ContainsFunc(all.unfolded(), func(unfolded ledger.Day) bool { return unfolded < day })
	if all.open() >= day && !waits { // what is summed up may be of the day itself or later: then the day before it knows
		if len(page.Rows) == 0 {
			return 0, nil
		}
		c, err := readDay(page.Rows[0])
		if err != nil || c.Done() {
			return c.Balances[account], err
		}
	}
	held, err := all.before(day)
	return held[account], err
}
