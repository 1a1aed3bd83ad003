package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/boltengine"
)

// command0 runs a command on a folder of data and gives what it printed.
func command0(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	t.Setenv("GIBERNO_DATA", dir)
	var out bytes.Buffer
	err := run(context.WithoutCancel(t.Context()), args, &out, &out)
	return out.String(), err
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o600))
}

func TestRecover(t *testing.T) {
	t.Run("FromTheRunningServerToANewOne", func(t *testing.T) {
		dir, kept, restored := t.TempDir(), filepath.Join(t.TempDir(), "backup.db"), filepath.Join(t.TempDir(), "restored")
		cmd, _ := program(t, dir)
		before, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		out, err := command0(t, dir, "backup", kept)
		require.NoError(t, err)
		require.Contains(t, out, "SHA-256 ")
		require.Contains(t, out, "The key file")
		info, err := os.Stat(kept)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		_, err = command0(t, dir, "backup", kept)
		require.ErrorContains(t, err, "never replaces another")
		_, err = command0(t, dir, "verify")
		require.ErrorContains(t, err, "take a backup and verify that")
		out, err = command0(t, dir, "verify", kept)
		require.NoError(t, err, out)
		require.Contains(t, out, "1 orders, 0 payments")
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())

		_, err = command0(t, dir, "restore", kept, dir)
		require.ErrorIs(t, err, platform.ErrNotEmpty)
		out, err = command0(t, dir, "restore", "-keys", filepath.Join(dir, "keys"), "-hours", "24", kept, restored)
		require.NoError(t, err, out)
		require.Contains(t, out, "every invariant holds")
		_, err = command0(t, restored, "serve")
		require.ErrorContains(t, err, "run the command gap first")

		for _, name := range []string{"tbank.db", "demo.json"} { // the simulated bank and the demo's tokens are not ours to restore
			copyFile(t, filepath.Join(dir, name), filepath.Join(restored, name))
		}
		out, err = command0(t, restored, "gap")
		require.NoError(t, err, out)
		require.Contains(t, out, "1 orders may have changed")
		out, err = command0(t, restored, "gap")
		require.NoError(t, err)
		require.Contains(t, out, "has no gap")
		program(t, restored)
		after, err := platform.ReadDemo(restored)
		require.NoError(t, err)
		require.Equal(t, before.OrderID, after.OrderID)
		require.Equal(t, 200, get(t, after.BaseURL+"/api/v1/order/"+after.OrderID.String(), before.TestToken))
	})

	t.Run("FromAFolderThatNobodyServes", func(t *testing.T) {
		dir, kept, restored := t.TempDir(), filepath.Join(t.TempDir(), "backup.db"), t.TempDir()
		p, err := platform.Open(t.Context(), platform.Config{Dir: dir, BaseURL: "http://127.0.0.1:1", NoSync: true})
		require.NoError(t, err)
		require.NoError(t, p.Close())
		out, err := command0(t, dir, "backup", kept)
		require.NoError(t, err, out)
		_, err = command0(t, dir, "restore", "-keys", filepath.Join(dir, "keys"), kept, restored)
		require.NoError(t, err)

		t.Setenv("GIBERNO_DEMO", "off") // so that the account keeps its bank's address, where nobody answers
		out, err = command0(t, restored, "gap")
		require.ErrorContains(t, err, "not every bank has answered")
		require.Contains(t, out, "1 questions without an answer")
		_, open, err := platform.OpenGap(restored)
		require.NoError(t, err)
		require.True(t, open)
		_, err = command0(t, restored, "gap", "-leave")
		require.NoError(t, err)
		_, open, err = platform.OpenGap(restored)
		require.NoError(t, err)
		require.False(t, open)
	})

	t.Run("VerifyTellsWhatDoesNotHold", func(t *testing.T) {
		dir := t.TempDir()
		f, err := file.Open(filepath.Join(dir, "giberno.db"), file.Options{NoSync: true})
		require.NoError(t, err)
		rows, err := boltengine.New(f, boltengine.Options{})
		require.NoError(t, err)
		require.NoError(t, rows.Write(t.Context(), table.Put(table.Row{Key: table.Key{PK: "PAY#HOUSE#t", SK: "A#x#y"}, Attrs: table.Attrs{"sv": table.N(99)}})))
		require.NoError(t, f.Close())
		out, err := command0(t, dir, "verify")
		require.ErrorContains(t, err, "breaches")
		require.Contains(t, out, "its schema version 99 is not known")
	})

	t.Run("ErrNoData", func(t *testing.T) {
		dir, kept := t.TempDir(), filepath.Join(t.TempDir(), "backup.db")
		for _, args := range [][]string{{"backup", kept}, {"verify"}, {"verify", kept}, {"restore", kept, filepath.Join(dir, "new")}} {
			_, err := command0(t, dir, args...)
			require.ErrorIs(t, err, os.ErrNotExist, "%v", args)
		}
		require.NoFileExists(t, kept)
		require.NoFileExists(t, filepath.Join(dir, "giberno.db"))
	})

	t.Run("ErrUsage", func(t *testing.T) {
		dir := t.TempDir()
		for _, args := range [][]string{{"backup"}, {"backup", "a", "b"}, {"restore", "a"}, {"restore", "-x", "a", "b"}, {"verify", "a", "b"}, {"gap", "a"}} {
			_, err := command0(t, dir, args...)
			require.ErrorContains(t, err, "usage: "+args[0])
		}
		_, err := command0(t, dir, "restore", "-hours", "0", "a", "b")
		require.ErrorContains(t, err, "1 hour to a year")
	})
}
