package draw

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// spot is where a state stands in a picture: the middle of its box.
type spot struct{ x, y float64 }

// The boxes, in the picture's units.
const (
	boxWide, boxHigh = 140.0, 46.0
	margin           = 60.0
)

// attemptSpots lays a payment out: its road along the top, doubt below it, the ends at the bottom.
var attemptSpots = map[string]spot{
	"created": {130, 90}, "pending": {420, 90}, "held": {710, 90}, "paid": {1040, 90},
	"superseded": {270, 270}, "unknown": {600, 290},
	"failed": {130, 480}, "declined": {350, 480}, "cancelled": {570, 480}, "expired": {790, 480},
}

// orderSpots lays an order out.
var orderSpots = map[string]spot{
	"created": {130, 90}, "pending": {400, 90}, "paid": {670, 90},
	"expired": {400, 250}, "cancelled": {130, 250}, "partially_refunded": {670, 250}, "refunded": {880, 250},
}

// refundSpots lays a refund out.
var refundSpots = map[string]spot{
	"pending_approval": {130, 90}, "pending": {420, 90}, "succeeded": {780, 90},
	"unknown": {600, 260}, "failed": {300, 320},
}

// tone is how an arrow is drawn: the road of the money, a late success, doubt, an end.
func tone(e Edge) string {
	road := map[string]bool{"created>pending": true, "pending>held": true, "held>paid": true, "pending>paid": true,
		"pending_approval>pending": true, "pending>succeeded": true}
	switch {
	case road[e.From+">"+e.To]:
		return "road"
	case e.To == "paid":
		return "late"
	case e.To == "unknown" || e.From == "unknown" || e.To == "superseded":
		return "doubt"
	}
	return "end"
}

// late lists the states that every end leads to when a success comes late; one arrow from the frame around the ends
// stands for all of them.
func (m Machine) late() []string {
	var common []string
	for _, to := range m.States {
		all := true
		for _, end := range m.ends() {
			all = all && slices.ContainsFunc(m.Edges, func(e Edge) bool { return e.From == end && e.To == to.Name })
		}
		if all && len(m.ends()) > 1 {
			common = append(common, to.Name)
		}
	}
	return common
}

// ends are the final states beside paid.
func (m Machine) ends() []string {
	var names []string
	for _, s := range m.States {
		if s.Final && s.Name != "paid" {
			names = append(names, s.Name)
		}
	}
	return names
}

// Picture draws the machine as SVG. Whatever stands in an arrow's way bends it: of several bows the one that touches the
// fewest boxes and other arrows is taken, so that the same machine always gives the same picture.
func (m Machine) Picture(spots map[string]spot) string {
	width, height := extent(spots)
	var l lines
	l.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s" font-family="ui-sans-serif, system-ui, sans-serif" font-size="15">`, width, height, m.Title)
	l.add("<!-- drawn from the code by make docs; do not edit -->\n" + pictureStyle)
	for _, t := range []string{"road", "late", "doubt", "end"} {
		l.add(`<marker id="%s" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="12" markerHeight="12" orient="auto"><path class="head %s" d="M0 0 10 5 0 10z"/></marker>`, t, t)
	}
	late := m.late()
	if len(late) > 0 {
		m.frame(&l, spots, late)
	}
	var drawn []bow
	for _, e := range m.Edges {
		if slices.Contains(late, e.To) && slices.Contains(m.ends(), e.From) {
			continue // the frame's arrow stands for it
		}
		b := bend(e, spots, drawn)
		drawn = append(drawn, b)
		l.add(`<path class="%s" marker-end="url(#%s)" d="M%.1f %.1f Q%.1f %.1f %.1f %.1f"><title>%s → %s: %s</title></path>`,
			tone(e), tone(e), b.from.x, b.from.y, b.by.x, b.by.y, b.to.x, b.to.y, e.From, e.To, escaped(strings.Join(e.Causes, "; ")))
	}
	for _, s := range m.States {
		if at, ok := spots[s.Name]; ok {
			box(&l, s, at)
		}
	}
	l.add("</svg>")
	return l.String()
}

func extent(spots map[string]spot) (width, height float64) {
	for _, s := range spots {
		width, height = math.Max(width, s.x+boxWide/2+margin), math.Max(height, s.y+boxHigh/2+margin)
	}
	return width, height
}

func box(l *lines, s State, at spot) {
	class := "state"
	if s.Final {
		class += " final"
	}
	if s.First {
		l.add(`<circle class="dot" cx="%.1f" cy="%.1f" r="7"/><path class="road" marker-end="url(#road)" d="M%.1f %.1fL%.1f %.1f"/>`,
			at.x-boxWide/2-40, at.y, at.x-boxWide/2-32, at.y, at.x-boxWide/2-3, at.y)
	}
	l.add(`<g class="%s"><title>%s</title><rect x="%.1f" y="%.1f" width="%.0f" height="%.0f" rx="10"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text></g>`,
		class, escaped(s.Means), at.x-boxWide/2, at.y-boxHigh/2, boxWide, boxHigh, at.x, at.y+5, strings.ReplaceAll(s.Name, "_", " "))
}

// frame draws a frame around the ends, and from it the arrows that all of them share.
func (m Machine) frame(l *lines, spots map[string]spot, late []string) {
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, end := range m.ends() {
		s := spots[end]
		left, right = math.Min(left, s.x-boxWide/2-16), math.Max(right, s.x+boxWide/2+16)
		top, bottom = math.Min(top, s.y-boxHigh/2-14), math.Max(bottom, s.y+boxHigh/2+14)
	}
	l.add(`<rect class="frame" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="14"/>`, left, top, right-left, bottom-top)
	for i, to := range late {
		from := spot{right, top + 20 + float64(i)*24}
		class := "late"
		if to != "paid" {
			class = "doubt"
		}
		at := border(spots[to], spot{from.x + 40, spots[to].y + 120}, 4)
		l.add(`<path class="%s" marker-end="url(#%s)" d="M%.1f %.1f Q%.1f %.1f %.1f %.1f"><title>any end → %s: a late success</title></path>`,
			class, class, from.x, from.y, math.Max(from.x, at.x)+40, (from.y+at.y)/2+30, at.x, at.y, to)
	}
}

const pictureStyle = `<style>
.state rect{fill:#fff;stroke:#35424f;stroke-width:1.6}.final rect{stroke-width:3}text{fill:#17202a}
path{fill:none;stroke-width:1.5}.frame{fill:none;stroke:#8a97a5;stroke-dasharray:4 5}
.road{stroke:#17202a;stroke-width:3}.late{stroke:#188a4c;stroke-width:2}.doubt{stroke:#b9770e}.end{stroke:#8a97a5}
.head{stroke:none}.head.road,.dot{fill:#17202a}.head.late{fill:#188a4c}.head.doubt{fill:#b9770e}.head.end{fill:#8a97a5}
@media(prefers-color-scheme:dark){.state rect{fill:#1c252e;stroke:#b8c4d0}text{fill:#eef2f6}
.road{stroke:#eef2f6}.late{stroke:#4cc38a}.doubt{stroke:#f0b450}.end,.frame{stroke:#7d8a97}
.head{stroke:none}.head.road,.dot{fill:#eef2f6}.head.late{fill:#4cc38a}.head.doubt{fill:#f0b450}.head.end{fill:#7d8a97}}
</style>`

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// bow is a curved arrow: from, a point that pulls it aside, to.
type bow struct{ from, by, to spot }

// at is the point of the curve at part t of its way.
func (b bow) at(t float64) spot {
	u := 1 - t
	return spot{u*u*b.from.x + 2*u*t*b.by.x + t*t*b.to.x, u*u*b.from.y + 2*u*t*b.by.y + t*t*b.to.y}
}

func bend(e Edge, spots map[string]spot, drawn []bow) bow {
	best, least := bow{}, math.Inf(1)
	_, height := extent(spots)
	for _, lean := range []float64{0, 0.06, -0.06, 0.14, -0.14, 0.24, -0.24, 0.36, -0.36, 0.5, -0.5} {
		b := lay(spots[e.From], spots[e.To], lean)
		if cost := b.cost(e, spots, drawn, height) + math.Abs(lean); cost < least {
			best, least = b, cost
		}
	}
	return best
}

// lay draws a curve between the borders of two boxes that leans aside by a part of its length.
func lay(from, to spot, lean float64) bow {
	dx, dy := to.x-from.x, to.y-from.y
	by := spot{(from.x+to.x)/2 - dy*lean*1.6, (from.y+to.y)/2 + dx*lean*1.6}
	return bow{border(from, by, 0), by, border(to, by, 4)}
}

// border is where the way from the middle of a box to a point leaves the box, and a little further.
func border(box, toward spot, gap float64) spot {
	dx, dy := toward.x-box.x, toward.y-box.y
	scale := math.Min((boxWide/2+gap)/math.Max(math.Abs(dx), 1e-9), (boxHigh/2+gap)/math.Max(math.Abs(dy), 1e-9))
	return spot{box.x + dx*scale, box.y + dy*scale}
}

const steps = 24

// cost counts what the curve touches: boxes weigh most, then arrow heads, then crossings.
func (b bow) cost(e Edge, spots map[string]spot, drawn []bow, height float64) (cost float64) {
	for i := 1; i < steps; i++ {
		p := b.at(float64(i) / steps)
		for name, s := range spots {
			if name != e.From && name != e.To && math.Abs(p.x-s.x) < boxWide/2+10 && math.Abs(p.y-s.y) < boxHigh/2+10 {
				cost += 5
			}
		}
		if p.x < 8 || p.y < 8 || p.y > height-8 {
			cost += 5
		}
		for _, other := range drawn {
			for j := 1; j < steps; j++ {
				if q := other.at(float64(j) / steps); math.Hypot(p.x-q.x, p.y-q.y) < 9 {
					cost += 0.15
				}
			}
		}
	}
	for _, other := range drawn {
		if math.Hypot(b.to.x-other.to.x, b.to.y-other.to.y) < 14 {
			cost += 0.6
		}
	}
	return cost
}

// legend explains the colours beside a picture.
func legend(name, title string) string {
	return fmt.Sprintf("![%s](%s)\n\nThick: the road of the money. Green: a late success, which always wins. Amber: doubt and change of mind. Grey: the other\nends. Boxes with a thick border are final; an arrow from the dashed frame holds for each of them.\n", title, name)
}
