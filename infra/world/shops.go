package world

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify"
	"giberno.ru/shared/platform/outbound"
)

// illness is how a shop fails while it is ill.
type illness string

const (
	errs500   illness = "500"
	errs404   illness = "404"
	redirects illness = "301"
	hangs     illness = "hangs"
	down      illness = "down"
)

var illnesses = []illness{errs500, errs404, redirects, hangs, down}

var shopPort = port{"shop", notify.Timeout, []fate{errorBefore, errorAfter, notSent, lateBefore, lateAfter, failedBefore, failedAfter}}

// shopLine is the partners' shops at the end of the line.
type shopLine struct{ of *process }

var _ outbound.Doer = shopLine{}

var errHangs = errors.New("no answer comes")

// Do makes one request, which is in flight until its answer comes or its caller has waited as long as he waits.
func (s shopLine) Do(req *http.Request) (a outbound.Answer, err error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return a, err
	}
	w := s.of.world
	e := w.hearing.byURL[req.URL.String()]
	if e == nil {
		w.fail("EventsStayHome", ids.ID{}, "an event goes to %s, where no shop is", req.URL)
		return a, &outbound.NotSentError{Cause: errBroken}
	}
	began := w.clock.Now()
	flight := w.takeOff(e, req, began)
	defer func() {
		flight.landed = true
		if err != nil || a.Status >= http.StatusMultipleChoices {
			e.failed = w.clock.Now()
		}
	}()
	f, err := s.of.through(shopPort, "post", func() (err error) {
		a, err = w.hear(e, req, raw, began)
		return err
	})
	if f == fine && err == nil && !w.Clear && w.fates.oneIn(3) {
		s.of.waitUntil(began.Add(w.fates.between(50*time.Millisecond, notify.Timeout-time.Second))) // it takes its time
	}
	switch {
	case f == failedBefore || f == failedAfter:
		return outbound.Answer{Status: http.StatusBadGateway, Header: http.Header{}}, nil
	case f == notSent:
		err = &outbound.NotSentError{Cause: errBroken}
	case f == lateBefore || f == lateAfter:
		err = context.DeadlineExceeded
	case errors.Is(err, errHangs):
		s.of.waitUntil(began.Add(notify.Timeout))
		err = context.DeadlineExceeded
	case errors.Is(err, errLost):
		err = errBroken
	}
	if err != nil {
		return outbound.Answer{}, err
	}
	return a, nil
}

// flight is one request that is on its way to a shop.
type flight struct {
	to     *endpoint
	lane   int
	until  time.Time // longer it does not take: its caller hangs up
	landed bool
	slow   bool // its process stood still for so long that its lease may have ended
}

// takeOff begins a request. A lane has one in flight, so that an endpoint has two. No lease holds for a process that stands still.
func (w *World) takeOff(e *endpoint, req *http.Request, now time.Time) *flight {
	id, _ := ids.Parse(req.Header.Get(notify.HeaderID))
	f := &flight{to: e, lane: notify.LaneOf(id), until: now.Add(notify.Timeout)}
	f.slow = w.running != nil && now.Sub(w.running.stood) < 2*notify.LeaseTime
	h := &w.hearing
	h.flights = slices.DeleteFunc(h.flights, func(o *flight) bool { return o.landed || !o.until.After(now) })
	for _, o := range h.flights {
		if o.to == e && o.lane == f.lane && !o.slow && !f.slow {
			w.fail("OneInFlight", w.atHand(), "two requests are in flight in lane %d of %s", f.lane, e.name)
		}
	}
	h.flights = append(h.flights, f)
	return f
}

// hear is the shop that gets a request: it looks at what came, and answers as well as it can just now.
func (w *World) hear(e *endpoint, req *http.Request, raw []byte, began time.Time) (a outbound.Answer, err error) {
	id, _ := ids.Parse(req.Header.Get(notify.HeaderID))
	f := w.hearing.facts[id]
	if f == nil {
		w.fail("EventIsFact", ids.ID{}, "%s hears of %s, which nothing is known of: %s", e.name, id, raw)
		return a, nil
	}
	w.checkHeard(e, f, req, raw, began)
	status, err := w.mood(e)
	word := strconv.Itoa(status)
	if err != nil {
		word = string(e.illness)
	}
	w.tell(f.order(), e.name+" hears "+string(f.Type)+": "+word)
	w.coverage.event("heard: " + word)
	if status >= http.StatusOK && status < http.StatusMultipleChoices {
		e.heard[id] = true
	}
	return outbound.Answer{Status: status, Header: http.Header{}}, err
}

// mood is how a shop answers just now.
func (w *World) mood(e *endpoint) (status int, err error) {
	if e.gone {
		return http.StatusGone, nil
	}
	if e.ill.After(w.clock.Now()) {
		switch e.illness {
		case hangs:
			return 0, errHangs
		case down:
			return 0, &outbound.NotSentError{Cause: errBroken}
		}
		return strconv.Atoi(string(e.illness))
	}
	if !w.Clear && w.fates.oneIn(12) {
		return pick(w.fates, []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusMovedPermanently, http.StatusTooManyRequests}), nil
	}
	return pick(w.fates, []int{http.StatusOK, http.StatusNoContent}), nil
}

// tolerance is how far the time of a request may lie from the shop's clock, as the standard's own libraries have it.
const tolerance = 5 * time.Minute

// checkHeard holds a request against what the shop may hear.
func (w *World) checkHeard(e *endpoint, f *fact, req *http.Request, raw []byte, began time.Time) {
	first, before := w.hearing.said[f.ID]
	if !before {
		w.hearing.said[f.ID] = raw
	}
	sent, timeErr := strconv.ParseInt(req.Header.Get(notify.HeaderTimestamp), 10, 64)
	switch {
	case e.shop.partner != f.Partner || e.shop.mode != f.Mode:
		w.fail("EventsStayHome", f.order(), "%s of %s in mode %s hears %s of %s in mode %s", e.name, e.shop.partner, e.shop.mode, f.Type, f.Partner, f.Mode)
	case !e.hears(f.Type):
		w.fail("FilterHolds", f.order(), "%s hears %s, and has asked for %v", e.name, f.Type, e.types)
	case e.silent(began):
		w.fail("DeletedIsSilent", f.order(), "%s, which was deleted at %s or disabled at %s, hears %s", e.name, e.deleted, e.disabled, f.Type)
	case before && !bytes.Equal(first, raw):
		w.fail("SameIdSameBytes", f.order(), "%s came as\n  %s\n  and again as\n  %s", f.ID, first, raw)
	case timeErr != nil || w.clock.Now().Sub(time.Unix(sent, 0)).Abs() > tolerance:
		w.fail("SignatureIsGood", f.order(), "%s hears %s of the time %d", e.name, f.Type, sent)
	case !w.signedFor(e, req, raw):
		w.fail("SignatureIsGood", f.order(), "%s cannot verify %s", e.name, f.Type)
	}
	if wrong := f.wrongIn(raw); wrong != "" {
		w.fail("EventIsTrue", f.order(), "%s hears %s, and %s: %s", e.name, f.Type, wrong, raw)
	}
}

// signedFor verifies a request as partners do, with the standard's own library.
func (w *World) signedFor(e *endpoint, req *http.Request, raw []byte) bool {
	return slices.ContainsFunc(w.secretsOf(e), func(secret string) bool {
		hook, err := standard.NewWebhook(secret)
		return err == nil && hook.VerifyIgnoringTimestamp(raw, req.Header) == nil
	})
}
