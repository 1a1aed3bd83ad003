package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/platform/web"
)

// reading reads the query of an endpoint that answers with a file as the others' are read: a name that nobody knows, or that is
// given twice, is refused, and every wrong place is told at once.
type reading struct {
	values url.Values
	known  []string
	wrong  []fault.Field
}

func readQuery(r *http.Request) (*reading, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, web.ErrMalformedQuery
	}
	return &reading{values: values}, nil
}

func (q *reading) refuse(name, message string) {
	q.wrong = append(q.wrong, fault.Field{Location: "query." + name, Message: message})
}

// text gives a parameter; "" when it is not there.
func (q *reading) text(name string) string {
	q.known = append(q.known, name)
	texts := q.values[name]
	switch {
	case len(texts) > 1:
		q.refuse(name, "is given twice")
	case len(texts) == 1 && len(texts[0]) > 1024:
		q.refuse(name, "is longer than 1024 characters")
	case len(texts) == 1:
		return texts[0]
	}
	return ""
}

// word gives one of some words, the first when it is not there.
func (q *reading) word(name string, words ...string) string {
	text := q.text(name)
	if text == "" {
		return words[0]
	}
	if !slices.Contains(words, text) {
		q.refuse(name, "expected one of "+strings.Join(words, ", "))
	}
	return text
}

// number gives a number from 1 to max; otherwise when it is not there.
func (q *reading) number(name string, max, otherwise int) int {
	text := q.text(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > max {
		q.refuse(name, fmt.Sprintf("expected a number from 1 to %d", max))
	}
	return n
}

// day gives a day; "" when it is not there.
func (q *reading) day(name string) ledger.Day {
	text := q.text(name)
	if text == "" {
		return ""
	}
	day, err := ledger.ParseDay(text)
	if err != nil {
		q.refuse(name, ledger.ErrDay.Message)
	}
	return day
}

// done tells every wrong place, once all parameters were asked for.
func (q *reading) done() error {
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.refuse("", "has a parameter that is not known here")
			break
		}
	}
	if q.wrong == nil {
		return nil
	}
	for i := range q.wrong {
		q.wrong[i].Location = strings.TrimSuffix(q.wrong[i].Location, ".")
	}
	return fault.Validation(q.wrong...)
}
