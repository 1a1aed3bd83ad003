package store

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/table"
)

func TestPost(t *testing.T) {
	t.Parallel()
	t.Run("BalancesAreTheSumOfTheShards", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for i := range 5 {
			w.Poster = w.poster() // each begins at a shard of its own
			w.post(paids(book, i*10, 3)...)
		}
		require.Equal(t, Balances{Open: today, Balances: held(15), Today: ledger.Facts{Paid: 15 * 150_000, OurFee: 15 * 3_750, ProviderFee: 15 * 2_850}, running: ledger.Sums{Facts: ledger.Facts{Paid: 15 * 150_000, OurFee: 15 * 3_750, ProviderFee: 15 * 2_850}, Earned: 15 * 146_250}, Entries: 15}, w.balances())
		require.Equal(t, 15, w.sound().Entries)
	})
	t.Run("AnUnknownBookIsEmpty", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, Balances{Balances: ledger.Balances{}}, setup(t).balances())
	})
	t.Run("TwiceIsOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paids(book, 0, 5)...)
		w.post(paids(book, 0, 5)...)
		w.Poster = w.poster()
		w.post(paids(book, 3, 4)...) // two of them are new
		w.post(paid(book, 100), paid(book, 100))
		require.Equal(t, held(8), w.balances().Balances)
		w.sound()
	})
	t.Run("ALargeBatchIsSeveralTransactions", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paids(book, 0, 250)...)
		require.Equal(t, held(250), w.balances().Balances)
		w.sound()
	})
	t.Run("AnEntryStandsWhereItWasWritten", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		e := paid(book, 1)
		e.At, e.By, e.Note = start.Add(-time.Hour+123*time.Microsecond), "op", "причина"
		w.post(e)
		got, found, err := w.Entry(t.Context(), ids.Test, e.ID)
		require.NoError(t, err)
		require.True(t, found)
		e.At = start.Add(-time.Hour)
		require.Equal(t, ledger.Recorded{Entry: e, Day: today, Shard: got.Shard, Seq: 1, PostedAt: start}, got)
		_, found, err = w.Entry(t.Context(), ids.Live, e.ID)
		require.NoError(t, err)
		require.False(t, found, "modes never meet")
		posted, err := w.Posted(t.Context(), ids.Test, e.ID, "nothing:paid")
		require.NoError(t, err)
		require.Equal(t, map[string]bool{e.ID: true}, posted)
	})
	t.Run("EveryAccountHasItsSum", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		all := []ledger.Account{ledger.Payable, ledger.Reserved, ledger.Receivable, ledger.PlatformFees, ledger.Suspense, ledger.BankSettlement, ledger.WriteOff,
			ledger.Clearing(account), ledger.ProviderFees(account), ledger.UserAvailable(account), ledger.UserHeld(account), ledger.Payable}
		e := ledger.Entry{ID: "all", Book: book, Kind: "tested", At: start}
		for i := range len(all) - 1 {
			e.Postings = append(e.Postings, ledger.Posting{From: all[i], To: all[i+1], Amount: 1 << i})
		}
		w.post(e)
		want := ledger.Balances{}
		require.NoError(t, want.Post(e.Postings...))
		want, err := want.InBook()
		require.NoError(t, err)
		require.Equal(t, want, w.balances().Balances)
		w.sound()
	})
	t.Run("ErrDiffers", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(book, 1))
		other, same := paid(book, 1), paid(book, 2)
		other.Facts.OurFee++
		foreign := paid(ledger.Book{Mode: ids.Test, Partner: partner, Currency: money.KZT}, 3)
		foreign.ID, same.At = paid(book, 1).ID, start.Add(time.Hour)
		outcomes := w.Post(t.Context(), book, zone, []ledger.Entry{same, other, paid(book, 2), {ID: same.ID}})
		require.NoError(t, outcomes[0])
		require.ErrorIs(t, outcomes[1], ErrDiffers)
		require.NoError(t, outcomes[2])
		require.ErrorIs(t, outcomes[3], ledger.ErrEntry)
		require.ErrorIs(t, w.Post(t.Context(), foreign.Book, zone, []ledger.Entry{foreign})[0], ErrDiffers, "an id is one in its mode, whosever it is")
		changed := paid(book, 7)
		changed.Facts.Paid++
		outcomes = w.Post(t.Context(), book, zone, []ledger.Entry{paid(book, 7), changed})
		require.NoError(t, outcomes[0])
		require.ErrorIs(t, outcomes[1], ErrDiffers)
		require.Equal(t, held(3), w.balances().Balances)
	})
	t.Run("ErrAnothersEntry", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		live := book
		live.Mode = ids.Live
		outcomes := w.Post(t.Context(), live, zone, []ledger.Entry{paid(book, 1), paid(live, 1)})
		require.ErrorIs(t, outcomes[0], ledger.ErrEntry)
		require.NoError(t, outcomes[1])
	})
	t.Run("ErrDamagedShard", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.post(paid(book, 1))
		for n := range Shards {
			require.NoError(t, w.table.Write(t.Context(), table.Update(shardKey(book, n)).Set("b_p", table.S("much"))))
		}
		_, err := w.Balances(t.Context(), book)
		require.ErrorContains(t, err, "cannot be read")
		w.Poster = w.poster()
		require.ErrorContains(t, w.Post(t.Context(), book, zone, paids(book, 2, 1))[0], "cannot be read")
	})
}

// TestPosters holds that goroutines of one poster never meet, and that posters who meet part.
func TestPosters(t *testing.T) {
	t.Parallel()
	w := setup(t)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := range 5 {
				for _, err := range w.Post(t.Context(), book, zone, paids(book, worker*1000+round*10, 4)) {
					require.NoError(t, err)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, held(160), w.balances().Balances)
	require.LessOrEqual(t, w.count.Snapshot().ByOp["write"].Refused, 7, "only opening the book can be lost to another")
	w.sound()
}

// TestPostersPart holds that posters who begin at the same shard do not stay there.
func TestPostersPart(t *testing.T) {
	t.Parallel()
	var o *overlapping
	w := setup(t, func(inner table.Table) table.Table { o = overlap(inner); return o })
	posters := make([]*Poster, 8)
	for i := range posters {
		posters[i] = w.NewPoster(w.clock, rand.NewChaCha8([32]byte{})) // all draw alike
	}
	round := func(round int) {
		var all sync.WaitGroup
		for i, poster := range posters {
			all.Go(func() { persist(t, poster, paids(book, i*100_000+round*10, 5)) })
		}
		all.Wait()
	}
	rounds := 0
	for calm := 0; calm < 5 && rounds < 500; rounds++ { // how long they take to part is up to the machine
		o.cancelled.Store(0)
		round(rounds)
		if calm++; o.cancelled.Load() > 0 {
			calm = 0
		}
	}
	w.count.Reset()
	o.cancelled.Store(0)
	for range 20 {
		round(rounds)
		rounds++
	}
	got := w.count.Snapshot()
	require.Zero(t, o.cancelled.Load())
	require.Equal(t, 8*20, got.Total.Trips, "one round trip for each batch")
	require.Equal(t, held(int64(8*rounds*5)), w.balances().Balances)
	w.sound()
}

func TestLanes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	require.NoError(t, w.open(t.Context(), book, today))
	all, err := w.shards(t.Context(), book)
	require.NoError(t, err)
	claim := func(avoid uint16) (int, lane) {
		t.Helper()
		n, is, err := w.lanes.claim(book, avoid, all, start)
		require.NoError(t, err)
		require.True(t, is.known)
		return n, is
	}
	t.Run("NobodyTakesWhatIsTaken", func(t *testing.T) {
		taken := uint16(0)
		for range Shards {
			n, is := claim(0)
			require.Zero(t, taken&(1<<n))
			require.True(t, is.ours)
			taken |= 1 << n
		}
		claim(0xffff) // when all are taken, any will do
	})
	t.Run("OursFirst", func(t *testing.T) {
		w.lanes.put(book, 5, lane{ours: true, known: true, count: 7})
		w.lanes.put(book, 6, lane{known: true})
		w.lanes.put(book, 7, lane{})
		n, is, found, err := w.lanes.take(book, 0)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, 5, n)
		require.Equal(t, lane{ours: true, known: true, count: 7}, is)
		n, is, _, err = w.lanes.take(book, 0)
		require.NoError(t, err)
		require.Equal(t, 6, n)
		require.True(t, is.ours, "all of ours are busy")
		_, _, found, err = w.lanes.take(book, 0)
		require.NoError(t, err)
		require.False(t, found)
	})
	t.Run("WhereNobodyWrites", func(t *testing.T) {
		for i := range all {
			all[i].last = start.Add(-time.Duration(i) * 100 * time.Millisecond)
		}
		require.Equal(t, uint16(0xf000), all.idle(0xffff, start), "the four that were left longest")
		require.Equal(t, uint16(0x0003), all.idle(0x0003, start))
		require.Equal(t, uint16(0xfffc), all.idle(0xffff, start.Add(idleAfter-200*time.Millisecond)), "all that rest")
	})
	t.Run("MemoryHasABound", func(t *testing.T) {
		for i := range maxBooks {
			other := book
			other.Partner = ids.FromParts("partner", string(rune(i+1)))
			w.lanes.book(other)
		}
		require.LessOrEqual(t, len(w.lanes.books), maxBooks)
	})
	t.Run("ErrNoChance", func(t *testing.T) {
		p := w.NewPoster(w.clock, strings.NewReader(""))
		require.Error(t, p.Post(t.Context(), book, zone, paids(book, 1, 1))[0])
	})
}
