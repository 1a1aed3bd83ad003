package atol_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

const done = `{"uuid":"` + uuid + `","status":"done","error":null,
 "payload":{"total":8500.0,"fns_site":"www.nalog.gov.ru","fn_number":"9999078900000001","shift_number":23,
  "receipt_datetime":"01.03.2026 12:00:00","fiscal_receipt_number":6,"fiscal_document_number":133,
  "ecr_registration_number":"0000111118041361","fiscal_document_attribute":3449555941,
  "ofd_inn":"7709364346","ofd_receipt_url":"https://ofd.example/v1?fn=9999078900000001&fp=3449555941&i=133"},
 "timestamp":"01.03.2026 12:00:08","group_code":"shop_group","daemon_code":"prod-agent-1","device_code":"KKT000001",
 "external_id":"gib-000481-1","callback_url":"https://pay.example/api/v1/atol","warnings":null}`

func failed(code, kind string) string {
	return `{"uuid":"` + uuid + `","status":"fail","external_id":"gib-000481-1","payload":null,"error":{"code":` + code + `,"text":"текст","type":"` + kind + `"}}`
}

func TestReport(t *testing.T) {
	t.Parallel()
	report := func(t *testing.T, status int, text string) (atol.Report, error) {
		c, _ := client(&fake{reply: always(status, text)})
		return c.Report(t.Context(), account(atol.V4), uuid)
	}
	t.Run("Done", func(t *testing.T) {
		t.Parallel()
		got, err := report(t, 200, done)
		require.NoError(t, err)
		require.Equal(t, atol.Report{UUID: uuid, ExternalID: "gib-000481-1", State: atol.Done, Fiscal: &receipts.Fiscal{
			Total: rub(850_000), URL: "https://ofd.example/v1?fn=9999078900000001&fp=3449555941&i=133",
			FN: "9999078900000001", FD: 133, FP: 3_449_555_941, RegistrationNumber: "0000111118041361", Shift: 23, Number: 6, OFD: "7709364346",
			IssuedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		}}, got)
		require.Equal(t, rub(850_000), got.Total())
		f, err := got.Receipt(draft())
		require.NoError(t, err)
		require.Equal(t, receipts.Income, f.Kind)
		require.Equal(t, "t=20260301T1200&s=8500.00&fn=9999078900000001&i=133&fp=3449555941&n=1", f.QR)
		require.Empty(t, got.Fiscal.Kind, "the report itself is left as it was")
	})
	t.Run("NumbersAsTexts", func(t *testing.T) {
		t.Parallel()
		text := strings.NewReplacer("8500.0", `"8500"`, "3449555941,", `"3449555941",`, `"9999078900000001"`, "9999078900000001", `:133,`, `:"133",`).Replace(done)
		got, err := report(t, 200, text)
		require.NoError(t, err)
		require.Equal(t, rub(850_000), got.Fiscal.Total)
		require.EqualValues(t, 3_449_555_941, got.Fiscal.FP)
	})
	t.Run("TotalsAreExact", func(t *testing.T) {
		t.Parallel()
		for text, minor := range map[string]int64{"0.07": 7, "0.7": 70, "8500": 850_000, "4503599627.37": 450_359_962_737, "1.10000": 110} {
			got, err := report(t, 200, strings.Replace(done, "8500.0", text, 1))
			require.NoError(t, err, text)
			require.Equal(t, rub(minor), got.Fiscal.Total)
		}
	})
	for _, text := range []string{"8500.001", "-8500", "8.5e3", `"8500."`, `""`, "null", "true", "{}", "[1]", "99999999999999"} {
		t.Run("ErrTotal:"+text, func(t *testing.T) {
			t.Parallel()
			_, err := report(t, 200, strings.Replace(done, "8500.0", text, 1))
			require.Equal(t, atol.Unknown, atol.ClassOf(err))
			require.Error(t, err)
		})
	}
	for from, to := range map[string]string{
		`"9999078900000001"`: `"999907890000000"`, ":133,": ":0,", "3449555941,": "4294967296,", "01.03.2026 12:00:00": "2026-03-01",
		`"payload":{`: `"payload":null,"other":{`, `"status":"done"`: `"status":"dreaming"`, uuid: "1c2d3e4f-0000-4111-8222-333344445556",
	} {
		t.Run("ErrUnreadable:"+from, func(t *testing.T) {
			t.Parallel()
			_, err := report(t, 200, strings.Replace(done, from, to, 1))
			require.Error(t, err)
			require.Equal(t, atol.Unknown, atol.ClassOf(err))
		})
	}
	t.Run("AnUnsafeAddressIsDropped", func(t *testing.T) {
		t.Parallel()
		got, err := report(t, 200, strings.Replace(done, "https://ofd.example", "javascript:alert(1)//", 1))
		require.NoError(t, err)
		require.Empty(t, got.Fiscal.URL)
	})
	t.Run("Waiting", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{registered, strings.Replace(refused(34, "system"), "{", `{"status":"wait",`, 1)} {
			got, err := report(t, 200, text)
			require.NoError(t, err)
			require.Equal(t, atol.Report{UUID: uuid, State: atol.Waiting}, got)
			require.True(t, got.Total().IsZero())
		}
	})
	for name, c := range map[string]struct {
		text  string
		class atol.Class
	}{
		"TheTillBroke":        {failed("2", "driver"), atol.Unavailable},
		"ACodeOfTheTillIsOwn": {failed("34", "driver"), atol.Unavailable}, // 34 of the service itself would mean «not yet»
		"NorATokensError":     {failed("11", "driver"), atol.Unavailable}, // nor is 11 of a till a token that has ended
		"NobodyTookIt":        {failed("1", "timeout"), atol.Unavailable},
		"TheServiceGaveUp":    {failed("1", "system"), atol.Unavailable},
		"WrongTax":            {failed("128", "driver"), atol.BadRequest},
		"ACodeAsAText":        {failed(`"016"`, "driver"), atol.BadRequest},
		"NoCode":              {failed("null", "driver"), atol.Unavailable},
		"AnotherINN":          {failed("2009", "agent"), atol.Config},
		"TheAgentBroke":       {failed("2004", "agent"), atol.Unavailable},
		"NobodyKnows":         {failed("0", "unknown"), atol.Unknown},
	} {
		t.Run("Failed:"+name, func(t *testing.T) {
			t.Parallel()
			got, err := report(t, 200, c.text)
			require.NoError(t, err)
			require.Equal(t, atol.Failed, got.State)
			require.Equal(t, c.class, got.Failure.Class)
			require.Equal(t, "текст", got.Failure.Text)
			require.Nil(t, got.Fiscal)
		})
	}
	for name, c := range map[string]struct {
		status int
		text   string
		class  atol.Class
	}{
		"ErrNotFound":     {400, strings.Replace(refused(30, "system"), "{", `{"status":"fail",`, 1), atol.NotFound},
		"ErrEchoed":       {400, strings.Replace(refused(30, "system"), "{", `{"status":"fail","uuid":"`+uuid+`",`, 1), atol.NotFound},
		"ErrProcessed":    {400, refused(1, "system"), atol.Unavailable},
		"ErrOthersFail":   {200, strings.Replace(failed("2", "driver"), uuid, "other", 1), atol.Unknown},
		"ErrFailAlone":    {200, `{"uuid":"` + uuid + `","status":"fail","error":null}`, atol.Unknown},
		"ErrDoneAndError": {200, strings.Replace(done, `"error":null`, `"error":{"code":2,"type":"driver"}`, 1), atol.Unknown},
		"ErrServer":       {500, refused(50, "system"), atol.Unknown},
		"ErrTimeout":      {200, strings.Replace(failed("1", "timeout"), `"fail"`, `"timeout"`, 1), atol.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := report(t, c.status, c.text)
			require.Error(t, err)
			require.Equal(t, c.class, atol.ClassOf(err), "%v", err)
		})
	}
	t.Run("ErrAddress", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		c, _ := client(f)
		for _, id := range []string{"", "../sell", uuid + "?x=1", strings.Replace(uuid, "1", "x", 1)} {
			_, err := c.Report(t.Context(), account(atol.V4), id)
			require.Equal(t, atol.BadRequest, atol.ClassOf(err))
		}
		require.Empty(t, f.calls())
	})
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	c, _ := client(&fake{})
	r, err := c.Report(t.Context(), account(atol.V4), uuid)
	require.NoError(t, err)
	t.Run("ACorrectionHasNoQR", func(t *testing.T) {
		t.Parallel()
		d := correction(receipts.IncomeCorrection)
		d.ID = r.ExternalID
		f, err := r.Receipt(d)
		require.NoError(t, err)
		require.Equal(t, receipts.IncomeCorrection, f.Kind)
		require.Empty(t, f.QR)
	})
	t.Run("ErrAnotherReceipt", func(t *testing.T) {
		t.Parallel()
		other := draft()
		other.ID = "gib-000482-1"
		_, err := r.Receipt(other)
		require.Error(t, err)
		less := refund()
		less.ID = r.ExternalID
		_, err = r.Receipt(less)
		require.Error(t, err, "another total is another receipt")
	})
	t.Run("ErrNotDone", func(t *testing.T) {
		t.Parallel()
		_, err := atol.Report{State: atol.Waiting}.Receipt(draft())
		require.Error(t, err)
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for class, word := range map[atol.Class]string{
		atol.Unknown: "unknown", atol.Unavailable: "unavailable", atol.Config: "config", atol.BadRequest: "bad_request", atol.NotFound: "not_found",
	} {
		require.Equal(t, word, class.String())
	}
	err := &atol.Error{Class: atol.Config, Code: 12, Text: "Неверный логин"}
	require.Equal(t, "atol: config code 12: Неверный логин", err.Error())
	require.Equal(t, atol.Unknown, atol.ClassOf(nil))
}
