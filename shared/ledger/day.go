package ledger

import (
	"time"

	"giberno.ru/shared/core/fault"
)

// Day is a business day as "2006-01-02"; days compare as texts do.
type Day string

const dayForm = "2006-01-02"

// ErrDay is the fault of a text that is no day.
var ErrDay = fault.Invalid("invalid_day", "Expected a day such as 2026-11-23.")

// DayOf is the business day of a moment in the partner's zone. An entry belongs to the day of its posting.
func DayOf(at time.Time, zone *time.Location) Day { return Day(at.In(zone).Format(dayForm)) }

// ParseDay reads a day, or fails with ErrDay.
func ParseDay(text string) (Day, error) {
	if _, err := time.Parse(dayForm, text); err != nil || len(text) != len(dayForm) {
		return "", ErrDay
	}
	return Day(text), nil
}

// Valid reports whether d is a day.
func (d Day) Valid() bool {
	_, err := ParseDay(string(d))
	return err == nil
}

// Next is the day after; the zero day of one that is not valid.
func (d Day) Next() Day {
	at, err := time.Parse(dayForm, string(d))
	if err != nil {
		return ""
	}
	return Day(at.AddDate(0, 0, 1).Format(dayForm))
}

// Begins is the first moment of the day in the zone.
func (d Day) Begins(zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(dayForm, string(d), zone)
	if err != nil {
		return time.Time{}, ErrDay.Because(err)
	}
	return at.UTC(), nil
}
