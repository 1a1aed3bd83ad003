//go:build browser

package browser

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

const (
	goodCard   = "4300000000000777"
	secureCard = "4249170392197566" // its bank asks for a code
	poorCard   = "5000000000000009"
	secureCode = "1234"
)

// payByCard fills the form of the bank's page.
func (v *visitor) payByCard(number string) {
	v.t.Helper()
	v.run(chromedp.WaitVisible(chromedp.CSS("#pan")), chromedp.SetValue(chromedp.CSS("#pan"), number))
	v.click("#card button")
}

// TestPayer is one platform and one browser for many payers; each of them has an order and a window of his own.
func TestPayer(t *testing.T) {
	s := setup(t)

	t.Run("PaysByCard", func(t *testing.T) {
		link, v := s.order(`{"return_url":"https://shop.example/thanks"}`), s.visitor(t)
		v.open(link)
		v.sees("Школа «Понимаю»")
		v.click(`button[value="card"]`)
		v.payByCard(goodCard)
		v.sees("Оплачено")
		require.Contains(t, v.ask(`document.querySelector("dl").textContent`), "2\u00a0498,00\u00a0₽")
		require.Equal(t, "https://shop.example/thanks", v.ask(`document.querySelector("#shop").href`))
		require.Contains(t, v.ask("location.pathname"), "/result")
		v.open(link)
		v.sees("Оплачено")
	})

	t.Run("PaysBySBP", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.click(`button[value="sbp"]`)
		v.payInTheApp("confirm")
		v.sees("Оплачено")
	})

	t.Run("ConfirmsWithACode", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.click(`button[value="card"]`)
		v.payByCard(secureCard)
		v.run(chromedp.WaitVisible(chromedp.CSS("#sms")), chromedp.SendKeys(chromedp.CSS("#sms"), secureCode))
		v.click(`button[value="confirm"]`)
		v.sees("Оплачено")
	})

	t.Run("IsDeclinedAndTriesAgain", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.click(`button[value="card"]`)
		v.payByCard(poorCard)
		v.run(chromedp.WaitVisible(chromedp.CSS(".bad"))) // the bank lets him try another card; he gives up
		v.click("#cancel button")
		v.sees("Платёж не прошёл")
		v.click("#again")
		v.sees("Школа «Понимаю»")
		require.Contains(t, v.ask(`document.querySelector("[role=alert]").textContent`), "Платёж не прошёл")
		v.click(`button[value="card"]`)
		v.payByCard(goodCard)
		v.sees("Оплачено")
	})

	t.Run("ChangesHisMind", func(t *testing.T) {
		link, v := s.order(""), s.visitor(t)
		v.open(link)
		v.click(`button[value="card"]`)
		v.run(chromedp.WaitVisible(chromedp.CSS("#pan")))
		v.open(link + "/wait")
		v.sees("Ждём ответа банка")
		v.click("#other")
		v.until(`document.querySelector("[role=status]")?.textContent`, "Вы уже начали оплату")
		v.click(`button[value="sbp"]`)
		v.payInTheApp("confirm")
		v.sees("Оплачено")
	})

	t.Run("PaysWithoutJavaScript", func(t *testing.T) {
		v := s.visitor(t)
		command(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		v.open(s.order(""))
		v.sees("Школа «Понимаю»")
		v.click(`button[value="card"]`)
		v.payByCard(goodCard)
		v.sees("Оплачено")
	})

	t.Run("WaitsAndThePageTellsHimByItself", func(t *testing.T) {
		link, v, other := s.order(""), s.visitor(t), s.visitor(t)
		v.open(link)
		v.click(`button[value="card"]`)
		v.run(chromedp.WaitVisible(chromedp.CSS("#pan")))
		bank := v.ask("location.href")
		other.open(link + "/wait")
		other.sees("Ждём ответа банка")
		require.Equal(t, bank, other.ask(`document.querySelector("#bank").href`))
		v.payByCard(goodCard)
		other.sees("Оплачено")
	})

	t.Run("UsesTheKeyboardOnly", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.sees("Школа «Понимаю»")
		v.run(chromedp.KeyEvent(kb.Tab))
		require.Equal(t, "sbp", v.ask("document.activeElement.value"), "the best way comes first")
		require.Equal(t, "solid 3px", v.ask("getComputedStyle(document.activeElement).outlineStyle + ' ' + getComputedStyle(document.activeElement).outlineWidth"))
		v.run(chromedp.KeyEvent(kb.Tab))
		require.Equal(t, "card", v.ask("document.activeElement.value"))
		v.run(chromedp.KeyEvent(kb.Enter))
		v.run(chromedp.WaitVisible(chromedp.CSS("#pan")))
		v.run(chromedp.Focus(chromedp.CSS("#pan")), chromedp.KeyEvent(kb.Enter))
		v.sees("Оплачено")
	})

	t.Run("ReadsHisOwnLanguage", func(t *testing.T) {
		v := s.visitor(t)
		v.open(s.order(""))
		v.click(`nav a[lang="en"]`)
		v.until("document.documentElement.lang", "en")
		require.Equal(t, "₽2,498.00", v.ask(`document.querySelector("#total").textContent`))
		v.click(`nav a[lang="kk"]`)
		v.until("document.documentElement.lang", "kk")
		v.click(`button[value="card"]`)
		v.run(chromedp.WaitVisible(chromedp.CSS("#pan")))
	})
}

// payInTheApp goes the way of SBP: the bank's page shows a code, the payer's app answers it.
func (v *visitor) payInTheApp(step string) {
	v.t.Helper()
	v.until(`document.querySelector("#sbp, #app")?.id`, "p")
	if v.ask(`document.querySelector("#sbp") !== null`) == "true" {
		v.click("#sbp")
	}
	v.click("a#app")
	v.click(`form#app button[value="` + step + `"]`)
	v.click("#back")
}
