package draw_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks"
	"giberno.ru/infra/docs/draw"
)

func TestPictures(t *testing.T) {
	t.Parallel()
	empty, err := checks.NewTree(nil)
	require.NoError(t, err)
	pages, err := draw.Pages(empty)
	require.NoError(t, err)
	found := draw.States()
	for name, m := range map[string]draw.Machine{"payment-states": found.Attempts, "order-states": found.Orders, "refund-states": found.Refunds} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture := pages[name+".svg"]
			require.Contains(t, pages[name+".md"], "("+name+".svg)")
			for dec := xml.NewDecoder(strings.NewReader(picture)); ; {
				if _, err := dec.Token(); err != nil {
					require.True(t, errors.Is(err, io.EOF), "not well-formed: %v", err)
					break
				}
			}
			require.NotContains(t, picture, "NaN")
			for _, s := range m.States {
				require.Contains(t, picture, ">"+strings.ReplaceAll(s.Name, "_", " ")+"</text>")
			}
			for _, e := range m.Edges {
				arrow, ofAll := "<title>"+e.From+" → "+e.To+":", "<title>any end → "+e.To+":"
				require.True(t, strings.Contains(picture, arrow) || strings.Contains(picture, ofAll), arrow)
			}
		})
	}
}
