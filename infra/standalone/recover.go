package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	ledgerstore "giberno.ru/shared/ledger/store"
	"giberno.ru/shared/platform/file"
)

const recoverUsage = `
Backups (infra/docs/restore.md):
  backup FILE                             copy the data, also while the server runs
  restore [-keys FILE] [-hours 48] FILE DIR   put a backup into an empty folder
  verify [DIR|FILE]                       hold the data or a backup against the invariants; exit 1 if one does not hold
  ledger verify [DIR|FILE]                rebuild every balance from the entries, also while the server runs; exit 1 if one differs
  gap [-leave]                            after a restore: ask the banks what happened since
`

// recoverCommands are the commands that are more than one call, by name.
var recoverCommands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"backup": backup, "restore": restore, "verify": verify, "gap": askGap, "ledger": ledgerVerify, "reconcile": reconcile,
}

// arguments reads the flags of a command and requires a number of names behind them.
func arguments(flags *flag.FlagSet, args []string, least, most int, usage string) ([]string, error) {
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil || flags.NArg() < least || flags.NArg() > most {
		return nil, errors.New("usage: " + usage)
	}
	return flags.Args(), nil
}

// backup copies the data through the running server, or from the folder when none runs.
func backup(ctx context.Context, args []string, out io.Writer) error {
	names, err := arguments(flag.NewFlagSet("backup", flag.ContinueOnError), args, 1, 1, "backup FILE")
	if err != nil {
		return err
	}
	sum := sha256.New()
	var size int64
	d, _ := platform.ReadDemo(dataDir())
	if own := os.Getenv("GIBERNO_OPERATOR_TOKEN"); own != "" {
		d.OperatorToken = own
	}
	base := d.BaseURL
	if own := os.Getenv("GIBERNO_URL"); own != "" {
		base = own
	}
	running := base != "" && answers(ctx, base)
	err = platform.WholeFile(ctx, names[0], func(w io.Writer) (err error) {
		w = io.MultiWriter(w, sum)
		if running {
			size, err = download(ctx, base+platform.BackupPath, d.OperatorToken, w, sum)
		} else {
			size, err = platform.CopyData(dataDir(), w)
		}
		return err
	})
	switch held := new(file.HeldError); {
	case errors.As(err, &held):
		return fmt.Errorf("the data in %s is held by %s, which does not answer; name its address with GIBERNO_URL", dataDir(), held.Holder)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already; a backup never replaces another", names[0])
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes, SHA-256 %x\n", names[0], size, sum.Sum(nil))
	fmt.Fprintf(out, "The key file %s is not in it. Without it the banks' passwords cannot be read: keep a copy, apart from the backups.\n",
		filepath.Join(dataDir(), "keys"))
	return nil
}

// download takes a copy from the running server and holds its length and digest against what the server says of it.
func download(ctx context.Context, address, token string, w io.Writer, sum interface{ Sum([]byte) []byte }) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return 0, fmt.Errorf("the server refuses: %s\n%s", resp.Status, said)
	}
	size, err := io.Copy(w, resp.Body)
	if err != nil {
		return size, fmt.Errorf("the copy broke off after %d bytes: %w", size, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != resp.Header.Get(platform.BackupDigest) || size != resp.ContentLength {
		return size, fmt.Errorf("the copy is not what the server sent: %d bytes, SHA-256 %s", size, got)
	}
	return size, nil
}

func restore(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	keys := flags.String("keys", "", "")
	hours := flags.Int("hours", int(platform.DefaultGap/time.Hour), "")
	names, err := arguments(flags, args, 2, 2, "restore [-keys FILE] [-hours 48] FILE DIR")
	if err != nil {
		return err
	}
	if *hours < 1 || *hours > 24*366 {
		return errors.New("-hours is how far back the banks are asked: 1 hour to a year")
	}
	since := time.Now().Add(-time.Duration(*hours) * time.Hour)
	if err := platform.Restore(ctx, platform.Restoring{Backup: names[0], Dir: names[1], Keys: *keys, Since: since}); err != nil {
		return err
	}
	fmt.Fprintf(out, "restored into %s; the key file opens every sealed password\n", names[1])
	if err := verify(ctx, names[1:], out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nNothing is served from it yet. Ask the banks what happened since %s:\n\n  GIBERNO_DATA=%s go run ./infra/standalone gap\n",
		since.UTC().Format(time.RFC3339), names[1])
	return nil
}

func verify(ctx context.Context, args []string, out io.Writer) error {
	names, err := arguments(flag.NewFlagSet("verify", flag.ContinueOnError), args, 0, 1, "verify [DIR|FILE]")
	if err != nil {
		return err
	}
	path := dataDir()
	if len(names) == 1 {
		path = names[0]
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "giberno.db")
	}
	v, err := platform.Verify(ctx, path)
	if held := new(file.HeldError); errors.As(err, &held) {
		return fmt.Errorf("%s is in use by %s: stop it, or take a backup and verify that", path, held.Holder)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d rows; %d orders, %d payments, %d refunds, %d receipts with %d look-up rows, %d alarms, %d due keys; %d ledger entries in %d books\n",
		path, v.Rows, v.Orders, v.Payments, v.Refunds, v.Receipts, v.LookUps, v.Alarms, v.Due+v.Ledger.Due, v.Ledger.Entries, v.Ledger.Books)
	for _, wrong := range v.Breaches {
		fmt.Fprintln(out, "  "+wrong)
	}
	if n := len(v.Breaches) + v.More; n > 0 {
		return fmt.Errorf("%d breaches", n)
	}
	fmt.Fprintln(out, "every invariant holds")
	return nil
}

// ledgerVerify rebuilds the ledger of a folder or a backup. Of data that a running server holds it takes a copy first.
func ledgerVerify(ctx context.Context, args []string, out io.Writer) error {
	const usage = "ledger verify [DIR|FILE]"
	if len(args) == 0 || args[0] != "verify" {
		return errors.New("usage: " + usage)
	}
	names, err := arguments(flag.NewFlagSet("ledger", flag.ContinueOnError), args[1:], 0, 1, usage)
	if err != nil {
		return err
	}
	path := dataDir()
	if len(names) == 1 {
		path = names[0]
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "giberno.db")
	}
	v, err := platform.Verify(ctx, path)
	if held := new(file.HeldError); errors.As(err, &held) && len(names) == 0 {
		dir, failed := os.MkdirTemp("", "giberno-verify-")
		if failed != nil {
			return failed
		}
		defer os.RemoveAll(dir)
		kept := filepath.Join(dir, "copy.db")
		if err := backup(ctx, []string{kept}, io.Discard); err != nil {
			return err
		}
		v, err = platform.Verify(ctx, kept)
	}
	if err != nil {
		return err
	}
	for _, w := range slices.SortedFunc(maps.Keys(v.Ledger.Sums), func(a, b ledgerstore.World) int { return strings.Compare(worldName(a), worldName(b)) }) {
		fmt.Fprintf(out, "%s:\n", worldName(w))
		sums := v.Ledger.Sums[w]
		for _, account := range slices.Sorted(maps.Keys(sums)) {
			fmt.Fprintf(out, "  %-60s %16s\n", account, money.Of(sums[account], w.Currency).Decimal())
		}
	}
	for _, wrong := range v.Ledger.Breaches {
		fmt.Fprintln(out, "  "+wrong)
	}
	if n := len(v.Ledger.Breaches) + v.Ledger.More; n > 0 {
		return fmt.Errorf("%d breaches", n)
	}
	fmt.Fprintf(out, "%d entries in %d books, %d days closed, %d settlements: every balance is what its entries make it, all of them sum to zero, and every chain of settlements holds\n",
		v.Ledger.Entries, v.Ledger.Books, v.Ledger.Days, v.Settlements)
	return nil
}

func worldName(w ledgerstore.World) string {
	mode := "test"
	if w.Mode == ids.Live {
		mode = "live"
	}
	return mode + " " + string(w.Currency)
}

// askGap asks the banks about the time since the backup, and lets the data be served again once all of them have answered.
func askGap(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("gap", flag.ContinueOnError)
	leave := flags.Bool("leave", false, "")
	if _, err := arguments(flags, args, 0, 0, "gap [-leave]"); err != nil {
		return err
	}
	since, open, err := platform.OpenGap(dataDir())
	if err != nil {
		return err
	}
	if !open {
		fmt.Fprintf(out, "the data in %s has no gap\n", dataDir())
		return nil
	}
	p, stop, err := openAlone(ctx)
	if err != nil {
		return err
	}
	found, err := p.AskGap(ctx, since)
	stop()
	found.Print(out, since)
	switch {
	case err != nil:
		return err
	case found.Silent > 0 && !*leave:
		return errors.New("not every bank has answered: mend the road to it and run gap again, or leave it with gap -leave")
	}
	return platform.CloseGap(dataDir())
}

// openAlone opens the data and serves it on a port of its own, where nobody but a simulated bank is asked. stop gives the
// data back.
func openAlone(ctx context.Context) (p *platform.Platform, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	p, err = platform.Open(ctx, platform.Config{Dir: dataDir(), BaseURL: "http://" + l.Addr().String(), NoDemo: os.Getenv("GIBERNO_DEMO") == "off"})
	if held := new(file.HeldError); errors.As(err, &held) {
		err = fmt.Errorf("the data in %s is held by %s, which does not answer", dataDir(), held.Holder)
	}
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	s := &http.Server{Handler: p.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.Serve(l) }()
	return p, func() { _ = s.Close(); _ = p.Close() }, nil
}
