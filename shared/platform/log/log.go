// Package log makes the platform's logger: one JSON object per line, in which no secret can stand in clear, whatever a
// caller passes. Two nets: attributes are masked by name, and texts are searched for what looks like a token, a card
// number, a payment link or an e-mail address.
package log

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
)

// Masked stands where a secret was.
const Masked = "[masked]"

// secretNames are the attributes that are never shown. A name matches when one of its words, split at «_», «-» and «.», is
// here: card_pan, payer.email and authorization_token are masked.
var secretNames = map[string]bool{
	"token": true, "password": true, "secret": true, "authorization": true, "cookie": true, "signature": true,
	"email": true, "mail": true, "phone": true, "pan": true, "cvc": true, "cvv": true, "link": true,
}

// openNames are names of ours that carry one of those words and no secret.
var openNames = map[string]bool{"token_id": true}

// New makes a logger that writes JSON lines to w.
func New(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: guarded}))
}

// namesOfLambda are slog's own names and those that Lambda looks for in a line of JSON: it sorts and filters by them.
var namesOfLambda = map[string]string{slog.TimeKey: "timestamp", slog.MessageKey: "message"}

func guarded(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		if name, ok := namesOfLambda[a.Key]; ok {
			a.Key = name
		}
	}
	if isSecret(a.Key) {
		if a.Value.Kind() == slog.KindGroup {
			return slog.String(a.Key, Masked)
		}
		a.Value = slog.StringValue(Masked)
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Scrub(a.Value.String()))
	case slog.KindAny:
		a.Value = shown(a.Value.Any())
	}
	return a
}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	if openNames[name] {
		return false
	}
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		if secretNames[word] {
			return true
		}
	}
	return false
}

// shown lets only texts and numbers through: a structure may hold anything, so it has to say by LogValue or String what of
// it may be read.
func shown(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.StringValue("")
	case emf, *slog.Source, slog.Level:
		return slog.AnyValue(v)
	case error:
		return slog.StringValue(Scrub(v.Error()))
	case fmt.Stringer:
		return slog.StringValue(Scrub(v.String()))
	case []string:
		clean := make([]string, len(v))
		for i, s := range v {
			clean[i] = Scrub(s)
		}
		return slog.AnyValue(clean)
	}
	switch t := reflect.TypeOf(v); t.Kind() {
	case reflect.String:
		return slog.StringValue(Scrub(reflect.ValueOf(v).String()))
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return slog.AnyValue(v)
	default:
		return slog.StringValue("[" + t.String() + "]")
	}
}
