package tbank

import "giberno.ru/shared/banks"

// statuses are the bank's words and ours, with the odd spellings of §9.8. The bank's AUTHORIZED is Held also for a payment
// of one stage, where it confirms nothing: the payment's own Hold flag decides. A refund in progress is still Paid, and a
// capture or a release in progress still Held, for only their ends are facts. AUTH_FAIL is Pending: on the bank's page
// another try may follow.
var statuses = map[string]banks.Status{
	"NEW":              banks.Pending,
	"FORM_SHOWED":      banks.Pending,
	"FORM SHOWED":      banks.Pending,
	"FORMSHOWED":       banks.Pending,
	"PREAUTHORIZING":   banks.Pending,
	"AUTHORIZING":      banks.Pending,
	"3DS_CHECKING":     banks.Pending,
	"3DS_CHECKED":      banks.Pending,
	"PAY_CHECKING":     banks.Pending,
	"AUTH_FAIL":        banks.Pending,
	"CHECKING":         banks.Pending,
	"CHECKED":          banks.Pending,
	"COMPLETING":       banks.Pending,
	"COMPLETED":        banks.Pending,
	"PROCESSING":       banks.Pending,
	"UNKNOWN":          banks.Pending,
	"AUTHORIZED":       banks.Held,
	"CONFIRMING":       banks.Held,
	"CONFIRM_CHECKING": banks.Held,
	"REVERSING":        banks.Held,
	"PARTIAL_REVERSED": banks.Held,
	"CONFIRMED":        banks.Paid,
	"REFUNDING":        banks.Paid,
	"ASYNC_REFUNDING":  banks.Paid,
	"REVERSED":         banks.Reversed,
	"PARTIAL_REFUNDED": banks.PartlyRefunded,
	"REFUNDED":         banks.Refunded,
	"CANCELED":         banks.Cancelled,
	"CANCELLED":        banks.Cancelled,
	"DEADLINE_EXPIRED": banks.Expired,
	"ATTEMPTS_EXPIRED": banks.Expired,
	"REJECTED":         banks.Declined,
}

// underway reports a word that says of a capture, a release or a refund that it is not over.
func underway(word string) bool {
	switch word {
	case "CONFIRMING", "CONFIRM_CHECKING", "REVERSING", "REFUNDING", "ASYNC_REFUNDING":
		return true
	}
	return false
}

// Statuses gives a copy of the table of words, for tests and for the pages that explain it.
func Statuses() map[string]banks.Status {
	all := make(map[string]banks.Status, len(statuses))
	for word, status := range statuses {
		all[word] = status
	}
	return all
}

// statusOf reads a word; one that is not in the table is Unrecognised, which never pays.
func statusOf(word string) banks.Status {
	if status, ok := statuses[word]; ok {
		return status
	}
	return banks.Unrecognised
}

// weight orders what several payments of one order say: money that is with us outweighs money that came and went, that
// outweighs what may still come, and that outweighs what never will.
func weight(s banks.Status) int {
	switch s {
	case banks.Paid:
		return 9
	case banks.PartlyRefunded:
		return 8
	case banks.Refunded:
		return 7
	case banks.Held:
		return 6
	case banks.Unrecognised:
		return 5
	case banks.Pending:
		return 4
	case banks.Reversed:
		return 3
	case banks.Declined:
		return 2
	default: // Cancelled, Expired
		return 1
	}
}
