package banks

import "errors"

// Class says what a bank's refusal proves.
type Class int

// The classes of error. Only Unknown leaves the effect open; every other one proves that nothing moved.
const (
	Unknown     Class = iota // no answer, or one that proves nothing: ask before anything else
	DeclinedNow              // the bank refused this payer or this payment
	Unavailable              // the bank did not act and may do so later, or another bank may
	Config                   // our terminal, password or rights are wrong: an operator must act
	Conflict                 // the payment's state at the bank does not allow it: ask
	NotFound                 // the bank does not know the payment
	BadRequest               // our request breaks the bank's rules
)

// Error is a bank's refusal, or the lack of an answer.
type Error struct {
	Class   Class
	Decline Decline
	Code    string // the bank's own code
	Cause   error
}

func (e *Error) Error() string {
	text := "bank"
	if e.Code != "" {
		text += " code " + e.Code
	}
	if e.Decline.Message != "" {
		text += ": " + e.Decline.Message
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ClassOf tells the class of err; an error that no driver made is Unknown.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Unknown
}

// ErrForged is a notification whose signature does not hold.
var ErrForged = errors.New("banks: the signature does not hold")

// ErrMalformed is a body that is no notification of this bank.
var ErrMalformed = errors.New("banks: not a notification")

// String is the class as logs and metrics name it.
func (c Class) String() string {
	switch c {
	case DeclinedNow:
		return "declined"
	case Unavailable:
		return "unavailable"
	case Config:
		return "config"
	case Conflict:
		return "conflict"
	case NotFound:
		return "not_found"
	case BadRequest:
		return "bad_request"
	}
	return "unknown"
}
