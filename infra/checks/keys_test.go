package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	all, err := tree()
	require.NoError(t, err)
	t.Run("EveryKeyBeginsWithItsDomain", func(t *testing.T) {
		t.Parallel()
		holds(t, all.Prefixes())
	})
	t.Run("KeysAreMadeInStores", func(t *testing.T) {
		t.Parallel()
		holds(t, all.KeysAtHome())
	})
	t.Run("ShapesAreRead", func(t *testing.T) {
		t.Parallel()
		for _, d := range all.Domains() {
			require.NotEmpty(t, d.Keys, d.Name)
			for _, k := range d.Keys {
				require.NotContains(t, k.PK+k.SK, "…", "%s: the drawing cannot read how %s makes its key", d.Name, k.Name)
			}
			t.Logf("%+v", d)
		}
	})
}

func TestKeysCanFail(t *testing.T) {
	t.Parallel()
	const pay = "package store\n\nconst Prefix = \"PAY#\"\n\nfunc orderKey(id string) table.Key { return table.Key{PK: Prefix + id, SK: \"O\"} }\n"
	check := func(t *testing.T, files map[string]string, of func(*checks.Tree) []checks.Breach) string {
		t.Helper()
		bad, err := checks.NewTree(files)
		require.NoError(t, err)
		return checks.Report(of(bad))
	}
	t.Run("TwoOwnersOfOneBeginning", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, check(t, map[string]string{
			"shared/payments/store/keys.go": pay,
			"shared/shop/store/keys.go":     pay,
		}, (*checks.Tree).Prefixes), "meets PAY# of payments")
	})
	t.Run("NoPrefix", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, check(t, map[string]string{"shared/shop/store/keys.go": "package store\n"}, (*checks.Tree).Prefixes), "has no `const Prefix")
	})
	t.Run("AForeignBeginning", func(t *testing.T) {
		t.Parallel()
		bad := pay + "\nfunc listPK(m string) string { return \"LIST#\" + m }\n\nfunc place(m string) table.Key { return table.Key{PK: listPK(m), SK: m} }\n"
		require.Contains(t, check(t, map[string]string{"shared/payments/store/keys.go": bad}, (*checks.Tree).Prefixes), "makes the partition LIST#{m}")
	})
	t.Run("AKeyInTheTeller", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, check(t, map[string]string{
			"shared/payments/store/keys.go":   pay,
			"shared/payments/teller/write.go": "package teller\n\nvar k = table.Key{PK: \"x\", SK: \"y\"}\n",
		}, (*checks.Tree).KeysAtHome), "shared/payments/teller/write.go:3")
	})
	t.Run("AKeyAsText", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, check(t, map[string]string{
			"shared/payments/store/keys.go": pay,
			"shared/payments/store/find.go": "package store\n\nvar k = \"PAY#LIST\"\n",
		}, (*checks.Tree).KeysAtHome), "begins as a key of payments")
	})
}
