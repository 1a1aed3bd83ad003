package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"giberno.ru/infra/standalone/gap"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	tableengine "giberno.ru/shared/platform/table/boltengine"
)

// The files of a folder of data that a restore knows.
const (
	dataFile = "giberno.db"
	keysFile = "keys"
	gapFile  = "gap.json"
)

// DefaultGap is how far back the banks are asked after a restore, if nobody says otherwise: a day of a backup's age, and a
// day that a bank's page may have stayed open before it.
const DefaultGap = 48 * time.Hour

// Restoring says what to restore, and where to.
type Restoring struct {
	Backup string    // a file that a backup wrote
	Dir    string    // a folder that is not there, or empty but for its key file
	Keys   string    // the key file of the backed-up platform; "": it is in Dir already
	Since  time.Time // from when on the data may lack what happened at the banks
}

// ErrNotEmpty is a restore into a folder that has something in it.
var ErrNotEmpty = errors.New("the folder has something in it: restore into an empty one")

// Restore puts a backup and its key file into a folder, and leaves a mark there that the gap between the backup and now has
// not been asked about. It fails, and leaves the folder as it was, if the keys do not open what the data has sealed.
func Restore(ctx context.Context, r Restoring) (err error) {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return err
	}
	if err := emptyButForKeys(r.Dir, r.Keys == ""); err != nil {
		return err
	}
	var made []string
	defer func() {
		for _, path := range made {
			if err != nil {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	put := func(name string, write func(io.Writer) error) error {
		path := filepath.Join(r.Dir, name)
		err := WholeFile(ctx, path, write)
		if err == nil {
			made = append(made, path)
		}
		return err
	}
	if r.Keys != "" {
		if err := put(keysFile, copyOf(r.Keys)); err != nil {
			return err
		}
	}
	if err := put(dataFile, copyOf(r.Backup)); err != nil {
		return err
	}
	if err := opensSeals(ctx, r.Dir); err != nil {
		return err
	}
	return put(gapFile, func(w io.Writer) error { return json.NewEncoder(w).Encode(gapMark{r.Since.UTC()}) })
}

func emptyButForKeys(dir string, keysMayBe bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != keysFile || !keysMayBe {
			return fmt.Errorf("%s: %w (%s)", dir, ErrNotEmpty, e.Name())
		}
	}
	return nil
}

func copyOf(path string) func(io.Writer) error {
	return func(w io.Writer) error {
		from, err := os.Open(path)
		if err != nil {
			return err
		}
		defer from.Close()
		_, err = io.Copy(w, from)
		return err
	}
}

// opensSeals holds the key file against every password that the data has sealed.
func opensSeals(ctx context.Context, dir string) (err error) {
	keys, err := secret.OpenKeyFile(filepath.Join(dir, keysFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the data needs the key file that it was sealed with: %w", err)
	}
	if err != nil {
		return err
	}
	f, err := file.Open(filepath.Join(dir, dataFile), file.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	t, err := tableengine.New(f, tableengine.Options{})
	if err != nil {
		return err
	}
	accounts := identitystore.New(t, secret.NewKeeper(keys, nil), clock.System{}, nil)
	for _, m := range []ids.Mode{ids.Test, ids.Live} {
		all, err := accounts.AccountsNow(ctx, m)
		if err != nil {
			return err
		}
		for _, a := range all {
			if _, err := accounts.Unsealed(ctx, a); err != nil {
				return fmt.Errorf("this key file is not the one that the data was sealed with (account %s): %w", a.ID, err)
			}
		}
	}
	return nil
}

// gapMark stands in the folder until the banks have been asked about what happened after Since.
type gapMark struct {
	Since time.Time `json:"since"`
}

// OpenGap tells whether a folder holds restored data whose gap nobody has asked the banks about, and since when.
func OpenGap(dir string) (since time.Time, open bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, gapFile))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, false, nil
	}
	var mark gapMark
	if err == nil {
		err = json.Unmarshal(text, &mark)
	}
	if err != nil {
		return time.Time{}, true, fmt.Errorf("platform: the mark of a restore, %s: %w", gapFile, err)
	}
	return mark.Since, true, nil
}

// CloseGap takes the mark away.
func CloseGap(dir string) error {
	err := os.Remove(filepath.Join(dir, gapFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// AskGap asks the banks about every order of the data that may have changed after since. Every row is looked at, not the
// lists: they are what a damaged file loses first.
func (p *Platform) AskGap(ctx context.Context, since time.Time) (gap.Found, error) {
	var orders []gap.Order
	err := everyRow(ctx, p.file, p.table, func(row table.Row) {
		if m, id, ok := store.OrderAt(row.Key); ok {
			orders = append(orders, gap.Order{Mode: m, ID: id})
		}
	})
	if err != nil {
		return gap.Found{}, err
	}
	return gap.Asker{Store: p.Payments.Store, Teller: p.Payments.Teller, Clock: p.Clock}.Ask(ctx, orders, since)
}
