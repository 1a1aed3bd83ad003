package host

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

const (
	firstBackOff = time.Second
	lastBackOff  = time.Minute
)

// Loop calls f, waits every, and calls it again until ctx ends. An error or a panic is logged and waits longer each time,
// from one second to one minute, until f succeeds again: a loop is never lost. The sentinel of an injected crash passes
// through. Loop returns when ctx has ended and f has returned.
func Loop(ctx context.Context, log *slog.Logger, name string, every time.Duration, f func(context.Context) error) {
	failures := 0
	for ctx.Err() == nil {
		wait := every
		err := guarded(ctx, f)
		switch {
		case err == nil:
			failures = 0
		case ctx.Err() != nil:
			return
		default:
			failures++
			wait = max(every, backOff(failures))
			log.LogAttrs(ctx, slog.LevelError, "loop failed", slog.String("loop", name), slog.Int("failures", failures),
				slog.Duration("again_in", wait), slog.String("cause", err.Error()))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func backOff(failures int) time.Duration {
	wait := firstBackOff
	for range failures - 1 {
		if wait *= 2; wait >= lastBackOff {
			return lastBackOff
		}
	}
	return wait
}

func guarded(ctx context.Context, f func(context.Context) error) (err error) {
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if _, dies := caught.(interface{ Crash() }); dies {
			panic(caught)
		}
		err = fmt.Errorf("panic: %v\n%s", caught, debug.Stack())
	}()
	return f(ctx)
}
