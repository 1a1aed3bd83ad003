package world

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/banks/tbank"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments/cashier"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/receipts"
)

// Plants are defects, each of a kind that somebody could make. The world has to find every one of them.
var Plants = []Plant{
	{Name: "STATE is not a lock", Why: "the version of STATE is not asked", Table: each("STATE", noVersion)},
	{Name: "an attempt is not a lock", Why: "the version of an attempt is not asked", Table: each("P#", noVersion)},
	{Name: "due key forgotten", Why: "an attempt has no place among the due keys", Table: each("P#", noDueKey)},
	{Name: "due key for ever", Why: "the sweeper lets no key go", Table: each("P#", dueForEver)},
	{Name: "place forgotten", Why: "an order has no place in the list", Table: each("ORDER", noPlace)},
	{Name: "refund not listed", Why: "a refund has no place in its partner's list of open ones", Table: each("F#", noPlace)},
	{Name: "torn transaction", Why: "of two rows that belong together only one is written", Table: torn},
	{Name: "silent alarm", Why: "no operator is called", Table: noAlarms},
	{Name: "refund without a promise", Why: "what may be given back is not lowered", Table: each("STATE", noPromise)},
	{Name: "limit not read", Why: "one person alone gives back any sum", Table: func(t table.Table) table.Table { return noLimit{t} }},
	{Name: "sent into nothing", Why: "a job that is said to be sent is lost", Queue: func(q queue.Queue) queue.Queue { return leaky{q} }},
	{Name: "signature not asked", Why: "whoever writes a notice is believed",
		Driver: func(d *tbank.Driver) banks.Driver { return gullible{d} }},
	{Name: "another amount captured", Why: "a kopeck too little is taken", Driver: func(d *tbank.Driver) banks.Driver { return stingy{d} }},
	{Name: "what is left not read", Why: "the bank's word on how much went back is passed over",
		Driver: func(d *tbank.Driver) banks.Driver { return shortsighted{d} }},
	{Name: "time-out is a decline", Why: "a refund whose answer was lost is called failed",
		Driver: func(d *tbank.Driver) banks.Driver { return impatient{d} }},
	{Name: "new key for every try", Why: "a refund that is repeated goes out twice",
		Driver: func(d *tbank.Driver) banks.Driver { return &forgetful{Driver: d} }},
	{Name: "paper of another number", Why: "a receipt is noted under a number that no till printed",
		Driver: func(d *tbank.Driver) banks.Driver { return misreading{d} }},
	{Name: "replay in other words", Why: "the second answer is not the first", Handler: otherWords},
	{Name: "key thrown away", Why: "the same call makes a second order", Handler: keyless},
	{Name: "answers of others", Why: "an answer is kept for whoever asks next", Handler: shared},
	{Name: "new name after silence", Why: "a receipt whose answer was lost is asked for under another name",
		Fiscal: func(s cashier.Service) cashier.Service { return hasty{s} }},
	{Name: "believed before it is made", Why: "a receipt that the till has only taken is called ready, and the payer is written to",
		Fiscal: func(s cashier.Service) cashier.Service {
			return &credulous{Service: s, drafts: map[string]receipts.Draft{}}
		}},
	{Name: "letter twice", Why: "a letter has no name by which its repetition is known", Mail: func(s mail.Sender) mail.Sender { return &talkative{Sender: s} }},
	{Name: "letter into nothing", Why: "a letter that is said to be sent is lost", Mail: func(s mail.Sender) mail.Sender { return mute{s} }},
	{Name: "posted twice", Why: "one fact goes into the ledger under two names", Queue: postings(twice)},
	{Name: "our fee kept", Why: "a refund does not bring our fee back, though that was agreed", Queue: postings(greedy)},
	{Name: "counted, not written", Why: "of two entries that are posted together one is only counted", Table: uncounted},
	{Name: "debt forgotten", Why: "a settlement does not take the debt of the one before", Table: noDebt},
	{Name: "paid out again", Why: "nobody asks whether a settlement is paid out", Table: func(t table.Table) table.Table { return paidAgain{t} }},
	{Name: "transfer without a name", Why: "a transfer that is told again is another one", Handler: nameless},
	{Name: "difference not kept", Why: "a break between the ledger and a register is found and not written down", Table: noBreaks},
	{Name: "event lost", Why: "that an event could not be told is passed over", Table: lostEvents},
	{Name: "nobody asks who was told", Why: "a message is lost, and the sweeper believes that everything was told",
		Table: func(t table.Table) table.Table { return believing{t} }, Follow: noTelling},
	{Name: "order.paid without its mark", Why: "the change of an order is not marked with its event", Table: each("STATE", noMarkOfPaid)},
	{Name: "let go untold", Why: "a refund that has ended has no due key, though its event is not told", Table: each("F#", noDueAtEnd)},
	{Name: "told to a neighbour", Why: "the endpoints of another partner are read", Table: func(t table.Table) table.Table { return neighbourly{t} }},
	{Name: "told in other words", Why: "an event is written anew for every attempt",
		Table: func(t table.Table) table.Table { return &rewording{Table: t} }},
	{Name: "filter not read", Why: "an endpoint hears what it has not asked for", Table: func(t table.Table) table.Table { return eavesdropping{t} }},
	{Name: "deleted in word only", Why: "an endpoint that is said to be deleted goes on hearing", Table: undeleted},
	{Name: "lease not asked", Why: "two work in one lane", Table: eachIn(lanePK, "", noLease)},
	{Name: "delivery without a due key", Why: "what waits in a lane is found by no sweeper", Table: eachIn(eventPK, "D#", noDueKey)},
	{Name: "given up at once", Why: "a delivery that has failed once is not tried again", Table: eachIn(eventPK, "D#", noSecondTry)},
	{Name: "silence is an answer", Why: "a delivery whose answer was lost is called delivered",
		Shops: func(d outbound.Doer) outbound.Doer { return easygoing{d} }},
	{Name: "not found is gone", Why: "an endpoint is disabled for a mistake in its address",
		Shops: func(d outbound.Doer) outbound.Doer { return resentful{d} }},
	{Name: "signed for another time", Why: "the time that is signed is not the time that is sent",
		Shops: func(d outbound.Doer) outbound.Doer { return untimely{d} }},
	{Name: "previous secret alone", Why: "after a rotation the new secret does not sign",
		Table: func(t table.Table) table.Table { return nostalgic{t} }},
	{Name: "clock ahead", Why: "an order expires hours before its time", Clock: func(c clock.Clock) clock.Clock { return ahead{c} }},
}

// leaky sends nothing and says that it did.
type leaky struct{ queue.Queue }

func (leaky) Send(context.Context, string, time.Duration, ...queue.Job) error { return nil }

// gullible reads a notice as if it were signed.
type gullible struct{ *tbank.Driver }

func (d gullible) Verify(a banks.Account, raw []byte, header http.Header) (banks.Notice, error) {
	notice, err := d.Driver.Verify(a, raw, header)
	if !errors.Is(err, banks.ErrForged) {
		return notice, err
	}
	o, readable := numbered(string(raw))
	if !readable || o["TerminalKey"] != a.Terminal {
		return notice, err
	}
	return d.Driver.Verify(a, []byte(signed(o, a.Password)), header)
}

// stingy captures a kopeck less.
type stingy struct{ *tbank.Driver }

func (d stingy) Capture(ctx context.Context, a banks.Account, r banks.Ref, amount money.Money, doc *receipts.Document) (banks.News, error) {
	if doc == nil && amount.Amount > 1 {
		amount.Amount--
	}
	return d.Driver.Capture(ctx, a, r, amount, doc)
}

// shortsighted does not read what the bank says to be left of a payment.
type shortsighted struct{ *tbank.Driver }

func (d shortsighted) Ask(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error) {
	news, err := d.Driver.Ask(ctx, a, r)
	news.Left = nil
	return news, err
}

// impatient takes a lost answer for a refusal.
type impatient struct{ *tbank.Driver }

func (d impatient) Refund(ctx context.Context, a banks.Account, r banks.Ref, give banks.Return) (banks.News, error) {
	news, err := d.Driver.Refund(ctx, a, r, give)
	if err != nil && banks.ClassOf(err) == banks.Unknown {
		err = &banks.Error{Class: banks.DeclinedNow, Cause: err}
	}
	return news, err
}

// forgetful gives every call a key of its own.
type forgetful struct {
	*tbank.Driver
	calls int
}

func (d *forgetful) Refund(ctx context.Context, a banks.Account, r banks.Ref, give banks.Return) (banks.News, error) {
	d.calls++
	give.Key += "-" + itoa(d.calls)
	return d.Driver.Refund(ctx, a, r, give)
}

// misreading reads the number of a fiscal document wrong.
type misreading struct{ *tbank.Driver }

func (d misreading) Verify(a banks.Account, raw []byte, header http.Header) (banks.Notice, error) {
	notice, err := d.Driver.Verify(a, raw, header)
	if err == nil && notice.Receipt != nil {
		notice.Receipt.FD++
	}
	return notice, err
}

// heard is an answer that is looked at before it goes out.
type heard struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *heard) WriteHeader(status int)      { h.status = status }
func (h *heard) Write(b []byte) (int, error) { return h.body.Write(b) }

func (h *heard) send(body []byte) {
	if h.status != 0 {
		h.ResponseWriter.WriteHeader(h.status)
	}
	_, _ = h.ResponseWriter.Write(body)
}

// otherWords answers a replay in other bytes.
func otherWords(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := &heard{ResponseWriter: w}
		inner.ServeHTTP(h, r)
		body := h.body.Bytes()
		if w.Header().Get("Idempotent-Replayed") != "" {
			body = append(bytes.TrimSpace(body), '\n', '\n')
		}
		h.send(body)
	})
}

// keyless throws the keys of orders away.
func keyless(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/order" {
			r.Header.Del("Idempotency-Key")
		}
		inner.ServeHTTP(w, r)
	})
}

// shared gives the answer to a read to everybody who asks for the same address.
func shared(inner http.Handler) http.Handler {
	kept := map[string][]byte{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.URL.Path, "/api/v1/order/") {
			inner.ServeHTTP(w, r)
			return
		}
		if body, ok := kept[r.URL.Path]; ok {
			_, _ = w.Write(body)
			return
		}
		h := &heard{ResponseWriter: w}
		inner.ServeHTTP(h, r)
		if h.status == 0 || h.status == http.StatusOK {
			kept[r.URL.Path] = bytes.Clone(h.body.Bytes())
		}
		h.send(h.body.Bytes())
	})
}

// ahead is a clock that is hours fast.
type ahead struct{ clock.Clock }

func (c ahead) Now() time.Time { return c.Clock.Now().Add(12 * time.Hour) }
