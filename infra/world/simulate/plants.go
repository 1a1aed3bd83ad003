package main

import (
	"fmt"
	"io"
	"sync"

	"giberno.ru/infra/world"
)

// mostSteps is within how many steps every planted defect has to be found.
const mostSteps = 200_000

// plants plays every planted defect and tells when it was found, and by which invariant.
func plants(j job, out io.Writer) error {
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		missed []string
	)
	turns := make(chan struct{}, j.at)
	for _, p := range world.Plants {
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			found, steps, err := world.Find(p, mostSteps)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				missed = append(missed, p.Name+": "+err.Error())
			case found == nil:
				missed = append(missed, p.Name)
				fmt.Fprintf(out, "%-26s NOT FOUND in %d steps\n", p.Name, steps)
			default:
				fmt.Fprintf(out, "%-26s found at step %6d by %s (%s)\n", p.Name, steps, found.Invariant, p.Why)
			}
		})
	}
	all.Wait()
	if len(missed) > 0 {
		return fmt.Errorf("simulate: %d of %d planted defects were not found: %q", len(missed), len(world.Plants), missed)
	}
	return nil
}
