package mail_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/notify/mail"
)

// counts is a sender that counts.
type counts struct {
	mu   sync.Mutex
	sent int
}

func (c *counts) Send(context.Context, mail.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent++
	return nil
}

func TestLate(t *testing.T) {
	t.Parallel()

	t.Run("OpensOnce", func(t *testing.T) {
		t.Parallel()
		opened, sender := 0, &counts{}
		late := &mail.Late{Open: func(context.Context) (mail.Sender, error) { opened++; return sender, nil }}
		require.Zero(t, opened)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := late.Send(t.Context(), letter()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.Equal(t, 1, opened)
		require.Equal(t, 8, sender.sent)
	})

	t.Run("ErrOpenIsLater", func(t *testing.T) {
		t.Parallel()
		gone := errors.New("no key")
		sender := &counts{}
		late := &mail.Late{Open: func(context.Context) (mail.Sender, error) { return sender, gone }}
		err := late.Send(t.Context(), letter())
		require.ErrorIs(t, err, mail.ErrLater)
		require.ErrorIs(t, err, gone)
		gone = nil
		require.NoError(t, late.Send(t.Context(), letter()))
		require.Equal(t, 1, sender.sent)
	})
}
