package tbank

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/core/clock"
)

func TestNotices(t *testing.T) {
	t.Parallel()
	t.Run("OneStageTellsBoth", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.open("o", 149900, answer{
			"NotificationURL": "https://shop.test/own", "DATA": answer{"order_uuid": "5a1c"},
		})
		w.pay(id, Attempt{})
		w.tick()
		require.Equal(t, []string{"AUTHORIZED", "CONFIRMED"}, w.shop.statuses())
		for _, o := range w.shop.heard {
			require.True(t, o.signed(testPassword))
			require.Equal(t, id, string(o["PaymentId"]), "a number")
			require.Equal(t, "149900", string(o["Amount"]))
			require.Equal(t, `"430000******0777"`, string(o["Pan"]))
			require.JSONEq(t, `{"Route":"ACQ","Source":"cards","order_uuid":"5a1c"}`, string(o["DATA"]))
		}
		require.Equal(t, "https://shop.test/own", w.bank.Notices(id)[0].URL)
	})
	t.Run("DeclineSaysWhy", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.pay(w.open("o", 149900), Attempt{Outcome: "insufficient_funds"})
		w.tick()
		require.Equal(t, []string{"REJECTED"}, w.shop.statuses())
		require.Equal(t, `"1051"`, string(w.shop.heard[0]["ErrorCode"]))
		require.Equal(t, `false`, string(w.shop.heard[0]["Success"]))
	})
	t.Run("Golden", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *Config) { c.Terminals[0].Messages = true })
		w.pay(w.open("ord-7f3a", 149900), Attempt{Outcome: "insufficient_funds"})
		w.pay(w.open("next", 5000, answer{"CustomerKey": "u", "Recurrent": "Y"}), Attempt{})
		var got []string
		for _, n := range w.bank.Notices("") {
			o, err := parseObject([]byte(n.Body))
			require.NoError(t, err)
			token, _ := o.scalar("Token")
			require.Equal(t, o.token(testPassword), token)
			got = append(got, strings.Replace(n.Body, token, "TOKEN", 1))
		}
		require.Equal(t, []string{
			`{"Amount":149900,"CardId":90001,"Details":"","ErrorCode":"1051","ExpDate":"0329","Message":"Недостаточно средств на карте","OrderId":"ord-7f3a","Pan":"430000******0777","PaymentId":4100000001,"Status":"REJECTED","Success":false,"TerminalKey":"GibernoTestDEMO","Token":"TOKEN"}`,
			`{"Amount":5000,"CardId":90002,"ErrorCode":"0","ExpDate":"0329","OrderId":"next","Pan":"430000******0777","PaymentId":4100000002,"RebillId":"14100000002","Status":"AUTHORIZED","Success":true,"TerminalKey":"GibernoTestDEMO","Token":"TOKEN"}`,
			`{"Amount":5000,"CardId":90002,"ErrorCode":"0","ExpDate":"0329","OrderId":"next","Pan":"430000******0777","PaymentId":4100000002,"RebillId":"14100000002","Status":"CONFIRMED","Success":true,"TerminalKey":"GibernoTestDEMO","Token":"TOKEN"}`,
		}, got)
	})
	t.Run("OnlyOKIsOK", func(t *testing.T) {
		t.Parallel()
		for reply, status := range map[string]int{"ok": 200, "OK\n": 200, `"OK"`: 200, "": 200, "OK": 201, "OK ": 302} {
			w := setup(t)
			w.shop.answers(status, reply)
			w.call("Cancel", answer{"PaymentId": w.open("o", 10000)})
			w.tick()
			require.Equal(t, noticePending, w.bank.Notices("")[0].State, reply)
		}
	})
	t.Run("NoAddress", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *Config) { c.Terminals[0].NotificationURL = "" })
		w.pay(w.open("o", 10000), Attempt{})
		w.tick()
		require.Empty(t, w.shop.statuses())
		require.Equal(t, noticeDropped, w.bank.Notices("")[0].State)
	})
	t.Run("QuietExpiry", func(t *testing.T) {
		t.Parallel()
		w := setup(t, func(c *Config) { c.Terminals[2].NotificationURL = "https://shop.test/" })
		w.callAs("TwoStage", "Init", answer{"Amount": 100, "OrderId": "o"})
		w.clock.Advance(defaultLife)
		w.tick()
		require.Empty(t, w.shop.statuses())
		require.Equal(t, DeadlineExpired, w.payment("o").Status)
	})
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.shop.answers(500, "no")
	start := w.clock.Now()
	w.call("Cancel", answer{"PaymentId": w.open("o", 10000)})
	w.tick()
	for range 40 * 24 {
		w.clock.Advance(time.Hour)
		w.tick()
	}
	n := w.bank.Notices("")[0]
	require.Equal(t, noticeArchived, n.State)
	require.Len(t, n.Attempts, 1+hourlyRounds+dailyRounds)
	for i, a := range n.Attempts {
		want := start.Add(time.Duration(i) * time.Hour)
		if i > hourlyRounds {
			want = start.Add(hourlyRounds*time.Hour + time.Duration(i-hourlyRounds)*24*time.Hour)
		}
		require.Equal(t, want, a.At, i)
		require.Equal(t, 500, a.Status)
	}
	w.shop.answers(200, "OK")
	require.EqualValues(t, 1, w.call("Resend", answer{})["Count"])
	w.tick()
	require.Equal(t, noticeDelivered, w.bank.Notices("")[0].State)
	w.clock.Advance(noticeLife)
	w.tick()
	require.Empty(t, w.bank.Notices(""), "what is done with is not kept for ever")
}

// hanging is a shop that never answers.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := config(t)
		c.Deliver = hanging{}
		b, err := New(c)
		require.NoError(t, err)
		w := &world{t: t, bank: b, shop: &shop{}}
		w.pay(w.open("o", 10000), Attempt{Outcome: "declined"})
		began := time.Now()
		require.NoError(t, b.Tick(t.Context()))
		require.Equal(t, noticeTimeout, time.Since(began))
		n := b.Notices("")[0]
		require.Equal(t, noticePending, n.State)
		require.NotEmpty(t, n.Attempts[0].Error)
	})
}

func TestRunDelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _, s := config(t)
		now := &clock.Shifted{}
		c.Clock, c.Advance = now, now.Advance
		b, err := New(c)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { b.Run(ctx); close(over) }()
		w := &world{t: t, bank: b, shop: s}
		w.pay(w.open("o", 10000), Attempt{})
		synctest.Wait()
		require.Equal(t, []string{"AUTHORIZED", "CONFIRMED"}, s.statuses())
		w.open("late", 10000)
		now.Advance(defaultLife)
		time.Sleep(2 * lookEvery) // of the bubble: no time passes outside
		synctest.Wait()
		require.Equal(t, []string{"AUTHORIZED", "CONFIRMED", "DEADLINE_EXPIRED"}, s.statuses())
		stop()
		<-over
	})
}
