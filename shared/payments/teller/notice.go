package teller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"giberno.ru/shared/banks"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/platform/queue"
)

// The refusals of a notification. They say nothing that a forger could use.
var (
	ErrNoticeRefused   = fault.Forbidden("notice_refused", "The notification is not one of ours.")
	ErrNoticeMalformed = fault.Malformed("malformed_body", "This is not a notification.")
)

// NoticeWait is how long a bank waits for the answer to its notification (T-Bank: 10 s).
const NoticeWait = 10 * time.Second

// What of that wait goes into applying a notification, and then into putting aside one that could not be applied in it.
const (
	applyTime = 6 * time.Second
	asideTime = 2 * time.Second
)

// Kinds of the jobs that the teller enqueues.
const (
	JobNotice = "payments.notice" // apply a notification that could not be applied at once
	JobAsk    = "payments.ask"    // ask the bank about an attempt
)

// NoticeJob is the body of a JobNotice: the message as it came.
type NoticeJob struct {
	Provider string      `json:"provider"`
	Raw      []byte      `json:"raw"`
	Header   http.Header `json:"header,omitempty"`
}

// AttemptJob names an attempt, or an order when N is 0. A job about a refund or a receipt names it in Child.
type AttemptJob struct {
	Mode  ids.Mode `json:"mode"`
	Order ids.ID   `json:"order"`
	N     int      `json:"n,omitempty"`
	Child ids.ID   `json:"child,omitzero"`
}

// Notice takes a bank's notification. nil means that its effect, or the queued message, is durable, and that the bank's
// own «received» may be answered; applying it again changes nothing.
func (t *Teller) Notice(ctx context.Context, provider string, raw []byte, header http.Header) error {
	ctx = context.WithoutCancel(ctx) // a bank that hangs up must not cut the road; the times below do
	apply, cancel := context.WithTimeout(ctx, applyTime)
	defer cancel()
	err := t.ApplyNotice(apply, provider, raw, header)
	f := fault.As(err)
	if err == nil || f.Kind == fault.KindForbidden || f.Kind == fault.KindMalformed {
		return err
	}
	body, marshalErr := json.Marshal(NoticeJob{provider, raw, header})
	if marshalErr != nil {
		return fault.Internal(marshalErr)
	}
	aside, cancel := context.WithTimeout(ctx, asideTime)
	defer cancel()
	if sendErr := t.Queue.Send(aside, queue.WebhookRetries, 30*time.Second, queue.Job{Kind: JobNotice, Version: 1, Key: noticeKey(provider, raw), Body: body}); sendErr != nil {
		return fault.Internal(errors.Join(err, sendErr)) // the bank will tell it again
	}
	t.Log.WarnContext(ctx, "a notification waits in the queue", "provider", provider, "error", err.Error())
	return nil
}

// noticeKey names a message by its bytes: the same message is the same work.
func noticeKey(provider string, raw []byte) string {
	sum := sha256.Sum256(raw)
	return provider + ":" + hex.EncodeToString(sum[:])
}

// ApplyNotice verifies a notification and applies it. An error that is neither a refusal nor malformed left it undone.
func (t *Teller) ApplyNotice(ctx context.Context, provider string, raw []byte, header http.Header) error {
	account, notice, err := t.verified(ctx, provider, raw, header)
	if err != nil {
		return err
	}
	if notice.News.Reference == "" {
		t.Log.InfoContext(ctx, "a notification that names no payment", "provider", provider)
		return nil
	}
	mode, order, n, ours := ids.ParseReference(notice.News.Reference)
	var w payments.Whole
	if ours && mode == account.Mode {
		w, err = t.Store.Load(ctx, mode, order)
	}
	p, exists := w.Payment(n)
	switch {
	case err != nil && !errors.Is(err, payments.ErrOrderNotFound):
		return err
	case !ours || err != nil || mode == account.Mode && !exists:
		object := account.ID.String() // of a stranger who shares the terminal there may be any number
		if ours {
			object = notice.News.Reference // a payment that we have lost: each one calls an operator
		}
		return t.RaiseHouse(ctx, account.Mode, payments.UnknownPayment, object,
			"reference "+notice.News.Reference+", bank's payment "+notice.News.BankID+": "+notice.News.Word)
	case mode != account.Mode || p.Account != account.ID:
		_ = t.RaiseHouse(ctx, account.Mode, payments.ForgedNotice, account.ID.String(), "it names a payment of another account")
		return ErrNoticeRefused
	}
	if notice.Receipt != nil {
		return t.printed(ctx, w, n, notice)
	}
	return t.told(ctx, w, n, notice.News)
}

// printed takes a receipt of the bank's till. One of a refund that we do not know makes us ask the bank first.
func (t *Teller) printed(ctx context.Context, w payments.Whole, n int, notice banks.Notice) error {
	for _, how := range []payments.Evidence{payments.Told, payments.Asked} {
		after, out, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
			p, _ := w.Payment(n)
			return payments.AddReceipt(w, p, *notice.Receipt, notice.Closing, how, t.now())
		})
		if err != nil || !out.Ask {
			return err
		}
		if w, err = t.Ask(ctx, after, n); err != nil {
			return err // the notification is undone and comes again
		}
	}
	return payments.ErrRefundInProgress.After(time.Minute) // it may be the paper of a refund that is not over
}

// told applies what a notification says; what it cannot decide is asked at once. While the bank is silent the message itself
// is undone and comes again.
func (t *Teller) told(ctx context.Context, w payments.Whole, n int, news banks.News) error {
	w, out, err := t.settle(ctx, w, func(w payments.Whole) payments.Outcome {
		return payments.Apply(w, n, news, payments.Told, t.now())
	})
	if err != nil || !out.Ask {
		return err
	}
	if k := w.Unsettled(n, t.now()); k > 0 {
		return t.RefundDuty(ctx, w, k) // it asks what is left, and what went back beside our refund
	}
	if w, err = t.Ask(ctx, w, n); err == nil {
		return nil
	}
	if p, _ := w.Payment(n); p.Status == payments.Paid { // its due key asks again
		_, _, err = t.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.Suspected(w, n, t.now()) })
	}
	return err // else the message is undone and comes again: what it says may not be lost if other news end the attempt first
}

// verified finds the account that a notification names and checks the notification with it. The terminal's name may stand
// in both worlds; the signature tells which.
func (t *Teller) verified(ctx context.Context, provider string, raw []byte, header http.Header) (banks.Account, banks.Notice, error) {
	bank, ok := t.Bank(provider)
	if !ok {
		return banks.Account{}, banks.Notice{}, ErrNoticeRefused
	}
	terminal, err := bank.Names(raw, header)
	if err != nil {
		return banks.Account{}, banks.Notice{}, ErrNoticeMalformed.Because(err)
	}
	var forged *banks.Account
	for _, m := range t.worldsOf(provider, terminal) {
		account, ok, err := t.Accounts.ByTerminal(ctx, m, provider, terminal)
		if err != nil {
			return banks.Account{}, banks.Notice{}, err
		}
		if !ok {
			continue
		}
		notice, err := bank.Verify(account, raw, header)
		switch {
		case err == nil:
			t.remember(provider, terminal, m)
			return account, notice, nil
		case !errors.Is(err, banks.ErrForged):
			return account, notice, ErrNoticeMalformed.Because(err)
		}
		if forged == nil || m == ids.Test { // one alarm, whichever world was tried first
			forged = &account
		}
	}
	if forged != nil {
		_ = t.RaiseHouse(ctx, forged.Mode, payments.ForgedNotice, forged.ID.String(), "its signature does not hold")
	}
	return banks.Account{}, banks.Notice{}, ErrNoticeRefused
}

// RaiseHouse calls an operator about what belongs to no order. An alarm that is open already stays as it is.
func (t *Teller) RaiseHouse(ctx context.Context, m ids.Mode, kind payments.AlarmKind, object, detail string) error {
	t.tell(ctx, kind, object, detail)
	return t.Store.RaiseHouse(ctx, m, payments.Alarm{Kind: kind, Object: object, Detail: detail, OpenedAt: t.now()})
}

// worldsOf gives the order in which the two worlds are tried: first the one where a notification of this terminal was
// last found true, so that a busy terminal is not looked for in the other world every time.
func (t *Teller) worldsOf(provider, terminal string) []ids.Mode {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.worlds[provider+"\x00"+terminal] == ids.Test {
		return []ids.Mode{ids.Test, ids.Live}
	}
	return []ids.Mode{ids.Live, ids.Test}
}

// remember keeps where a terminal's notification was found true. Only true ones are kept, so there are no more than
// terminals.
func (t *Teller) remember(provider, terminal string, m ids.Mode) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.worlds[provider+"\x00"+terminal] = m
}
