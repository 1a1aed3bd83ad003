package api_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/page"
	"giberno.ru/shared/ledger/api"
	"giberno.ru/shared/platform/table/faulty"
)

type movements = page.List[api.StatementLine]

func TestGetStatement(t *testing.T) {
	t.Parallel()
	const path = "/api/v1/statement"
	prepared := func(t *testing.T) *world {
		w := setup(t)
		w.paid(t, 0, 3)
		w.settled(t)
		w.paid(t, 10, 2)
		return w
	}
	t.Run("WithARunningBalance", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		got := read[movements](t, w.do(get(path+"?currency=RUB&from=2026-03-02&to=2026-03-03")), 200)
		var balances []int64
		for _, l := range got.Items {
			balances = append(balances, l.Balance.Amount)
		}
		require.Equal(t, []int64{146_250, 292_500, 438_750, 0, 146_250, 292_500}, balances)
		require.Equal(t, "paid", got.Items[0].Kind)
		require.Equal(t, payment(0, false).ID, *got.Items[0].Object)
		require.Equal(t, payment(0, false).ID.Root(), *got.Items[0].Order)
		require.Equal(t, "reserved", got.Items[3].Kind)
		require.Nil(t, got.Items[3].Order)
		require.Equal(t, roubles(-438_750), got.Items[3].Change)
		require.Empty(t, got.NextCursor)
	})
	t.Run("TodayByDefault", func(t *testing.T) {
		t.Parallel()
		got := read[movements](t, prepared(t).do(get(path+"?currency=RUB")), 200)
		require.Len(t, got.Items, 3)
		require.Equal(t, "2026-03-03", got.Items[0].Day)
	})
	t.Run("OtherAccounts", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		require.Len(t, read[movements](t, w.do(get(path+"?currency=RUB&account=reserved")), 200).Items, 1)
		require.Empty(t, read[movements](t, w.do(get(path+"?currency=RUB&account=receivable")), 200).Items)
		refused(t, w, get(path+"?currency=RUB&account=platform_fees"), 422, path, "validation_failed")
	})
	t.Run("PageByPage", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		const period = "?currency=RUB&from=2026-03-01&to=2026-03-31"
		whole := read[movements](t, w.do(get(path+period)), 200)
		var lines []api.StatementLine
		query, pages := period+"&limit=4", 0
		for ; query != ""; pages++ {
			part := read[movements](t, w.do(get(path+query)), 200)
			lines, query = append(lines, part.Items...), ""
			if part.NextCursor != "" {
				query = period + "&limit=4&cursor=" + part.NextCursor
			}
		}
		require.Equal(t, whole.Items, lines)
		require.Equal(t, 2, pages)
		next := read[movements](t, w.do(get(path+period+"&limit=4")), 200).NextCursor
		refused(t, w, get(path+"?currency=RUB&cursor="+next), 422, path, "invalid_cursor")
		refused(t, w, get(path+period+"&cursor="+next).by(rival), 422, path, "invalid_cursor")
	})
	t.Run("CSV", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		const period = "?currency=RUB&from=2026-03-02&to=2026-03-03"
		a := w.do(get(path + period).as("text/csv"))
		rows := tableOf(t, a, ',')
		require.Len(t, rows, 7)
		require.Equal(t, `attachment; filename="statement-2026-03-02-2026-03-03-RUB.csv"`, a.Header().Get("Content-Disposition"))
		require.Equal(t, []string{"-4387.50", "0.00", "RUB"}, rows[4][6:])
		excel := tableOf(t, w.do(get(path+period+"&form=excel").as("text/csv")), ';')
		require.Equal(t, "-4387,50", excel[4][6])
		part := w.do(get(path + period + "&lines=4").as("text/csv"))
		require.Equal(t, rows[:5], tableOf(t, part, ','))
		rest := w.do(get(path + period + "&cursor=" + part.Header().Get(api.NextCursor)).as("text/csv"))
		require.Equal(t, rows[5:], tableOf(t, rest, ',')[1:])
		w.service.MaxLines = 5
		refused(t, w, get(path+period).as("text/csv"), 413, path, "file_too_large")
	})
	t.Run("TheIndexIsAway", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		w.faults.SetPlan(func(c faulty.Call) faulty.Fault {
			if c.Query != nil && c.Query.Index != 0 {
				return faulty.ErrorBefore
			}
			return faulty.None
		})
		require.Equal(t, 503, w.do(get(path+"?currency=RUB")).Code)
	})
	t.Run("OtherPartnersAndModesAreApart", func(t *testing.T) {
		t.Parallel()
		w := prepared(t)
		for _, other := range []string{rival, shopLive} {
			require.Empty(t, read[movements](t, w.do(get(path+"?currency=RUB").by(other)), 200).Items)
		}
	})
	for name, query := range map[string]string{"ErrNoCurrency": "", "ErrCurrency": "currency=XXX", "ErrFrom": "currency=RUB&from=2026-02-30",
		"ErrOrder": "currency=RUB&from=2026-03-02&to=2026-03-01", "ErrMoreThanAYear": "currency=RUB&from=2025-03-01&to=2026-03-03",
		"ErrLimit": "currency=RUB&limit=101", "ErrLinesOfJSON": "currency=RUB&lines=5", "ErrUnknown": "currency=RUB&x=1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t), get(path+"?"+query), 422, path, "validation_failed")
		})
	}
}

// FuzzStatementQuery: whatever stands in the query, the answer is a page, a file or a well-made refusal.
func FuzzStatementQuery(f *testing.F) {
	for _, query := range []string{"currency=RUB", "currency=RUB&from=2026-03-02&to=2026-03-03&account=payable&limit=2", "currency=RUB&cursor=eA", "%zz", "a;b", "currency=RUB&lines=1&form=excel"} {
		f.Add(query, false)
		f.Add(query, true)
	}
	w := setup(f)
	w.paid(f, 0, 3)
	f.Fuzz(func(t *testing.T, query string, isCSV bool) {
		r := httptest.NewRequest("GET", "/api/v1/statement", nil)
		r.URL = &url.URL{Path: "/api/v1/statement", RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+shop)
		if isCSV {
			r.Header.Set("Accept", "text/csv")
		}
		a := httptest.NewRecorder()
		w.ServeHTTP(a, r)
		require.Contains(t, []int{200, 400, 422}, a.Code, a.Body.String())
		require.NotContains(t, strings.ToLower(a.Body.String()), "strconv")
	})
}
