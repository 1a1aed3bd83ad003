package pages

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"giberno.ru/shared/receipts"
)

// code is a square to be scanned, drawn as one path of an SVG. Side is its width in modules, the quiet zone included.
type code struct {
	Side int
	Path string
}

// codeOf draws the string by which the tax service's app finds a receipt; nil where the till told too little.
func codeOf(f receipts.Fiscal) *code {
	text, ok := scanned(f)
	if !ok {
		return nil
	}
	drawn, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	const quiet = 4 // modules, ISO/IEC 18004
	var path strings.Builder
	for y := range drawn.Size {
		for x := 0; x < drawn.Size; x++ {
			from := x
			for x < drawn.Size && drawn.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return &code{Side: drawn.Size + 2*quiet, Path: path.String()}
}

// scanned is the string itself. The till's own one comes first: its time is the till's local time, to the very second that
// it has printed.
func scanned(f receipts.Fiscal) (string, bool) {
	own, err := receipts.ParseQR(f.QR)
	if err == nil && own.Identity() == f.Identity() && own.Kind() == f.Kind && own.Total == f.Total && !own.At.IsZero() {
		return own.String(), true
	}
	made, ok := receipts.QROf(f)
	return made.String(), ok
}
