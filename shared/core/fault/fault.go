// Package fault is the inside of every error that a caller may have to act on: a kind, a stable code and a sentence.
// Only platform/web turns one into an answer; any other error is «internal» and its text never leaves the house.
package fault

import (
	"errors"
	"time"
)

// Kind says whose turn it is to act and decides the status of the answer.
type Kind int

// The kinds, with the status that platform/web answers.
const (
	KindInternal         Kind = iota // 500
	KindInvalid                      // 422: the fields are wrong
	KindMalformed                    // 400: the request itself is wrong
	KindUnauthorized                 // 401
	KindForbidden                    // 403
	KindNotFound                     // 404
	KindConflict                     // 409: the object's state does not allow it
	KindTooLarge                     // 413
	KindUnsupportedMedia             // 415
	KindRateLimited                  // 429
	KindUnavailable                  // 503: try again later, nothing was changed
	KindBankUnavailable              // 502: the bank did not do it, and is known not to have done it
)

// Field is one wrong place of a request.
type Field struct {
	Location string `json:"location" doc:"Where the value stands, such as body.items[0].price.amount"`
	Message  string `json:"message" doc:"What is wrong with it"`
}

// Fault is an error with a code that callers can rely on.
type Fault struct {
	Kind       Kind
	Code       string
	Message    string
	Fields     []Field
	RetryAfter time.Duration // 0: no advice
	Cause      error         // for the log only
}

func (f *Fault) Error() string {
	text := f.Code + ": " + f.Message
	if f.Cause != nil {
		text += ": " + f.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Is makes two faults of the same kind and code equal to errors.Is, whatever their causes.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code && t.Kind == f.Kind
}

// After returns a copy that advises when to try again.
func (f *Fault) After(wait time.Duration) *Fault { c := *f; c.RetryAfter = wait; return &c }

// Because returns a copy that carries the cause for the log.
func (f *Fault) Because(cause error) *Fault { c := *f; c.Cause = cause; return &c }

// At returns a copy that names one more wrong place.
func (f *Fault) At(location, message string) *Fault {
	c := *f
	c.Fields = append(append([]Field(nil), f.Fields...), Field{location, message})
	return &c
}

func of(k Kind, code, message string) *Fault { return &Fault{Kind: k, Code: code, Message: message} }

// Invalid: a field is wrong.
func Invalid(code, message string) *Fault { return of(KindInvalid, code, message) }

// Malformed: the request is not one we can read.
func Malformed(code, message string) *Fault { return of(KindMalformed, code, message) }

// Unauthorized: we do not know who is calling.
func Unauthorized(code, message string) *Fault { return of(KindUnauthorized, code, message) }

// Forbidden: we know the caller, who may not do this.
func Forbidden(code, message string) *Fault { return of(KindForbidden, code, message) }

// NotFound: it does not exist, or belongs to somebody else.
func NotFound(code, message string) *Fault { return of(KindNotFound, code, message) }

// Conflict: the state does not allow it.
func Conflict(code, message string) *Fault { return of(KindConflict, code, message) }

// Unavailable: nothing was changed; try again later.
func Unavailable(code, message string) *Fault { return of(KindUnavailable, code, message) }

// BankUnavailable: the bank is known not to have acted.
func BankUnavailable(code, message string) *Fault { return of(KindBankUnavailable, code, message) }

// Internal: ours; the cause is for the log.
func Internal(cause error) *Fault {
	return of(KindInternal, "internal", "Something went wrong on our side.").Because(cause)
}

// Validation is the fault of a request with several wrong places.
func Validation(fields ...Field) *Fault {
	f := Invalid("validation_failed", "Some fields are wrong.")
	f.Fields = fields
	return f
}

// As finds the fault in err; an error that carries none becomes Internal. As(nil) is nil.
func As(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Internal(err)
}

// Code is the code of err: "" for nil, "internal" for an error that is no fault.
func Code(err error) string {
	if err == nil {
		return ""
	}
	return As(err).Code
}
