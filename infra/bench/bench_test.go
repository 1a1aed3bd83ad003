package main

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/ids"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	reference := ids.Reference(ids.Test, ids.FromParts("bench"), 1)
	account := banks.Account{Terminal: terminal, Password: password}
	t.Run("IsBelieved", func(t *testing.T) {
		t.Parallel()
		got, err := tbank.New(nil).Verify(account, notice(reference, "4100000001"), nil)
		require.NoError(t, err)
		require.Equal(t, banks.Paid, got.News.Status)
		require.Equal(t, int64(orderTotal), got.News.Amount.Amount)
	})
	t.Run("AnotherPasswordIsNot", func(t *testing.T) {
		t.Parallel()
		account := account
		account.Password = "another"
		_, err := tbank.New(nil).Verify(account, notice(reference, "4100000001"), nil)
		require.ErrorIs(t, err, banks.ErrForged)
	})
}

func TestStageAnswers(t *testing.T) {
	t.Parallel()
	s, err := newStage(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	s.table.on.Store(true)
	for range 3 { // the frozen table lets the same news happen again and again
		require.Equal(t, "OK", call(s.handler, "/api/a2c/notifications", "", s.notice).Body.String())
		made := call(s.handler, "/api/v1/order", s.scene.tokens[0], []byte(orderBody))
		require.Equal(t, 201, made.Code, made.Body.String())
	}
}

// The same roads for a profile: go test -bench . -cpuprofile cpu.out ./infra/bench
func BenchmarkHandlers(b *testing.B) {
	s, err := newStage(b.Context(), b.TempDir())
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.close()) })
	s.table.on.Store(true)
	b.Run("create-order", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call(s.handler, "/api/v1/order", s.scene.tokens[0], []byte(orderBody))
		}
	})
	b.Run("notify-tbank", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call(s.handler, "/api/a2c/notifications", "", s.notice)
		}
	})
}

func TestFloor(t *testing.T) {
	t.Parallel()
	t.Run("DifferenceIsWhatWasWritten", func(t *testing.T) {
		t.Parallel()
		before := map[[2]string]string{{"a", "kept"}: "1", {"a", "changed"}: "1", {"a", "gone"}: "1"}
		after := map[[2]string]string{{"a", "kept"}: "1", {"a", "changed"}: "22", {"b", "new"}: "333"}
		f := difference(before, after)
		require.ElementsMatch(t, []pair{{"a", "changed", "22"}, {"b", "new", "333"}}, f.puts)
		require.Equal(t, []pair{{"a", "gone", ""}}, f.deletes)
		require.Equal(t, len("changed22new333"), f.bytes())
	})
	t.Run("EveryOperationHasItsOwnKeysOfTheSameLength", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		f := footprint{puts: []pair{{"rows", "PAY#t#0123456789abcdef", "row"}, {"log", "12345678", "change"}}}
		require.NoError(t, fill(dir, "bare.db", f, 20))
		b, err := openBare(dir, "bare.db", true)
		require.NoError(t, err)
		require.NoError(t, b.do(f, 20))
		require.NoError(t, b.do(f, 20), "the same operation again writes over itself")
		require.NoError(t, b.close())
		all, err := contents(filepath.Join(dir, "bare.db"))
		require.NoError(t, err)
		require.Len(t, all, 42)
		for at := range all {
			require.Contains(t, []int{22, 8}, len(at[1]))
		}
	})
}

func TestTimed(t *testing.T) {
	t.Parallel()
	t.Run("DoesEachOnce", func(t *testing.T) {
		t.Parallel()
		var done [100]atomic.Int32
		_, err := timed(8, len(done), func(_, i int) error { done[i].Add(1); return nil })
		require.NoError(t, err)
		for i := range done {
			require.Equal(t, int32(1), done[i].Load(), i)
		}
	})
	t.Run("TellsOfFailures", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("broken")
		_, err := timed(4, 10, func(int, int) error { return broken })
		require.ErrorIs(t, err, broken)
	})
	t.Run("Median", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 2*time.Second, median([]time.Duration{9 * time.Second, time.Second, 2 * time.Second}))
	})
}
