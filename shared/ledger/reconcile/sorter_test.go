package reconcile_test

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger/reconcile"
)

func TestSorter(t *testing.T) {
	t.Parallel()
	t.Run("EverythingComesBackInOrder", rapid.MakeCheck(func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zЖ0-9 ]{1,8}`)
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reconcile.Operation {
			return reconcile.Operation{Reference: text.Draw(t, "reference"), BankID: text.Draw(t, "number"), Origin: text.Draw(t, "origin"),
				Kind:     rapid.SampledFrom([]reconcile.Kind{reconcile.Payment, reconcile.Refund, reconcile.Chargeback}).Draw(t, "kind"),
				Status:   rapid.SampledFrom([]reconcile.Status{reconcile.Done, reconcile.Pending, reconcile.Failed}).Draw(t, "status"),
				Amount:   money.Of(rapid.Int64Range(1, 1e15).Draw(t, "amount"), rapid.SampledFrom(money.Currencies).Draw(t, "currency")),
				FeeKnown: rapid.Bool().Draw(t, "known"), Fee: rapid.Int64Range(-1e15, 1e15).Draw(t, "fee"),
				At: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at")).UTC()}
		}), 0, 200).Draw(t, "operations")
		by := rapid.SampledFrom([]reconcile.By{reconcile.ByReference, reconcile.ByBankID}).Draw(t, "by")
		got := sorted(t, by, all)
		require.ElementsMatch(t, all, got)
		require.Equal(t, got, sorted(t, by, shuffled(t, all)))
		require.True(t, slices.IsSortedFunc(got, func(a, b reconcile.Operation) int {
			if by == reconcile.ByBankID {
				return strings.Compare(a.BankID, b.BankID)
			}
			return strings.Compare(a.Reference, b.Reference)
		}))
	}))
	t.Run("ManyRunsBecomeOne", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		s := reconcile.NewSorter(reconcile.ByReference, folder, 200)
		const many = 500
		most := 0
		for i := range many {
			require.NoError(t, s.Add(payment(fmt.Sprintf("%03d", (i*7)%many), 1)))
			files, err := os.ReadDir(folder)
			require.NoError(t, err)
			most = max(most, len(files))
		}
		require.LessOrEqual(t, most, 34)
		for range 2 {
			n := 0
			for o, err := range s.Sorted() {
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("%03d", n), o.Reference)
				n++
			}
			require.Equal(t, many, n)
		}
		require.Error(t, s.Add(payment("x", 1)), "it has begun to hand out")
		require.NoError(t, s.Close())
		files, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, files)
	})
	t.Run("ErrOperation", func(t *testing.T) {
		t.Parallel()
		s := reconcile.NewSorter(reconcile.ByReference, t.TempDir(), 0)
		for _, change := range []func(*reconcile.Operation){
			func(o *reconcile.Operation) { o.Reference, o.BankID = "", "" }, func(o *reconcile.Operation) { o.Reference = "a\x00b" },
			func(o *reconcile.Operation) { o.Kind = "gift" }, func(o *reconcile.Operation) { o.Status = "" }, func(o *reconcile.Operation) { o.Amount.Currency = "XAU" },
			func(o *reconcile.Operation) { o.Amount.Amount = 0 }, func(o *reconcile.Operation) { o.At = time.Time{} },
			func(o *reconcile.Operation) { o.Fee = -1 << 63 }, func(o *reconcile.Operation) { o.Amount.Amount = 1 << 60 },
		} {
			require.ErrorIs(t, s.Add(with(payment("a", 1), change)), reconcile.ErrOperation)
		}
		require.NoError(t, s.Close())
	})
	t.Run("AFullDiskIsTold", func(t *testing.T) {
		t.Parallel()
		s := reconcile.NewSorter(reconcile.ByReference, t.TempDir()+"/gone", 1)
		require.Error(t, s.Add(payment("a", 1)))
		require.NoError(t, s.Close())
	})
	t.Run("ADamagedFileIsTold", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		s := reconcile.NewSorter(reconcile.ByReference, folder, 1)
		require.NoError(t, s.Add(payment("a", 1)))
		files, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(folder+"/"+files[0].Name(), 10))
		var last error
		for _, err := range s.Sorted() {
			last = err
		}
		require.Error(t, last)
		require.NoError(t, s.Close())
	})
}

// registerOf streams a register of n lines, as T-Bank's mapping reads it.
func registerOf(n int) io.Reader { return &generated{left: n, buffer: []byte(heading)} }

type generated struct {
	left   int
	buffer []byte
	each   func(line int)
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.buffer) == 0 {
		if g.left == 0 {
			return 0, io.EOF
		}
		if g.each != nil {
			g.each(g.left)
		}
		// A multiple of an odd number walks through all names in an order that is not theirs.
		g.buffer = fmt.Appendf(g.buffer[:0], "tabcdefghijklmnopq%07d01;30%08d;Оплата;Успешно;1 500,%02d;28,50;RUB;22.11.2026 12:30:15\n", g.left*7919%10_000_000, g.left, g.left%100)
		g.left--
	}
	n := copy(p, g.buffer)
	g.buffer = g.buffer[n:]
	return n, nil
}

// TestMemoryDoesNotGrowWithTheRegister reads, sorts and matches a large register against itself and looks at the live heap
// all the way.
func TestMemoryDoesNotGrowWithTheRegister(t *testing.T) {
	const lines, memory = 200_000, 1 << 20
	before, most := liveHeap(), uint64(0)
	look := func(line int) {
		if line%25_000 == 0 {
			most = max(most, liveHeap())
		}
	}
	m := reconcile.TBank()
	var sides [2]*reconcile.Sorter
	var report reconcile.Report
	for i := range sides {
		sides[i] = reconcile.NewSorter(m.By, t.TempDir(), memory)
		file := registerOf(lines).(*generated)
		file.each = look
		require.NoError(t, sides[i].AddAll(reconcile.ReadCSV(file, m, reconcile.Limits{}, &report)))
		require.Equal(t, lines, report.Accepted)
	}
	seen := 0
	counted := func(yield func(reconcile.Operation, error) bool) {
		for o, err := range sides[0].Sorted() {
			seen++
			look(seen)
			if !yield(o, err) {
				return
			}
		}
	}
	var summary reconcile.Summary
	for b, err := range reconcile.Match(today(), counted, sides[1].Sorted(), &summary) {
		require.NoError(t, err)
		require.Empty(t, b)
	}
	require.Equal(t, lines, summary.Matched)
	for _, s := range sides {
		require.NoError(t, s.Close())
	}
	require.Less(t, most, before+16<<20, "200,000 lines are 20 MB of text and some 30 MB of records")
}

// BenchmarkReadCSV and BenchmarkReconcile print lines per second; run them with -benchtime 1x for a million lines.
func BenchmarkReadCSV(b *testing.B) {
	const lines = 1_000_000
	b.ReportAllocs()
	for range b.N {
		var report reconcile.Report
		for _, err := range reconcile.ReadCSV(registerOf(lines), reconcile.TBank(), reconcile.Limits{}, &report) {
			require.NoError(b, err)
		}
		require.Equal(b, lines, report.Accepted)
	}
	b.ReportMetric(lines*1000/float64(b.Elapsed().Milliseconds()+1)*float64(b.N), "lines/s")
}

func BenchmarkReconcile(b *testing.B) {
	const lines = 1_000_000
	for range b.N {
		var report reconcile.Report
		var summary reconcile.Summary
		var sides [2]*reconcile.Sorter
		for i := range sides {
			sides[i] = reconcile.NewSorter(reconcile.ByReference, b.TempDir(), 0)
			require.NoError(b, sides[i].AddAll(reconcile.ReadCSV(registerOf(lines), reconcile.TBank(), reconcile.Limits{}, &report)))
		}
		for range reconcile.Match(today(), sides[0].Sorted(), sides[1].Sorted(), &summary) {
			b.Fatal("a register agrees with itself")
		}
		require.Equal(b, lines, summary.Matched)
		b.ReportMetric(float64(liveHeap()>>20), "live-MB")
		for _, s := range sides {
			require.NoError(b, s.Close())
		}
	}
	b.ReportMetric(lines*1000/float64(b.Elapsed().Milliseconds()+1)*float64(b.N), "lines/s")
}
