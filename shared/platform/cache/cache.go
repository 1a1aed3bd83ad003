// Package cache keeps what a process has read of rows that change seldom, such as partners, accounts, tokens and endpoints, so
// that the road of a payment does not read them each time (DESIGN §2, §4). Misses are counted, for budgets of
// round trips count them apart.
package cache

import (
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
)

// maxRows bounds a cache: one that is full begins anew.
const maxRows = 8192

// Cache keeps what was read for its life, counted from before the read began: a row is never believed longer than that
// after it may have changed.
type Cache[K comparable, V any] struct {
	clock clock.Clock
	life  time.Duration

	mu     sync.Mutex
	rows   map[K]kept[V]
	era    int64 // grows with every forget, so that a read that began before it is not kept
	misses int64
}

type kept[V any] struct {
	value V
	until time.Time
}

// New makes an empty cache. It is safe for concurrent use.
func New[K comparable, V any](c clock.Clock, life time.Duration) *Cache[K, V] {
	return &Cache[K, V]{clock: c, life: life, rows: map[K]kept[V]{}}
}

// Get gives the kept value, or loads it. An error is not kept. fresh tells that it was loaded by this call.
func (c *Cache[K, V]) Get(key K, load func() (V, error)) (value V, fresh bool, err error) {
	now := c.clock.Now()
	c.mu.Lock()
	found, ok := c.rows[key]
	era := c.era
	if ok && now.Before(found.until) {
		c.mu.Unlock()
		return found.value, false, nil
	}
	c.misses++
	c.mu.Unlock()
	if value, err = load(); err != nil {
		return value, true, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.era == era {
		if len(c.rows) >= maxRows {
			clear(c.rows)
		}
		c.rows[key] = kept[V]{value, now.Add(c.life)}
	}
	return value, true, nil
}

// Forget drops everything: this process has just changed something.
func (c *Cache[K, V]) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	clear(c.rows)
}

// Misses tells how often a value was loaded, because it was not kept.
func (c *Cache[K, V]) Misses() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.misses
}
