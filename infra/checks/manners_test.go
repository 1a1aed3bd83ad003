package checks_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
)

var tree = sync.OnceValues(func() (*checks.Tree, error) {
	root, err := checks.Root()
	if err != nil {
		return nil, err
	}
	return checks.ReadTree(root)
})

func TestManners(t *testing.T) {
	t.Parallel()
	all, err := tree()
	require.NoError(t, err)
	for name, check := range map[string]func() []checks.Breach{
		"FilesAndFunctionsFitAScreen": all.Sizes,
		"NamesSaySomething":           all.Names,
		"FilesAreFormatted":           all.Format,
		"NothingIsPromised":           all.Promises,
		"TestsNeitherSkipNorSleep":    all.Waits,
		"NoFloatsNearMoney":           all.Floats,
		"TimeIsHandedIn":              all.Clocks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			holds(t, check())
		})
	}
	t.Run("TheHallIsTidy", func(t *testing.T) {
		t.Parallel()
		breaches, err := checks.Hall(all.Root)
		require.NoError(t, err)
		holds(t, breaches)
	})
}

func TestMannersCanFail(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, at, text string, of func(*checks.Tree) []checks.Breach) string {
		t.Helper()
		bad, err := checks.NewTree(map[string]string{at: text})
		require.NoError(t, err)
		return checks.Report(of(bad))
	}
	t.Run("ALongFunction", func(t *testing.T) {
		t.Parallel()
		body := "package a\n\nfunc long() {\n" + strings.Repeat("\tlong()\n", 70) + "}\n"
		require.Contains(t, check(t, "shared/a/a.go", body, (*checks.Tree).Sizes), "shared/a/a.go:3: long has 72 lines")
	})
	t.Run("ALongFile", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, check(t, "shared/a/a.go", "package a\n"+strings.Repeat("\n", 500), (*checks.Tree).Sizes), "501 lines")
	})
	t.Run("SubtestsCountByThemselves", func(t *testing.T) {
		t.Parallel()
		part := "\trun(func() {\n" + strings.Repeat("\t\ta()\n", 40) + "\t})\n"
		require.Empty(t, check(t, "shared/a/a_test.go", "package a\n\nfunc a() {\n"+part+part+"}\n", (*checks.Tree).Sizes))
		require.NotEmpty(t, check(t, "shared/a/a.go", "package a\n\nfunc a() {\n"+part+part+"}\n", (*checks.Tree).Sizes))
	})
	t.Run("ADrawerOfEverything", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, check(t, "shared/util/money.go", "package money\n", (*checks.Tree).Names))
		require.NotEmpty(t, check(t, "shared/a/helpers.go", "package a\n", (*checks.Tree).Names))
	})
	t.Run("APromise", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, check(t, "shared/a/a.go", "package a\n\n// TO"+"DO later\n", (*checks.Tree).Promises))
	})
	t.Run("ASleep", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, check(t, "shared/a/a_test.go", "package a\n\nfunc a() { time.Sleep(1) }\n", (*checks.Tree).Waits))
		require.NotEmpty(t, check(t, "shared/a/a_test.go", "package a\n\nfunc a() { t.Skip() }\n", (*checks.Tree).Waits))
	})
	t.Run("AFloat", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, check(t, "shared/core/money/a.go", "package money\n\nvar rate = 0.5\n", (*checks.Tree).Floats))
		require.NotEmpty(t, check(t, "shared/core/money/a.go", "package money\n\nvar rate float64\n", (*checks.Tree).Floats))
	})
	t.Run("AClock", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, check(t, "shared/payments/a.go", "package payments\n\nvar now = time.Now()\n", (*checks.Tree).Clocks))
		require.Empty(t, check(t, "shared/core/clock/a.go", "package clock\n\nvar now = time.Now()\n", (*checks.Tree).Clocks))
	})
}
