package tbank

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// sign makes the bank's Token over the members of an object: the scalars of the root, without Token, sorted by name
// together with Password, their values run together, SHA-256. Objects, arrays and nulls are left out. A member that is
// itself called Password is left out too: some clients send theirs, and the secret is signed once and is always our own.
//
// The values have no separator, so the bank's rule alone does not tell {"Amount":12,"CardId":3} from
// {"Amount":1,"CardId":23}. What we read is therefore held to a strict form, and nothing is paid before reference, bank's
// number and amount are those of the payment.
func sign(o object, password string) [sha256.Size]byte {
	var room [maxMembers + 1]*member
	secret := member{name: "Password", kind: scalarText, text: password}
	sorted := append(room[:0], &secret)
	for i := range o {
		m := &o[i]
		if m.kind == nested || m.kind == null || m.name == "Token" || m.name == "Password" {
			continue
		}
		sorted = append(sorted, m)
		for j := len(sorted) - 1; j > 0 && sorted[j].name < sorted[j-1].name; j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	var space [512]byte
	text := space[:0]
	for _, m := range sorted {
		text = append(text, m.text...)
	}
	return sha256.Sum256(text)
}

// signedBy reports whether the object's own Token is right for the password. An empty password signs nothing.
func signedBy(o object, password string) bool {
	token := o.text("Token")
	var claimed [sha256.Size]byte
	if password == "" || len(token) != 2*sha256.Size {
		return false
	}
	if _, err := hex.Decode(claimed[:], []byte(token)); err != nil {
		return false
	}
	right := sign(o, password)
	return subtle.ConstantTimeCompare(claimed[:], right[:]) == 1
}
