package payments_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/payments"
)

func order(d payments.Draft, m ids.Mode) (payments.Order, error) {
	return payments.NewOrder(d, ids.FromParts("o"), m, partner, start)
}

func TestNewOrder(t *testing.T) {
	t.Parallel()
	t.Run("SumsItsLines", func(t *testing.T) {
		t.Parallel()
		d := draft()
		half := money.Quantity(500)
		d.Items = append(d.Items, payments.Item{Name: "б", Price: money.Of(99, money.RUB), Quantity: half},
			payments.Item{Name: "gift", Price: money.Of(0, money.RUB), Quantity: money.MaxQuantity})
		o, err := order(d, ids.Test)
		require.NoError(t, err)
		require.Equal(t, []int64{150_000, 50, 0}, []int64{o.Items[0].Amount.Amount, o.Items[1].Amount.Amount, o.Items[2].Amount.Amount})
		require.Equal(t, money.Of(150_050, money.RUB), o.Total)
		require.Equal(t, payments.Item{Name: "б", Price: money.Of(99, money.RUB), Quantity: half, Amount: money.Of(50, money.RUB),
			VAT: "none", Subject: "commodity", Mode: "full_prepayment", Measure: "piece"}, o.Items[1])
	})
	t.Run("LivesADayUnlessItSaysOtherwise", func(t *testing.T) {
		t.Parallel()
		o, err := order(draft(), ids.Test)
		require.NoError(t, err)
		require.Equal(t, start.Add(24*time.Hour), o.ExpiresAt)
		require.Equal(t, start, o.CreatedAt)
		require.True(t, o.Due.After(o.ExpiresAt), "the sweeper comes when it is over")
	})
	t.Run("ErrMixed", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Items = append(d.Items, payments.Item{Name: "b", Price: money.Of(1, money.KZT), Quantity: 1000})
		_, err := order(d, ids.Test)
		require.ErrorIs(t, err, money.ErrMixed)
	})
	t.Run("TheLargestTotal", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Items[0].Price.Amount = payments.MaxTotal
		_, err := order(d, ids.Test)
		require.NoError(t, err)
		d.Items = append(d.Items, payments.Item{Name: "b", Price: money.Of(1, money.RUB), Quantity: 1000})
		requireFields(t, d, ids.Test, "body.items[1]")
	})
	t.Run("EveryWrongPlaceIsNamed", func(t *testing.T) {
		t.Parallel()
		d := draft()
		d.Project, d.Email, d.Locale = "", "x", "de"
		d.Items[0].Price.Amount = -1
		requireFields(t, d, ids.Test, "body.project", "body.email", "body.locale", "body.items[0].price.amount")
	})
}

func requireFields(t testing.TB, d payments.Draft, m ids.Mode, want ...string) {
	t.Helper()
	_, err := order(d, m)
	var f *fault.Fault
	require.True(t, errors.As(err, &f), "%v", err)
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Location)
		require.NotEmpty(t, field.Message)
	}
	require.Equal(t, want, got)
}

func TestNewOrderRefuses(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("я", n) }
	pairs := func(n, key, value int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[strings.Repeat("k", key-1)+string(rune('a'+i))] = long(value)
		}
		return m
	}
	for name, c := range map[string]struct {
		edit func(*payments.Draft)
		at   string
	}{
		"NoProject":          {func(d *payments.Draft) { d.Project = " " }, "project"},
		"LongProject":        {func(d *payments.Draft) { d.Project = long(129) }, "project"},
		"ControlCharacters":  {func(d *payments.Draft) { d.Project = "a\x00b" }, "project"},
		"BrokenText":         {func(d *payments.Draft) { d.Description = "a\xff" }, "description"},
		"LongDescription":    {func(d *payments.Draft) { d.Description = long(141) }, "description"},
		"LongExternalID":     {func(d *payments.Draft) { d.ExternalID = long(65) }, "external_id"},
		"LongCustomerID":     {func(d *payments.Draft) { d.Customer.ID = long(65) }, "customer.id"},
		"LongCustomerName":   {func(d *payments.Draft) { d.Customer.Name = long(129) }, "customer.name"},
		"NoEmail":            {func(d *payments.Draft) { d.Email = "" }, "email"},
		"NamedEmail":         {func(d *payments.Draft) { d.Email = "A <a@b.ru>" }, "email"},
		"EmailOfAnAddress":   {func(d *payments.Draft) { d.Email = "a@[127.0.0.1]" }, "email"},
		"EmailWithoutDomain": {func(d *payments.Draft) { d.Email = "a@localhost" }, "email"},
		"LongEmail":          {func(d *payments.Draft) { d.Email = strings.Repeat("a", 60) + "@b.ru" }, "email"},
		"TooSoon":            {func(d *payments.Draft) { d.ExpiresAt = start.Add(payments.MinLife - 1) }, "expires_at"},
		"TooLate":            {func(d *payments.Draft) { d.ExpiresAt = start.Add(payments.MaxLife + 1) }, "expires_at"},
		"Past":               {func(d *payments.Draft) { d.ExpiresAt = start.Add(-time.Hour) }, "expires_at"},
		"ScriptURL":          {func(d *payments.Draft) { d.ReturnURL = "javascript:alert(1)" }, "return_url"},
		"PlainURL":           {func(d *payments.Draft) { d.ReturnURL = "http://shop.example" }, "return_url"},
		"UserInURL":          {func(d *payments.Draft) { d.ReturnURL = "https://a@shop.example" }, "return_url"},
		"LongURL":            {func(d *payments.Draft) { d.ReturnURL = "https://shop.example/" + strings.Repeat("a", 500) }, "return_url"},
		"Locale":             {func(d *payments.Draft) { d.Locale = "RU" }, "locale"},
		"Method":             {func(d *payments.Draft) { d.Methods = []banks.Method{"cash"} }, "methods[0]"},
		"MethodTwice":        {func(d *payments.Draft) { d.Methods = []banks.Method{banks.SBP, banks.SBP} }, "methods[1]"},
		"ManyPairs":          {func(d *payments.Draft) { d.Metadata = pairs(21, 2, 1) }, "metadata"},
		"LongKey":            {func(d *payments.Draft) { d.Metadata = pairs(1, 41, 1) }, "metadata"},
		"LongValue":          {func(d *payments.Draft) { d.Metadata = pairs(1, 2, 501) }, "metadata"},
		"NoItems":            {func(d *payments.Draft) { d.Items = nil }, "items"},
		"ManyItems":          {func(d *payments.Draft) { d.Items = make([]payments.Item, 101) }, "items"},
		"NothingToPay":       {func(d *payments.Draft) { d.Items[0].Price.Amount = 0 }, "items"},
		"NegativePrice":      {func(d *payments.Draft) { d.Items[0].Price.Amount = -1 }, "items[0].price.amount"},
		"HugePrice":          {func(d *payments.Draft) { d.Items[0].Price.Amount = 1 << 62 }, "items[0].price.amount"},
		"Currency":           {func(d *payments.Draft) { d.Items[0].Price.Currency = "JPY" }, "items[0].price.currency"},
		"NoQuantity":         {func(d *payments.Draft) { d.Items[0].Quantity = 0 }, "items[0].quantity"},
		"NegativeQuantity":   {func(d *payments.Draft) { d.Items[0].Quantity = -1000 }, "items[0].quantity"},
		"HugeQuantity":       {func(d *payments.Draft) { d.Items[0].Quantity = money.MaxQuantity + 1 }, "items[0].quantity"},
		"HugeLine": {func(d *payments.Draft) {
			d.Items[0].Quantity = money.MaxQuantity
			d.Items[0].Price.Amount = payments.MaxTotal
		}, "items[0]"},
		"NoName":   {func(d *payments.Draft) { d.Items[0].Name = "" }, "items[0].name"},
		"LongName": {func(d *payments.Draft) { d.Items[0].Name = long(129) }, "items[0].name"},
		"VAT":      {func(d *payments.Draft) { d.Items[0].VAT = "vat20" }, "items[0].vat"},
		"Subject":  {func(d *payments.Draft) { d.Items[0].Subject = "magic" }, "items[0].payment_subject"},
		"Mode":     {func(d *payments.Draft) { d.Items[0].Mode = "gift" }, "items[0].payment_mode"},
		"Measure":  {func(d *payments.Draft) { d.Items[0].Measure = "ell" }, "items[0].measure"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft()
			c.edit(&d)
			requireFields(t, d, ids.Test, "body."+c.at)
		})
	}
}

func TestValidReturnURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string][2]bool{ // test, live
		"https://shop.example/thanks?a=1": {true, true}, "http://localhost:3000/": {true, false}, "http://127.0.0.1/": {true, false},
		"http://[::1]:8080/": {true, false}, "http://10.0.0.1/": {false, false}, "https://": {false, false}, "//shop.example": {false, false},
		"ftp://shop.example": {false, false}, "http://localhost.evil.example": {false, false}, "": {false, false},
	} {
		require.Equal(t, want, [2]bool{payments.ValidReturnURL(url, ids.Test), payments.ValidReturnURL(url, ids.Live)}, url)
	}
}

// TestTotalIsTheSumOfLines: whatever is accepted adds up, within the limit.
func TestTotalIsTheSumOfLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draft()
		d.Items = nil
		for range rapid.IntRange(1, 100).Draw(t, "lines") {
			d.Items = append(d.Items, payments.Item{Name: "a", Price: money.Of(rapid.Int64Range(-1, payments.MaxTotal).Draw(t, "price"), money.RUB),
				Quantity: money.Quantity(rapid.Int64Range(0, 3000).Draw(t, "quantity"))})
		}
		o, err := order(d, ids.Live)
		if err != nil {
			require.Equal(t, fault.KindInvalid, fault.As(err).Kind)
			return
		}
		var sum int64
		for _, i := range o.Items {
			require.GreaterOrEqual(t, i.Amount.Amount, int64(0))
			sum += i.Amount.Amount
		}
		require.Equal(t, o.Total.Amount, sum)
		require.LessOrEqual(t, sum, payments.MaxTotal)
		require.Positive(t, sum)
		document := o.Document(o.Items, "osn")
		require.Len(t, document.Lines, len(o.Items))
	})
}
