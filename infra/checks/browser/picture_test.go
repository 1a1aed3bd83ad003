//go:build browser

package browser

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The smallest phone that WCAG 2.2 asks for (1.4.10), a phone of today, a desk.
var widths = []int64{320, 390, 1280}

// unruly lists what is wrong with the page's geometry: it scrolls sideways, or something to press is too small a target
// (WCAG 2.2, 2.5.8, and the 44 points that fingers like for buttons).
const unruly = `(() => {
	const wrong = [];
	const root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) wrong.push("scrolls sideways: " + root.scrollWidth + " > " + root.clientWidth);
	for (const e of document.querySelectorAll("button, a.button, summary, nav a")) {
		const r = e.getBoundingClientRect();
		if (r.height < 44 || r.width < 44) wrong.push("small: " + e.textContent.trim() + " " + r.width + "x" + r.height);
	}
	if (document.querySelectorAll("main").length !== 1) wrong.push("landmark main");
	if (document.querySelectorAll("h1").length !== 1) wrong.push("one h1");
	if (!document.title || !root.lang) wrong.push("title or lang");
	const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
	if (new Set(ids).size !== ids.length) wrong.push("an id twice");
	for (const e of document.querySelectorAll("[aria-labelledby]"))
		if (!document.getElementById(e.getAttribute("aria-labelledby"))) wrong.push("label of " + e.tagName);
	if (performance.getEntriesByType("resource").some(r => !r.name.startsWith(location.origin) && !r.name.startsWith("data:"))) wrong.push("asks a third party");
	return wrong.join("; ");
})()`

func (v *visitor) everyScreen(name string) {
	v.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range widths {
			v.screen(width, scheme)
			require.Empty(v.t, v.ask(unruly), "%s at %d, %s", name, width, scheme)
			v.picture(strings.Join([]string{name, strconv.FormatInt(width, 10), scheme}, "-"))
		}
	}
}

// TestPictures looks at every page on every screen, light and dark.
func TestPictures(t *testing.T) {
	s := setup(t)

	t.Run("Choice", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.everyScreen("choice")
	})

	t.Run("ChoiceWithLongWords", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(`{"project":"` + strings.Repeat("Невероятнодлинноеслово", 5) + `","items":[{"name":"` + strings.Repeat("Щ", 128) +
			`","price":{"amount":999999999900,"currency":"RUB"},"quantity":1}]}`))
		v.everyScreen("choice-long")
	})

	t.Run("InKazakhstan", func(t *testing.T) {
		v := s.visitor(t)
		command(v, network.Enable, network.EnableParams{})
		command(v, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"CloudFront-Viewer-Country": "KZ"}})
		v.open(s.order(`{"locale":"kk"}`))
		require.Equal(t, "card card_foreign sbp", v.ask(`[...document.querySelectorAll("button[name=method]")].map(b => b.value).join(" ")`))
		v.everyScreen("choice-kazakhstan")
	})

	t.Run("Waiting", func(t *testing.T) {
		link, v := s.order(""), s.visitor(t)
		v.open(link)
		v.click(`button[value="card"]`)
		v.run(chromedp.WaitVisible(chromedp.CSS("#pan")))
		v.open(link + "/wait?still=1")
		v.everyScreen("waiting")
		v.open(link)
		v.everyScreen("choice-unfinished")
		v.open(link + "/wait?prepared=1")
		v.everyScreen("ready")
	})

	t.Run("Declined", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.click(`button[value="card"]`)
		v.payByCard(poorCard)
		v.run(chromedp.WaitVisible(chromedp.CSS(".bad")))
		v.click("#cancel button")
		v.sees("Платёж не прошёл")
		v.everyScreen("declined")
		v.click("#again")
		v.sees("Школа «Понимаю»")
		v.everyScreen("choice-declined")
	})

	t.Run("Paid", func(t *testing.T) {
		link, v := s.order(`{"return_url":"https://shop.example/thanks"}`), s.visitor(t)
		v.open(link)
		v.click(`button[value="card"]`)
		v.payByCard(goodCard)
		v.sees("Оплачено")
		v.everyScreen("paid")
	})
}
