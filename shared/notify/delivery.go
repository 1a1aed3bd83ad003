package notify

import (
	"time"

	"giberno.ru/shared/core/ids"
)

// Status is where a delivery stands.
type Status string

// The statuses. A delivery that has ended comes back to Waiting only when the partner asks for it again.
const (
	Waiting   Status = "waiting"
	Delivered Status = "delivered" // the endpoint answered 2xx
	Failed    Status = "failed"    // OnTheWay was over
	Dropped   Status = "dropped"   // the endpoint was deleted, or is gone
)

// Classes of failed attempts, for the partner's eyes.
const (
	ClassStatus       = "status"         // an answer that is not 2xx; its code is told
	ClassRedirect     = "redirect"       // 3xx: it is not followed
	ClassTimeout      = "timeout"        // no whole answer within Timeout
	ClassNotConnected = "not_connected"  // the address could not be reached, or has no good certificate
	ClassPrivate      = "not_public"     // the address leads into a private network
	ClassBroken       = "broken"         // the connection was lost
	ClassTooLarge     = "answer_too_big" // the answer was longer than MaxAnswer
)

// The policy of a delivery, in words: after a failed attempt it waits 5 seconds, then 5 minutes, 30 minutes, 2 hours, 5 hours,
// and 10 hours from there on. The last attempt is made when it has been on its way for 72 hours.
const (
	OnTheWay    = 72 * time.Hour
	Timeout     = 10 * time.Second // of one attempt
	MaxAnswer   = 64 << 10         // bytes of an answer; it is not looked at
	KeptOfTries = 10               // attempts that a delivery remembers, the last ones
)

var waits = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour}

// Attempt is one request to an endpoint, as it ended. The JSON names are those of its row.
type Attempt struct {
	At         time.Time `json:"at"`
	Code       int       `json:"code,omitempty"`  // of the answer; 0: none came
	Class      string    `json:"class,omitempty"` // of a failure; "" is success
	DurationMs int64     `json:"ms"`
}

const (
	statusOK       = 200
	statusRedirect = 300
	statusAfter    = 400
	statusGone     = 410
)

// Answered is an attempt that the endpoint answered with a status code.
func Answered(at time.Time, took time.Duration, code int) Attempt {
	a := Attempt{At: at, Code: code, DurationMs: took.Milliseconds()}
	switch {
	case code >= statusRedirect && code < statusAfter:
		a.Class = ClassRedirect
	case code < statusOK || code >= statusRedirect:
		a.Class = ClassStatus
	}
	return a
}

// OK reports success.
func (a Attempt) OK() bool { return a.Class == "" }

// Gone reports an endpoint that says it will never hear again.
func (a Attempt) Gone() bool { return a.Code == statusGone }

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	Mode     ids.Mode
	Event    ids.ID
	Endpoint ids.ID
	Partner  ids.ID
	Lane     int
	Status   Status
	Attempts int       // ever made
	Since    time.Time // since when it is on its way: told, or asked for again
	Next     time.Time // of a waiting one: when it may be tried
	Due      time.Time // of a waiting one: when the sweeper looks
	Tries    []Attempt // the last ones, oldest first
	Version  int64
}

// FeedFirst is how far due keys are set ahead, so that the jobs that follow from a change come first.
const FeedFirst = 2 * time.Minute

// Begin sets an event on its way to an endpoint.
func Begin(e Event, endpoint ids.ID, now time.Time) Delivery {
	d := Delivery{Mode: e.Mode, Event: e.ID, Endpoint: endpoint, Partner: e.Partner, Lane: LaneOf(e.ID)}
	return d.Again(now)
}

// Again sets a delivery on its way once more, whatever became of it: at once, its age counted anew.
func (d Delivery) Again(now time.Time) Delivery {
	d.Status, d.Since, d.Next, d.Due = Waiting, now, now, now.Add(FeedFirst)
	d.Version++
	return d
}

// Over reports a delivery whose time has run out.
func (d Delivery) Over(now time.Time) bool { return !now.Before(d.Since.Add(OnTheWay)) }

// Tried gives the delivery after an attempt that ended at now.
func (d Delivery) Tried(a Attempt, now time.Time) Delivery {
	wait := waits[min(d.sinceBegun(), len(waits)-1)]
	d.Tries = append(append([]Attempt(nil), d.Tries[max(0, len(d.Tries)+1-KeptOfTries):]...), a)
	d.Attempts++
	switch {
	case a.OK():
		return d.ended(Delivered)
	case a.Gone():
		return d.ended(Dropped)
	case d.Over(now):
		return d.ended(Failed)
	}
	d.Next = now.Add(wait)
	if end := d.Since.Add(OnTheWay); d.Next.After(end) {
		d.Next = end
	}
	d.Due = d.Next
	if d.Next.Sub(now) <= Soon {
		d.Due = d.Next.Add(FeedFirst)
	}
	d.Version++
	return d
}

// Soon is the longest wait that a delayed job is sent for; longer ones live on due keys alone.
const Soon = 15 * time.Minute

// sinceBegun counts the attempts since the delivery was set on its way, as far as it matters to the policy.
func (d Delivery) sinceBegun() (n int) {
	for _, a := range d.Tries {
		if !a.At.Before(d.Since) {
			n++
		}
	}
	return n
}

// Drop ends a waiting delivery whose endpoint does not hear any more.
func (d Delivery) Drop() Delivery { return d.ended(Dropped) }

// GiveUp ends a waiting delivery whose time ran out while its lane slept.
func (d Delivery) GiveUp() Delivery { return d.ended(Failed) }

func (d Delivery) ended(s Status) Delivery {
	d.Status, d.Next, d.Due = s, time.Time{}, time.Time{}
	d.Version++
	return d
}
