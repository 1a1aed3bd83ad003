package receiptmail_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"giberno.ru/shared/notify/mail/receiptmail"
)

var write = flag.Bool("write", false, "write the golden letters anew")

func receipt(change ...func(*receiptmail.Receipt)) receiptmail.Receipt {
	r := receiptmail.Receipt{
		Lang: "ru", Shop: "Школа «Понимаю»", OrderNumber: "A-1047", Operation: "payment",
		Total: "8\u00a0000,00\u00a0₽", Date: "1\u00a0марта 2026, 12:00 по Москве",
		FN: "9999078900000001", FD: 133, FP: 3449555941,
		PageURL:     "https://pay.giberno.example/r/labc-0301",
		OperatorURL: "https://ofd.example/v1?fn=9999078900000001&fp=3449555941&i=133",
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

const (
	to  = "buyer@example.com"
	key = "receipt/1"
)

var operations = []string{"payment", "refund", "fulfilment", "correction"}

// TestGolden reads both parts of each letter, word for word.
func TestGolden(t *testing.T) {
	t.Parallel()
	figures := map[string]func(*receiptmail.Receipt){
		"ru": func(*receiptmail.Receipt) {},
		"kk": func(r *receiptmail.Receipt) {
			r.Date = "2026 ж. 1\u00a0наурыз, 12:00 (Мәскеу уақыты)"
		},
		"en": func(r *receiptmail.Receipt) { r.Total, r.Date = "₽8,000.00", "1\u00a0March 2026, 12:00 Moscow time" },
	}
	for lang, figure := range figures {
		for _, operation := range operations {
			t.Run(lang+"/"+operation, func(t *testing.T) {
				t.Parallel()
				m, err := receiptmail.Letter(receipt(figure, func(r *receiptmail.Receipt) {
					r.Lang, r.Operation = lang, operation
					r.Test = operation == "correction"
				}), to, key)
				require.NoError(t, err)
				require.Equal(t, lang, m.Lang)
				name := filepath.Join("testdata", lang+"-"+operation)
				golden(t, name+".txt", m.Subject+"\n\n"+m.Text)
				golden(t, name+".html", m.HTML)
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *write {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestLetter(t *testing.T) {
	t.Parallel()

	t.Run("AddressedAndNamed", func(t *testing.T) {
		t.Parallel()
		m, err := receiptmail.Letter(receipt(), to, key)
		require.NoError(t, err)
		require.Equal(t, "Чек об оплате: 8\u00a0000,00\u00a0₽ — Школа «Понимаю»", m.Subject)
		require.Equal(t, to, m.To)
		require.Equal(t, key, m.Key)
	})

	t.Run("AnUnknownLanguageIsRussian", func(t *testing.T) {
		t.Parallel()
		m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) { r.Lang = "de" }), to, key)
		require.NoError(t, err)
		require.Equal(t, "ru", m.Lang)
	})

	t.Run("WhatIsNotKnownIsNotSaid", func(t *testing.T) {
		t.Parallel()
		m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) {
			r.FN, r.FD, r.FP, r.OrderNumber, r.Date, r.OperatorURL = "", 0, 0, "", "", ""
		}), to, key)
		require.NoError(t, err)
		for _, word := range []string{"ФН", "ФД", "ФП", "Заказ:", "Дата", "оператор"} {
			require.NotContains(t, m.Text, word)
		}
	})

	t.Run("AShopIsNoMarkup", func(t *testing.T) {
		t.Parallel()
		m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) {
			r.Shop = "</td><script>alert(1)</script>\r\nФП: 1\u2028<img src=x>"
			r.OrderNumber = `" onmouseover="x`
		}), to, key)
		require.NoError(t, err)
		require.NotContains(t, m.HTML, "<script")
		require.NotContains(t, m.HTML, "<img")
		require.NotContains(t, m.HTML, `" onmouseover`)
		require.NotContains(t, m.Subject, "\n")
		require.Contains(t, m.Text, "Магазин: </td><script>alert(1)</script> ФП: 1 <img src=x>\n", "one line, whatever it holds")
	})

	t.Run("OnlySafeAddressesAreLinked", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"javascript:alert(1)", "http://ofd.example/x", "https://u:p@ofd.example/", "//ofd.example", "https://ofd.example/\r\nx", "http://127.0.0.1/x"} {
			m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) { r.OperatorURL = address }), to, key)
			require.NoError(t, err)
			require.NotContains(t, m.Text+m.HTML, "оператора", address)
			_, err = receiptmail.Letter(receipt(func(r *receiptmail.Receipt) { r.PageURL = address }), to, key)
			require.ErrorIs(t, err, receiptmail.ErrReceipt)
		}
		m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) { r.OperatorURL, r.Test = "http://127.0.0.1:9/x", true }), to, key)
		require.NoError(t, err)
		require.Contains(t, m.Text, "http://127.0.0.1:9/x", "a simulator lives there")
	})

	t.Run("ErrReceipt", func(t *testing.T) {
		t.Parallel()
		for _, change := range []func(*receiptmail.Receipt){
			func(r *receiptmail.Receipt) { r.Operation = "gift" },
			func(r *receiptmail.Receipt) { r.Shop = " " },
			func(r *receiptmail.Receipt) { r.Total = "" },
			func(r *receiptmail.Receipt) { r.PageURL = "" },
		} {
			_, err := receiptmail.Letter(receipt(change), to, key)
			require.ErrorIs(t, err, receiptmail.ErrReceipt)
		}
	})
}

// TestHTML holds what mail programs need: styles on the elements, nothing that is fetched, colours that survive a dark
// ground.
func TestHTML(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ru", "kk", "en"} {
		m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) { r.Lang, r.Test = lang, true }), to, key)
		require.NoError(t, err)
		dom, err := html.Parse(strings.NewReader(m.HTML))
		require.NoError(t, err)
		links := 0
		for n := range dom.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			require.NotContains(t, []string{"script", "style", "link", "img", "iframe", "object", "form", "svg", "base"}, n.Data)
			for _, a := range n.Attr {
				require.NotEqual(t, "src", a.Key)
				require.NotContains(t, a.Val, "url(")
				require.NotContains(t, a.Val, "ZgotmplZ")
				if a.Key == "style" && strings.Contains(a.Val, "color:#ffffff") {
					require.Contains(t, a.Val, "background-color:", "white text brings its ground")
				}
			}
			if n.Data == "a" {
				links++
			}
		}
		require.Equal(t, 2, links)
		require.Contains(t, m.HTML, `<html lang="`+lang+`">`)
		require.Contains(t, m.HTML, `content="light dark"`)
	}
}

// FuzzLetter: whatever is in a receipt, the letter has two links at most and no element that it does not have otherwise.
func FuzzLetter(f *testing.F) {
	f.Add("Школа", "A-1", "https://pay.example/r/x", "https://ofd.example/?a=1&b=2")
	f.Add("<a href=x>", "{{.}}", "https://pay.example/\"><a href=x>", "data:text/html,<a>")
	f.Fuzz(func(t *testing.T, shop, number, page, operator string) {
		m, err := receiptmail.Letter(receipt(func(r *receiptmail.Receipt) {
			r.Shop, r.OrderNumber, r.PageURL, r.OperatorURL = shop, number, page, operator
		}), to, key)
		if err != nil {
			return
		}
		dom, err := html.Parse(strings.NewReader(m.HTML))
		require.NoError(t, err)
		links := 0
		for n := range dom.Descendants() {
			if n.Type == html.ElementNode {
				require.Contains(t, []string{"html", "head", "meta", "title", "body", "div", "h1", "p", "table", "tbody", "tr", "td", "b", "a", "br"}, n.Data)
				if n.Data == "a" {
					links++
				}
			}
		}
		require.LessOrEqual(t, links, 2)
	})
}
