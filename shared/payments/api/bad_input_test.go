package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/host"
)

// item makes an order of one line whose fields differ from a good one as the pairs of old and new text say.
func item(pairs ...string) string {
	return `{"project":"Школа","email":"buyer@example.com","items":[` + strings.NewReplacer(pairs...).Replace(lesson) + `]}`
}

func order(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(orderBody("")) }

// TestBadInput holds the promise that bad input gets a clear refusal and changes nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	const amount, quantity = `"amount":150000`, `"quantity":1`
	many := strings.Repeat(lesson+",", 100) + lesson
	for _, c := range []struct {
		name     string
		body     string
		status   int
		code     string
		location string
	}{
		{"WrongJSON", `{"project":`, 400, "malformed_body", ""},
		{"NoBody", "", 400, "malformed_body", ""},
		{"TwoBodies", orderBody("") + orderBody(""), 400, "malformed_body", ""},
		{"TenMegabytes", `{"project":"` + strings.Repeat("x", 10<<20) + `"}`, 413, "body_too_large", ""},
		{"AByteTooMany", orderBody("") + strings.Repeat(" ", 256<<10+1-len(orderBody(""))), 413, "body_too_large", ""},
		{"NotAnObject", `[]`, 422, "validation_failed", "body"},
		{"Null", `null`, 422, "validation_failed", "body"},
		{"Empty", `{}`, 422, "validation_failed", "body"},
		{"UnknownField", orderBody(`,"hack":1`), 422, "validation_failed", "body.hack"},
		{"UnknownFieldOfAnItem", item(`{"name"`, `{"sku":1,"name"`), 422, "validation_failed", "body.items[0].sku"},
		{"UnknownFieldOfAPrice", item(amount, amount+`,"x":1`), 422, "validation_failed", "body.items[0].price.x"},
		{"UnknownFieldOfTheCustomer", orderBody(`,"customer":{"mail":"x"}`), 422, "validation_failed", "body.customer.mail"},
		{"FieldInOtherCase", order(`"email"`, `"Email"`), 422, "validation_failed", ""},
		{"FieldTwice", orderBody(`,"project":"b"`), 422, "validation_failed", "body.project"},
		{"NoItems", order(lesson, ""), 422, "validation_failed", "body.items"},
		{"NullItem", order(lesson, "null"), 422, "validation_failed", "body.items[0]"},
		{"101Items", order(lesson, many), 422, "validation_failed", "body.items"},
		{"NegativeAmount", item(amount, `"amount":-1`), 422, "validation_failed", "body.items[0].price.amount"},
		{"FractionOfAnAmount", item(amount, `"amount":1.5`), 422, "validation_failed", "body.items[0].price.amount"},
		{"WholeFraction", item(amount, `"amount":150000.0`), 422, "validation_failed", "body.items[0].price.amount"},
		{"Exponent", item(amount, `"amount":15e4`), 422, "validation_failed", "body.items[0].price.amount"},
		{"TextAmount", item(amount, `"amount":"150000"`), 422, "validation_failed", "body.items[0].price.amount"},
		{"NullAmount", item(amount, `"amount":null`), 422, "validation_failed", "body.items[0].price.amount"},
		{"Overflow", item(amount, `"amount":9223372036854775808`), 422, "validation_failed", "body.items[0].price.amount"},
		{"HugeNumber", item(amount, `"amount":1e999`), 422, "validation_failed", "body.items[0].price.amount"},
		{"LargestNumber", item(amount, `"amount":9223372036854775807`), 422, "validation_failed", "body.items[0].price.amount"},
		{"OverTheLimit", item(amount, `"amount":1000000000001`), 422, "validation_failed", "body.items[0].price.amount"},
		{"TotalOverTheLimit", item(amount, `"amount":1000000000000`, quantity, `"quantity":1.001`), 422, "validation_failed", "body.items[0]"},
		{"TotalZero", item(amount, `"amount":0`), 422, "validation_failed", "body.items"},
		{"UnknownCurrency", item("RUB", "XTS"), 422, "validation_failed", "body.items[0].price.currency"},
		{"MixedCurrencies", order(lesson, lesson+","+strings.Replace(lesson, "RUB", "KZT", 1)), 422, "currency_mixed", "body.items[1].price.currency"},
		{"ZeroQuantity", item(quantity, `"quantity":0`), 422, "validation_failed", "body.items[0].quantity"},
		{"NegativeQuantity", item(quantity, `"quantity":-1`), 422, "validation_failed", "body.items[0].quantity"},
		{"FourDecimals", item(quantity, `"quantity":1.2345`), 422, "validation_failed", "body.items[0].quantity"},
		{"TooMuch", item(quantity, `"quantity":100000`), 422, "validation_failed", "body.items[0].quantity"},
		{"QuantityAsText", item(quantity, `"quantity":"1"`), 422, "validation_failed", "body.items[0].quantity"},
		{"NoQuantity", item(","+quantity, ""), 422, "validation_failed", "body.items[0]"},
		{"WrongVAT", item(quantity, quantity+`,"vat":"vat18"`), 422, "validation_failed", "body.items[0].vat"},
		{"AbolishedVAT", item(quantity, quantity+`,"vat":"vat20"`), 422, "validation_failed", "body.items[0].vat"},
		{"WrongSubject", item(quantity, quantity+`,"payment_subject":"thing"`), 422, "validation_failed", "body.items[0].payment_subject"},
		{"WrongMode", item(quantity, quantity+`,"payment_mode":"later"`), 422, "validation_failed", "body.items[0].payment_mode"},
		{"WrongMeasure", item(quantity, quantity+`,"measure":"pint"`), 422, "validation_failed", "body.items[0].measure"},
		{"BlankName", item("Консультация", " "), 422, "validation_failed", "body.items[0].name"},
		{"LongName", item("Консультация", strings.Repeat("я", 129)), 422, "validation_failed", "body.items[0].name"},
		{"ControlCharacter", item("Консультация", `a\u0000`), 422, "validation_failed", "body.items[0].name"},
		{"NewLine", item("Консультация", `a\n`), 422, "validation_failed", "body.items[0].name"},
		{"RawControlCharacter", item("Консультация", "a\x1b"), 422, "validation_failed", "body.items[0].name"},
		{"InvalidUTF8", item("Консультация", "\xff"), 422, "validation_failed", "body.items[0].name"},
		{"HalfSurrogate", item("Консультация", `\ud800`), 422, "validation_failed", "body.items[0].name"},
		{"BlankProject", order("Школа", " "), 422, "validation_failed", "body.project"},
		{"NotAnEmail", order("buyer@example.com", "buyer"), 422, "validation_failed", "body.email"},
		{"EmailWithAName", order("buyer@example.com", "A <buyer@example.com>"), 422, "validation_failed", "body.email"},
		{"LongEmail", order("buyer@", strings.Repeat("b", 60)+"@"), 422, "validation_failed", "body.email"},
		{"Phone", orderBody(`,"customer":{"phone":"89000000000"}`), 422, "validation_failed", "body.customer.phone"},
		{"ExpiryPast", orderBody(`,"expires_at":"2026-11-22T09:04:59Z"`), 422, "validation_failed", "body.expires_at"},
		{"ExpiryTooFar", orderBody(`,"expires_at":"2027-02-21T09:00:00Z"`), 422, "validation_failed", "body.expires_at"},
		{"ExpiryNoTime", orderBody(`,"expires_at":"tomorrow"`), 422, "validation_failed", "body.expires_at"},
		{"ExpiryEmpty", orderBody(`,"expires_at":""`), 422, "validation_failed", "body.expires_at"},
		{"UnknownMethod", orderBody(`,"methods":["cash"]`), 422, "validation_failed", "body.methods[0]"},
		{"MethodTwice", orderBody(`,"methods":["split","instalments"]`), 422, "validation_failed", "body.methods[1]"},
		{"ReturnOverHTTP", orderBody(`,"return_url":"http://shop.example/"`), 422, "validation_failed", "body.return_url"},
		{"ReturnByScript", orderBody(`,"return_url":"javascript:alert(1)"`), 422, "validation_failed", "body.return_url"},
		{"Locale", orderBody(`,"locale":"de"`), 422, "validation_failed", "body.locale"},
		{"Capture", orderBody(`,"capture":"later"`), 422, "validation_failed", "body.capture"},
		{"LongExternalID", orderBody(`,"external_id":"` + strings.Repeat("x", 65) + `"`), 422, "validation_failed", "body.external_id"},
		{"LongDescription", orderBody(`,"description":"` + strings.Repeat("я", 141) + `"`), 422, "validation_failed", "body.description"},
		{"TooMuchMetadata", orderBody(`,"metadata":{` + pairs(21) + `}`), 422, "validation_failed", "body.metadata"},
		{"LongMetadataKey", orderBody(`,"metadata":{"` + strings.Repeat("k", 41) + `":""}`), 422, "validation_failed", "body.metadata"},
		{"MetadataNumber", orderBody(`,"metadata":{"a":1}`), 422, "validation_failed", "body.metadata.a"},
		{"DeepNesting", strings.Repeat(`{"project":`, 100), 422, "validation_failed", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			for _, key := range []string{"", "k"} {
				p := refused(t, w.do(post("/api/v1/order", c.body).keyed(key)), c.status, c.code)
				if c.location != "" {
					require.NotEmpty(t, p.Errors)
					require.Equal(t, c.location, p.Errors[0].Location, "%+v", p.Errors)
					require.NotEmpty(t, p.Errors[0].Message)
				}
			}
			require.Zero(t, w.table.Snapshot().ByOp["write"].Trips, "nothing was even tried")
		})
	}
}

func pairs(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"k%d":"v"`, i))
	}
	return strings.Join(all, ",")
}

// TestBadManners is what is wrong with a request before its body is read.
func TestBadManners(t *testing.T) {
	t.Parallel()
	create := post("/api/v1/order", orderBody(""))
	header := func(name string, values ...string) http.Header { return http.Header{name: values} }
	for name, c := range map[string]struct {
		call   call
		status int
		code   string
	}{
		"NoToken":                       {create.by("-"), 401, "invalid_token"},
		"ForeignToken":                  {create.by("gb_test_stranger"), 401, "invalid_token"},
		"RevokedToken":                  {create.by(revoked), 401, "token_revoked"},
		"OperatorsTokenOnAPartnersCall": {create.by(operator), 403, "forbidden_scope"},
		"OperatorReadsAnOrder":          {get("/api/v1/orders").by(operator), 403, "forbidden_scope"},
		"PartnersTokenOnAnOperators":    {get("/api/v1/admin/alarms"), 403, "forbidden_scope"},
		"OperatorsTokenOnARefund":       {post("/api/v1/payment/0f8fad5b-d9cb-869f-a165-708677280101/refund", "").by(operator).keyed("k"), 403, "forbidden_scope"},
		"PartnersTokenOnAnApproval":     {post("/api/v1/admin/refund/0f8fad5b-d9cb-869f-a165-708677280201/approve", ""), 403, "forbidden_scope"},
		"ATokenNotGoodForRefunds":       {post("/api/v1/admin/refund/0f8fad5b-d9cb-869f-a165-708677280201/approve", "").by(clerk), 403, "forbidden_scope"},
		"AFormForARefund":               {post("/api/v1/payment/0f8fad5b-d9cb-869f-a165-708677280101/refund", "amount=1").with(header("Content-Type", "application/x-www-form-urlencoded")), 415, "unsupported_media_type"},
		"TooLongARefund":                {post("/api/v1/payment/0f8fad5b-d9cb-869f-a165-708677280101/refund", `{"reason":"`+strings.Repeat("x", 256<<10)+`"}`), 413, "body_too_large"},
		"HugeToken":                     {create.by(strings.Repeat("x", 100<<10)), 401, "invalid_token"},
		"OtherScheme":                   {create.with(header("Authorization", "Basic "+shop)), 401, "invalid_token"},
		"TwoTokens":                     {create.with(header("Authorization", "Bearer "+shop, "Bearer "+rival)), 401, "invalid_token"},
		"WrongContentType":              {create.with(header("Content-Type", "text/plain")), 415, "unsupported_media_type"},
		"NoContentType":                 {create.with(header("Content-Type")), 415, "unsupported_media_type"},
		"Form":                          {create.with(header("Content-Type", "application/x-www-form-urlencoded")), 415, "unsupported_media_type"},
		"OtherCharset":                  {create.with(header("Content-Type", "application/json; charset=windows-1251")), 415, "unsupported_media_type"},
		"Compressed":                    {create.with(header("Content-Encoding", "gzip")), 415, "unsupported_media_type"},
		"WrongMethod":                   {call{method: "PUT", path: "/api/v1/order", body: "{}"}, 405, "method_not_allowed"},
		"DeleteAnOrder":                 {call{method: "DELETE", path: "/api/v1/orders"}, 405, "method_not_allowed"},
		"WrongPath":                     {post("/api/v1/orderz", "{}"), 404, "not_found"},
		"SlashAtTheEnd":                 {post("/api/v1/order/", "{}"), 404, "not_found"},
		"TwoSlashes":                    {post("/api/v1//order", "{}"), 404, "not_found"},
		"UnknownQuery":                  {post("/api/v1/order?dry=1", orderBody("")), 422, "validation_failed"},
		"MalformedQuery":                {post("/api/v1/order?a=%zz", orderBody("")), 400, "malformed_query"},
		"KeyTooLong":                    {create.keyed(strings.Repeat("k", 129)), 422, "validation_failed"},
		"KeyHuge":                       {create.keyed(strings.Repeat("k", 100<<10)), 422, "validation_failed"},
		"KeyEmpty":                      {create.keyed(`""`), 422, "validation_failed"},
		"KeyNotASCII":                   {create.keyed("ключ"), 422, "validation_failed"},
		"KeyUnfinished":                 {create.keyed(`"k`), 422, "validation_failed"},
		"TwoKeys":                       {create.with(header("Idempotency-Key", "a", "b")), 422, "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			a := w.do(c.call)
			require.Equal(t, c.status, a.Code, a.Body.String())
			require.Contains(t, a.Body.String(), `"code":"`+c.code+`"`)
			require.Equal(t, "application/problem+json", a.Header().Get("Content-Type"))
			require.Zero(t, w.table.Snapshot().Total.Trips, "the table was not even asked")
		})
	}
	t.Run("HugeHeaderOnTheWire", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		ctx, stop := context.WithCancel(context.Background())
		at, done := make(chan net.Addr, 1), make(chan error, 1)
		go func() {
			done <- host.Listen(ctx, "127.0.0.1:0", w, host.Options{Ready: func(a net.Addr) { at <- a }})
		}()
		defer func() { stop(); require.NoError(t, <-done) }()
		conn, err := net.Dial("tcp", (<-at).String())
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		go func() {
			_, _ = io.WriteString(conn, "POST /api/v1/order HTTP/1.1\r\nHost: x\r\nX-Filler: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
		}()
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		_ = answer.Body.Close()
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answer.StatusCode)
		require.Zero(t, w.table.Snapshot().Total.Trips)
	})
	t.Run("AHugeRequestIDIsReplaced", func(t *testing.T) {
		t.Parallel()
		a := setup(t).do(create.with(header("X-Request-Id", strings.Repeat("x", 100<<10))))
		require.Equal(t, 201, a.Code)
		require.Less(t, len(a.Header().Get("X-Request-Id")), 65)
	})
}
