package table

import "context"

// Change is one record of the table's stream: the row before and after a write. A missing image is a zero Row with its
// Exists flag false. The order holds within one key; a change may be delivered more than once.
type Change struct {
	Seq                  uint64 // of the engine's own log; 0 when it came from elsewhere
	Old, New             Row
	OldExists, NewExists bool
}

// Key is the key of the row that changed.
func (c Change) Key() Key {
	if c.NewExists {
		return c.New.Key
	}
	return c.Old.Key
}

// Feed is the change log of an engine that has to be read by hand (bbolt). On AWS the stream calls the relay by itself.
type Feed interface {
	// Changes gives up to limit of the oldest changes that are not done yet.
	Changes(ctx context.Context, limit int) ([]Change, error)
	// Done forgets all changes up to and including seq.
	Done(ctx context.Context, seq uint64) error
	// Wait returns when there may be changes, or when ctx ends.
	Wait(ctx context.Context)
}
