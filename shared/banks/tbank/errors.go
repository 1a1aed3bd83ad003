package tbank

import (
	"strconv"

	"giberno.ru/shared/banks"
)

// verdict is what a code of the bank proves.
type verdict struct {
	class   banks.Class
	decline banks.DeclineCode // for DeclinedNow
}

func refuse(code banks.DeclineCode) verdict { return verdict{banks.DeclinedNow, code} }

var (
	inDoubt  = verdict{class: banks.Unknown} // the bank's own failure: see refusal
	wrong    = verdict{class: banks.BadRequest}
	config   = verdict{class: banks.Config}
	conflict = verdict{class: banks.Conflict}
	absent   = verdict{class: banks.NotFound}
	later    = verdict{class: banks.Unavailable}
)

// codes are the bank's error codes (§7) that are not in one of ranges.
var codes = map[int]verdict{
	1: inDoubt, 2: inDoubt, 3: inDoubt, 100: inDoubt, 401: inDoubt, 402: inDoubt, 9999: inDoubt,

	4: conflict, 7: conflict, 8: conflict, 20: conflict, 324: conflict, 330: conflict, 623: conflict,

	10: config, 202: config, 204: config, 205: config, 315: config, 331: config,
	1125: config, 1126: config, 3001: config,

	255: absent, 325: absent, 335: absent,

	201: wrong, 207: wrong, 208: wrong, 209: wrong, 212: wrong, 213: wrong,
	240: wrong, 247: wrong, 251: wrong, 308: wrong, 309: wrong, 310: wrong, 323: wrong, 329: wrong,
	334: wrong, 501: wrong, 503: wrong, 508: wrong, 510: wrong, 511: wrong, 620: wrong,
	3009: wrong, 3012: wrong, 3013: wrong, 3014: wrong, 3015: wrong, 3016: wrong, 3019: wrong,
	3029: wrong, 3030: wrong, 3031: wrong, 3037: wrong, 3040: wrong, 3041: wrong, 3042: wrong, 3044: wrong,

	3002: later,

	53: refuse(banks.Generic), 99: refuse(banks.Generic), 102: refuse(banks.Generic), 104: refuse(banks.Generic),
	76: refuse(banks.ForeignCardRefused), 77: refuse(banks.ForeignCardRefused),
	78: refuse(banks.ForeignCardRefused), 79: refuse(banks.ForeignCardRefused),
	101: refuse(banks.AuthenticationFailed), 106: refuse(banks.AuthenticationFailed),
	107: refuse(banks.AuthenticationFailed), 108: refuse(banks.AuthenticationFailed),
	103: refuse(banks.InsufficientFunds), 116: refuse(banks.InsufficientFunds), 1051: refuse(banks.InsufficientFunds),
	119: refuse(banks.LimitExceeded), 191: refuse(banks.NotPermitted),
	1012: refuse(banks.NotPermitted), 1014: refuse(banks.CardInvalid), 1015: refuse(banks.CardInvalid),
	1030: refuse(banks.IssuerUnavailable), 1033: refuse(banks.CardExpired), 1034: refuse(banks.SuspectedFraud),
	1054: refuse(banks.CardExpired), 1057: refuse(banks.NotPermitted), 1061: refuse(banks.LimitExceeded),
	1065: refuse(banks.LimitExceeded), 1082: refuse(banks.CardInvalid), 1091: refuse(banks.IssuerUnavailable),
}

// ranges are the codes that mean the same from first to last.
var ranges = []struct {
	first, last int
	verdict     verdict
}{
	{1001, 1099, refuse(banks.Generic)},
	{5060, 5067, refuse(banks.SBPRefused)},
	{8001, 8004, refuse(banks.InstalmentsRefused)},
}

func verdictOf(code string) (verdict, bool) {
	n, err := strconv.Atoi(code)
	if err != nil {
		return verdict{}, false
	}
	if v, ok := codes[n]; ok {
		return v, true
	}
	for _, r := range ranges {
		if r.first <= n && n <= r.last {
			return r.verdict, true
		}
	}
	return verdict{}, false
}

// declineOf says why a payment was refused. A code that we do not know is Generic; no code is no reason.
func declineOf(code, message string) banks.Decline {
	if code == "" || code == "0" {
		return banks.Decline{}
	}
	reason := banks.Generic
	if v, ok := verdictOf(code); ok && v.decline != "" {
		reason = v.decline
	}
	return banks.Decline{Code: reason, Message: message}
}

// effect says what a call can have moved, and so how far a failure of the bank's own may be believed.
type effect byte

const (
	looks effect = iota // moves nothing
	opens               // makes a payment that nobody can pay without the answer
	moves               // takes, captures or gives back money, or makes a receipt: once is right and twice is wrong
)

// refusal translates an answer that says Success false. «Internal error, try again» proves nothing about a call that moves
// money, nor does a code that we do not know; about any other call it only says that the bank did not do it now.
func refusal(code, message string, e effect) *banks.Error {
	v, known := verdictOf(code)
	switch {
	case known && v.class != banks.Unknown:
	case e == moves:
		v.class = banks.Unknown
	case known:
		v.class = banks.Unavailable
	default:
		v.class = banks.BadRequest
	}
	return &banks.Error{Class: v.class, Code: code, Decline: banks.Decline{Code: v.decline, Message: message}}
}
