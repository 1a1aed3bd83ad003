package api_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/api"
	"giberno.ru/shared/ledger/settle"
)

const xlsxMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// table reads an answer as CSV.
func tableOf(t testing.TB, a *httptest.ResponseRecorder, comma rune) [][]string {
	t.Helper()
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, "text/csv; charset=utf-8", a.Header().Get("Content-Type"))
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Body.String(), "\ufeff")))
	r.Comma = comma
	rows, err := r.ReadAll()
	require.NoError(t, err)
	return rows
}

func TestGetRegister(t *testing.T) {
	t.Parallel()
	const template = "/api/v1/settlement/{id}/register"
	prepared := func(t *testing.T, n int) (*world, string) {
		w := setup(t)
		w.paid(t, 0, n)
		back, err := ledger.Refunded(payment(0, false), ledger.Refund{ID: payment(0, false).ID.Root().Child(ids.Refund, 1), Amount: 50_000}, start)
		require.NoError(t, err)
		w.post(t, back)
		return w, settlementPath(w.settled(t).ID) + "/register"
	}
	t.Run("CSV", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 2)
		a := w.do(get(path))
		rows := tableOf(t, a, ',')
		require.Len(t, rows, 5)
		require.Equal(t, `attachment; filename="register-2026-03-02-RUB.csv"`, a.Header().Get("Content-Disposition"))
		require.Equal(t, []string{"Итого", "", "", "", "", "3000.00", "500.00", "75.00", "2425.00"}, rows[4])
		first := rows[1]
		require.Equal(t, "2026-03-02 12:00:00", first[0], "on the partner's clocks")
		require.Equal(t, payment(0, false).ID.Root().String(), first[1])
		require.Equal(t, []string{"'=A-1", payment(0, false).ID.String(), "card", "1500.00", "0.00", "37.50", "1462.50"}, first[2:])
		require.NotContains(t, a.Body.String(), "28.50", "the bank's fee is not the partner's affair")
		excel := tableOf(t, w.do(get(path+"?form=excel&locale=en")), ';')
		require.Equal(t, "Total", excel[4][0])
		require.Equal(t, "2425,00", excel[4][8])
	})
	t.Run("XLSX", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 2)
		a := w.do(get(path).as(xlsxMedia + ";q=0.9, */*"))
		require.Equal(t, 200, a.Code)
		require.Equal(t, xlsxMedia, a.Header().Get("Content-Type"))
		f, err := excelize.OpenReader(bytes.NewReader(a.Body.Bytes()))
		require.NoError(t, err)
		rows, err := f.GetRows("Sheet1")
		require.NoError(t, err)
		require.Len(t, rows, 5)
		require.Equal(t, "2,425.00", rows[4][8])
		w.service.Spreadsheet = nil
		refused(t, w, get(path).as(xlsxMedia), 400, template, "not_acceptable")
	})
	t.Run("InParts", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 9)
		whole := tableOf(t, w.do(get(path)), ',')
		var lines [][]string
		query, parts := "?lines=4", 0
		for ; query != ""; parts++ {
			a := w.do(get(path + query))
			rows := tableOf(t, a, ',')
			lines = append(lines, rows[1:len(rows)-1]...)
			query = ""
			if next := a.Header().Get(api.NextCursor); next != "" {
				query = "?lines=4&cursor=" + next
			}
		}
		require.Equal(t, 3, parts)
		require.Equal(t, whole[1:len(whole)-1], lines)
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 9)
		w.service.MaxLines = 5
		for _, media := range []string{"text/csv", xlsxMedia} {
			p := refused(t, w, get(path).as(media), 413, template, "file_too_large")
			require.Contains(t, p.Detail, "lines=")
		}
		a := w.do(get(path + "?lines=50000"))
		require.Len(t, tableOf(t, a, ','), 7, "no more than fits")
		require.NotEmpty(t, a.Header().Get(api.NextCursor))
		w.service.MaxLines = 10
		require.Len(t, tableOf(t, w.do(get(path)), ','), 12)
	})
	t.Run("ErrBeforeAnythingWentOut", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 2)
		w.service.Registers.Orders = func(context.Context, ids.Mode, ...ids.ID) (map[ids.ID]settle.Operation, error) {
			return nil, errors.New("away")
		}
		refused(t, w, get(path), 500, template, "internal")
		refused(t, w, get(path+"?lines=5"), 500, template, "internal")
	})
	t.Run("HalfAFileIsCutOff", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 800)
		asked := 0
		w.service.Registers.Orders = func(context.Context, ids.Mode, ...ids.ID) (map[ids.ID]settle.Operation, error) {
			if asked++; asked > 7 {
				return nil, errors.New("away")
			}
			return nil, nil
		}
		require.Panics(t, func() { w.do(get(path)) }, "the connection is cut")
	})
	t.Run("ErrSettlementOpen", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0, 1)
		refused(t, w, get(settlementPath(ledger.SettlementID(book, today))+"/register"), 409, template, "settlement_open")
	})
	t.Run("ErrSettlementNotFound", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 1)
		refused(t, w, get(path).by(rival), 404, template, "settlement_not_found")
		refused(t, w, get("/api/v1/settlement/x/register"), 404, template, "settlement_not_found")
	})
	t.Run("ErrCursor", func(t *testing.T) {
		t.Parallel()
		w, path := prepared(t, 9)
		next := w.do(get(path + "?lines=4")).Header().Get(api.NextCursor)
		refused(t, w, get(path+"?cursor=x"), 422, template, "invalid_cursor")
		w.paid(t, 100, 1)
		refused(t, w, get(settlementPath(w.settled(t).ID)+"/register?cursor="+next), 422, template, "invalid_cursor")
	})
	for name, query := range map[string]string{"ErrLocale": "locale=fr", "ErrForm": "form=x", "ErrLines": "lines=0", "ErrManyLines": "lines=50001",
		"ErrNoNumber": "lines=x", "ErrUnknown": "x=1", "ErrTwice": "lines=1&lines=2", "ErrLong": "cursor=" + strings.Repeat("x", 1025)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, setup(t), get("/api/v1/settlement/x/register?"+query), 422, template, "validation_failed")
		})
	}
	t.Run("ErrMalformedQuery", func(t *testing.T) {
		t.Parallel()
		refused(t, setup(t), get("/api/v1/settlement/x/register?a=%25;b"), 400, template, "malformed_query")
	})
}
