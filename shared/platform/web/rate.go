package web

import (
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
)

// Rate limits the requests of one token in one process. It guards a process from one loud caller; it is no billing.
type Rate struct {
	PerSecond int // 0 is 2000, negative is no limit
	Burst     int // 0 is twice PerSecond
}

// ErrRateLimited is the refusal of a token that asks too often.
var ErrRateLimited = &fault.Fault{Kind: fault.KindRateLimited, Code: "rate_limited", Message: "Too many requests with this token."}

const maxBuckets = 4096

// buckets holds one token bucket per caller's token.
type buckets struct {
	mu    sync.Mutex
	clock clock.Clock
	perS  int64
	burst int64 // in millionths of a request
	by    map[string]*bucket
}

type bucket struct {
	left int64 // millionths
	seen time.Time
}

const whole = 1_000_000

func newBuckets(r Rate, c clock.Clock) *buckets {
	if r.PerSecond == 0 {
		r.PerSecond = 2000
	}
	if r.Burst == 0 {
		r.Burst = 2 * r.PerSecond
	}
	return &buckets{clock: c, perS: int64(r.PerSecond), burst: int64(r.Burst) * whole, by: map[string]*bucket{}}
}

// take lets one request of the token through, or tells it when to come back.
func (b *buckets) take(token string) error {
	if b.perS < 0 {
		return nil
	}
	now := b.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.by[token]
	if one == nil {
		if len(b.by) >= maxBuckets { // forgetting a bucket only forgives
			clear(b.by)
		}
		one = &bucket{left: b.burst, seen: now}
		b.by[token] = one
	}
	if passed := now.Sub(one.seen); passed > 0 {
		one.left = min(b.burst, one.left+min(passed.Microseconds(), 1e9)*b.perS)
		one.seen = now
	}
	if one.left < whole {
		return ErrRateLimited.After(time.Duration((whole-one.left)/b.perS+1) * time.Microsecond)
	}
	one.left -= whole
	return nil
}
