package tbank

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// request is a body in the making: the root's members in the order in which they were added, so that the same call always
// has the same bytes.
type request struct{ members object }

func newRequest(terminal string) *request {
	return (&request{}).text("TerminalKey", terminal)
}

// text adds a string; an empty one is left out.
func (r *request) text(name, value string) *request {
	if value != "" {
		r.members = append(r.members, member{name: name, kind: scalarText, text: strings.ToValidUTF8(value, "�")})
	}
	return r
}

// number adds an integer.
func (r *request) number(name string, value int64) *request {
	r.members = append(r.members, member{name: name, kind: scalarNumber, text: strconv.FormatInt(value, 10)})
	return r
}

// object adds a nested object as JSON; the signature leaves it out. No JSON, no member.
func (r *request) object(name string, value []byte) *request {
	if value != nil {
		r.members = append(r.members, member{name: name, kind: nested, text: string(value)})
	}
	return r
}

// signed writes the body with its Token at the end.
func (r *request) signed(password string) []byte {
	token := sign(r.members, password)
	var body bytes.Buffer
	body.WriteByte('{')
	for _, m := range r.members {
		writeText(&body, m.name)
		body.WriteByte(':')
		if m.kind == scalarText {
			writeText(&body, m.text)
		} else {
			body.WriteString(m.text)
		}
		body.WriteByte(',')
	}
	body.WriteString(`"Token":"`)
	body.WriteString(hex.EncodeToString(token[:]))
	body.WriteString(`"}`)
	return body.Bytes()
}

// writeText writes a JSON string as the bank's own samples have it, without the escapes that HTML would need.
func writeText(body *bytes.Buffer, text string) {
	encoder := json.NewEncoder(body)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always encodes
	body.Truncate(body.Len() - 1)
}
