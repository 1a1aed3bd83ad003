//go:build versions

package versions

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tbanksim "giberno.ru/infra/simulators/tbank"
)

// play walks a road in each of some mixtures, one after the other on one installation.
func play(t *testing.T, choose func([]string) []mixture, steps []string, road func(*walk)) {
	t.Helper()
	x := setup(t)
	began := time.Now()
	all := choose(steps)
	for i, m := range all {
		ok := t.Run(m.name(steps), func(t *testing.T) {
			w := &walk{site: x, t: t, by: m, key: fmt.Sprintf("road-%d", i)}
			for _, step := range []string{found, notice, receiptNotice, relay, sweeper, worker, getOrder} {
				if m[step] == "" { // no choice of this road's
					m[step] = newer
				}
			}
			w.inits = w.initsNow()
			road(w)
		})
		if !ok {
			break // what is left of a broken road is in the way of the next
		}
	}
	if !t.Failed() {
		x.requireAtRest(t)
	}
	t.Logf("%d mixtures of %d steps in %s", len(all), len(steps), time.Since(began).Round(time.Millisecond))
}

// The main road, in every mixture.
func TestPaid(t *testing.T) {
	play(t, everyMixture, []string{found, createOrder, createPayment, notice, receiptNotice, relay, sweeper, getOrder}, func(w *walk) {
		w.begin("auto")
		w.open(createPayment, "card")
		w.pay(1, "")
		w.settle()
		w.requirePaidOnce(1)
		w.repeatNotices()
		w.requirePaidOnce(1)
	})
}

// The bank's notice of the payment is lost: sweeper and worker find out by asking.
func TestToldByNobody(t *testing.T) {
	play(t, everyTriple, []string{found, createOrder, createPayment, receiptNotice, sweeper, worker, relay, getOrder}, func(w *walk) {
		w.begin("auto")
		w.hear(ofPayment, "")
		w.open(createPayment, "card")
		w.pay(1, "")
		require.Positive(w.t, w.settle())
		w.requirePaidOnce(1)
	})
}

// The payer opens a payment by card, then pays by SBP; the relay's job closes what is left of the first attempt.
func TestChangeOfMind(t *testing.T) {
	play(t, everyTriple, []string{found, createOrder, createPayment, changeMind, notice, receiptNotice, relay, worker, sweeper, getOrder}, func(w *walk) {
		w.begin("auto")
		w.open(createPayment, "card")
		w.open(changeMind, "sbp")
		w.pay(2, "sbp")
		w.relay(w.t, w.by[relay])
		require.Positive(w.t, w.work(w.t, w.by[worker]), "the relay sends a job")
		w.settle()
		w.requirePaidOnce(2)
		require.Equal(w.t, tbanksim.Canceled, w.attempts()[0].Status, "nobody can pay the first attempt any more")
	})
}

// The partner cancels an order whose payment is open.
func TestCancel(t *testing.T) {
	play(t, everyTriple, []string{found, createOrder, createPayment, cancel, notice, relay, worker, sweeper, getOrder}, func(w *walk) {
		w.begin("auto")
		w.open(createPayment, "card")
		w.call(w.by[cancel], cancel, http.MethodPost, "/api/v1/order/"+w.order.String()+"/cancel", "", "", http.StatusOK)
		require.Equal(w.t, tbanksim.Canceled, w.attempts()[0].Status, "nobody can pay it any more")
		w.tick()
		w.settle()
		w.requireUnpaid("cancelled")
	})
}

// The money is held, then captured.
func TestCapture(t *testing.T) {
	play(t, everyTriple, []string{found, createOrder, createPayment, notice, capture, receiptNotice, relay, worker, sweeper, getOrder}, func(w *walk) {
		w.begin("manual")
		p := w.open(createPayment, "card")
		w.pay(1, "")
		require.Equal(w.t, "held", w.look(w.by[capture]).Payments[0].Status)
		for _, v := range []version{w.by[capture], w.by[capture].other()} { // the partner asks twice; the bank is asked once
			w.call(v, capture, http.MethodPost, "/api/v1/payment/"+p.UUID.String()+"/capture", w.key, "", http.StatusOK).read(w.t, &p)
			require.Equal(w.t, "paid", p.Status)
		}
		w.tick()
		w.settle()
		w.requirePaidOnce(1)
	})
}

// The money is held, then let go.
func TestVoid(t *testing.T) {
	play(t, everyTriple, []string{found, createOrder, createPayment, notice, void, cancel, relay, worker, sweeper, getOrder}, func(w *walk) {
		w.begin("manual")
		p := w.open(createPayment, "card")
		w.pay(1, "")
		require.Equal(w.t, "held", w.look(w.by[void]).Payments[0].Status)
		w.call(w.by[void], void, http.MethodPost, "/api/v1/payment/"+p.UUID.String()+"/void", "", "", http.StatusOK)
		w.tick()
		require.Equal(w.t, "cancelled", w.look(w.by[cancel]).Payments[0].Status)
		w.call(w.by[cancel], cancel, http.MethodPost, "/api/v1/order/"+w.order.String()+"/cancel", "", "", http.StatusOK)
		w.settle()
		w.requireUnpaid("cancelled")
	})
}
