package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/standalone/platform"
)

// TestMain lets the test binary be the program, so that tests can start and kill it as a process.
func TestMain(m *testing.M) {
	if os.Getenv("GIBERNO_TEST_MAIN") == "1" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program starts the platform on a folder and waits for its greeting.
func program(t *testing.T, dir string) (cmd *exec.Cmd, said *lines) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0], "serve")
	cmd.Env = append(os.Environ(), "GIBERNO_TEST_MAIN=1", "GIBERNO_ADDR=127.0.0.1:0", "GIBERNO_DATA="+dir)
	said = &lines{want: "Stop with", seen: make(chan struct{})}
	cmd.Stdout = said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	select {
	case <-said.seen:
	case <-t.Context().Done():
		t.Fatal("the program did not greet")
	}
	return cmd, said
}

// lines tells when a text has been printed.
type lines struct {
	want string
	seen chan struct{}
	text bytes.Buffer
	done bool
}

func (l *lines) Write(p []byte) (int, error) {
	l.text.Write(p)
	if !l.done && strings.Contains(l.text.String(), l.want) {
		l.done = true
		close(l.seen)
	}
	return len(p), nil
}

func TestServe(t *testing.T) {
	t.Parallel()

	t.Run("PrintsAddressPartnerTokenAndLink", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		_, said := program(t, dir)
		d, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		for _, part := range []string{d.BaseURL, d.PartnerID.String(), d.TestToken, d.Link} {
			require.Contains(t, said.text.String(), part)
		}
		require.NotContains(t, said.text.String(), d.OperatorToken)
		require.NotContains(t, said.text.String(), d.Accounts[0].Password)
	})

	t.Run("KeepsItsSecretsToItsOwner", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		program(t, dir)
		for _, name := range []string{"demo.json", "keys", "giberno.db", "tbank.db"} {
			info, err := os.Stat(filepath.Join(dir, name))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
		}
	})

	t.Run("StopsCleanlyOnSIGTERMAndKeepsItsData", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		cmd, _ := program(t, dir)
		before, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())

		program(t, dir)
		after, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		require.Equal(t, before.TestToken, after.TestToken)
		require.Equal(t, before.OperatorToken, after.OperatorToken)
		require.Equal(t, before.OrderID, after.OrderID)
		require.Equal(t, 200, get(t, after.BaseURL+"/api/v1/order/"+after.OrderID.String(), after.TestToken))
	})

	t.Run("ASecondStartSaysWhoHoldsTheData", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		program(t, dir)
		d, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		second := exec.CommandContext(t.Context(), os.Args[0], "serve")
		second.Env = append(os.Environ(), "GIBERNO_TEST_MAIN=1", "GIBERNO_ADDR=127.0.0.1:0", "GIBERNO_DATA="+dir)
		out, err := second.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), "is in use: process ")
		require.Contains(t, string(out), d.BaseURL)
	})

	t.Run("ALostDemoFileGetsNewSecrets", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		cmd, _ := program(t, dir)
		before, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		require.NoError(t, os.Remove(filepath.Join(dir, "demo.json")))

		program(t, dir)
		after, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		require.Equal(t, before.PartnerID, after.PartnerID)
		require.NotEqual(t, before.TestToken, after.TestToken)
		require.Equal(t, 200, get(t, after.BaseURL+"/api/v1/orders", after.TestToken))
	})
}

func get(t *testing.T, address, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestOperate(t *testing.T) {
	t.Run("CallsTheRunningServer", func(t *testing.T) {
		dir := t.TempDir()
		program(t, dir)
		t.Setenv("GIBERNO_DATA", dir)
		made := command1(t, "partner", "create", "name=Shop", "legal_name=ООО «Магазин»", "inn=7707083893", "country=RU",
			"time_zone=Europe/Moscow", "taxation=osn", "payment_address=https://shop.example", "phone=+74950000001",
			"support_contact=help@shop.example", "fee_bp:=250")
		require.Equal(t, "Shop", made["name"])
		id := made["id"].(string)
		token := command1(t, "token", "issue", id, "mode=test", "name=shop")
		secret, _ := token["secret"].(string)
		require.True(t, strings.HasPrefix(secret, "gb_test_"), "%v", token)
		d, err := platform.ReadDemo(dir)
		require.NoError(t, err)
		require.Equal(t, 200, get(t, d.BaseURL+"/api/v1/orders", secret))
	})

	t.Run("OpensTheDataWhenNoneRuns", func(t *testing.T) {
		t.Setenv("GIBERNO_DATA", t.TempDir())
		list := command1(t, "partner", "list")
		require.Len(t, list["items"], 1)
		require.Empty(t, command1(t, "refund", "list", "?mode=test")["items"])
		for _, args := range [][]string{{"refund", "approve"}, {"refund", "reject"}} {
			args = append(args, "0f8fad5b-d9cb-869f-a165-708677280201", "?mode=test")
			if args[1] == "reject" {
				args = append(args, "reason=a mistake")
			}
			require.ErrorContains(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}), "refund_not_found", args[1])
		}
	})

	t.Run("TellsWhatIsMissing", func(t *testing.T) {
		t.Setenv("GIBERNO_DATA", t.TempDir())
		require.ErrorContains(t, run(t.Context(), []string{"partner", "show"}, &bytes.Buffer{}, &bytes.Buffer{}), "needs: PARTNER")
		require.ErrorContains(t, run(t.Context(), []string{"partner", "sell"}, &bytes.Buffer{}, &bytes.Buffer{}), "no command")
	})
}

// command1 runs a command whose answer is one JSON object.
func command1(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(context.WithoutCancel(t.Context()), args, &out, &bytes.Buffer{}))
	var v map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &v), out.String())
	return v
}
