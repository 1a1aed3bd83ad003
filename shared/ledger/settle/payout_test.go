package settle_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/settle"
	"giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/queue"
)

func TestPayOut(t *testing.T) {
	t.Parallel()
	closed := func(t *testing.T) (*world, ledger.Settlement) {
		w := setup(t, "Europe/Moscow")
		w.post(paid(1))
		w.clock.Advance(24 * time.Hour)
		w.closeDay(today)
		return w, w.settlement(today)
	}
	t.Run("OnceForEachSettlement", func(t *testing.T) {
		t.Parallel()
		w, s := closed(t)
		list, _, err := w.store.AwaitingPayout(t.Context(), ids.Test, "", 10)
		require.NoError(t, err)
		require.Equal(t, []ledger.Settlement{s}, list)
		for n := range 3 {
			got, told, err := w.settler.PayOut(t.Context(), ids.Test, s.ID, "P-1", "anna")
			require.NoError(t, err)
			require.Equal(t, n > 0, told)
			require.Equal(t, ledger.SettlementPaidOut, got.Status)
			require.Equal(t, w.settlement(today), got)
			w.clock.Advance(time.Minute)
		}
		require.Equal(t, int64(146_250), w.balances()[ledger.BankSettlement])
		require.Zero(t, w.balances()[ledger.Reserved])
		list, _, err = w.store.AwaitingPayout(t.Context(), ids.Test, "", 10)
		require.NoError(t, err)
		require.Empty(t, list)
		w.sound()
	})
	t.Run("ErrPaidOutOtherwise", func(t *testing.T) {
		t.Parallel()
		w, s := closed(t)
		_, _, err := w.settler.PayOut(t.Context(), ids.Test, s.ID, "P-1", "anna")
		require.NoError(t, err)
		_, _, err = w.settler.PayOut(t.Context(), ids.Test, s.ID, "P-2", "boris")
		require.ErrorIs(t, err, ledger.ErrPaidOutOtherwise)
		require.Equal(t, "anna", w.settlement(today).PaidOutBy)
	})
	t.Run("ErrSettlementNotFound", func(t *testing.T) {
		t.Parallel()
		w, s := closed(t)
		_, _, err := w.settler.PayOut(t.Context(), ids.Live, s.ID, "P-1", "anna")
		require.ErrorIs(t, err, ledger.ErrSettlementNotFound)
	})
	t.Run("SomebodyElseWasFirst", func(t *testing.T) {
		t.Parallel()
		w, s := closed(t)
		s.Status, s.Reference, s.PaidOutAt = ledger.SettlementPaidOut, "P-1", w.clock.Now()
		_, first, err := w.store.PaidOut(t.Context(), s)
		require.NoError(t, err)
		require.True(t, first)
		other := s
		other.Reference = "P-2"
		stands, first, err := w.store.PaidOut(t.Context(), other)
		require.NoError(t, err)
		require.False(t, first)
		require.Equal(t, "P-1", stands.Reference)
		w.clock.Advance(settle.DefaultGrace)
		require.Equal(t, 1, w.sweep(), "a payout that was told and not booked is owed")
		require.Equal(t, int64(146_250), w.balances()[ledger.BankSettlement])
		w.clock.Advance(time.Hour)
		require.Zero(t, w.sweep())
	})
}

func TestTransferred(t *testing.T) {
	t.Parallel()
	transfer := settle.Transfer{Mode: ids.Test, Partner: partner, Account: account, Amount: money.Of(147_150, money.RUB), Reference: "№ 77", By: "anna"}
	t.Run("OnceForEachReference", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paid(1))
		first, told, err := w.settler.Transferred(t.Context(), transfer)
		require.NoError(t, err)
		require.False(t, told)
		require.Equal(t, "anna", first.By)
		require.Equal(t, "№ 77", first.Note)
		w.clock.Advance(time.Hour)
		again, told, err := w.settler.Transferred(t.Context(), transfer)
		require.NoError(t, err)
		require.True(t, told)
		require.Equal(t, first, again)
		require.Zero(t, w.balances()[ledger.Clearing(account)])
		require.Equal(t, int64(-147_150), w.balances()[ledger.BankSettlement])
		w.sound()
	})
	for name, c := range map[string]struct {
		spoil func(*settle.Transfer)
		want  error
	}{
		"ErrDiffers":   {func(x *settle.Transfer) { x.Amount.Amount++ }, store.ErrDiffers},
		"ErrNoAccount": {func(x *settle.Transfer) { x.Account = partner }, errNoAccount},
		"ErrNothing":   {func(x *settle.Transfer) { x.Amount.Amount, x.Reference = 0, "0" }, ledger.ErrEntry},
		"ErrHuge":      {func(x *settle.Transfer) { x.Amount.Amount, x.Reference = math.MaxInt64, "9" }, ledger.ErrEntry},
		"ErrNoPartner": {func(x *settle.Transfer) { x.Partner = account }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, "Europe/Moscow")
			_, _, err := w.settler.Transferred(t.Context(), transfer)
			require.NoError(t, err)
			wrong := transfer
			c.spoil(&wrong)
			_, _, err = w.settler.Transferred(t.Context(), wrong)
			require.Error(t, err)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

func TestWorker(t *testing.T) {
	t.Parallel()
	job, err := settle.CloseJob(book, today)
	require.NoError(t, err)
	t.Run("NotOverIsNothingToDo", func(t *testing.T) {
		t.Parallel()
		require.NoError(t, setup(t, "Europe/Moscow").worker.Do(t.Context(), job))
	})
	t.Run("ANewerVersionComesAgain", func(t *testing.T) {
		t.Parallel()
		newer := job
		newer.Version++
		err := setup(t, "Europe/Moscow").worker.Do(t.Context(), newer)
		_, never := queue.IsNever(err)
		require.Error(t, err)
		require.False(t, never)
	})
	t.Run("ErrMismatchIsNever", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paid(1))
		w.clock.Advance(24 * time.Hour)
		for key, row := range w.rows() {
			if row.Attrs["eid"].Text() != "" {
				require.NoError(t, w.table.Write(t.Context(), spoiltFact(key)))
			}
		}
		_, never := queue.IsNever(w.worker.Do(t.Context(), job))
		require.True(t, never)
	})
	t.Run("ErrQueue", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		w.post(paids(0, 5)...)
		w.clock.Advance(24*time.Hour + settle.DefaultGrace)
		w.settler.Pace, w.queue.fail = 2, errors.New("the queue is away")
		require.ErrorIs(t, w.worker.Do(t.Context(), job), w.queue.fail)
		w.clock.Advance(settle.DefaultGrace)
		swept, err := w.sweeper.Sweep(t.Context(), ids.Test, int(partner[0])%store.DueShards)
		require.ErrorIs(t, err, w.queue.fail)
		require.Zero(t, swept.Enqueued)
		w.queue.fail = nil
		require.NotZero(t, w.sweep())
		w.settlement(today)
	})
	t.Run("Asked", func(t *testing.T) {
		t.Parallel()
		w := setup(t, "Europe/Moscow")
		require.ErrorIs(t, w.worker.Ask(t.Context(), book, today), settle.ErrDayNotOver)
		require.ErrorIs(t, w.worker.Ask(t.Context(), book, "2026-03-01"), store.ErrNoDay)
		w.post(paid(1))
		w.clock.Advance(24 * time.Hour)
		require.NoError(t, w.worker.Ask(t.Context(), book, today))
		require.Equal(t, []queue.Job{job}, w.queue.take())
		require.NoError(t, w.worker.Do(t.Context(), job))
		require.NoError(t, w.worker.Ask(t.Context(), book, today), "a day that is settled may be asked for")
		require.Error(t, w.worker.Ask(t.Context(), ledger.Book{Mode: ids.Test, Partner: account, Currency: money.RUB}, today))
	})
	t.Run("ErrKindOfANewerVersion", func(t *testing.T) {
		t.Parallel()
		require.ErrorIs(t, setup(t, "Europe/Moscow").worker.Do(t.Context(), queue.Job{Kind: "other", Version: 1, Key: "k"}), queue.ErrNewer)
	})
	for name, j := range map[string]queue.Job{
		"ErrBody":  {Kind: settle.Closing, Version: 1, Key: "k", Body: []byte(`[]`)},
		"ErrNoDay": {Kind: settle.Closing, Version: 1, Key: "k", Body: []byte(`{"day":"2026-03-02"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, never := queue.IsNever(setup(t, "Europe/Moscow").worker.Do(t.Context(), j))
			require.True(t, never)
		})
	}
}

func TestSweeper(t *testing.T) {
	t.Parallel()
	w := setup(t, "Europe/Moscow")
	shard := int(partner[0]) % store.DueShards
	w.post(paid(1))
	w.clock.Advance(24 * time.Hour)
	sweep := func() settle.Swept {
		t.Helper()
		swept, err := w.sweeper.Sweep(t.Context(), ids.Test, shard)
		require.NoError(t, err)
		return swept
	}
	first := sweep()
	require.Equal(t, settle.Swept{Seen: 1, Enqueued: 1, Overdue: 12*time.Hour - settle.DefaultGrace}, first)
	w.clock.Advance(time.Minute)
	require.Zero(t, sweep().Enqueued, "the job is on its way")
	w.clock.Advance(5 * time.Minute)
	require.Equal(t, 1, sweep().Enqueued, "it was lost")
	require.Equal(t, settle.Swept{Seen: 3, Enqueued: 2, Overdue: time.Hour}, settle.Swept{Seen: 1, Enqueued: 2}.Add(settle.Swept{Seen: 2, Overdue: time.Hour}))
	require.Len(t, w.queue.take(), 2)
}
