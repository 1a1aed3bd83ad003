package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
)

// Clock is the machine's clock plus an offset that survives a restart: both sides of a demonstration move it.
type Clock struct {
	clock.Shifted
	mu   sync.Mutex
	path string
}

type clockNote struct {
	OffsetNS int64 `json:"offset_ns"`
}

func openClock(path string) (*Clock, error) {
	c := &Clock{path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	var note clockNote
	if err == nil {
		err = json.Unmarshal(text, &note)
	}
	if err != nil {
		return nil, fmt.Errorf("platform: the clock's offset: %w", err)
	}
	c.Shifted.Advance(time.Duration(note.OffsetNS))
	return c, nil
}

// MaxStep is the furthest one call may move the clock.
const MaxStep = 400 * 24 * time.Hour

// Advance moves the clock forward and remembers it. It fails for a step that is not between 0 and MaxStep, or that
// cannot be remembered; the clock then stands where it was.
func (c *Clock) Advance(step time.Duration) error {
	if step <= 0 || step > MaxStep {
		return fault.Invalid("step_invalid", "The clock moves forward, by at most 400 days at once.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, err := json.Marshal(clockNote{int64(c.Offset() + step)})
	if err != nil {
		return err
	}
	if err := writeFile(c.path, text); err != nil {
		return err
	}
	c.Shifted.Advance(step)
	return nil
}

// writeFile replaces a file of ours (mode 0600) so that a crash leaves the old or the new one.
func writeFile(path string, text []byte) error {
	fresh, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("platform: %w", err)
	}
	_, err = fresh.Write(append(text, '\n'))
	if err == nil {
		err = fresh.Sync()
	}
	if err := errors.Join(err, fresh.Close()); err != nil {
		return fmt.Errorf("platform: %w", err)
	}
	return os.Rename(path+".new", path)
}
