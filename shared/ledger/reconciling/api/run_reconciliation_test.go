package api_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"giberno.ru/shared/ledger/reconciling/api"
)

// form makes a body with a mapping and a register.
func form(t testing.TB, parts ...[3]string) (media, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p[0] + `"`}, "Content-Type": {p[1]}})
		require.NoError(t, err)
		_, err = io.WriteString(part, p[2])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

const ownMapping = `{"name":"mine","delimiter":",","columns":{"reference":["ref"],"amount":["sum"],"date":["day"]},"currency":"RUB","layouts":["2006-01-02 15:04"],"utc_offset":"+03:00","by":"reference"}`

func TestRunReconciliation(t *testing.T) {
	t.Parallel()
	t.Run("ItNamesWhatDiffers", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0)
		w.paid(t, 1)
		got := read[api.Reconciliation](t, w.do(send(period(), heading+line(1)+"half;a;line\n"+line(2))))
		require.Equal(t, "2026-11-20T21:00:00.000Z", got.From, "a day of the bank")
		require.Equal(t, "2026-11-21T21:00:00.000Z", got.To)
		require.False(t, got.Livemode)
		require.Equal(t, map[string]int{"missing_here": 1, "missing_there": 1}, got.Open)
		require.Equal(t, map[string]api.BreakChange{"missing_here": {New: 1}, "missing_there": {New: 1}}, got.Breaks)
		require.Equal(t, 1, got.Matched)
		require.Equal(t, 4, got.Register.Rows)
		require.Equal(t, 2, got.Register.Accepted)
		require.Equal(t, 1, got.Register.Rejected)
		require.Equal(t, 3, got.Register.Problems[0].Line)
		require.Len(t, got.Register.SHA256, 64)
		require.Equal(t, map[string]api.Sums{"RUB": {Count: 2, Payments: 500}}, got.Register.Totals)
		require.Equal(t, map[string]api.Sums{"RUB": {Count: 1, Payments: 200}}, got.Agreed)
		require.Equal(t, 1, w.alarms)
	})
	t.Run("RepeatedItDoublesNothing", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0)
		first := read[api.Reconciliation](t, w.do(send(period(), heading)))
		again := read[api.Reconciliation](t, w.do(send(period(), heading)))
		require.Equal(t, first.ID, again.ID)
		require.Equal(t, map[string]api.BreakChange{"missing_there": {Still: 1}}, again.Breaks)
	})
	t.Run("ASpreadsheet", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0)
		book := excelize.NewFile()
		for i, row := range strings.Split(strings.TrimSpace(heading+line(0)), "\n") {
			for j, cell := range strings.Split(row, ";") {
				at, err := excelize.CoordinatesToCellName(j+1, i+1)
				require.NoError(t, err)
				require.NoError(t, book.SetCellStr("Sheet1", at, cell))
			}
		}
		var body bytes.Buffer
		require.NoError(t, book.Write(&body))
		c := send(period(), body.String()).as("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		require.Equal(t, 1, read[api.Reconciliation](t, w.do(c)).Matched)
	})
	t.Run("AMappingOfOnesOwn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0)
		media, body := form(t, [3]string{"mapping", "application/json", ownMapping},
			[3]string{"register", "text/csv", "ref,sum,day\n" + reference(0) + ",1.00,2026-11-21 01:00\n"})
		require.Equal(t, 1, read[api.Reconciliation](t, w.do(send(period(), body).as(media))).Matched)
	})
	t.Run("OthersAreLeftAlone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.paid(t, 0)
		live := strings.Replace(period(), "mode=test&", "", 1)
		got := read[api.Reconciliation](t, w.do(send(live, heading)))
		require.True(t, got.Livemode)
		require.Zero(t, got.Facts, "test and live never meet")
	})
}

func TestRunReconciliationRefuses(t *testing.T) {
	t.Parallel()
	without := func(name string) string {
		var kept []string
		for _, p := range strings.Split(period(), "&") {
			if !strings.HasPrefix(p, name+"=") {
				kept = append(kept, p)
			}
		}
		return strings.Join(kept, "&")
	}
	noRegister, noRegisterBody := form(t, [3]string{"mapping", "application/json", ownMapping})
	wrong, wrongBody := form(t, [3]string{"mapping", "application/json", `{"nome":"x"}`}, [3]string{"register", "text/csv", heading})
	empty, emptyBody := form(t, [3]string{"mapping", "application/json", `{}`}, [3]string{"register", "text/csv", heading})
	photo, photoBody := form(t, [3]string{"mapping", "application/json", ownMapping}, [3]string{"register", "image/png", heading})
	twice, twiceBody := form(t, [3]string{"mapping", "application/json", ownMapping}, [3]string{"register", "text/csv", heading})
	for name, c := range map[string]struct {
		call     call
		status   int
		code     string
		location string
	}{
		"ErrNoAccount":      {send(without("account"), heading), 422, "validation_failed", "query.account"},
		"ErrNoFrom":         {send(without("from"), heading), 422, "validation_failed", "query.from"},
		"ErrNoTo":           {send(without("to"), heading), 422, "validation_failed", "query.to"},
		"ErrMode":           {send(without("mode")+"&mode=both", heading), 422, "validation_failed", "query.mode"},
		"ErrTwice":          {send(period()+"&to=2026-11-23", heading), 422, "validation_failed", "query.to"},
		"ErrGrace":          {send(without("grace_hours")+"&grace_hours=745", heading), 422, "validation_failed", "query.grace_hours"},
		"ErrUnknownName":    {send(period()+"&x=1", heading), 422, "validation_failed", "query."},
		"ErrDay":            {send(without("to")+"&to=tomorrow", heading), 422, "validation_failed", "query.to"},
		"ErrPeriod":         {send(without("to")+"&to=2026-11-20", heading), 422, "reconciliation_period_invalid", ""},
		"ErrQuery":          {send("a=%zz", heading), 400, "malformed_query", ""},
		"ErrForeignAccount": {send(strings.Replace(period(), account.String(), partner.String(), 1), heading), 404, "account_not_found", ""},
		"ErrMapping":        {send(period()+"&mapping=sber", heading), 422, "register_mapping_unknown", ""},
		"ErrJSON":           {send(period(), "{}").as("application/json"), 415, "unsupported_media_type", ""},
		"ErrNoType":         {send(period(), heading).as(""), 415, "unsupported_media_type", ""},
		"ErrEmpty":          {send(period(), ""), 422, "register_heading_missing", ""},
		"ErrNoSpreadsheet":  {send(period(), heading).as("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), 422, "register_broken", ""},
		"ErrNoForm":         {send(period(), heading).as("multipart/form-data; boundary=x"), 400, "malformed_body", ""},
		"ErrNoRegister":     {send(period(), noRegisterBody).as(noRegister), 400, "malformed_body", ""},
		"ErrMisspelt":       {send(period(), wrongBody).as(wrong), 422, "validation_failed", "body.mapping"},
		"ErrEmptyMapping":   {send(period(), emptyBody).as(empty), 422, "validation_failed", "name"},
		"ErrNoTable":        {send(period(), photoBody).as(photo), 415, "unsupported_media_type", ""},
		"ErrTwoMappings":    {send(period()+"&mapping=tbank", twiceBody).as(twice), 422, "validation_failed", "query.mapping"},
		"ErrNothingRead":    {send(period(), heading+"x;y;?;?;?;?;?;?\n"), 422, "register_unreadable", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			p := refused(t, w.do(c.call), c.status, c.code)
			if c.location != "" {
				require.Equal(t, c.location, p.Errors[0].Location)
			}
			require.Zero(t, w.count.Snapshot().ByOp["write"].Trips, "nothing was even tried")
		})
	}
	media, body := form(t, [3]string{"mapping", "application/json", ownMapping}, [3]string{"register", "text/csv", "ref,sum,day\n"})
	reset := errors.New("connection reset")
	for name, c := range map[string]struct {
		media, begins string
		breaks        error
		status        int
		code          string
	}{
		"ErrCutOffOnItsWay":      {"text/csv", heading + line(0), reset, 400, "malformed_body"},
		"ErrSpreadsheetCutOff":   {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK", reset, 400, "malformed_body"},
		"ErrFormCutOff":          {media, body[:len(body)-20], reset, 400, "malformed_body"},
		"ErrMappingCutOff":       {media, body[:len(body)/4], reset, 400, "malformed_body"},
		"ErrTooLarge":            {"text/csv", heading + line(0), &http.MaxBytesError{Limit: api.MaxRegister}, 413, "body_too_large"},
		"ErrSpreadsheetTooLarge": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK", &http.MaxBytesError{}, 413, "body_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			sent := send(period(), "").as(c.media)
			sent.body = io.MultiReader(strings.NewReader(c.begins), failing{c.breaks})
			refused(t, w.do(sent), c.status, c.code)
			require.Zero(t, w.count.Snapshot().ByOp["write"].Trips, "half a register is none")
		})
	}
}

// failing is a connection that breaks.
type failing struct{ why error }

func (f failing) Read([]byte) (int, error) { return 0, f.why }

func FuzzQuery(f *testing.F) {
	f.Add(period())
	f.Add("mode=live&account=&from=0001-01-01&to=9999-12-31T23:59:59Z")
	f.Add("grace_hours=-1&from=2026-11-21T00:00:00%2B03:00&to=%00")
	w := setup(f)
	f.Fuzz(func(t *testing.T, query string) {
		c := send("", heading)
		c.path = "/api/v1/admin/reconciliation"
		r := w.do(c.with(query))
		require.Contains(t, []int{200, 400, 404, 422}, r.Code, r.Body.String())
	})
}

func FuzzMapping(f *testing.F) {
	f.Add(ownMapping)
	f.Add(`{"name":"x","utc_offset":"+99:99","layouts":["15"],"by":"bank_id"}`)
	w := setup(f)
	f.Fuzz(func(t *testing.T, mapping string) {
		media, body := form(t, [3]string{"mapping", "application/json", mapping}, [3]string{"register", "text/csv", "ref,sum,day\n"})
		require.Contains(t, []int{200, 400, 422}, w.do(send(period(), body).as(media)).Code)
	})
}
