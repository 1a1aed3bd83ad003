package secret

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeyFile is the root keys of a standalone: a text file that only its owner may read. Lose it, and every sealed password is
// lost; show it, and every one is shown.
type KeyFile struct{ keys map[KeyName][KeySize]byte }

// The reasons to refuse a key file.
var (
	ErrLoose   = errors.New("secret: others may read the key file; make it 0600")
	ErrDamaged = errors.New("secret: the key file is damaged")
)

const keyFileTitle = "giberno keys 1"

// OpenKeyFile reads a key file. It fails with fs.ErrNotExist, ErrLoose or ErrDamaged.
func OpenKeyFile(path string) (*KeyFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s is %v", ErrLoose, filepath.Base(path), info.Mode())
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, err
	}
	return parseKeyFile(text)
}

// CreateKeyFile draws new keys and writes them, durably, to a file that must not exist yet: fs.ErrExist otherwise.
func CreateKeyFile(path string, random io.Reader) (*KeyFile, error) {
	k := &KeyFile{keys: map[KeyName][KeySize]byte{}}
	var text bytes.Buffer
	text.WriteString(keyFileTitle + "\n")
	for _, name := range KeyNames {
		var key [KeySize]byte
		if _, err := io.ReadFull(random, key[:]); err != nil {
			return nil, fmt.Errorf("secret: no randomness: %w", err)
		}
		k.keys[name] = key
		fmt.Fprintf(&text, "%s %s\n", name, base64.StdEncoding.EncodeToString(key[:]))
	}
	dir := filepath.Dir(path)
	part, err := os.CreateTemp(dir, ".keys-*") // 0600 by definition
	if err != nil {
		return nil, err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(text.Bytes())
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return nil, err
	}
	// A link fails when the name is taken, where a rename would replace keys that somebody's passwords are sealed under.
	if err := os.Link(part.Name(), path); err != nil {
		return nil, err
	}
	return k, syncDir(dir)
}

// LoadKeyFile opens the key file, or makes it where there is none. Two processes that start at once end with one file.
func LoadKeyFile(path string, random io.Reader) (*KeyFile, error) {
	k, err := OpenKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = CreateKeyFile(path, random); errors.Is(err, fs.ErrExist) {
		return OpenKeyFile(path)
	}
	return k, err
}

// Unwrap gives a key.
func (k *KeyFile) Unwrap(_ context.Context, name KeyName) ([KeySize]byte, error) {
	key, ok := k.keys[name]
	if !ok {
		return key, fmt.Errorf("%w: it has no key %q", ErrDamaged, name)
	}
	return key, nil
}

func parseKeyFile(text []byte) (*KeyFile, error) {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 1+len(KeyNames) || lines[0] != keyFileTitle {
		return nil, ErrDamaged
	}
	k := &KeyFile{keys: map[KeyName][KeySize]byte{}}
	for i, name := range KeyNames {
		raw, ok := strings.CutPrefix(lines[i+1], string(name)+" ")
		key, err := base64.StdEncoding.Strict().DecodeString(raw)
		if !ok || err != nil || len(key) != KeySize {
			return nil, fmt.Errorf("%w: key %q", ErrDamaged, name)
		}
		k.keys[name] = [KeySize]byte(key)
	}
	return k, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
