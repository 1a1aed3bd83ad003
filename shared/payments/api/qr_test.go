package api_test

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"rsc.io/qr"

	"giberno.ru/shared/banks"
)

func TestQRImage(t *testing.T) {
	t.Parallel()
	draw := func(t *testing.T, payload string) string {
		w := setup(t)
		w.bank.open = func(_ context.Context, c banks.Charge) (banks.Opened, error) {
			o := w.bank.opened(c)
			o.QR = payload
			return o, nil
		}
		picture, ok := strings.CutPrefix(w.payment(t, w.order(t, "").UUID, "sbp").QR.Image, "data:image/svg+xml;base64,")
		require.True(t, ok)
		svg, err := base64.StdEncoding.DecodeString(picture)
		require.NoError(t, err)
		return string(svg)
	}
	t.Run("EveryDarkModuleAndAQuietZone", func(t *testing.T) {
		t.Parallel()
		payload := "https://qr.nspk.ru/AD10006M8DQ2KFSJ8QLAE9NF8DPTPL1O?type=02&bank=100000000007&sum=150000&cur=RUB&crc=AB75"
		var svg struct {
			ViewBox string `xml:"viewBox,attr"`
			Path    struct {
				D string `xml:"d,attr"`
			} `xml:"path"`
		}
		require.NoError(t, xml.Unmarshal([]byte(draw(t, payload)), &svg))
		code, err := qr.Encode(payload, qr.M)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("0 0 %d %[1]d", code.Size+8), svg.ViewBox)
		dark := 0
		for y := range code.Size {
			for x := range code.Size {
				if code.Black(x, y) {
					dark++
					require.Contains(t, svg.Path.D, fmt.Sprintf("M%d %dh1v1h-1z", x+4, y+4))
				}
			}
		}
		require.Equal(t, dark, strings.Count(svg.Path.D, "M"))
	})
	t.Run("ThePayloadIsNoMarkup", func(t *testing.T) {
		t.Parallel()
		require.NotContains(t, draw(t, `"/><script>alert(1)</script>`), "script")
	})
}
