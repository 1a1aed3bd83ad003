package notify

import (
	"time"

	"giberno.ru/shared/core/ids"
)

// Lanes is how many lanes an endpoint has, and so how many requests to it are in flight at most.
const Lanes = 2

// LeaseTime is for how long a lane belongs to who claimed it. Whoever holds it begins no request that could outlive it.
const LeaseTime = 45 * time.Second

// LaneOf is the lane of an event at every endpoint: a bit of its id.
func LaneOf(event ids.ID) int { return int(event[len(event)-3]) % Lanes }

// Lane is one road to an endpoint, with its health.
type Lane struct {
	Mode         ids.Mode
	Endpoint     ids.ID
	Partner      ids.ID
	N            int
	Lease        time.Time // until when somebody holds it; zero: nobody does
	Holder       string    // who: a name made for this claim
	Wake         time.Time // until when it sleeps; zero: it is awake
	Failures     int       // in a row
	FailingSince time.Time // the first of them
	LastSuccess  time.Time
}

// The policy of a lane, in words: after three failures in a row it sleeps for a minute, and after each further one for 5, 15,
// 30 and then 60 minutes; between its sleeps it makes a single attempt. A success wakes it for good.
const patience = 3

var rests = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// Asleep reports a lane that takes no requests at now.
func (l Lane) Asleep(now time.Time) bool { return l.Wake.After(now) }

// Busy is when a lane that cannot be claimed at now may be: when its lease or its sleep ends. The zero time: it can be.
func (l Lane) Busy(now time.Time) time.Time {
	free := l.Wake
	if l.Lease.After(free) {
		free = l.Lease
	}
	if free.After(now) {
		return free
	}
	return time.Time{}
}

// After gives the lane after an attempt that ended at now.
func (l Lane) After(a Attempt, now time.Time) Lane {
	if a.OK() {
		l.Failures, l.FailingSince, l.Wake, l.LastSuccess = 0, time.Time{}, time.Time{}, now
		return l
	}
	if l.Failures++; l.Failures == 1 {
		l.FailingSince = now
	}
	if l.Failures >= patience {
		l.Wake = now.Add(rests[min(l.Failures-patience, len(rests)-1)])
	}
	return l
}
