package checks_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
	"giberno.ru/infra/docs/draw"
)

func TestDrawings(t *testing.T) {
	t.Parallel()
	all, err := tree()
	require.NoError(t, err)
	pages, err := draw.Pages(all)
	require.NoError(t, err)
	for name, page := range pages {
		t.Run(name+"IsFresh", func(t *testing.T) {
			t.Parallel()
			at := filepath.Join(all.Root, draw.Folder, name)
			kept, err := os.ReadFile(at)
			if err != nil || string(kept) != page {
				holds(t, []checks.Breach{{
					Where: draw.Folder + "/" + name, What: "is not what the code says today",
					Why: "a drawing that lags behind the code is worse than none", Do: "run `make docs` and look at what changed"}})
			}
		})
	}
	t.Run("EveryAlarmIsExplained", func(t *testing.T) {
		t.Parallel()
		page, err := os.ReadFile(filepath.Join(all.Root, draw.Folder, "operate.md"))
		require.NoError(t, err)
		for _, kind := range all.Constants("shared/payments", "AlarmKind") {
			require.Contains(t, string(page), "`"+kind+"`", "operate.md does not say what to do about the alarm %s", kind)
		}
	})
	t.Run("LinksLead", func(t *testing.T) {
		t.Parallel()
		breaches, err := checks.Links(all.Root, draw.Folder, "README.md")
		require.NoError(t, err)
		holds(t, breaches)
	})
}
