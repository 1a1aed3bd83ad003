// Package cashier carries receipts out: it has the platform's own tills make those that no bank makes, asks how they are
// getting on, and writes to the payer once one is ready. The rules are in payments; one receipt per operation, ever.
package cashier

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"giberno.ru/shared/core/clock"
	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/notify/mail"
	"giberno.ru/shared/payments"
	"giberno.ru/shared/payments/store"
	"giberno.ru/shared/platform/log"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/receipts"
	"giberno.ru/shared/receipts/atol"
)

// Service is the fiscal service that our tills stand at; *atol.Client is one.
type Service interface {
	Register(ctx context.Context, a atol.Account, d receipts.Draft) (atol.Registered, error)
	Report(ctx context.Context, a atol.Account, uuid string) (atol.Report, error)
}

// Till is a contract with the fiscal service.
type Till struct {
	Account  atol.Account
	Company  receipts.Company   // the owner of the till
	Taxation string             // of the company
	Supplier *receipts.Supplier // whose things the company sells as an agent; nil: its own
}

// Accounts finds the contracts; identity's store is one, through wire.
type Accounts interface {
	// Till gives the contract of a till with its password, for a payment of a partner.
	Till(ctx context.Context, m ids.Mode, till, partner ids.ID) (Till, error)
}

// Config is what a cashier needs from its surroundings.
type Config struct {
	Store     *store.Store
	Accounts  Accounts
	Service   Service
	Mail      mail.Sender                                        // nil: nobody is written to
	Letter    func(payments.Whole, ids.ID) (mail.Message, error) // about a receipt that is ready
	NotifyURL string                                             // where the service may tell that a receipt is ready
	Clock     clock.Clock
	Log       *slog.Logger
}

// Cashier is safe for concurrent use.
type Cashier struct{ Config }

// New makes a cashier.
func New(c Config) *Cashier { return &Cashier{c} }

// callTimeout bounds a call of the fiscal service.
const callTimeout = 15 * time.Second

// races is how often a decision is made anew because the row had changed.
const races = 8

func (c *Cashier) now() time.Time { return c.Clock.Now().Truncate(time.Millisecond) }

// Make has a till of ours make the receipt of child, a payment or a refund, or carries on a receipt that is on its way.
// Doing it again is harmless: the intent is written once, and the till makes one receipt per name.
func (c *Cashier) Make(ctx context.Context, w payments.Whole, child ids.ID) error {
	return c.make(ctx, w, child, false)
}

// make is Make; told says that a notice made us look.
func (c *Cashier) make(ctx context.Context, w payments.Whole, child ids.ID, told bool) error {
	id := child
	if f := child.Family(); f == ids.Payment || f == ids.Refund {
		after, err := c.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.BeginReceipt(w, child, c.now()) })
		if err != nil {
			return err
		}
		w, id = after, payments.ReceiptID(child)
	}
	r, ok := w.ReceiptOf(id)
	if !ok || r.Status != payments.ReceiptPending || r.Till.IsZero() {
		return nil
	}
	till, err := c.Accounts.Till(ctx, w.Order.Mode, r.Till, w.Order.Partner)
	if err != nil {
		return err
	}
	draft := w.Draft(r, till.Company, till.Taxation, till.Supplier, c.NotifyURL)
	if r.TillID == "" {
		return c.register(ctx, w, r, till, draft)
	}
	return c.report(ctx, w, r, till, draft, told)
}

// register gives the receipt to the till. What was registered before comes back under the same number.
func (c *Cashier) register(ctx context.Context, w payments.Whole, r payments.Receipt, till Till, draft receipts.Draft) error {
	if err := draft.Check(); err != nil {
		return c.undone(ctx, w, r, err, true)
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	got, err := c.Service.Register(call, till.Account, draft)
	switch class := atol.ClassOf(err); {
	case err == nil && got.State != atol.Failed:
		after, err := c.settle(ctx, w, same(r, func(w payments.Whole) payments.Outcome { return payments.ReceiptTaken(w, r.ID, got.UUID, c.now()) }))
		if is, _ := after.ReceiptOf(r.ID); err == nil && got.State == atol.Done && is.TillID == got.UUID {
			return c.report(ctx, after, is, till, draft, false)
		}
		return err
	case err == nil:
		return c.undone(ctx, w, r, errors.New("the till refused it when it was registered"), false)
	case class == atol.BadRequest:
		return c.undone(ctx, w, r, err, true)
	default: // silence, or a service that may do it later: the same name is asked for again
		return c.later(ctx, w, r, err, false)
	}
}

// report asks how a receipt is getting on. The service's word is believed only about the very receipt that we asked for.
func (c *Cashier) report(ctx context.Context, w payments.Whole, r payments.Receipt, till Till, draft receipts.Draft, told bool) error {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	got, err := c.Service.Report(call, till.Account, r.TillID)
	switch {
	case err != nil:
		return c.later(ctx, w, r, err, told)
	case got.State == atol.Failed && atol.ClassOf(got.Failure) == atol.Unknown:
		return c.later(ctx, w, r, got.Failure, told) // the service itself does not know: under another name there might be two
	case got.State == atol.Failed:
		return c.undone(ctx, w, r, got.Failure, atol.ClassOf(got.Failure) != atol.Unavailable)
	case got.State != atol.Done:
		return c.later(ctx, w, r, nil, told)
	}
	f, err := got.Receipt(draft)
	if err != nil {
		return c.later(ctx, w, r, err, told)
	}
	holder, held, err := c.Store.Found(ctx, w.Order.Mode, w.Order.Partner, "", f.Identity())
	if err != nil {
		return err
	}
	made := payments.ReceiptMade
	if held && holder != r.ID { // one document is not two receipts, in whichever orders they are
		made = payments.ReceiptContested
	}
	_, err = c.settle(ctx, w, func(w payments.Whole) payments.Outcome { return made(w, r.ID, f, c.now()) })
	return err
}

// later moves the next look further away.
func (c *Cashier) later(ctx context.Context, w payments.Whole, r payments.Receipt, cause error, told bool) error {
	if cause != nil {
		c.Log.WarnContext(ctx, "the till did not make a receipt yet", "receipt", r.ID.String(), "class", atol.ClassOf(cause).String(), "error", cause.Error())
		log.Metric(ctx, c.Log, c.now(), "till_silent", 1, log.Count, nil)
	}
	_, err := c.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.ReceiptLooked(w, r.ID, told, c.now()) })
	return err
}

// undone records a proof that the till did not make the receipt; hopeless says that it never will.
func (c *Cashier) undone(ctx context.Context, w payments.Whole, r payments.Receipt, cause error, hopeless bool) error {
	c.Log.WarnContext(ctx, "the till refused a receipt", "receipt", r.ID.String(), "error", cause.Error())
	_, err := c.settle(ctx, w, same(r, func(w payments.Whole) payments.Outcome {
		return payments.ReceiptUndone(w, r.ID, cause.Error(), hopeless, c.now())
	}))
	return err
}

// same decides only while the receipt has the name at the till that it had when the till was called: what was heard about
// an earlier name, by somebody slower, says nothing about the later one.
func same(r payments.Receipt, decide func(payments.Whole) payments.Outcome) func(payments.Whole) payments.Outcome {
	return func(w payments.Whole) payments.Outcome {
		if is, _ := w.ReceiptOf(r.ID); is.Tries != r.Tries {
			return payments.Outcome{Before: w, After: w}
		}
		return decide(w)
	}
}

// Notice takes the fiscal service's word that a receipt may be ready. It is not signed, so it only makes us ask about a
// receipt that we know; everything else in it is passed over. An error of malformed is a body that is no notice.
func (c *Cashier) Notice(ctx context.Context, raw []byte) error {
	n, err := atol.ParseNotice(raw)
	if err != nil {
		return ErrNotice.Because(err)
	}
	m, id, ok := payments.ParseDraftID(n.ExternalID)
	if !ok {
		return nil // a stranger's, or an old form: the due key asks anyway
	}
	w, err := c.Store.Load(ctx, m, id.Root())
	if errors.Is(err, payments.ErrOrderNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r, known := w.ReceiptOf(id)
	switch {
	case !known || r.DraftID(m) != n.ExternalID:
		return nil
	case r.TillID == "": // there is nothing to ask about; a try to register is our own due key's, which no stranger moves
		return nil
	case r.Checks > 0 && c.now().Sub(r.UpdatedAt) < noticeEvery:
		return nil
	}
	return c.make(ctx, w, id, true)
}

// noticeEvery is how often notices, which anybody can send, make us ask about one receipt.
const noticeEvery = 5 * time.Second

// ErrNotice is a body that is no notice of the fiscal service.
var ErrNotice = fault.Malformed("malformed_body", "This is not a notification.")

// Write writes to the payer about a receipt that is ready. An address that is refused for good is noted and not tried again.
func (c *Cashier) Write(ctx context.Context, w payments.Whole, id ids.ID) error {
	r, ok := w.ReceiptOf(id)
	if !ok || !r.WantsMail(c.now()) {
		return nil
	}
	why, err := "", c.send(ctx, w, id)
	switch {
	case errors.Is(err, errNoMailer):
		why = "nobody writes letters here"
	case errors.Is(err, mail.ErrRefused):
		why = "the payer's address was refused"
		c.Log.WarnContext(ctx, "a letter was refused", "receipt", id.String(), "error", err.Error())
		log.Metric(ctx, c.Log, c.now(), "mail_refused", 1, log.Count, nil)
	case err != nil: // the due key tries again; a job that waited as well would end among the dead letters, one for each try
		c.Log.WarnContext(ctx, "a letter could not be sent yet", "receipt", id.String(), "error", err.Error())
		log.Metric(ctx, c.Log, c.now(), "mail_silent", 1, log.Count, nil)
		return nil
	}
	_, err = c.settle(ctx, w, func(w payments.Whole) payments.Outcome { return payments.ReceiptMailed(w, id, why, c.now()) })
	return err
}

// errNoMailer is a platform that writes to nobody.
var errNoMailer = errors.New("cashier: there is no mailer")

func (c *Cashier) send(ctx context.Context, w payments.Whole, id ids.ID) error {
	if c.Mail == nil {
		return errNoMailer
	}
	letter, err := c.Letter(w, id)
	if err != nil {
		return errors.Join(err, mail.ErrRefused)
	}
	return c.Mail.Send(ctx, letter)
}

// settle makes a decision and saves it, anew while others are faster.
func (c *Cashier) settle(ctx context.Context, w payments.Whole, decide func(payments.Whole) payments.Outcome) (payments.Whole, error) {
	for range races {
		out := decide(w)
		err := c.Store.Save(ctx, out)
		if err == nil {
			for _, a := range out.NewAlarms {
				c.Log.ErrorContext(ctx, "alarm", "kind", string(a.Kind), "object", a.Object, "detail", a.Detail)
				log.Metric(ctx, c.Log, c.now(), "alarm_raised", 1, log.Count, map[string]string{"kind": string(a.Kind)})
			}
			return out.After, nil
		}
		if !errors.Is(err, store.ErrRaced) {
			return w, err
		}
		if w, err = c.Store.Load(ctx, w.Order.Mode, w.Order.ID); err != nil {
			return w, err
		}
	}
	return w, queue.Later(time.Second)
}
