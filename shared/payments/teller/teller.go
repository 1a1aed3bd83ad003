// Package teller carries the module's decisions out: it writes the intent, calls the bank, writes the outcome. The rules
// are in payments, the keys in payments/store, the words of the outside in api, pages and jobs; all of them meet here.
//
// Every call to a bank goes the same way: intent with a deterministic reference → call → outcome. Whatever is lost in
// between is found again by asking the bank about the reference.
package teller

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/receipts"
)

// Bank is what the teller asks of a bank; *banks.Bank is one.
type Bank interface {
	Open(ctx context.Context, a banks.Account, c banks.Charge) (banks.Opened, error)
	Ask(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error)
	Cancel(ctx context.Context, a banks.Account, r banks.Ref) (banks.News, error)
	Capture(ctx context.Context, a banks.Account, r banks.Ref, amount money.Money, receipt *receipts.Document) (banks.News, error)
	Refund(ctx context.Context, a banks.Account, r banks.Ref, give banks.Return) (banks.News, error)
	AskRefund(ctx context.Context, a banks.Account, r banks.Ref, m banks.Method) (banks.News, error)
	CloseReceipt(ctx context.Context, a banks.Account, r banks.Ref, receipt *receipts.Document) error
	CanCancel() bool
	CanCapture() bool
	CanRefund() bool
	CanClose() bool
	RefundsByKey(m banks.Method) bool
	PageOrigins(a banks.Account) []string
	Names(raw []byte, header http.Header) (terminal string, err error)
	Verify(a banks.Account, raw []byte, header http.Header) (banks.Notice, error)
	Answer() (contentType string, body []byte)
}

// Accounts is where contracts with banks are kept; identity's store is one, through wire.
type Accounts interface {
	// Candidates lists the accounts of a mode that a partner may use.
	Candidates(ctx context.Context, m ids.Mode, partner ids.ID) ([]payments.Candidate, error)
	// Account gives one with its secrets in clear.
	Account(ctx context.Context, m ids.Mode, id ids.ID) (banks.Account, error)
	// Terms are the fees of a payment of a partner through an account, as they are agreed now.
	Terms(ctx context.Context, p payments.Payment) (ledger.Terms, error)
	// Supplier is the partner as receipts of the platform's accounts name him; nil where what receipts need is not known.
	Supplier(ctx context.Context, partner ids.ID) (*receipts.Supplier, error)
	// RefundLimit is how much of one payment a single person may have given back, in minor units; 0: any amount.
	RefundLimit(ctx context.Context, m ids.Mode, partner ids.ID) (int64, error)
	// ByTerminal finds the account that a notification names; ok is false for a stranger.
	ByTerminal(ctx context.Context, m ids.Mode, provider, terminal string) (a banks.Account, ok bool, err error)
}

// Config is what a teller needs from its surroundings.
type Config struct {
	Store    *store.Store
	Accounts Accounts
	Bank     func(provider string) (Bank, bool)
	Queue    queue.Sender
	Clock    clock.Clock
	Random   io.Reader
	Log      *slog.Logger
	BaseURL  string                       // of the payer's pages, without a closing slash
	Notify   func(provider string) string // the address that a bank notifies
}

// Teller is safe for concurrent use.
type Teller struct {
	Config
	mu       sync.Mutex
	worlds   map[string]ids.Mode  // by provider and terminal, see worldsOf
	nameless map[ids.ID]bool      // partners for whom an operator was called, see noteSupplier
	sick     map[ids.ID]time.Time // accounts whose bank did not answer, by the time of the last silence
}

// New makes a teller.
func New(c Config) *Teller {
	return &Teller{Config: c, nameless: map[ids.ID]bool{}, sick: map[ids.ID]time.Time{}, worlds: map[string]ids.Mode{}}
}

// ErrBankSilent is a question that the bank did not answer. Nothing was decided.
var ErrBankSilent = fault.BankUnavailable("bank_unavailable", "The bank does not answer; nothing was charged. Try again shortly.")

// askTimeout bounds a question to the bank while somebody waits.
const askTimeout = 5 * time.Second

// races is how often a decision is made anew because the row had changed.
const races = 8

func (t *Teller) now() time.Time { return t.Clock.Now().Truncate(time.Millisecond) }

// Load reads an order that a partner may see; another's is not found.
func (t *Teller) Load(ctx context.Context, m ids.Mode, partner, order ids.ID) (payments.Whole, error) {
	w, err := t.Store.Load(ctx, m, order)
	if err == nil && w.Order.Partner != partner {
		return payments.Whole{}, payments.ErrOrderNotFound
	}
	return w, err
}

// LoadLink reads the order of a payer's link; a wrong secret is not found.
func (t *Teller) LoadLink(ctx context.Context, link string) (payments.Whole, error) {
	m, order, key, ok := ids.ParseLink(link)
	if !ok {
		return payments.Whole{}, payments.ErrOrderNotFound
	}
	w, err := t.Store.Load(ctx, m, order)
	if err == nil && !w.Order.LinkKey.Equal(key) {
		return payments.Whole{}, payments.ErrOrderNotFound
	}
	return w, err
}

// CreateOrder writes a new order. key and hash come from the Idempotency-Key and the parsed request; the same key and
// hash give the order that was made first, with replayed set.
func (t *Teller) CreateOrder(ctx context.Context, m ids.Mode, partner ids.ID, d payments.Draft, key, hash string) (o payments.Order, replayed bool, err error) {
	id, err := ids.New(t.Random)
	if key != "" {
		id = ids.FromParts(partner.String(), string(m), "create-order", "", key)
	}
	if err != nil {
		return o, false, err
	}
	if o, err = payments.NewOrder(d, id, m, partner, t.now()); err != nil {
		return t.replayOr(ctx, m, id, key, hash, err)
	}
	if o.LinkKey, err = ids.NewLinkKey(t.Random); err != nil {
		return o, false, err
	}
	o.RequestHash = hash
	kept, created, err := t.Store.Create(ctx, o)
	if err == nil && !created && kept.RequestHash != hash {
		return o, false, payments.ErrKeyMismatch
	}
	return kept, !created, err
}

// replayOr keeps a replay from being refused by a rule that time has made stricter: an absolute expiry that lay far
// enough ahead at the first call.
func (t *Teller) replayOr(ctx context.Context, m ids.Mode, id ids.ID, key, hash string, refusal error) (payments.Order, bool, error) {
	if key == "" {
		return payments.Order{}, false, refusal
	}
	w, err := t.Store.Load(ctx, m, id)
	switch {
	case err != nil && !errors.Is(err, payments.ErrOrderNotFound):
		return payments.Order{}, false, err // whether there was a first call is not known
	case err != nil || w.Order.RequestHash != hash:
		return payments.Order{}, false, refusal
	}
	return w.Order, true, nil
}

// save writes an outcome and gives the order as it is afterwards. What it pays gets its terms of fees, frozen.
func (t *Teller) save(ctx context.Context, out payments.Outcome) (payments.Whole, error) {
	for _, p := range out.Unpriced() {
		terms, err := t.Accounts.Terms(ctx, p)
		if err != nil {
			return out.Before, err
		}
		out.Freeze(p.N, terms)
	}
	if err := t.Store.Save(ctx, out); err != nil {
		return out.Before, err
	}
	for _, a := range out.NewAlarms {
		t.tell(ctx, a.Kind, a.Object, a.Detail)
	}
	return out.After, nil
}

// Price freezes the terms of fees of attempt n where it was paid by code that knew none.
func (t *Teller) Price(ctx context.Context, w payments.Whole, n int) (payments.Whole, error) {
	if p, _ := w.Payment(n); p.Status != payments.Paid || !p.Terms.Account.IsZero() {
		return w, nil
	}
	w, _, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Repriced(w, n) })
	return w, err
}

// settle makes a decision and saves it, anew while others are faster.
func (t *Teller) settle(ctx context.Context, w payments.Whole, decide func(payments.Whole) payments.Outcome) (payments.Whole, payments.Outcome, error) {
	for range races {
		out := decide(w)
		after, err := t.save(ctx, out)
		if !errors.Is(err, store.ErrRaced) {
			return after, out, err
		}
		if w, err = t.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, out, err
		}
	}
	return w, payments.Outcome{}, payments.ErrPaymentInProgress.After(time.Second)
}

func (t *Teller) bankOf(ctx context.Context, p payments.Payment) (Bank, banks.Account, error) {
	bank, ok := t.Bank(p.Provider)
	if !ok {
		return nil, banks.Account{}, fault.Internal(errors.New("teller: no driver for " + p.Provider))
	}
	account, err := t.Accounts.Account(ctx, p.Mode, p.Account)
	return bank, account, err
}

// fellSilent remembers that an account's bank did not answer: routing puts it last for a while, and operators can watch it.
func (t *Teller) fellSilent(ctx context.Context, p payments.Payment) {
	t.mu.Lock()
	t.sick[p.Account] = t.now()
	t.mu.Unlock()
	log.Metric(ctx, t.Log, t.now(), "bank_silent", 1, log.Count, map[string]string{"provider": p.Provider})
}

// tell writes an alarm into the log and counts it, beside its durable row.
func (t *Teller) tell(ctx context.Context, kind payments.AlarmKind, object, detail string) {
	t.Log.ErrorContext(ctx, "alarm", "kind", string(kind), "object", object, "detail", detail)
	log.Metric(ctx, t.Log, t.now(), "alarm_raised", 1, log.Count, map[string]string{"kind": string(kind)})
}

func (t *Teller) candidates(ctx context.Context, o payments.Order) ([]payments.Candidate, error) {
	all, err := t.Accounts.Candidates(ctx, o.Mode, o.Partner)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range all {
		all[i].FailedAt = t.sick[all[i].Account]
	}
	return all, nil
}

// Usable lists the methods that can work for an order now, with the accounts that would take them.
func (t *Teller) Usable(ctx context.Context, o payments.Order, country string) (map[banks.Method][]payments.Candidate, error) {
	all, err := t.candidates(ctx, o)
	if err != nil {
		return nil, err
	}
	return payments.Usable(all, o, country, t.now()), nil
}

// Offers lists the ways to pay that a partner's payers have now.
func (t *Teller) Offers(ctx context.Context, m ids.Mode, partner ids.ID, c money.Currency, country string) ([]payments.Offer, error) {
	all, err := t.candidates(ctx, payments.Order{Mode: m, Partner: partner})
	if err != nil {
		return nil, err
	}
	return payments.Offers(all, c, country), nil
}

// PageOrigins lists the origins of the bank pages that an order's form may lead to, for form-action: browsers hold a
// redirect that follows a form to it as well.
func (t *Teller) PageOrigins(ctx context.Context, o payments.Order) ([]string, error) {
	all, err := t.candidates(ctx, o)
	if err != nil {
		return nil, err
	}
	var origins []string
	for _, c := range all {
		bank, ok := t.Bank(c.Provider)
		if !ok {
			continue
		}
		account, err := t.Accounts.Account(ctx, o.Mode, c.Account)
		if err != nil {
			return nil, err
		}
		origins = append(origins, bank.PageOrigins(account)...)
	}
	slices.Sort(origins)
	return slices.Compact(origins), nil
}
