package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rec := w.do(call{method: "POST", path: "/api/v1/thing", body: goodBody, token: goodToken, header: http.Header{"Idempotency-Key": {`"k 1"`}}})
		require.Equal(t, 201, rec.Code, rec.Body.String())
		require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
		require.Empty(t, rec.Header().Values("Idempotent-Replayed"))
		require.Empty(t, rec.Header().Get("Link"))
		require.Equal(t, `{"key":"k 1","total":100,"partner":"`+partner.String()+`","text":"a & b"}`+"\n", rec.Body.String())
	})
	t.Run("ReplayIsMarked", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rec := w.do(call{method: "POST", path: "/api/v1/thing", body: goodBody, token: goodToken, header: http.Header{"Idempotency-Key": {"again"}}})
		require.Equal(t, 201, rec.Code)
		require.Equal(t, "true", rec.Header().Get("Idempotent-Replayed"))
	})
	t.Run("CharsetAndCaseOfTheMediaTypeDoNotMatter", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rec := w.do(call{method: "POST", path: "/api/v1/thing", body: goodBody, token: goodToken, header: http.Header{"Content-Type": {"Application/JSON; Charset=UTF-8"}}})
		require.Equal(t, 201, rec.Code, rec.Body.String())
	})
	t.Run("OptionalBodyMayBeAbsent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		rec := w.do(call{method: "POST", path: "/api/v1/optional", header: http.Header{"Idempotency-Key": {"k"}}})
		require.Equal(t, 200, rec.Code, rec.Body.String())
	})
}

func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	line := func(fields string) string { return `{"lines":[{` + fields + `}]}` }
	ok := `"name":"a","price":{"amount":1,"currency":"RUB"},"quantity":1`
	cases := []struct {
		name     string
		call     call
		status   int
		code     string
		location string
	}{
		{"WrongJSON", call{body: `{"lines":`}, 400, "malformed_body", ""},
		{"TwoValues", call{body: goodBody + goodBody}, 400, "malformed_body", ""},
		{"EmptyBody", call{}, 400, "malformed_body", ""},
		{"NotAnObject", call{body: `[]`}, 422, "validation_failed", "body"},
		{"BodyTooLarge", call{body: `{"lines":[],"mail":"` + strings.Repeat("a", 5000) + `"}`}, 413, "body_too_large", ""},
		{"TenMegabytes", call{body: strings.Repeat(" ", 10<<20)}, 413, "body_too_large", ""},
		{"FormContentType", call{body: goodBody, header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}, 415, "unsupported_media_type", ""},
		{"OtherCharset", call{body: goodBody, header: http.Header{"Content-Type": {"application/json; charset=koi8-r"}}}, 415, "unsupported_media_type", ""},
		{"Compressed", call{body: goodBody, header: http.Header{"Content-Encoding": {"gzip"}}}, 415, "unsupported_media_type", ""},
		{"UnknownField", call{body: line(ok + `,"hack":1`)}, 422, "validation_failed", "body.lines[0].hack"},
		{"FieldInOtherCase", call{body: line(ok + `,"Count":1`)}, 422, "validation_failed", "body.lines[0].Count"},
		{"FieldTwice", call{body: line(ok + `,"name":"b"`)}, 422, "validation_failed", "body.lines[0].name"},
		{"FieldTwiceInDisguise", call{body: line(ok + `,"n\u0061me":"b"`)}, 422, "validation_failed", ""},
		{"MissingField", call{body: `{}`}, 422, "validation_failed", "body"},
		{"NullList", call{body: `{"lines":null}`}, 422, "validation_failed", "body.lines"},
		{"WrongType", call{body: line(`"name":5,"price":{"amount":1,"currency":"RUB"},"quantity":1`)}, 422, "validation_failed", "body.lines[0].name"},
		{"TooMany", call{body: `{"lines":[` + strings.Repeat("{"+ok+"},", 3) + "{" + ok + "}]}"}, 422, "validation_failed", "body.lines"},
		{"TooLong", call{body: line(strings.Replace(ok, `"a"`, `"abcdefghi"`, 1))}, 422, "validation_failed", "body.lines[0].name"},
		{"OverflowOfAmount", call{body: line(strings.Replace(ok, `"amount":1`, `"amount":9223372036854775808`, 1))}, 422, "validation_failed", "body.lines[0].price.amount"},
		{"HugeNumber", call{body: line(strings.Replace(ok, `"amount":1`, `"amount":1e999`, 1))}, 422, "validation_failed", "body.lines[0].price.amount"},
		{"EndlessNumber", call{body: line(strings.Replace(ok, `"amount":1`, `"amount":`+strings.Repeat("1", 400), 1))}, 422, "validation_failed", "body.lines[0].price.amount"},
		{"FractionOfAmount", call{body: line(strings.Replace(ok, `"amount":1`, `"amount":1.5`, 1))}, 422, "validation_failed", "body.lines[0].price.amount"},
		{"IntegerWrittenAsFraction", call{body: line(strings.Replace(ok, `"amount":1`, `"amount":1.0`, 1))}, 422, "validation_failed", "body.lines[0].price.amount"},
		{"UnknownCurrency", call{body: line(strings.Replace(ok, `RUB`, `XTS`, 1))}, 422, "validation_failed", "body.lines[0].price.currency"},
		{"NegativeQuantity", call{body: line(strings.Replace(ok, `"quantity":1`, `"quantity":-1`, 1))}, 422, "validation_failed", "body.lines[0].quantity"},
		{"FourDecimals", call{body: line(strings.Replace(ok, `"quantity":1`, `"quantity":1.2345`, 1))}, 422, "validation_failed", "body.lines[0].quantity"},
		{"ExponentInQuantity", call{body: line(strings.Replace(ok, `"quantity":1`, `"quantity":1e2`, 1))}, 422, "validation_failed", "body.lines[0].quantity"},
		{"NotAnID", call{body: line(ok + `,"parent":"x"`)}, 422, "validation_failed", "body.lines[0].parent"},
		{"NotAnIDOfOurs", call{body: line(ok + `,"parent":"0f8fad5b-d9cb-469f-a165-70867728950e"`)}, 422, "validation_failed", "body.lines[0].parent"},
		{"OverMaximum", call{body: line(ok + `,"count":101`)}, 422, "validation_failed", "body.lines[0].count"},
		{"ControlCharacter", call{body: line(strings.Replace(ok, `"a"`, `"a\u0000"`, 1))}, 422, "validation_failed", "body.lines[0].name"},
		{"RawControlCharacter", call{body: line(strings.Replace(ok, `"a"`, "\"a\x01\"", 1))}, 422, "validation_failed", "body.lines[0].name"},
		{"ControlCharacterOfC1", call{body: line(strings.Replace(ok, `"a"`, "\"a\u0085\"", 1))}, 422, "validation_failed", "body.lines[0].name"},
		{"ControlCharacterInName", call{body: `{"lines":[],"meta":{"a\u0007":"b"}}`}, 422, "validation_failed", "body.meta"},
		{"NotUTF8", call{body: line(strings.Replace(ok, `"a"`, "\"a\xff\"", 1))}, 422, "validation_failed", "body.lines[0].name"},
		{"HalfSurrogate", call{body: line(strings.Replace(ok, `"a"`, `"\ud800"`, 1))}, 422, "validation_failed", "body.lines[0].name"},
		{"DeepNesting", call{body: strings.Repeat("[", 2000)}, 422, "validation_failed", ""},
		{"NotAMailAddress", call{body: `{"lines":[],"mail":"my secret"}`}, 422, "validation_failed", "body.mail"},
		{"KeyTooLong", call{body: goodBody, header: http.Header{"Idempotency-Key": {strings.Repeat("k", 129)}}}, 422, "validation_failed", "header.Idempotency-Key"},
		{"KeyEmpty", call{body: goodBody, header: http.Header{"Idempotency-Key": {`""`}}}, 422, "validation_failed", "header.Idempotency-Key"},
		{"KeyTwice", call{body: goodBody, header: http.Header{"Idempotency-Key": {"a", "b"}}}, 422, "validation_failed", "header.Idempotency-Key"},
		{"UnknownQuery", call{path: "/api/v1/thing?x=1", body: goodBody}, 422, "validation_failed", "query.x"},
		{"QueryTwice", call{path: "/api/v1/thing?x=1&x=2", body: goodBody}, 422, "validation_failed", "query.x"},
		{"QueryNotUTF8", call{path: "/api/v1/thing?x=%ff", body: goodBody}, 422, "validation_failed", "query.x"},
		{"QueryMalformed", call{path: "/api/v1/thing?x=%zz", body: goodBody}, 400, "malformed_query", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			c.call.method, c.call.token = "POST", goodToken
			if c.call.path == "" {
				c.call.path = "/api/v1/thing"
			}
			p := problem(t, w.do(c.call), c.status, c.code)
			require.Zero(t, w.calls)
			require.NotContains(t, p.Detail, "json:")
			if c.location != "" {
				require.NotEmpty(t, p.Errors)
				require.Equal(t, c.location, p.Errors[0].Location, "%+v", p.Errors)
			}
			for _, field := range p.Errors {
				require.NotEmpty(t, field.Message)
				require.NotContains(t, field.Message, "secret")
				require.NotContains(t, field.Message, "Go ")
				require.NotContains(t, field.Message, "%")
			}
		})
	}
}
