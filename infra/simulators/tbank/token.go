package tbank

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// object is a JSON object by member, each value in the bytes in which it was received.
type object map[string]json.RawMessage

var errNotObject = errors.New("tbank: not one JSON object with distinct members")

// parseObject reads exactly one JSON object. A repeated member is refused: two readers could see two different requests
// under one signature.
func parseObject(raw []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errNotObject
	}
	o := object{}
	for d.More() {
		name, err := d.Token()
		key, isText := name.(string)
		if err != nil || !isText {
			return nil, errNotObject
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errNotObject
		}
		if _, twice := o[key]; twice {
			return nil, errNotObject
		}
		o[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errNotObject
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNotObject
	}
	return o, nil
}

// scalar gives the text of a member as it enters the token: strings without quotes, numbers and booleans as written.
// ok is false for objects, arrays, null and absent members.
func (o object) scalar(name string) (text string, ok bool) {
	raw := bytes.TrimSpace(o[name])
	if len(raw) == 0 {
		return "", false
	}
	switch raw[0] {
	case '{', '[', 'n':
		return "", false
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
		return s, true
	}
	return string(raw), true
}

// token is the bank's signature: the root scalars and the password, sorted by name, their values concatenated, SHA-256 in
// lower-case hex. A password that a careless client put into the body is not signed a second time.
func (o object) token(password string) string {
	values := map[string]string{"Password": password}
	names := []string{"Password"}
	for name := range o {
		if name == "Token" || name == "Password" {
			continue
		}
		if text, ok := o.scalar(name); ok {
			values[name] = text
			names = append(names, name)
		}
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		io.WriteString(h, values[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// signed reports whether the object carries its own right token. Hex digits may have either case.
func (o object) signed(password string) bool {
	got, ok := o.scalar("Token")
	return ok && subtle.ConstantTimeCompare([]byte(strings.ToLower(got)), []byte(o.token(password))) == 1
}
