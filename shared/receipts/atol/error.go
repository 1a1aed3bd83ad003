package atol

import (
	"errors"
	"fmt"
	"strconv"

	"giberno.ru/shared/platform/outbound"
)

// Class says what a refusal of the service proves.
type Class int

// The classes of error. Only Unknown leaves open whether a receipt was registered; registering once more under the same
// ID settles it.
const (
	Unknown     Class = iota // no answer, or one that proves nothing
	Unavailable              // the service or its till did not do it and may do so later
	Config                   // our login, password, group or INN is wrong: an operator must act
	BadRequest               // our receipt breaks the service's rules
	NotFound                 // the service does not know the receipt
)

// String is the class as logs and metrics name it.
func (c Class) String() string {
	switch c {
	case Unavailable:
		return "unavailable"
	case Config:
		return "config"
	case BadRequest:
		return "bad_request"
	case NotFound:
		return "not_found"
	}
	return "unknown"
}

// Error is a refusal of the service, or the lack of an answer.
type Error struct {
	Class Class
	Code  int    // the service's own; 0 where it gave none
	Type  string // the service's word for who failed: system driver timeout agent unknown
	Text  string // the service's, for the operator
	Cause error
}

func (e *Error) Error() string {
	text := "atol: " + e.Class.String()
	if e.Code != 0 {
		text += " code " + strconv.Itoa(e.Code)
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ClassOf tells the class of err; an error that is not this package's is Unknown.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Unknown
}

// The codes that the client itself acts on.
const (
	codeNotProcessed = 1 // of a receipt that the service gave up
	codeMissingToken = 10
	codeExpiredToken = 11
	codeExists       = 33 // the ID is known; the answer carries the number that the receipt has
	codeNoStateYet   = 34 // registered, and nothing is known of it yet
)

// codes are the service's errors of type system and what they prove.
var codes = map[int]Class{
	1:  Unavailable, // the document could not be processed
	10: Unavailable, // token not recognised, although it is a fresh one
	11: Unavailable, // token no longer active, although it is a fresh one
	12: Config,      // wrong login or password
	13: Config,      // the request for a token breaks the schema: its login or password is none
	14: Config,      // the user is blocked
	20: Config,      // the group is not the token's
	21: Config,      // the group speaks the other protocol
	30: NotFound,    // no such uuid
	31: BadRequest,  // no such operation
	32: BadRequest,  // the receipt breaks the schema
	40: BadRequest,
	41: BadRequest, // content type
}

// system reports an error of the service itself. A till numbers its errors apart, in the same range.
func (e *wireError) system() bool { return e.Type == "" || e.Type == "system" }

// refusal translates the error of an answer. A code that is not listed, as 0 and 50 are not, proves nothing.
func refusal(e *wireError) *Error {
	if !e.system() {
		return failure(e)
	}
	return &Error{Class: codes[e.code()], Code: e.code(), Type: e.Type, Text: e.Text}
}

func unknown(cause error) *Error { return &Error{Class: Unknown, Cause: cause} }

func badRequest(cause error) *Error { return &Error{Class: BadRequest, Cause: cause} }

// unanswered is the error of a call that came to no answer.
func unanswered(call string, err error) *Error {
	class := Unknown
	if outbound.NotSent(err) {
		class = Unavailable
	}
	return &Error{Class: class, Cause: fmt.Errorf("%s: %w", call, err)}
}

// failures are the codes of a failed receipt that say the receipt itself is wrong: the service asks to mend it and to
// send it again. 2003 and 2009, another company's INN, are Config. Every other failure is the till's.
var failures = map[string]map[int]Class{
	"agent": {2003: Config, 2006: BadRequest, 2007: BadRequest, 2009: Config},
	"driver": {
		13: BadRequest, 16: BadRequest, 17: BadRequest, 23: BadRequest, 24: BadRequest, 27: BadRequest, 41: BadRequest,
		48: BadRequest, 52: BadRequest, 60: BadRequest, 63: BadRequest, 66: BadRequest, 98: BadRequest, 110: BadRequest,
		128: BadRequest, 143: BadRequest, 144: BadRequest, 145: BadRequest, 147: BadRequest, 161: BadRequest,
	},
}

// failure translates the error of a failed receipt. It was not made, whatever the class, except that the type unknown
// says that the service itself does not know.
func failure(e *wireError) *Error {
	class, listed := failures[e.Type][e.code()]
	switch {
	case listed:
	case e.Type == "driver" || e.Type == "timeout" || e.Type == "agent" || e.Type == "system":
		class = Unavailable
	default:
		class = Unknown
	}
	return &Error{Class: class, Code: e.code(), Type: e.Type, Text: e.Text}
}
