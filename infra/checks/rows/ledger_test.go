package rows

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/ledger/settle"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/table"
)

var book = ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.RUB}

// ledgerRead is what the ledger reads in its rows.
type ledgerRead struct {
	Balances    ledgerstore.Balances
	Days        []ledgerstore.Closed
	Entries     []ledger.Recorded
	Chain       ledgerstore.Chain
	Settlements []ledger.Settlement
	Waiting     []ledger.Settlement // for their payout
	Due         []ledgerstore.Due
	Breaks      []ledgerstore.Break
	Runs        []ledgerstore.Run
}

func readLedger(t *testing.T, tbl table.Table) (got ledgerRead) {
	t.Helper()
	s, ctx := ledgerstore.New(tbl), t.Context()
	var err error
	got.Balances, err = s.Balances(ctx, book)
	require.NoError(t, err)
	first := ledger.DayOf(start, time.UTC)
	for day := first; day < got.Balances.Open; day = day.Next() {
		closed, err := s.Closed(ctx, book, day)
		require.NoError(t, err)
		got.Days = append(got.Days, closed)
	}
	for e, err := range s.EntriesBetween(ctx, book, first, got.Balances.Open) {
		require.NoError(t, err)
		got.Entries = append(got.Entries, e)
	}
	slices.SortFunc(got.Entries, func(a, b ledger.Recorded) int { return strings.Compare(a.ID, b.ID) })
	got.Chain, err = s.Chain(ctx, book)
	require.NoError(t, err)
	got.Settlements, _, err = s.Settlements(ctx, ids.Test, partner, "", 10)
	require.NoError(t, err)
	got.Waiting, _, err = s.AwaitingPayout(ctx, ids.Test, "", 10)
	require.NoError(t, err)
	for shard := range ledgerstore.DueShards {
		due, _, err := s.DueAfter(ctx, ids.Test, shard, start.AddDate(1, 0, 0), nil, 100)
		require.NoError(t, err)
		got.Due = append(got.Due, due...)
	}
	for _, state := range []reconcile.State{reconcile.Transit, reconcile.Open, reconcile.Resolved, reconcile.Vanished} {
		breaks, _, err := s.Breaks(ctx, ids.Test, state, "", 100)
		require.NoError(t, err)
		got.Breaks = append(got.Breaks, breaks...)
	}
	got.Runs, err = s.RunsEnding(ctx, ledgerstore.Side(ids.Test, account), start.AddDate(0, 0, -7), start.AddDate(0, 0, 7))
	require.NoError(t, err)
	return got
}

// bookkeeper plays stories on a ledger.
type bookkeeper struct {
	t       *testing.T
	clock   *clock.Manual
	store   *ledgerstore.Store
	poster  *ledgerstore.Poster
	settler *settle.Settler
	matcher *reconciling.Reconciler
}

// Partner, Account and Raise are the ledger's neighbours.
func (bookkeeper) Partner(context.Context, ids.ID) (settle.Partner, error) {
	return settle.Partner{Zone: time.UTC, Country: "RU"}, nil
}

func (bookkeeper) Account(context.Context, ids.Mode, ids.ID) error { return nil }

func (bookkeeper) Raise(context.Context, ids.Mode, string, string, string) error { return nil }

func newBookkeeper(t *testing.T, tbl table.Table) *bookkeeper {
	t.Helper()
	b := &bookkeeper{t: t, clock: clock.At(start), store: ledgerstore.New(tbl)}
	b.poster = b.store.NewPoster(b.clock, rand.NewChaCha8([32]byte{7}))
	b.settler = &settle.Settler{Store: b.store, Poster: b.poster, Partners: b, Alarms: b, Clock: b.clock}
	b.matcher = &reconciling.Reconciler{
		Store: b.store, Clock: b.clock, Folder: t.TempDir(),
		Partners: func(context.Context) iter.Seq2[ids.ID, error] {
			return func(yield func(ids.ID, error) bool) { yield(partner, nil) }
		},
		Account: func(context.Context, ids.Mode, ids.ID) (reconciling.Account, error) {
			return reconciling.Account{Provider: "tbank"}, nil
		},
		Post: func(ctx context.Context, e ledger.Entry) error {
			return b.poster.Post(ctx, e.Book, time.UTC, []ledger.Entry{e})[0]
		},
		Raise: func(context.Context, ids.Mode, ids.ID, string) error { return nil },
	}
	return b
}

func (b *bookkeeper) post(e ledger.Entry, err error) {
	b.t.Helper()
	require.NoError(b.t, err)
	require.NoError(b.t, b.poster.Post(b.t.Context(), book, time.UTC, []ledger.Entry{e})[0])
	b.clock.Advance(time.Minute)
}

// paid is a payment of 1 500 roubles, as its entry; own says that the partner's own account took it.
func (b *bookkeeper) paid(name string, own bool) (ledger.Payment, ledger.Entry) {
	b.t.Helper()
	order := ids.FromParts(name)
	p := ledger.Payment{ID: order.Child(ids.Payment, 1), Mode: ids.Test, Partner: partner, Amount: money.Of(150_000, money.RUB),
		Terms: ledger.Terms{Account: account, Own: own, Ours: ledger.Fee{BP: 250, Fixed: 5, Returned: true}, Theirs: ledger.Fee{BP: 190}}}
	e, err := ledger.Paid(p, b.clock.Now())
	require.NoError(b.t, err)
	e.Reference = ids.Reference(ids.Test, order, 1)
	return p, e
}

// tellLedger plays four days that were settled, the first of them paid out, one with a debt; a day that is counted by half; the
// open one; a transfer, and a reconciliation with breaks in every state.
func tellLedger(t *testing.T, tbl table.Table) {
	t.Helper()
	b, ctx := newBookkeeper(t, tbl), t.Context()
	day := ledger.DayOf(start, time.UTC)
	p, first := b.paid("first", false)
	b.post(first, nil)
	back, err := ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, 1), Amount: 50_000}, b.clock.Now())
	require.NoError(t, err)
	back.Reference = first.Reference
	b.post(back, nil)
	paidOut := ledger.SettlementID(book, day)
	day = b.nextDay(day)
	_, _, err = b.settler.PayOut(ctx, ids.Test, paidOut, "PP-1047", "an operator")
	require.NoError(t, err)
	_, _, err = b.settler.Transferred(ctx, settle.Transfer{Mode: ids.Test, Partner: partner, Account: account, Amount: money.Of(90_000, money.RUB), Reference: "PP-77", By: "an operator"})
	require.NoError(t, err)
	_, second := b.paid("second", true)
	b.post(second, nil)
	day = b.nextDay(day)
	rest, err := ledger.Refunded(p, ledger.Refund{ID: p.ID.Root().Child(ids.Refund, 2), Amount: 100_000, Before: 50_000}, b.clock.Now())
	require.NoError(t, err)
	b.post(rest, nil)
	day = b.nextDay(day) // with a debt
	_, third := b.paid("third", false)
	b.post(third, nil)
	day = b.nextDay(day) // the debt is earned
	for _, name := range []string{"fourth", "fifth"} {
		_, e := b.paid(name, false)
		b.post(e, nil)
	}
	b.clock.Advance(24 * time.Hour)
	b.settler.Pace = 1
	done, err := b.settler.Close(ctx, book, day)
	require.NoError(t, err)
	require.False(t, done, "the day is counted by half")
	_, sixth := b.paid("sixth", false)
	b.post(sixth, nil)
	b.reconcile(first.Reference)
}

// nextDay closes and settles a day as it ends, and gives the next one.
func (b *bookkeeper) nextDay(day ledger.Day) ledger.Day {
	b.t.Helper()
	b.clock.Advance(24 * time.Hour)
	done, err := b.settler.Close(b.t.Context(), book, day)
	require.NoError(b.t, err)
	require.True(b.t, done)
	return day.Next()
}

const registerHead = "Номер заказа;Идентификатор платежа;Тип операции;Статус;Сумма операции;Комиссия;Валюта;Дата операции\n"

// reconcile holds registers against the ledger: one break is put right, one vanishes, one is somebody's, the others are open.
func (b *bookkeeper) reconcile(known string) {
	b.t.Helper()
	ctx := b.t.Context()
	run := func(register io.Reader) {
		_, err := b.matcher.Run(ctx, reconciling.Period{Mode: ids.Test, Account: account, From: start.Add(-9 * time.Hour), To: start.AddDate(0, 0, 3).Add(-9 * time.Hour),
			Grace: 6 * time.Hour, Operator: "an operator"}, reconciling.Register{Form: reconciling.CSV, Content: register, Mapping: reconcile.TBank()})
		require.NoError(b.t, err)
	}
	stranger := ids.Reference(ids.Test, ids.FromParts("nobody"), 1) + ";9;Оплата;Успешно;10,00;;RUB;02.03.2026 13:00:00\n"
	run(strings.NewReader(registerHead + known + ";1;Оплата;Успешно;1400,00;28,50;RUB;02.03.2026 12:00:00\n" + stranger + "broken\n"))
	b.clock.Advance(time.Hour)
	run(strings.NewReader(registerHead + known + ";1;Оплата;Успешно;1500,00;20,50;RUB;02.03.2026 12:00:00\n" + stranger))
	open, _, err := b.store.Breaks(ctx, ids.Test, reconcile.Open, "", 100)
	require.NoError(b.t, err)
	assigned := false
	for _, one := range open {
		switch {
		case one.Ours == nil:
			_, err = b.matcher.Resolve(ctx, ids.Test, one.ID, reconciling.Wish{Posting: reconciling.Suspend, Note: "whose is it", Partner: partner, Operator: "an operator"})
		case !assigned:
			assigned = true
			_, err = b.matcher.Assign(ctx, ids.Test, one.ID, "an operator")
		}
		require.NoError(b.t, err)
	}
}

func TestLedgerOfEarlierVersions(t *testing.T) {
	t.Parallel()
	for _, version := range versions {
		path := filepath.Join("testdata", version, "ledger.read.json")
		want, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue // of a version before the ledger
		}
		require.NoError(t, err)
		t.Run(version+"IsRead", func(t *testing.T) {
			t.Parallel()
			rows := kept(t, version, "ledger")
			got, err := json.Marshal(readLedger(t, with(t, rows)))
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(got))
			requireSound(t, rows)
		})
		t.Run(version+"UpdatesKeepWhatTheyDoNotKnow", func(t *testing.T) {
			t.Parallel()
			rows := kept(t, version, "ledger")
			for i := range rows {
				rows[i].Attrs["zz"], rows[i].Attrs["sv"] = table.S("of the next version"), table.N(9)
			}
			e := with(t, rows)
			b := newBookkeeper(t, e)
			b.clock.Advance((5*24 + 12) * time.Hour)
			_, seventh := b.paid("seventh", false)
			b.post(seventh, nil)
			touched := 0
			for _, row := range written(t, e) {
				i := slices.IndexFunc(rows, func(r table.Row) bool { return r.Key == row.Key })
				if i < 0 {
					continue // new
				}
				require.Equal(t, "of the next version", row.Attrs["zz"].Text(), "%s", row.Key)
				require.Equal(t, int64(9), row.Attrs["sv"].Number(), "%s: an update must not make a row look older", row.Key)
				if !rows[i].Equal(row) {
					touched++
				}
			}
			require.Equal(t, 1, touched, "one shard")
		})
	}
}

// requireSound holds rows against everything that a ledger proves.
func requireSound(t *testing.T, rows []table.Row) {
	t.Helper()
	auditor, chains, reconciled := ledgerstore.NewAuditor(), ledgerstore.NewChains(), ledgerstore.NewReconciled()
	slices.SortFunc(rows, func(a, b table.Row) int { return strings.Compare(a.Key.PK+a.Key.SK, b.Key.PK+b.Key.SK) })
	for _, row := range rows {
		chains.Add(row)
		reconciled.Add(row)
		if !ledgerstore.IsOfChain(row.Key) && !ledgerstore.IsOfReconciliation(row.Key) {
			auditor.Add(row)
		}
	}
	require.Empty(t, auditor.Done().Breaches)
	settlements, broken := chains.Done()
	require.Equal(t, 4, settlements)
	require.Empty(t, broken)
	require.Empty(t, reconciled.Done())
}
