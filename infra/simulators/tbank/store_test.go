package tbank

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/bank/state.db"
	c, now, s := config(t)
	c.StatePath = path
	first, err := New(c)
	require.NoError(t, err)
	w := &world{t: t, bank: first, clock: now, shop: s}
	s.answers(500, "")
	paid := w.callAs("Fiscal", "Init", answer{"Amount": 5000, "OrderId": "paid", "Receipt": receiptOf(5000)})["PaymentId"].(string)
	w.pay(paid, Attempt{})
	w.open("open", 10000, answer{"CustomerKey": "u"})
	w.pay("open", Attempt{TryAgain: true, Outcome: "declined"})
	w.call("GetQr", answer{"PaymentId": w.payment("open").ID})
	w.call("AddCustomer", answer{"CustomerKey": "u", "Phone": "+79000000000"})
	require.NoError(t, first.SetTerminal(Terminal{Key: testTerminal, Password: "rotated"}))
	w.tick()
	now.Advance(tillTime)
	w.tick()
	before, notices := first.Payments(10), first.Notices("")

	// A second bank on the same file is refused while the first one lives.
	_, err = New(c)
	require.Error(t, err)
	require.NoError(t, first.Close())
	_, err = first.Pay(t.Context(), "open", Attempt{})
	require.ErrorIs(t, err, errClosed)

	second, err := New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, second.Close()) })
	w.bank = second
	require.Equal(t, before, second.Payments(10))
	require.Equal(t, notices, second.Notices(""))
	require.Equal(t, "rotated", second.Terminals()[testTerminal].Password)
	require.Equal(t, "+79000000000", w.call("GetCustomer", answer{"CustomerKey": "u"})["Phone"])
	require.NotEqual(t, before[0].ID, w.open("next", 10000), "numbers go on")
	_, _, ok := second.findReceipt(mustQuery(t, before[1].Receipts[0].URL))
	require.True(t, ok)
	s.answers(200, "OK")
	s.heard = nil
	now.Advance(time.Hour)
	w.tick()
	require.ElementsMatch(t, []string{"AUTHORIZED", "CONFIRMED", "RECEIPT", "AUTH_FAIL"}, s.statuses())
	now.Advance(defaultLife)
	w.tick()
	require.Equal(t, DeadlineExpired, w.payment("open").Status)
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(strings.ReplaceAll(address, "+", "%2B"))
	require.NoError(t, err)
	return u.Query()
}

const killedBank = "TBANK_KILLED_BANK"

// TestKilled: whatever was answered before a kill is there after it.
func TestKilled(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(killedBank); path != "" {
		c, _, _ := config(t)
		c.StatePath = path
		b, err := New(c)
		require.NoError(t, err)
		w := &world{t: t, bank: b}
		for i := range 100_000 {
			fmt.Println("answered", w.open(fmt.Sprint("order-", i), 10000))
		}
		return
	}
	path := t.TempDir() + "/state.db"
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$", "-test.v")
	child.Env = append(os.Environ(), killedBank+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	var answered []string
	for len(answered) < 30 && lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "answered "); ok {
			answered = append(answered, id)
		}
	}
	require.NoError(t, child.Process.Kill())
	for lines.Scan() { // what it said before it died counts as well
		if id, ok := strings.CutPrefix(lines.Text(), "answered "); ok && len(id) == 10 {
			answered = append(answered, id)
		}
	}
	var exit *exec.ExitError
	require.True(t, errors.As(child.Wait(), &exit))
	c, _, _ := config(t)
	c.StatePath = path
	b, err := New(c)
	require.NoError(t, err)
	defer b.Close()
	require.GreaterOrEqual(t, len(answered), 30)
	for _, id := range answered {
		_, err := b.Payment(id)
		require.NoError(t, err, id)
	}
}

// TestPayersAtOnce: two hundred payers press the button of one form, and it is paid once.
func TestPayersAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, func(c *Config) { c.StatePath = t.TempDir() + "/state.db" })
	id, d := w.form(149900)
	action := strings.TrimPrefix(attr(d.find("card"), "action"), "/sim/tbank")
	handler := w.bank.Handler()
	done := make(chan int, 200)
	for range 200 {
		go func() {
			form := url.Values{"pan": {"4300000000000777"}, "exp": {"12/39"}, "cvv": {"123"}}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, action, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, r)
			done <- rec.Code
		}()
	}
	for range 200 {
		require.Equal(t, http.StatusSeeOther, <-done)
	}
	require.EqualValues(t, 149900, w.payment(id).Captured)
	require.Len(t, w.bank.Notices(id), 2)
}
