// Package clock is the time as the platform sees it: passed in, so that tests and demonstrations can turn it.
package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// Clock tells the time. Nothing outside this package calls time.Now for a business decision.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock in UTC.
type System struct{}

// Now is the machine's time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Shifted is the machine's clock plus an offset that can only grow: the clock of a demonstration.
type Shifted struct{ offset atomic.Int64 }

// Now is the machine's time plus the offset.
func (c *Shifted) Now() time.Time { return time.Now().UTC().Add(c.Offset()) }

// Offset is how far the clock is ahead of the machine's.
func (c *Shifted) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// Advance moves the clock forward; a negative step is ignored, for time does not go back.
func (c *Shifted) Advance(step time.Duration) {
	if step > 0 {
		c.offset.Add(int64(step))
	}
}

// Manual stands still until it is moved: the clock of a test.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// At makes a clock that stands at now.
func At(now time.Time) *Manual { return &Manual{now: now.UTC()} }

// Now is where the clock stands.
func (c *Manual) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Manual) Advance(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(step)
}
