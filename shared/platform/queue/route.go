package queue

import (
	"context"
	"time"
)

// Sender enqueues jobs; every Queue is one.
type Sender interface {
	Send(ctx context.Context, queue string, delay time.Duration, jobs ...Job) error
}

// SendAll sends jobs to the queues that route names, in batches per queue. When some could not be sent, unsent is the place of
// the first of them; those behind it may have been sent all the same, and come again with it.
func SendAll(ctx context.Context, to Sender, route func(Job) string, jobs ...Job) (unsent int, err error) {
	places := map[string][]int{}
	var names []string // in the order of their first job, so that the same jobs go the same way
	for i, j := range jobs {
		name := route(j)
		if places[name] == nil {
			names = append(names, name)
		}
		places[name] = append(places[name], i)
	}
	unsent = len(jobs)
	for _, name := range names {
		for left := places[name]; len(left) > 0; {
			n := min(len(left), MaxBatch)
			batch := make([]Job, n)
			for i, place := range left[:n] {
				batch[i] = jobs[place]
			}
			if failed := to.Send(ctx, name, 0, batch...); failed != nil {
				if left[0] < unsent {
					unsent, err = left[0], failed
				}
				break
			}
			left = left[n:]
		}
	}
	return unsent, err
}
