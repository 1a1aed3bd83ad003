package checks_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
)

var house = sync.OnceValues(func() (checks.House, error) {
	root, err := checks.Root()
	if err != nil {
		return checks.House{}, err
	}
	return checks.ReadHouse(root)
})

// holds fails with the breaches as sentences.
func holds(t *testing.T, breaches []checks.Breach) {
	t.Helper()
	if report := checks.Report(breaches); report != "" {
		t.Fatalf("%d breaches of the house:\n%s", len(breaches), report)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	h, err := house()
	require.NoError(t, err)
	t.Run("FloorsOnlyLookDown", func(t *testing.T) {
		t.Parallel()
		holds(t, h.Storeys())
	})
	for _, rule := range slices.Concat(checks.Rules, checks.Apart()) {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			holds(t, h.Imports([]checks.Rule{rule}))
		})
	}
}

func TestRulesCanFail(t *testing.T) {
	t.Parallel()
	all := slices.Concat(checks.Rules, checks.Apart())
	for name, bad := range map[string]checks.Package{
		"CoreKnowsATable":         {Path: "shared/core/money", Imports: []string{"shared/platform/table"}},
		"CoreReadsTheWorld":       {Path: "shared/core/money", Imports: []string{"os"}},
		"CoreTestsWithAServer":    {Path: "shared/core/money", TestImports: []string{"github.com/danielgtaylor/huma/v2"}},
		"ADomainKnowsAWS":         {Path: "shared/payments/store", Imports: []string{"github.com/aws/aws-sdk-go-v2/service/dynamodb"}},
		"TheMiddleKnowsHTTP":      {Path: "shared/payments", Imports: []string{"net/http"}},
		"ADoorDescribesHuma":      {Path: "shared/payments/api", Imports: []string{"github.com/danielgtaylor/huma/v2"}},
		"ADoorKnowsPages":         {Path: "shared/payments/api", Imports: []string{"shared/payments/pages"}},
		"TheTellerWritesRows":     {Path: "shared/payments/teller", Imports: []string{"shared/platform/table"}},
		"DomainsMeet":             {Path: "shared/shop/teller", Imports: []string{"shared/payments"}},
		"AConnectorNeedsItsMock":  {Path: "shared/banks/tbank", TestImports: []string{"infra/simulators/tbank"}},
		"ASimulatorSharesMistake": {Path: "infra/simulators/tbank", Imports: []string{"shared/banks/tbank"}},
		"AMainThinks":             {Path: "functions/payments/create-order", Imports: []string{"shared/payments"}},
		"ChanceOfItsOwn":          {Path: "shared/identity/store", Imports: []string{"crypto/rand"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad.Ours = true
			require.NotEmpty(t, checks.NewHouse(bad).Imports(all))
		})
	}
	t.Run("ATemplateBehindThreeDoors", func(t *testing.T) {
		t.Parallel()
		h := checks.NewHouse(
			checks.Package{Path: "shared/payments/api", Ours: true, Imports: []string{"shared/payments/teller"}},
			checks.Package{Path: "shared/payments/teller", Ours: true, Imports: []string{"example.org/mail"}},
			checks.Package{Path: "example.org/mail", Imports: []string{"html/template"}},
		)
		report := checks.Report(h.Imports(all))
		require.Contains(t, report, "shared/payments/teller → example.org/mail → html/template")
	})
	t.Run("AFloorLooksUp", func(t *testing.T) {
		t.Parallel()
		up := checks.Package{Path: "shared/platform/web", Ours: true, Imports: []string{"shared/identity"}}
		require.Contains(t, checks.Report(checks.NewHouse(up).Storeys()), "floor «platform» and imports shared/identity")
	})
	t.Run("AnAtticNobodyKnows", func(t *testing.T) {
		t.Parallel()
		require.NotEmpty(t, checks.NewHouse(checks.Package{Path: "lib/money", Ours: true}).Storeys())
	})
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		is            bool
	}{
		{"shared/core/...", "shared/core", true},
		{"shared/core/...", "shared/core/money", true},
		{"shared/core/...", "shared/corex", false},
		{"shared/payments", "shared/payments/store", false},
		{"shared/*/api", "shared/payments/api", true},
		{"shared/*/api", "shared/payments", false},
		{"net/...", "net", true},
		{"os/...", "osx", false},
		{"@outside", "github.com/x/y", true},
		{"@outside", "shared/core", false},
		{"@outside", "net/http", false},
	} {
		require.Equal(t, c.is, checks.Matches(c.pattern, c.path), "%s on %s", c.pattern, c.path)
	}
}
