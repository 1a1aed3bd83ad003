package mail

import (
	"context"
	"fmt"
	"sync"
)

// Late is a sender that its first message opens: a process starts without unwrapping a password that it may never need. It
// is safe for many goroutines.
type Late struct {
	// Open gives the sender. One that fails is tried again by the next message.
	Open func(context.Context) (Sender, error)

	mu     sync.Mutex
	sender Sender
}

// Send opens the sender if need be and sends by it. A sender that cannot be opened is ErrLater.
func (l *Late) Send(ctx context.Context, m Message) error {
	sender, err := l.opened(ctx)
	if err != nil {
		return fmt.Errorf("%w: the sender cannot be opened: %w", ErrLater, err)
	}
	return sender.Send(ctx, m)
}

func (l *Late) opened(ctx context.Context) (Sender, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sender != nil {
		return l.sender, nil
	}
	sender, err := l.Open(ctx)
	if err == nil {
		l.sender = sender
	}
	return sender, err
}
