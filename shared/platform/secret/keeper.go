// Package secret keeps what the platform must be able to read again, such as a bank's password, sealed at rest: AES-256-GCM
// under one data key per mode, unwrapped once per process. Where the data keys come from is a port: a key file in the
// standalone, KMS on AWS.
package secret

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"giberno.ru/shared/core/ids"
)

// KeyName names a root key.
type KeyName string

// The root keys: one data key per mode, and one for signatures that only we check.
const (
	TestData KeyName = "test"
	LiveData KeyName = "live"
	Signing  KeyName = "signing"
)

// KeyNames lists every root key.
var KeyNames = []KeyName{TestData, LiveData, Signing}

// KeySize is the length of every key, in bytes.
const KeySize = 32

// Unwrapper gives a root key in clear. One call is one round trip (KMS), so a Keeper makes it once per process and key.
type Unwrapper interface {
	Unwrap(ctx context.Context, name KeyName) ([KeySize]byte, error)
}

// ErrOpen is a box that does not open: another account, version or mode, another key, or damaged bytes.
var ErrOpen = errors.New("secret: the box does not open")

// Box says whose secret it is. It is authenticated, so that a sealed password cannot be moved to another account.
type Box struct {
	Account ids.ID
	Version int64
	Mode    ids.Mode
}

// Keeper seals and opens. It is safe for concurrent use.
type Keeper struct {
	from   Unwrapper
	random io.Reader

	mu    sync.Mutex
	roots map[KeyName][KeySize]byte
	aeads map[ids.Mode]cipher.AEAD
}

// NewKeeper makes a keeper. random must be cryptographic outside tests, and safe for concurrent use.
func NewKeeper(from Unwrapper, random io.Reader) *Keeper {
	return &Keeper{from: from, random: random, roots: map[KeyName][KeySize]byte{}, aeads: map[ids.Mode]cipher.AEAD{}}
}

const (
	format    = 1 // first byte of every box: AES-256-GCM, nonce in front
	nonceSize = 12
)

// Seal closes plain into a box.
func (k *Keeper) Seal(ctx context.Context, b Box, plain []byte) ([]byte, error) {
	aead, err := k.aead(ctx, b.Mode)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1+nonceSize, 1+nonceSize+len(plain)+aead.Overhead())
	out[0] = format
	if _, err := io.ReadFull(k.random, out[1:]); err != nil {
		return nil, fmt.Errorf("secret: no randomness: %w", err)
	}
	return aead.Seal(out, out[1:], plain, b.associated()), nil
}

// Open reads a box back. It fails with ErrOpen for every box that was not sealed as b.
func (k *Keeper) Open(ctx context.Context, b Box, sealed []byte) ([]byte, error) {
	aead, err := k.aead(ctx, b.Mode)
	if err != nil {
		return nil, err
	}
	if len(sealed) < 1+nonceSize+aead.Overhead() || sealed[0] != format {
		return nil, ErrOpen
	}
	plain, err := aead.Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], b.associated())
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

func (b Box) associated() []byte {
	out := make([]byte, 0, len(b.Account)+8+len(b.Mode))
	out = append(out, b.Account[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(b.Version))
	return append(out, b.Mode...)
}

// Derive makes a key of its own for a purpose ("cursor", "session" …), the same in every process that has the same root.
func (k *Keeper) Derive(ctx context.Context, purpose string) ([]byte, error) {
	root, err := k.root(ctx, Signing)
	if err != nil {
		return nil, err
	}
	return derive(root, purpose)
}

func derive(root [KeySize]byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, root[:], nil, "giberno/1/"+purpose, KeySize)
}

func (k *Keeper) aead(ctx context.Context, m ids.Mode) (cipher.AEAD, error) {
	name := TestData
	switch m {
	case ids.Test:
	case ids.Live:
		name = LiveData
	default:
		return nil, fmt.Errorf("secret: no such mode %q", m)
	}
	k.mu.Lock()
	aead := k.aeads[m]
	k.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	root, err := k.root(ctx, name)
	if err != nil {
		return nil, err
	}
	key, err := derive(root, "account/"+string(m))
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.aeads[m] = aead
	k.mu.Unlock()
	return aead, nil
}

// root unwraps a root key once; a failure is not remembered. Two first callers wait for one round trip.
func (k *Keeper) root(ctx context.Context, name KeyName) ([KeySize]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if root, ok := k.roots[name]; ok {
		return root, nil
	}
	root, err := k.from.Unwrap(ctx, name)
	if err != nil {
		return root, fmt.Errorf("secret: cannot unwrap the key %q: %w", name, err)
	}
	k.roots[name] = root
	return root, nil
}
