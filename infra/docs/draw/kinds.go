package draw

import "giberno.ru/shared/core/fault"

// kinds makes a fault of each kind, by the kind's name in the code.
var kinds = map[string]func(code, message string) *fault.Fault{
	"Invalid": fault.Invalid, "Malformed": fault.Malformed, "Unauthorized": fault.Unauthorized, "Forbidden": fault.Forbidden,
	"NotFound": fault.NotFound, "Conflict": fault.Conflict, "Unavailable": fault.Unavailable, "BankUnavailable": fault.BankUnavailable,
	"TooLarge":         of(fault.KindTooLarge),
	"UnsupportedMedia": of(fault.KindUnsupportedMedia),
	"RateLimited":      of(fault.KindRateLimited),
}

func of(kind fault.Kind) func(code, message string) *fault.Fault {
	return func(code, message string) *fault.Fault {
		return &fault.Fault{Kind: kind, Code: code, Message: message}
	}
}
