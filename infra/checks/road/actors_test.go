package road

import (
	"context"
	"sync"
	"testing"
)

// actor is a goroutine that moves only when it is told to, from one external call to the next.
type actor struct {
	moves  chan struct{} // one per step that it may take
	parked chan bool     // true: it stands before a call; false: it has ended
}

type actorKey struct{}

// pause lets the actor of ctx, if there is one, stand before an external call until it may go on.
func pause(ctx context.Context) {
	if a, ok := ctx.Value(actorKey{}).(*actor); ok {
		a.parked <- true
		<-a.moves
	}
}

// schedule runs actors step by step in the order that choices say: at each fork the number of the runnable actor that
// moves next. Beyond its end the first one moves. It gives how many were runnable at each fork.
func schedule(ctx context.Context, choices []int, acts ...func(context.Context)) (forks []int) {
	var all sync.WaitGroup
	var runnable []*actor
	for _, act := range acts {
		a := &actor{moves: make(chan struct{}), parked: make(chan bool)}
		all.Go(func() {
			defer func() { a.parked <- false }()
			act(context.WithValue(ctx, actorKey{}, a))
		})
		if <-a.parked {
			runnable = append(runnable, a)
		}
	}
	for len(runnable) > 0 {
		next := 0
		if len(runnable) > 1 {
			if len(forks) < len(choices) {
				next = choices[len(forks)]
			}
			forks = append(forks, len(runnable))
		}
		runnable[next].moves <- struct{}{}
		if !<-runnable[next].parked {
			runnable = append(runnable[:next:next], runnable[next+1:]...)
		}
	}
	all.Wait()
	return forks
}

// everySchedule plays a scene in every order of its actors' steps. play gets the choices and gives the forks it met.
func everySchedule(t *testing.T, most int, play func(choices []int) (forks []int)) (played int) {
	t.Helper()
	choices := []int{}
	for {
		if played++; played > most {
			t.Fatalf("more than %d schedules", most)
		}
		forks := play(choices)
		for len(choices) < len(forks) {
			choices = append(choices, 0)
		}
		choices = choices[:len(forks)]
		last := len(choices) - 1
		for last >= 0 && choices[last]+1 == forks[last] {
			last--
		}
		if last < 0 {
			return played
		}
		choices = append([]int(nil), choices[:last+1]...)
		choices[last]++
	}
}

func TestEverySchedule(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	played := everySchedule(t, 100, func(choices []int) []int {
		story := ""
		tell := func(name string) func(context.Context) {
			return func(ctx context.Context) {
				for range 3 {
					pause(ctx)
					story += name
				}
			}
		}
		forks := schedule(t.Context(), choices, tell("a"), tell("b"))
		seen[story] = true
		return forks
	})
	if played != 20 || len(seen) != 20 { // 6 over 3
		t.Fatalf("%d schedules, %d stories", played, len(seen))
	}
}
