// Package outbox keeps letters instead of sending them, for a platform on one machine: a developer reads there what a payer
// would have got. It keeps the newest ones, in memory, and in a folder where it is given one.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/notify/mail"
)

// Options says how much is kept, and where.
type Options struct {
	Clock clock.Clock
	Keep  int    // letters; 0: 200
	Dir   string // made with mode 0700; "": memory only
}

const defaultKeep = 200

// Kept is a letter of the outbox. The same letter sent again is not a second one: a mailbox would not show two either.
type Kept struct {
	N       int          `json:"n"` // from 1, in the order of arrival
	At      time.Time    `json:"at"`
	Times   int          `json:"times"` // how often it was sent
	Message mail.Message `json:"message"`
}

// Outbox is a mail.Sender. It is safe for many goroutines.
type Outbox struct {
	options Options

	mu   sync.Mutex
	kept []Kept // oldest first
	last int
}

// Open makes an outbox and reads what its folder holds.
func Open(o Options) (*Outbox, error) {
	if o.Keep == 0 {
		o.Keep = defaultKeep
	}
	b := &Outbox{options: o}
	if o.Dir == "" {
		return b, nil
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	if err := b.load(); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return b, nil
}

func (b *Outbox) load() error {
	names, err := filepath.Glob(filepath.Join(b.options.Dir, "*.json"))
	if err != nil {
		return err
	}
	slices.Sort(names) // their numbers have leading zeros
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var k Kept
		if err := json.Unmarshal(raw, &k); err != nil || b.path(k.N) != name || k.Message.Check() != nil {
			return fmt.Errorf("%s is no letter of the outbox; take it away", name)
		}
		b.kept, b.last = append(b.kept, k), k.N
	}
	return b.forget()
}

// Send keeps a letter. A message that no server would take is refused here, too, with mail.ErrRefused; a folder that cannot
// be written is mail.ErrLater.
func (b *Outbox) Send(_ context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.kept, func(k Kept) bool { return k.Message.Key == m.Key })
	k := Kept{N: b.last + 1, At: b.options.Clock.Now().UTC(), Times: 1, Message: m}
	if at >= 0 {
		k = b.kept[at]
		k.Times++
	}
	if err := b.write(k); err != nil {
		return fmt.Errorf("%w: outbox: %w", mail.ErrLater, err)
	}
	if at >= 0 {
		b.kept[at] = k
		return nil
	}
	b.kept, b.last = append(b.kept, k), k.N
	if err := b.forget(); err != nil {
		return fmt.Errorf("%w: outbox: %w", mail.ErrLater, err)
	}
	return nil
}

// forget drops the oldest letters beyond what is kept.
func (b *Outbox) forget() error {
	for len(b.kept) > b.options.Keep {
		if b.options.Dir != "" {
			if err := os.Remove(b.path(b.kept[0].N)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	return nil
}

// write puts a letter into the folder, whole or not at all.
func (b *Outbox) write(k Kept) error {
	if b.options.Dir == "" {
		return nil
	}
	raw, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	part := b.path(k.N) + ".part"
	if err := os.WriteFile(part, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(part, b.path(k.N))
}

func (b *Outbox) path(n int) string { return filepath.Join(b.options.Dir, fmt.Sprintf("%08d.json", n)) }

// Messages lists the letters, newest first.
func (b *Outbox) Messages() []Kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.kept)
	slices.Reverse(list)
	return list
}

// message gives letter n.
func (b *Outbox) message(n int) (Kept, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.kept, func(k Kept) bool { return k.N == n })
	if at < 0 {
		return Kept{}, false
	}
	return b.kept[at], true
}
