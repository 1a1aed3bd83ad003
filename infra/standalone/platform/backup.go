package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/web"
)

// BackupPath is the operator's call that gives a copy of the running platform's data.
const BackupPath = "/api/v1/admin/backup"

// BackupDigest is the header that carries the copy's SHA-256 in hex, so that a torn copy is never taken for a whole one.
const BackupDigest = "X-Backup-Sha256"

// ReadBackup is the scope of the token that may take a copy: it holds everything, e-mails included. Banks' passwords are
// sealed in it, under keys that are not.
const ReadBackup = "backup:read"

// ErrBackupRunning refuses a second copy beside the one that is being taken: each needs the room of the whole file.
var ErrBackupRunning = fault.Conflict("backup_running", "A backup is being taken; wait until it is done.").After(30 * time.Second)

// backupTime is how long a caller may take to receive the copy.
const backupTime = time.Hour

// backupEndpoint belongs to the standalone alone: on AWS the table's point-in-time recovery does this.
func (p *Platform) backupEndpoint() web.Endpoint {
	return web.Raw(web.Operation{
		Name: "take-backup", Method: http.MethodGet, Path: BackupPath, Caller: web.Operator, Scope: ReadBackup,
		Summary: "A consistent copy of the data", Refuses: []string{ErrBackupRunning.Code},
	}, http.HandlerFunc(p.takeBackup))
}

// takeBackup copies the data to a file of its own first: a slow caller must not hold the copy's state of the table open,
// and an error is told before the first byte of an answer.
func (p *Platform) takeBackup(w http.ResponseWriter, r *http.Request) {
	if !p.copying.TryLock() {
		web.Fail(w, r, ErrBackupRunning)
		return
	}
	defer p.copying.Unlock()
	kept, digest, size, err := p.copyAside()
	if err != nil {
		web.Fail(w, r, fault.Internal(err))
		return
	}
	defer func() { _ = kept.Close(); _ = os.Remove(kept.Name()) }()
	// The server's own limit is made for payments; a recorder in a test has none to move.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(backupTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		web.Fail(w, r, fault.Internal(err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="giberno.db"`)
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set(BackupDigest, digest)
	h.Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, kept); err != nil {
		panic(http.ErrAbortHandler) // the length tells the caller that this is not all
	}
}

// copyAside writes the copy beside the data and gives it opened at its start.
func (p *Platform) copyAside() (kept *os.File, digest string, size int64, err error) {
	kept, err = os.CreateTemp(p.Dir, ".backup-*") // 0600 by definition
	if err != nil {
		return nil, "", 0, err
	}
	sum := sha256.New()
	size, err = p.CopyTo(io.MultiWriter(kept, sum))
	if err == nil {
		_, err = kept.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, "", 0, errors.Join(err, kept.Close(), os.Remove(kept.Name()))
	}
	return kept, hex.EncodeToString(sum.Sum(nil)), size, nil
}

// forgetCopies removes what a killed process left of its backups.
func forgetCopies(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, ".backup-*"))
	for _, path := range left {
		_ = os.Remove(path)
	}
}

// CopyData writes a copy of the data in dir, which no process may hold (*file.HeldError says who does).
func CopyData(dir string, w io.Writer) (size int64, err error) {
	f, err := openData(filepath.Join(dir, dataFile))
	if err != nil {
		return 0, err
	}
	size, err = f.CopyTo(w)
	return size, errors.Join(err, f.Close())
}

// openData opens data that is there; a file that is not there must not be made.
func openData(path string) (*file.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("this is no file of data")}
	}
	return file.Open(path, file.Options{})
}

// WholeFile writes a file of mode 0600 that is there whole or not at all. A name that is taken is fs.ErrExist.
func WholeFile(ctx context.Context, path string, write func(io.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	err = write(part)
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Link(part.Name(), path) // unlike a rename it never replaces what somebody else keeps there
}
