package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
)

func TestWords(t *testing.T) {
	t.Parallel()
	t.Run("OneWordPerIdea", func(t *testing.T) {
		t.Parallel()
		all, err := tree()
		require.NoError(t, err)
		holds(t, all.Words())
	})
	for name, text := range map[string]string{
		"AType":      "type MerchantID string",
		"AField":     "type order struct{ invoice int }",
		"AParameter": "func f(gateway string) {}",
		"AVariable":  "func f() { psp := 1; _ = psp }",
		"AConstant":  "const HTTPWebhookPath = 1",
	} {
		t.Run(name+"CanFail", func(t *testing.T) {
			t.Parallel()
			bad, err := checks.NewTree(map[string]string{"shared/payments/a.go": "package payments\n\n" + text + "\n"})
			require.NoError(t, err)
			require.NotEmpty(t, bad.Words())
		})
	}
	t.Run("ABankMayQuoteItself", func(t *testing.T) {
		t.Parallel()
		quoted, err := checks.NewTree(map[string]string{"shared/banks/tbank/a.go": "package tbank\n\ntype MerchantName string\n"})
		require.NoError(t, err)
		require.Empty(t, quoted.Words())
	})
}
