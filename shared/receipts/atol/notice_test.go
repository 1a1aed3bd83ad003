package atol_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

func TestParseNotice(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{done, failed("2", "driver")} {
			got, err := atol.ParseNotice([]byte(text))
			require.NoError(t, err)
			require.Equal(t, atol.Notice{UUID: uuid, ExternalID: "gib-000481-1"}, got)
		}
	})
	t.Run("WithoutOurID", func(t *testing.T) {
		t.Parallel()
		got, err := atol.ParseNotice([]byte(registered))
		require.NoError(t, err)
		require.Equal(t, atol.Notice{UUID: uuid}, got)
	})
	for name, text := range map[string]string{
		"ErrEmpty":    "",
		"ErrNoJSON":   "uuid=" + uuid,
		"ErrArray":    "[" + done + "]",
		"ErrTwo":      done + done,
		"ErrNoUUID":   `{"external_id":"gib-000481-1"}`,
		"ErrUUID":     `{"uuid":"1c2d3e4f-0000-4111-8222-33334444555/"}`,
		"ErrLongID":   `{"uuid":"` + uuid + `","external_id":"` + strings.Repeat("x", 129) + `"}`,
		"ErrEncoding": "{\"uuid\":\"" + uuid + "\",\"external_id\":\"\xff\"}",
		"ErrTooLong":  `{"uuid":"` + uuid + `","x":"` + strings.Repeat("x", 65<<10) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := atol.ParseNotice([]byte(text))
			require.ErrorIs(t, err, atol.ErrMalformed)
		})
	}
}

func FuzzParseNotice(f *testing.F) {
	f.Add([]byte(done))
	f.Add([]byte(registered))
	f.Add([]byte(failed("2009", "agent")))
	f.Add([]byte(`{"uuid":"` + uuid + `","payload":{"total":{}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := atol.ParseNotice(raw)
		if err != nil {
			return
		}
		if len(n.UUID) != 36 || strings.Trim(n.UUID, "0123456789abcdefABCDEF-") != "" || len([]rune(n.ExternalID)) > receipts.MaxDraftID {
			t.Fatalf("%+v", n)
		}
	})
}

// fixed answers the report with whatever the fuzzer says.
type fixed struct{ raw []byte }

func (f fixed) Do(req *http.Request) (outbound.Answer, error) {
	if strings.HasSuffix(req.URL.Path, "/getToken") {
		return outbound.Answer{Status: 200, Body: []byte(`{"token":"t","error":null}`)}, nil
	}
	return outbound.Answer{Status: 200, Body: f.raw}, nil
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(done))
	f.Add([]byte(registered))
	f.Add([]byte(failed("34", "driver")))
	f.Add([]byte(refused(34, "system")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := atol.New(fixed{raw}, clockAt())
		r, err := c.Report(t.Context(), account(atol.V5), uuid)
		if err != nil {
			return
		}
		if (r.State == atol.Done) != (r.Fiscal != nil) || (r.State == atol.Failed) != (r.Failure != nil) || r.UUID != uuid {
			t.Fatalf("%+v", r)
		}
		if r.Fiscal != nil && (len(r.Fiscal.FN) != 16 || r.Fiscal.FD <= 0 || r.Fiscal.FP < 0 || r.Fiscal.Total.Amount < 0 || r.Fiscal.IssuedAt.IsZero()) {
			t.Fatalf("%+v", r.Fiscal)
		}
	})
}

func ExampleParseNotice() {
	n, _ := atol.ParseNotice([]byte(`{"uuid":"1c2d3e4f-0000-4111-8222-333344445555","status":"done","external_id":"gib-000481-1","payload":{"total":1}}`))
	fmt.Println(n.UUID, n.ExternalID)
	// Output: 1c2d3e4f-0000-4111-8222-333344445555 gib-000481-1
}
