package store

import (
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
)

const maxCached = 8192

// cache keeps what was read for CacheTime, counted from before the read began: a row is never believed longer than that
// after it may have changed.
type cache[K comparable, V any] struct {
	clock clock.Clock

	mu     sync.Mutex
	rows   map[K]cached[V]
	era    int64 // grows with every forget, so that a read that began before it is not kept
	misses int64
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](c clock.Clock) *cache[K, V] {
	return &cache[K, V]{clock: c, rows: map[K]cached[V]{}}
}

// get gives the kept value, or loads it. An error is not kept. fresh tells that it was loaded by this call.
func (c *cache[K, V]) get(key K, load func() (V, error)) (value V, fresh bool, err error) {
	now := c.clock.Now()
	c.mu.Lock()
	kept, ok := c.rows[key]
	era := c.era
	if ok && now.Before(kept.until) {
		c.mu.Unlock()
		return kept.value, false, nil
	}
	c.misses++
	c.mu.Unlock()
	if value, err = load(); err != nil {
		return value, true, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.era == era {
		if len(c.rows) >= maxCached {
			clear(c.rows)
		}
		c.rows[key] = cached[V]{value, now.Add(CacheTime)}
	}
	return value, true, nil
}

// forget drops everything: this process has just changed something.
func (c *cache[K, V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	clear(c.rows)
}

func (c *cache[K, V]) count() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.misses
}
