package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// ErrHeld is the error of opening a file that another process holds; *HeldError says who.
var ErrHeld = errors.New("file: another process holds it")

// HeldError is ErrHeld with what is known about the holder.
type HeldError struct {
	Path   string
	Holder string // the note of the process that holds the file, such as "process 4711, http://127.0.0.1:8080"; "" if unknown
}

func (e *HeldError) Error() string {
	if e.Holder == "" {
		return fmt.Sprintf("%v: %s", ErrHeld, e.Path)
	}
	return fmt.Sprintf("%v: %s (%s)", ErrHeld, e.Path, e.Holder)
}

// Is makes it ErrHeld.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }

// SetNote replaces the note beside the file, for example when the address is known.
func (f *File) SetNote(note string) error {
	text := fmt.Sprintf("process %d", os.Getpid())
	if note != "" {
		text += ", " + note
	}
	fresh := notePath(f.path) + ".new"
	if err := os.WriteFile(fresh, []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("file: note: %w", err)
	}
	if err := os.Rename(fresh, notePath(f.path)); err != nil {
		return fmt.Errorf("file: note: %w", err)
	}
	return nil
}

func notePath(path string) string { return path + ".holder" }

// readNote gives the first line of a note, cut at a length that fits into an error text.
func readNote(path string) string {
	text, err := os.ReadFile(notePath(path))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if len(line) > 200 {
		line = line[:200]
	}
	return line
}

func removeNote(path string) error {
	if err := os.Remove(notePath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("file: note: %w", err)
	}
	return nil
}
