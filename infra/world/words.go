package world

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
)

// bodyOf is a request's body and its length.
func bodyOf(text string) (io.ReadCloser, int64) {
	if text == "" {
		return http.NoBody, 0
	}
	return io.NopCloser(strings.NewReader(text)), int64(len(text))
}

// cutQuery takes the query off an address.
func cutQuery(path string) (at, query string, has bool) { return strings.Cut(path, "?") }

// memberOf reads one member of a flat JSON object as the text that it was written as.
func memberOf(raw []byte, name string) string {
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(o[name], &text) == nil {
		return text
	}
	return string(o[name])
}

// orderNamed is the order whose reference or receipt a message of the bank or of the fiscal service carries.
func orderNamed(raw []byte) ids.ID {
	_, order, _, _ := ids.ParseReference(memberOf(raw, "OrderId"))
	if _, receipt, ok := payments.ParseDraftID(memberOf(raw, "external_id")); ok && order.IsZero() {
		order = receipt.Root()
	}
	return order
}

// paymentNamed is the sender's number of what a message is about.
func paymentNamed(body string) string {
	return cmp.Or(memberOf([]byte(body), "PaymentId"), memberOf([]byte(body), "uuid"))
}

// signed gives a notification the token that it would have under a password: the root scalars and the password, sorted by
// name, put one after the other, SHA-256. It is an independent reading of the bank's rule.
func signed(o map[string]any, password string) string {
	delete(o, "Token")
	values := map[string]string{"Password": password}
	for name, v := range o {
		raw, err := json.Marshal(v)
		if err != nil || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n' {
			continue
		}
		values[name] = strings.Trim(string(raw), `"`)
		if text, ok := v.(string); ok {
			values[name] = text
		}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		_, _ = io.WriteString(h, values[name])
	}
	o["Token"] = hex.EncodeToString(h.Sum(nil))
	raw, _ := json.Marshal(o) // numbers and texts always marshal
	return string(raw)
}

// numbered reads a notification, its numbers as they were written.
func numbered(body string) (o map[string]any, ok bool) {
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	return o, d.Decode(&o) == nil
}

// isPanic tells the reason of a job that fell.
func isPanic(reason string) bool { return strings.Contains(reason, "the worker panicked") }
