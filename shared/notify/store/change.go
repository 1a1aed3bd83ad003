package store

import (
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/table"
)

// Changed is a change of a row of this domain that work follows from. One of the fields is filled.
type Changed struct {
	OnItsWay *notify.Delivery // it has just begun to wait
	Disabled *notify.Endpoint // it has just said that it is gone
	Deleted  *notify.Lane     // its endpoint was deleted
}

// ReadChange reads a change of the table. ok is false for one that nothing follows from, and for rows of others.
func ReadChange(c table.Change) (is Changed, ok bool) {
	switch key := c.Key(); {
	case isDelivery(key) && c.NewExists:
		d, err := readDelivery(c.New)
		if err != nil || d.Status != notify.Waiting {
			return is, false
		}
		if c.OldExists {
			was, err := readDelivery(c.Old)
			if err == nil && was.Status == notify.Waiting && was.Since.Equal(d.Since) {
				return is, false
			}
		}
		is.OnItsWay = &d
	case isEndpoint(key) && c.NewExists && c.OldExists:
		e, err := readEndpoint(c.New)
		was, err2 := readEndpoint(c.Old)
		if err != nil || err2 != nil || e.DisabledAt.IsZero() || !was.DisabledAt.IsZero() {
			return is, false
		}
		is.Disabled = &e
	case isLane(key) && c.OldExists && !c.NewExists:
		l, err := readLane(c.Old)
		if err != nil {
			return is, false
		}
		is.Deleted = &l
	default:
		return is, false
	}
	return is, true
}
