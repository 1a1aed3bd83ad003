//go:build versions

package versions

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tbanksim "giberno.ru/infra/simulators/tbank"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments/store"
)

// The steps of the roads. A step is the function that takes it, unless it says otherwise here.
const (
	found         = "found" // who made partner, token and account
	createOrder   = "create-order"
	createPayment = "create-payment"
	changeMind    = "create-payment again"
	notice        = "notice"
	receiptNotice = "receipt notice"
	capture       = "capture-payment"
	void          = "void-payment"
	cancel        = "cancel-order"
	relay         = "relay"
	sweeper       = "sweeper"
	worker        = "webhook-retries"
	getOrder      = "get-order"
)

const (
	total       = 150_000          // kopecks
	tillTakes   = 30 * time.Second // by the bank's clock; more than the simulated till takes
	mixedSweeps = 4                // before this version does everything
	maxSweeps   = 8                // until nothing is owed
)

// walk is one payment on its way, each step by the version that the mixture says.
type walk struct {
	*site
	t     *testing.T
	by    mixture
	order ids.ID
	key   string // for idempotency
	inits int    // that the bank had seen before
}

func (w *walk) call(v version, function, method, path, key, body string, status int) answer {
	w.t.Helper()
	return w.ask(w.t, v, "payments/"+function, method, path, w.tokens[w.by[found]], key, body, status)
}

// begin creates the order; the partner asks the other version again under the same key and is told of the same order.
func (w *walk) begin(how string) {
	w.t.Helper()
	w.hear(ofPayment, w.by[notice])
	w.hear(ofReceipt, w.by[receiptNotice])
	body := fmt.Sprintf(`{"project":"Школа","email":"buyer@example.com","capture":%q,`+
		`"items":[{"name":"Консультация","price":{"amount":%d,"currency":"RUB"},"quantity":1,"payment_subject":"service"}]}`, how, total)
	var made, again struct {
		UUID ids.ID `json:"uuid"`
		Link string `json:"link"`
	}
	v := w.by[createOrder]
	w.call(v, createOrder, http.MethodPost, "/api/v1/order", w.key, body, http.StatusCreated).read(w.t, &made)
	w.call(v.other(), createOrder, http.MethodPost, "/api/v1/order", w.key, body, http.StatusCreated).read(w.t, &again)
	require.Equal(w.t, made, again, "the other version repeats the order")
	w.order = made.UUID
}

// opened is a payment as the partner sees it.
type opened struct {
	UUID     ids.ID `json:"uuid"`
	Status   string `json:"status"`
	Redirect string `json:"redirect_url"`
}

// open opens a payment; asked again, the other version leads to the same page.
func (w *walk) open(step, method string) opened {
	w.t.Helper()
	body := fmt.Sprintf(`{"order_uuid":%q,"code":%q}`, w.order, method)
	key := w.key + method
	var made, again opened
	v := w.by[step]
	w.call(v, createPayment, http.MethodPost, "/api/v1/payment", key, body, http.StatusCreated).read(w.t, &made)
	w.call(v.other(), createPayment, http.MethodPost, "/api/v1/payment", key, body, http.StatusCreated).read(w.t, &again)
	require.Equal(w.t, made, again, "the other version repeats the payment")
	require.Equal(w.t, "pending", made.Status)
	require.NotEmpty(w.t, made.Redirect)
	return made
}

// pay pays at the bank, which tells of it at once and of the receipt when its till has printed.
func (w *walk) pay(attempt int, method string) {
	w.t.Helper()
	_, err := w.bank.Pay(w.t.Context(), ids.Reference(ids.Test, w.order, attempt), tbanksim.Attempt{Outcome: "success", Method: method})
	require.NoError(w.t, err)
	w.tick()
}

func (w *walk) tick() {
	w.t.Helper()
	require.NoError(w.t, w.bank.Tick(w.t.Context()))
	w.bankTime.Advance(tillTakes)
	require.NoError(w.t, w.bank.Tick(w.t.Context()))
}

// settle lets the workers go on until no due key of the order's shard is left. A mixture does not last: what the previous
// version cannot do, or knows nothing of, is done when this one has taken over.
func (w *walk) settle() (jobs int) {
	w.t.Helper()
	shard := int(w.order[0]) % store.Shards
	for i := range maxSweeps {
		as := func(step string) version {
			if i < mixedSweeps {
				return w.by[step]
			}
			return newer
		}
		w.relay(w.t, as(relay))
		jobs += w.work(w.t, as(worker))
		if w.age(w.t, shard) == 0 {
			return jobs
		}
		w.sweep(w.t, as(sweeper), shard)
		jobs += w.work(w.t, as(worker))
		w.tick()
	}
	w.t.Fatalf("after %d sweeps something is still owed", maxSweeps)
	return jobs
}

// seen is an order as the partner sees it.
type seen struct {
	Status string `json:"status"`
	Paid   struct {
		Amount int64 `json:"amount"`
	} `json:"paid"`
	Payments []opened `json:"payments"`
	Receipts []struct {
		Status   string `json:"status"`
		URL      string `json:"url"`
		Verified bool   `json:"verified"`
	} `json:"receipts"`
}

func (w *walk) look(v version) (o seen) {
	w.t.Helper()
	w.call(v, getOrder, http.MethodGet, "/api/v1/order/"+w.order.String(), "", "", http.StatusOK).read(w.t, &o)
	return o
}

// requirePaidOnce is how a road to money ends, read by the version of the last step: paid once, by so many calls of Init, with
// the receipt there and nobody alarmed.
func (w *walk) requirePaidOnce(inits int) {
	w.t.Helper()
	o := w.look(w.by[getOrder])
	require.Equal(w.t, "paid", o.Status)
	require.EqualValues(w.t, total, o.Paid.Amount)
	require.Len(w.t, o.Receipts, 1)
	require.True(w.t, o.Receipts[0].Verified)
	require.Equal(w.t, "ready", o.Receipts[0].Status)
	require.True(w.t, strings.HasPrefix(o.Receipts[0].URL, w.bankAt+"/receipt?"), o.Receipts[0].URL)
	require.Equal(w.t, []int{inits, 1, 1}, []int{w.initsNow() - w.inits, w.charges(), w.printed()}, "calls of Init, charges, receipts of the till")
	w.requireNoAlarm(w.t)
}

// requireUnpaid is how the other roads end.
func (w *walk) requireUnpaid(status string) {
	w.t.Helper()
	o := w.look(w.by[getOrder])
	require.Equal(w.t, status, o.Status)
	require.Zero(w.t, o.Paid.Amount)
	require.Empty(w.t, o.Receipts)
	require.Equal(w.t, []int{1, 0, 0}, []int{w.initsNow() - w.inits, w.charges(), w.printed()})
	w.requireNoAlarm(w.t)
}

func (w *walk) initsNow() int {
	counts, _ := w.bank.Calls()
	return counts["Init"]
}

// attempts are the order's payments at the bank.
func (w *walk) attempts() (all []tbanksim.Payment) {
	for n := 1; ; n++ {
		p, err := w.bank.Payment(ids.Reference(ids.Test, w.order, n))
		if err != nil {
			return all
		}
		all = append(all, p)
	}
}

func (w *walk) charges() (n int) {
	for _, p := range w.attempts() {
		if p.Captured > 0 && p.Captured == total && p.Returned == 0 {
			n++
		} else if p.Captured > 0 {
			n += 100 // another amount, or given back: no single right charge
		}
	}
	return n
}

func (w *walk) printed() (n int) {
	for _, p := range w.attempts() {
		n += len(p.Receipts)
	}
	return n
}

// repeatNotices brings all notices of the order once more, to the version that did not hear them before.
func (w *walk) repeatNotices() {
	w.t.Helper()
	p, err := w.bank.Payment(ids.Reference(ids.Test, w.order, 1))
	require.NoError(w.t, err)
	told := w.bank.Notices(p.ID)
	require.NotEmpty(w.t, told)
	for _, n := range told {
		heard := w.ear([]byte(n.Body))
		a, err := w.request(w.t.Context(), heard.other(), "banks/notify-tbank", http.MethodPost, notices, n.Body, nil)
		require.NoError(w.t, err)
		require.Equal(w.t, []any{http.StatusOK, "OK"}, []any{a.status, string(a.body)})
	}
}
