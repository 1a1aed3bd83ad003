// Package object gives the module's objects as the outside sees them: the contract's Order, Payment, Refund and Receipt
// (payments.md §3). The doors answer with them, and events carry them; so they stand in a room that needs neither a server
// nor a drawing of a QR code.
package object

import "time"

// Instant is a time as all our JSON writes it: RFC 3339, UTC, milliseconds.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
