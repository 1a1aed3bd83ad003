// Package receiptmail writes the letter that brings a payer the fiscal receipt: as text and as HTML, in his language. It
// carries templates, so only the worker that sends letters links it.
package receiptmail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	texttemplate "text/template"

	"giberno.ru/shared/notify/mail"
)

// Receipt is what the letter says. Amount and date come as people of the language write them.
type Receipt struct {
	Lang        string // "ru", "kk" or "en"; anything else is "ru"
	Shop        string
	OrderNumber string // the partner's own; "": not said
	Operation   string // payment, refund, fulfilment or correction
	Total       string // «1 500,00 ₽»
	Date        string // «22 ноября 2026, 12:00 по Москве»; "": not said
	FN          string // tags 1041, 1040 and 1077; an empty FN leaves all three out
	FD, FP      int64
	PageURL     string // of our page
	OperatorURL string // of the receipt at the fiscal data operator; "": none
	Test        bool   // no money was taken
}

// ErrReceipt is a receipt that no letter can be written of.
var ErrReceipt = errors.New("receiptmail: the receipt cannot be written about")

//go:embed receipt.html receipt.txt
var files embed.FS

var (
	htmlForm = sync.OnceValues(func() (*htmltemplate.Template, error) {
		return htmltemplate.ParseFS(files, "receipt.html")
	})
	textForm = sync.OnceValues(func() (*texttemplate.Template, error) {
		return texttemplate.ParseFS(files, "receipt.txt")
	})
)

// page is what both templates see.
type page struct {
	W              words
	Head, Lead     string
	Facts          []fact
	Page, Operator string
	Test           bool
}

type fact struct{ Name, Value string }

// Letter writes the letter to one address. key names it among all letters: the same receipt is the same letter, however
// often it is sent. It fails with ErrReceipt or mail.ErrRefused.
func Letter(r Receipt, to, key string) (mail.Message, error) {
	w, ok := languages[r.Lang]
	if !ok {
		w = languages[fallback]
	}
	p := page{W: w, Head: w.heads[r.Operation], Lead: w.leads[r.Operation], Test: r.Test}
	if p.Head == "" {
		return mail.Message{}, fmt.Errorf("%w: operation %q", ErrReceipt, r.Operation)
	}
	p.Page, p.Operator = followable(r.PageURL, r.Test), followable(r.OperatorURL, r.Test)
	shop := oneLine(r.Shop)
	if shop == "" || r.Total == "" || p.Page == "" {
		return mail.Message{}, fmt.Errorf("%w: it lacks its shop, its total or its page", ErrReceipt)
	}
	p.Facts = w.facts(r)
	html, text, err := p.written()
	if err != nil {
		return mail.Message{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	m := mail.Message{To: to, Subject: p.Head + ": " + oneLine(r.Total) + " — " + shop, Text: text, HTML: html, Lang: w.Lang, Key: key}
	return m, m.Check()
}

func (p page) written() (html, text string, err error) {
	h, err := htmlForm()
	if err != nil {
		return "", "", err
	}
	t, err := textForm()
	if err != nil {
		return "", "", err
	}
	var htmlOut, textOut bytes.Buffer
	if err := h.Execute(&htmlOut, p); err != nil {
		return "", "", err
	}
	if err := t.Execute(&textOut, p); err != nil {
		return "", "", err
	}
	return htmlOut.String(), textOut.String(), nil
}

func (w words) facts(r Receipt) []fact {
	facts := []fact{{w.Shop, oneLine(r.Shop)}}
	add := func(name, value string) {
		if value = oneLine(value); value != "" {
			facts = append(facts, fact{name, value})
		}
	}
	add(w.Order, r.OrderNumber)
	add(w.Total, r.Total)
	add(w.Date, r.Date)
	if r.FN != "" {
		add(w.FN, r.FN)
		add(w.FD, strconv.FormatInt(r.FD, 10))
		add(w.FP, strconv.FormatInt(r.FP, 10))
	}
	return facts
}

// oneLine keeps a value from looking like another line of the text.
func oneLine(text string) string { return strings.Join(strings.FieldsFunc(text, breaks), " ") }

// breaks reports what ends a line or a word. The no-break space holds an amount together and stays.
func breaks(r rune) bool {
	return r == ' ' || r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// followable gives an address back that a letter may link to: https, and in a test http on this machine; else "".
func followable(address string, test bool) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || len(address) > 2048 || strings.ContainsFunc(address, breaks) {
		return ""
	}
	if u.Scheme == "https" || test && u.Scheme == "http" && loopback(u.Hostname()) {
		return u.String()
	}
	return ""
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
