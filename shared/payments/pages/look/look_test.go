package look

import (
	"html/template"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// pairs are the colours that stand on each other, with the contrast that WCAG 2.2 AA asks for: 4.5 for text (1.4.3), 3 for
// the edges of controls and the ring of the focus (1.4.11).
var pairs = []struct {
	over, under string
	least       float64
}{
	{"ink", "ground", 4.5}, {"ink", "paper", 4.5}, {"ink", "wash", 4.5},
	{"quiet", "ground", 4.5}, {"quiet", "paper", 4.5}, {"quiet", "wash", 4.5},
	{"accent", "ground", 4.5}, {"accent", "paper", 4.5}, {"accent", "wash", 4.5},
	{"accent-deep", "paper", 4.5}, {"accent-deep", "wash", 4.5},
	{"on-accent", "accent", 4.5}, {"on-accent", "accent-deep", 4.5},
	{"good", "good-wash", 4.5}, {"bad", "bad-wash", 4.5}, {"care", "care-wash", 4.5},
	{"edge", "paper", 3}, {"edge", "wash", 3},
}

var colour = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)

func palettes(t *testing.T) map[string]map[string]float64 {
	t.Helper()
	light, rest, ok := strings.Cut(string(stylesheet), "@media (prefers-color-scheme: dark)")
	require.True(t, ok)
	dark, _, ok := strings.Cut(rest, "\n}\n")
	require.True(t, ok)
	all := map[string]map[string]float64{}
	for name, css := range map[string]string{"Light": light, "Dark": dark} {
		all[name] = map[string]float64{}
		for _, m := range colour.FindAllStringSubmatch(css, -1) {
			all[name][m[1]] = luminance(t, m[2])
		}
	}
	return all
}

// luminance is the relative luminance of WCAG 2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(hex, 16, 32)
	require.NoError(t, err)
	part := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func TestContrast(t *testing.T) {
	t.Parallel()
	for name, palette := range palettes(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range pairs {
				over, ok1 := palette[p.over]
				under, ok2 := palette[p.under]
				require.True(t, ok1 && ok2, "%s on %s is not in the stylesheet", p.over, p.under)
				ratio := (max(over, under) + 0.05) / (min(over, under) + 0.05)
				require.GreaterOrEqual(t, ratio, p.least, "%s on %s has %.2f", p.over, p.under, ratio)
			}
		})
	}
}

func TestBothPalettesNameTheSameColours(t *testing.T) {
	t.Parallel()
	all := palettes(t)
	for name := range all["Light"] {
		require.Contains(t, all["Dark"], name)
	}
	require.Len(t, all["Dark"], len(all["Light"]))
	_, rules, ok := strings.Cut(string(stylesheet), "* { box-sizing")
	require.True(t, ok)
	require.NotContains(t, rules, "#", "colours are named in the palette only")
}

func TestHeadersNameOnlyOrigins(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	Headers(h, []string{
		"https://bank.example", "https://bank.example:8443/path?q", "http://127.0.0.1:7000", "javascript:alert(1)", "bank.example", "*", "https://*",
		"https://a.example; script-src *", "https://a.example, https://b.example", "https://a.example'unsafe-inline'", "data:x", "",
	})
	require.Equal(t, "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' https://bank.example https://bank.example:8443"+
		" http://127.0.0.1:7000; frame-ancestors 'none'; base-uri 'none'", h.Get("Content-Security-Policy"))
}

func TestNothingIsWrittenOfAPageThatFails(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"p/parts.html": {Data: []byte(``)},
		"p/x.html":     {Data: []byte(`{{define "content"}}{{.Missing}}{{end}}`)},
	}
	pages, err := Parse(files, "p", "x")
	require.NoError(t, err)
	rec := httptest.NewRecorder()
	require.Error(t, Write(rec, http.StatusOK, pages["x"], Frame{Content: struct{}{}}, nil))
	require.Empty(t, rec.Body.String())
	require.Empty(t, rec.Header())
}

func TestFrame(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"p/parts.html": {Data: []byte(``)}, "p/x.html": {Data: []byte(`{{define "content"}}<h1>{{.}}</h1>{{end}}`)}}
	pages, err := Parse(files, "p", "x")
	require.NoError(t, err)
	rec := httptest.NewRecorder()
	f := Frame{
		Lang: "en", Title: "<T>", Banner: "b", Footer: []string{"f"}, Choose: "c", Wide: true, Content: "<x>", Refresh: &Refresh{3, "/p/x?a=1&b=2"},
		Contact: &Contact{"l", "t", template.URL("tel:+79000000000")}, Languages: []Language{{"en", "English", "/p?lang=en", true}},
	}
	require.NoError(t, Write(rec, http.StatusTeapot, pages["x"], f, nil))
	require.Equal(t, http.StatusTeapot, rec.Code)
	for _, part := range []string{`<html lang="en">`, `<title>&lt;T&gt;</title>`, `content="3; url=/p/x?a=1&amp;b=2"`, `<h1>&lt;x&gt;</h1>`,
		`href="tel:+79000000000"`, `<main class="wide">`, `aria-current="true"`, Stylesheet()} {
		require.Contains(t, strings.ReplaceAll(rec.Body.String(), "&#43;", "+"), part)
	}
}
