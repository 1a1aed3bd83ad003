package api

import (
	"encoding/base64"
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrImage draws a payload as an SVG data URL: byte mode, level M, a quiet zone of four modules (ISO/IEC 18004).
func qrImage(payload string) string {
	code, err := qr.Encode(payload, qr.M)
	if err != nil {
		return ""
	}
	var svg strings.Builder
	side := code.Size + 8
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="100%%" height="100%%" fill="#fff"/><path d="`, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&svg, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	svg.WriteString(`"/></svg>`)
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg.String()))
}
