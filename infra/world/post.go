package world

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/ids"
)

const (
	noticePath = "/api/a2c/notifications"
	noticeURL  = baseURL + noticePath
)

// letter is a notification of a bank on its way to us.
type letter struct {
	mode   ids.Mode
	path   string // of ours, at which it is taken
	body   string
	due    time.Time
	rounds int  // how often it was carried in vain
	copied bool // a second copy that the network made: nobody repeats it
	forged bool
	order  ids.ID
}

// The bank's rule of redelivery: hourly for a day, then daily for a month.
const (
	hourlyRounds = 24
	lastRound    = 54
)

// fiscalRounds is how often the fiscal service tells again. After that the platform has to ask.
const fiscalRounds = 2

// post is all letters that are under way, in the order in which they were written. Which is carried next, the seed says.
type post struct {
	mu      sync.Mutex // a bank writes its letters on goroutines of its own
	fresh   []letter   // written in this turn
	letters []letter
	seen    []letter // true ones of banks, of old, for forgers
	papers  []letter // and of the fiscal service
}

// letterbox is where one bank or fiscal service throws its letters in. It believes them delivered; the post keeps its rule.
type letterbox struct {
	post  *post
	mode  ids.Mode
	clock clock.Clock
	path  string
}

// RoundTrip takes a letter.
func (b *letterbox) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.post.mu.Lock()
	defer b.post.mu.Unlock()
	b.post.fresh = append(b.post.fresh, letter{mode: b.mode, path: b.path, body: string(raw), due: b.clock.Now(), order: orderNamed(raw)})
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("OK")), Header: http.Header{}, Request: r}, nil
}

// collect sorts the fresh letters, whose order the bank's goroutines have mixed up, and gives each its fate.
func (p *post) collect(w *World) {
	p.mu.Lock()
	fresh := p.fresh
	p.fresh = nil
	p.mu.Unlock()
	slices.SortStableFunc(fresh, func(a, b letter) int { // letters of one payment come in their order
		return cmp.Or(cmp.Compare(a.mode, b.mode), cmp.Compare(a.path, b.path), cmp.Compare(paymentNamed(a.body), paymentNamed(b.body)))
	})
	for _, l := range fresh {
		w.trace.add(l.body)
		p.keep(w, l)
		if w.Clear {
			p.letters = append(p.letters, l)
			continue
		}
		if w.dice.oneIn(6) && !w.Without["late notice"] {
			l.due = l.due.Add(w.dice.between(time.Second, 3*time.Hour))
			w.coverage.notice("late")
		}
		p.letters = append(p.letters, l)
		for w.dice.oneIn(6) && !w.Without["doubled notice"] {
			twin := l
			twin.copied, twin.due = true, l.due.Add(w.dice.between(0, 30*time.Minute))
			p.letters = append(p.letters, twin)
			w.coverage.notice("doubled")
		}
	}
}

// keep keeps a letter for forgers.
func (p *post) keep(w *World, l letter) {
	of := &p.seen
	if l.fiscal() {
		of = &p.papers
	}
	if len(*of) < 4096 {
		*of = append(*of, l)
		return
	}
	(*of)[w.dice.IntN(len(*of))] = l
}

// fiscal reports a letter of the fiscal service.
func (l letter) fiscal() bool { return l.path == fiscalPath }

// waits tells whether a letter can be carried now.
func (p *post) waits(w *World) bool {
	now := w.clock.Now()
	return slices.ContainsFunc(p.letters, func(l letter) bool { return !l.due.After(now) })
}

// take takes any letter that can be carried now.
func (p *post) take(w *World) (letter, bool) {
	now := w.clock.Now()
	var due []int
	for i, l := range p.letters {
		if !l.due.After(now) {
			due = append(due, i)
		}
	}
	if len(due) == 0 {
		return letter{}, false
	}
	i := pick(w.dice, due)
	l := p.letters[i]
	p.letters = slices.Delete(p.letters, i, i+1)
	return l, true
}

// back takes a letter that was not answered with OK: the bank tells it again in an hour, later in a day.
func (p *post) back(w *World, l letter) {
	if l.copied || l.forged {
		return
	}
	l.rounds++
	switch {
	case l.fiscal() && l.rounds > fiscalRounds, l.rounds > lastRound:
		w.coverage.notice("given up")
		return
	case l.fiscal():
		l.due = w.clock.Now().Add(10 * time.Minute)
	case l.rounds > hourlyRounds:
		l.due = w.clock.Now().Add(24 * time.Hour)
	default:
		l.due = w.clock.Now().Add(time.Hour)
	}
	p.letters = append(p.letters, l)
}

// word is what a letter says, for the story.
func (l letter) word() string {
	word := "letter " + memberOf([]byte(l.body), "Status")
	if l.fiscal() {
		word = "paper " + memberOf([]byte(l.body), "status")
	}
	if l.forged {
		word = "forged " + word
	}
	return word
}

// carry brings a letter to the platform.
func (w *World) carry(l letter) {
	if !w.Clear && w.dice.oneIn(12) && !w.Without["lost notice"] {
		w.coverage.notice("lost")
		w.tell(l.order, l.word()+" lost")
		w.post.back(w, l)
		return
	}
	req := request(http.MethodPost, l.path, l.body)
	req.Header.Set("Content-Type", "application/json")
	a, ok := w.ask(req)
	taken := ok && a.status == http.StatusOK && (l.fiscal() || string(a.body) == "OK")
	fate := "not taken"
	switch {
	case taken:
		fate = "taken"
	case !ok:
		fate = "met a crash"
	case a.status == http.StatusForbidden || a.status == http.StatusBadRequest:
		fate = "refused"
	}
	w.coverage.notice(fate)
	w.tell(l.order, l.word()+" "+fate)
	if !taken {
		w.post.back(w, l)
	} else if !w.Clear && w.dice.oneIn(20) && !w.Without["lost answer to notice"] {
		w.post.back(w, l)
		w.coverage.notice("answer lost")
	}
}
