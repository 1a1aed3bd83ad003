package api

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/reconciling"
)

// maxGraceHours is the longest grace, 31 days.
const maxGraceHours = 31 * 24

// zoneOf is the zone in which a bank counts its days. The mapping has been validated.
func zoneOf(m reconcile.Mapping) *time.Location {
	at, err := time.Parse("-07:00", m.UTCOffset)
	if err != nil {
		return time.UTC
	}
	_, offsetSec := at.Zone()
	return time.FixedZone(m.UTCOffset, offsetSec)
}

// zoneOfAccount is zoneOf for the account's own mapping; UTC where it has none.
func (s *Service) zoneOfAccount(ctx context.Context, m ids.Mode, account ids.ID) (*time.Location, error) {
	mapping, err := s.Reconciler.Mapping(ctx, m, account, "")
	if errors.Is(err, reconciling.ErrMapping) {
		return time.UTC, nil
	}
	return zoneOf(mapping), err
}

// momentOf reads a time of RFC 3339, or a day, which begins in the zone.
func momentOf(text string, zone *time.Location) (at time.Time, ok bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), at.Year() >= 1970 && at.Year() < 9999
	}
	day, err := ledger.ParseDay(text)
	if err != nil {
		return time.Time{}, false
	}
	at, err = day.Begins(zone)
	return at, err == nil && at.Year() >= 1970 && at.Year() < 9999
}

const momentWanted = "expected a day such as 2026-11-23, or a time of RFC 3339"

// bounds reads both ends of a period. where begins the locations of what is wrong.
func bounds(from, to, where string, zone *time.Location) (begins, ends time.Time, err error) {
	var wrong []fault.Field
	begins, ok := momentOf(from, zone)
	if !ok {
		wrong = append(wrong, fault.Field{Location: where + "from", Message: momentWanted})
	}
	if ends, ok = momentOf(to, zone); !ok {
		wrong = append(wrong, fault.Field{Location: where + "to", Message: momentWanted})
	}
	if wrong != nil {
		return begins, ends, fault.Validation(wrong...)
	}
	return begins, ends, nil
}
