package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// purse is a module of its own: a rule, and a test that holds half of it.
var purse = map[string]string{
	"go.mod": "module purse\n\ngo 1.24\n",
	"purse.go": `package purse

// Take takes some of what is there.
func Take(has, some int) (int, bool) {
	if some > has {
		return has, false
	}
	if some <= 0 {
		return has, false
	}
	return has - some, true
}
`,
	"purse_test.go": `package purse

import "testing"

func TestTake(t *testing.T) {
	t.Run("ErrMoreThanThereIs", func(t *testing.T) {
		if left, ok := Take(1, 2); ok || left != 1 {
			t.Fatal(left)
		}
	})
}
`,
}

func module(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	return root
}

func TestMutantsOfAModule(t *testing.T) {
	t.Parallel()
	root := module(t, purse)
	guards, err := Parse(`== purse.go

Nobody takes more than there is.
- if some > has {
+ if false {

Nobody takes less than nothing.
- if some <= 0 {
+ if false {

A mistake of the list.
- return has - some, true
+ return has - sum, true
`)
	require.NoError(t, err)
	mutants, err := breed(root, guards)
	require.NoError(t, err)
	require.Equal(t, "purse.go:5", mutants[0].Place())

	var out strings.Builder
	l, err := newLaboratory(root, 2, &out)
	require.NoError(t, err)
	defer l.close()
	require.NoError(t, l.healthy(t.Context(), mutants))
	results := l.all(t.Context(), mutants)
	require.Equal(t, []Verdict{Killed, Survived, Uncompiled}, []Verdict{results[0].Verdict, results[1].Verdict, results[2].Verdict})
	require.Equal(t, "TestTake/ErrMoreThanThereIs", results[0].Because)
	require.Contains(t, results[2].Because, "undefined: sum")
	text, err := os.ReadFile(filepath.Join(root, "purse.go"))
	require.NoError(t, err)
	require.Equal(t, purse["purse.go"], string(text), "the tree stays as it is")

	t.Run("SlowTestsAreAskedLastAndAskedAll", func(t *testing.T) {
		t.Parallel()
		l, err := newLaboratory(root, 1, &strings.Builder{})
		require.NoError(t, err)
		defer l.close()
		late := mutants[0]
		late.Late = "TestTake"
		r := l.try(t.Context(), 0, late)
		require.Equal(t, Killed, r.Verdict)
		require.Equal(t, "TestTake/ErrMoreThanThereIs", r.Because)
	})

	t.Run("ErrRedBeforeAnythingIsBroken", func(t *testing.T) {
		t.Parallel()
		red := map[string]string{"go.mod": purse["go.mod"], "purse.go": purse["purse.go"],
			"purse_test.go": strings.Replace(purse["purse_test.go"], "left != 1", "left != 7", 1)}
		l, err := newLaboratory(module(t, red), 1, &strings.Builder{})
		require.NoError(t, err)
		defer l.close()
		require.ErrorContains(t, l.healthy(t.Context(), mutants), "before anything is broken")
	})
	t.Run("ErrNoTests", func(t *testing.T) {
		t.Parallel()
		l, err := newLaboratory(module(t, map[string]string{"go.mod": purse["go.mod"], "purse.go": purse["purse.go"]}), 1, &strings.Builder{})
		require.NoError(t, err)
		defer l.close()
		require.ErrorContains(t, l.healthy(t.Context(), mutants), "has no tests")
	})
}

func TestBreed(t *testing.T) {
	t.Parallel()
	root := module(t, purse)
	t.Run("ErrEveryGuardThatWentAstrayIsNamed", func(t *testing.T) {
		t.Parallel()
		_, err := breed(root, []Guard{
			{File: "purse.go", Was: []string{"if some == has {"}, Is: []string{""}},
			{File: "purse.go", Was: []string{"return has, false"}, Is: []string{""}},
		})
		require.ErrorContains(t, err, "«if some == has {» any more")
		require.ErrorContains(t, err, "«return has, false» more than once")
	})
	t.Run("ErrNoSuchFile", func(t *testing.T) {
		t.Parallel()
		_, err := breed(root, []Guard{{File: "wallet.go", Was: []string{"x"}, Is: []string{""}}})
		require.ErrorIs(t, err, os.ErrNotExist)
	})
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	root, folder := module(t, purse), t.TempDir()
	mutants, err := breed(root, []Guard{{File: "purse.go", Was: []string{"if some > has {"}, Is: []string{"if some < has {"}}})
	require.NoError(t, err)
	at, err := mutants[0].overlay(folder)
	require.NoError(t, err)
	raw, err := os.ReadFile(at)
	require.NoError(t, err)
	var said struct{ Replace map[string]string }
	require.NoError(t, json.Unmarshal(raw, &said))
	require.Equal(t, map[string]string{filepath.Join(root, "purse.go"): filepath.Join(folder, "purse.go")}, said.Replace)
	text, err := os.ReadFile(filepath.Join(folder, "purse.go"))
	require.NoError(t, err)
	require.Equal(t, strings.Replace(purse["purse.go"], "some > has", "some < has", 1), string(text))
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]struct {
		said    string
		failed  bool
		verdict Verdict
		by      string
	}{
		"Survived":            {"ok  \tpurse\t0.1s\n", false, Survived, ""},
		"ByTheDeepestSubTest": {"--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/B (0.00s)\n        --- FAIL: TestA/B/C (0.00s)\n--- FAIL: TestD (0.00s)\nFAIL\n", true, Killed, "TestA/B/C"},
		"ByAPanic":            {"panic: runtime error: index out of range\n\ngoroutine 7 [running]:\nFAIL\tpurse\t0.1s\n", true, Killed, "a panic"},
		"ByAFatalError":       {"fatal error: all goroutines are asleep - deadlock!\n", true, Killed, "a panic"},
		"ByNoEnd":             {"panic: test timed out after 2m0s\n\trunning tests:\n", true, Killed, "the tests did not end"},
		"ErrBuild":            {"# purse\n./purse.go:3:1: syntax error\nFAIL\tpurse [build failed]\n", true, Uncompiled, "*"},
		"ErrSetup":            {"FAIL\tpurse [setup failed]\n", true, Uncompiled, "*"},
		"ErrKilledByMachine":  {"signal: killed\nFAIL\tpurse\t1s\n", true, Untried, "*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdict, by := judge(fact.said, fact.failed)
			require.Equal(t, fact.verdict, verdict)
			if fact.by == "*" {
				fact.by = fact.said
			}
			require.Equal(t, fact.by, by)
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	results := func(killed int, others ...Verdict) (rs []Result) {
		m := Mutant{Guard: Guard{File: "a.go", Why: "It matters.", Was: []string{"if a {"}, Is: []string{"if b {"}}, Line: 7}
		for range killed {
			rs = append(rs, Result{Mutant: m, Verdict: Killed, Because: "TestA", Took: time.Second})
		}
		for _, v := range others {
			rs = append(rs, Result{Mutant: m, Verdict: v, Took: time.Second})
		}
		return rs
	}
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		require.NoError(t, report(&out, results(19, Survived)))
		require.Contains(t, out.String(), "survived: a.go:7\n\tIt matters.\n\t- if a {\n\t+ if b {\n")
		require.Contains(t, out.String(), "20 mutants: 19 killed, 1 survived, 0 do not compile, 0 not tried: 95.0 % killed")
	})
	t.Run("ErrTooManySurvived", func(t *testing.T) {
		t.Parallel()
		require.ErrorContains(t, report(&strings.Builder{}, results(18, Survived)), "1 mutants survived")
	})
	for _, v := range []Verdict{Uncompiled, Untried} {
		t.Run("ErrOneThat"+string(v), func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, report(&strings.Builder{}, results(99, v)), "mend the list")
		})
	}
}
