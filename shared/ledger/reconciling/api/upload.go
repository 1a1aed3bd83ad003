package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
	"giberno.ru/shared/platform/web"
)

// query is what the address of a run says.
type query struct {
	mode     ids.Mode
	account  ids.ID
	from, to string
	grace    time.Duration
	mapping  string
}

// defaultGraceHours is how long an operation may be under way: what a bank books after midnight stands in the next day's register.
const defaultGraceHours = 3

// readQuery reads the query of a run. Everything that it does not know is refused, like what it cannot read.
func readQuery(raw string) (q query, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, web.ErrMalformedQuery
	}
	var wrong []fault.Field
	refuse := func(name, why string) { wrong = append(wrong, fault.Field{Location: "query." + name, Message: why}) }
	q.mode, q.grace = ids.Live, defaultGraceHours*time.Hour
	for name, given := range values {
		text := given[0]
		switch {
		case len(given) > 1:
			refuse(name, "is given twice")
		case name == "mode" && (text == "test" || text == "live"):
			q.mode = modeOf(text)
		case name == "mode":
			refuse(name, "expected test or live")
		case name == "account":
			if q.account, err = ids.Parse(text); err != nil {
				refuse(name, "expected the id of an account")
			}
		case name == "from":
			q.from = text
		case name == "to":
			q.to = text
		case name == "mapping":
			q.mapping = text
		case name == "grace_hours":
			hours, err := strconv.Atoi(text)
			if err != nil || hours < 0 || hours > maxGraceHours {
				refuse(name, "expected 0 to "+strconv.Itoa(maxGraceHours))
			}
			q.grace = time.Duration(hours) * time.Hour
		default:
			refuse("", "there is a parameter that this call does not know")
		}
	}
	for name, given := range map[string]bool{"account": values.Has("account"), "from": q.from != "", "to": q.to != ""} {
		if !given {
			refuse(name, "is required")
		}
	}
	if wrong != nil {
		return q, fault.Validation(wrong...)
	}
	return q, nil
}

// ErrForm is the refusal of a body that is no register by its type.
var ErrForm = &fault.Fault{Kind: fault.KindUnsupportedMedia, Code: web.ErrUnsupportedMedia.Code,
	Message: "The body must be text/csv, a spreadsheet, or multipart/form-data with a mapping and a register, not compressed."}

// formOf tells the form of a register by its media type.
func formOf(media string) (reconciling.Form, error) {
	switch media {
	case "text/csv":
		return reconciling.CSV, nil
	case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		return reconciling.XLSX, nil
	}
	return 0, ErrForm
}

// registerOf finds the register in a request, and its mapping.
func (s *Service) registerOf(r *http.Request, q query) (register reconciling.Register, err error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || r.Header.Get("Content-Encoding") != "" {
		return register, ErrForm
	}
	if media == "multipart/form-data" {
		if q.mapping != "" {
			return register, fault.Validation(fault.Field{Location: "query.mapping", Message: "the body brings a mapping of its own"})
		}
		return parts(multipart.NewReader(r.Body, params["boundary"]))
	}
	if register.Form, err = formOf(media); err != nil {
		return register, err
	}
	register.Content = r.Body
	register.Mapping, err = s.Reconciler.Mapping(r.Context(), q.mode, q.account, q.mapping)
	return register, err
}

// maxMapping bounds a mapping, in bytes.
const maxMapping = 64 << 10

// errParts is the refusal of a form that does not have its two parts in their order.
var errParts = fault.Malformed("malformed_body", "The form must have a part «mapping» in JSON and then a part «register».")

// parts reads the mapping of a form, and hands on its register to be read.
func parts(form *multipart.Reader) (register reconciling.Register, err error) {
	part, err := form.NextPart()
	if err != nil || part.FormName() != "mapping" {
		return register, errParts.Because(err)
	}
	if register.Mapping, err = readMapping(part); err != nil {
		return register, err
	}
	if part, err = form.NextPart(); err != nil || part.FormName() != "register" {
		return register, errParts.Because(err)
	}
	media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return register, ErrForm
	}
	register.Content = part
	register.Form, err = formOf(media)
	return register, err
}

// readMapping reads a mapping and refuses what it does not know: a misspelt word would be a column that is not read.
func readMapping(from io.Reader) (m reconcile.Mapping, err error) {
	raw, err := io.ReadAll(io.LimitReader(from, maxMapping+1))
	if err != nil || len(raw) > maxMapping {
		return m, fault.Validation(fault.Field{Location: "body.mapping", Message: "is too long or cut off"})
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil || decoder.More() {
		return m, fault.Validation(fault.Field{Location: "body.mapping", Message: "is not the JSON of a mapping, or has a name that mappings do not have"})
	}
	return m, m.Validate()
}

// arriving is a body that remembers how it ended: a register that was cut off on its way is no damaged register.
type arriving struct {
	from io.ReadCloser
	err  error
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
}

func (a *arriving) Close() error { return a.from.Close() }

// orElse is what was wrong with the body, or else err.
func (a *arriving) orElse(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(a.err, &tooLarge):
		return web.ErrBodyTooLarge
	case a.err != nil:
		return fault.Malformed("malformed_body", "The body ended early.").Because(a.err)
	}
	return err
}
