package atol_test

import (
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

var update = flag.Bool("update", false, "write the golden requests anew")

const uuid = "1c2d3e4f-0000-4111-8222-333344445555"

// fake answers every call and remembers the requests.
type fake struct {
	mu    sync.Mutex
	reply func(path string, nth int) (int, string, error) // nth call of all, from 1; "" is the good answer
	sent  []string
	heads []http.Header
}

const registered = `{"uuid":"` + uuid + `","status":"wait","error":null,"timestamp":"01.03.2026 12:00:00"}`

func (f *fake) Do(req *http.Request) (outbound.Answer, error) {
	raw := []byte(nil)
	if req.Body != nil {
		raw, _ = io.ReadAll(req.Body)
	}
	f.mu.Lock()
	f.sent = append(f.sent, req.Method+" "+req.URL.String()+"\n"+string(raw))
	f.heads = append(f.heads, req.Header)
	nth := len(f.sent)
	f.mu.Unlock()
	if f.reply != nil {
		if status, text, err := f.reply(req.URL.Path, nth); text != "" || err != nil {
			return outbound.Answer{Status: status, Body: []byte(text)}, err
		}
	}
	if strings.HasSuffix(req.URL.Path, "/getToken") {
		return outbound.Answer{Status: 200, Body: []byte(`{"token":"tok-` + string(rune('0'+nth)) + `","error":null,"timestamp":"01.03.2026 12:00:00"}`)}, nil
	}
	if strings.Contains(req.URL.Path, "/report/") {
		return outbound.Answer{Status: 200, Body: []byte(done)}, nil
	}
	return outbound.Answer{Status: 200, Body: []byte(registered)}, nil
}

func (f *fake) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.sent...)
}

func account(v atol.Version) atol.Account {
	return atol.Account{Address: "https://online.atol.test/possystem", Version: v, Group: "shop_group", Login: "shop", Password: "s3cr3t & \"more\""}
}

func clockAt() *clock.Manual { return clock.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)) }

func client(f *fake) (*atol.Client, *clock.Manual) {
	now := clockAt()
	return atol.New(f, now), now
}

func rub(minor int64) money.Money { return money.Of(minor, money.RUB) }

func draft() receipts.Draft {
	return receipts.Draft{
		ID: "gib-000481-1", Kind: receipts.Income, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		NotifyURL: "https://pay.example/api/atol/notifications?a=1&b=2",
		Company:   receipts.Company{INN: "7700000000", Email: "shop@example.com", PaymentAddress: "https://shop.example"},
		Document: receipts.Document{Email: "buyer@example.com", Phone: "+79000000000", Taxation: "usn_income", Lines: []receipts.Line{
			{Name: "Кресло «Уют» & <пуф>", Price: rub(400_000), Quantity: 2000, Amount: rub(800_000),
				VAT: "none", Subject: "commodity", Mode: "full_prepayment", Measure: "piece"},
			{Name: "Сборка", Price: rub(33_333), Quantity: 1500, Amount: rub(50_000),
				VAT: "vat22", Subject: "service", Mode: "full_prepayment", Measure: "hour"},
		}},
		Paid: receipts.Split{Electronic: rub(850_000)},
	}
}

func closing() receipts.Draft {
	d := draft()
	d.ID, d.NotifyURL, d.Document.Phone = "gib-000481-5", "", ""
	d.Paid = receipts.Split{Advance: rub(850_000)}
	for i := range d.Document.Lines {
		d.Document.Lines[i].Mode = "full_payment"
	}
	return d
}

func agency() receipts.Draft {
	d := draft()
	for i := range d.Document.Lines {
		d.Document.Lines[i].Agent = &receipts.Agent{Type: "paying_agent", Supplier: receipts.Supplier{Name: "ООО «Понимаю»", INN: "7701234567", Phone: "+79001112233"}}
	}
	d.Paid = receipts.Split{Electronic: rub(350_000), Advance: rub(500_000)}
	return d
}

func refund() receipts.Draft {
	d := draft()
	d.ID, d.Kind = "gib-000481-4", receipts.IncomeReturn
	d.Document.Lines = d.Document.Lines[1:]
	d.Paid = receipts.Split{Electronic: rub(50_000)}
	return d
}

func correction(kind receipts.Kind) receipts.Draft {
	d := draft()
	d.ID, d.Kind = "gib-000481-6", kind
	d.Correction = &receipts.Correction{Type: receipts.CorrectionInstruction, Date: time.Date(2026, 2, 27, 22, 0, 0, 0, time.UTC), Number: "17-05/123"}
	return d
}

// TestGoldenRequests holds the bytes of every call: a change of them is a change of what the service is told.
func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	type sent struct {
		version atol.Version
		draft   receipts.Draft
	}
	calls := map[string]sent{"v5-sell-refund-correction": {atol.V5, correction(receipts.IncomeReturnCorrection)}}
	for _, v := range []atol.Version{atol.V4, atol.V5} {
		for name, d := range map[string]receipts.Draft{
			"sell": draft(), "sell-closing": closing(), "sell-agent": agency(), "sell-refund": refund(), "sell-correction": correction(receipts.IncomeCorrection),
		} {
			calls[string(v)+"-"+name] = sent{v, d}
		}
	}
	for name, c := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			a, _ := client(f)
			got, err := a.Register(t.Context(), account(c.version), c.draft)
			require.NoError(t, err)
			require.Equal(t, atol.Registered{UUID: uuid, State: atol.Waiting}, got)
			_, err = a.Report(t.Context(), account(c.version), uuid)
			require.NoError(t, err)
			for i, head := range f.heads {
				require.Equal(t, i == 0, head.Get("Token") == "", "the token follows getToken")
				require.Equal(t, i < 2, head.Get("Content-Type") == "application/json; charset=utf-8")
			}
			golden(t, name, strings.Join(f.calls(), "\n")+"\n")
		})
	}
}

func golden(t *testing.T, name, sent string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(sent), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), sent)
}
