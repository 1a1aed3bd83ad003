package reconciling

import (
	"context"
	"errors"
	"time"

	"giberno.ru/shared/core/fault"
	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/core/money"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/reconcile"
	"giberno.ru/shared/ledger/store"
)

// Posting is what an operator lets a resolution post.
type Posting string

// The postings of a resolution. Both put the clearing of the account where the bank says that it stands.
const (
	None    Posting = "none"
	Forgive Posting = "forgive" // the difference is given up, or kept
	Suspend Posting = "suspend" // it is put aside until it is known whose it is
)

// Wish is how an operator wants to resolve a break.
type Wish struct {
	Posting  Posting
	Note     string // why; 1 … reconcile.MaxNote characters
	Partner  ids.ID // in whose book to post, where the break does not say it
	Operator string
}

// The refusals of a resolution.
var (
	ErrNothingToPost = fault.Invalid("nothing_to_post", "This break moves no money in our books: resolve it with a note alone.")
	ErrWhoseBook     = fault.Invalid("break_partner_unknown", "The break does not say whose money it is: name the partner.")
)

// Assign hands an open break to an operator; "" puts it back. It fails with store.ErrBreakNotFound, reconcile.ErrBreakClosed and
// store.ErrBreakMoved.
func (r *Reconciler) Assign(ctx context.Context, m ids.Mode, id ids.ID, operator string) (store.Break, error) {
	was, err := r.Store.Break(ctx, m, id)
	if err != nil {
		return store.Break{}, err
	}
	now := was
	if now.Break, err = was.Assign(operator); err != nil || now.Owner == was.Owner {
		return now, err
	}
	return r.Store.ChangeBreak(ctx, was, now)
}

// Resolve closes an open break, with an entry that puts the ledger right or with a note alone. The same wish again gives the same
// answer, and finishes what a crash left undone; another one is reconcile.ErrBreakClosed. It fails with store.ErrBreakNotFound,
// ErrNothingToPost, ErrWhoseBook, ledger.ErrEntry and store.ErrBreakMoved too.
func (r *Reconciler) Resolve(ctx context.Context, m ids.Mode, id ids.ID, w Wish) (store.Break, error) {
	b, err := r.Store.Break(ctx, m, id)
	if err != nil {
		return b, err
	}
	if b.Decision != nil {
		if b, err = r.finish(ctx, b); err != nil {
			return b, err
		}
		d := *b.Decision
		if d.Posting != string(w.Posting) || d.Note != w.Note || d.Operator != w.Operator {
			return b, reconcile.ErrBreakClosed
		}
		return b, nil
	}
	now := r.Clock.Now().UTC().Truncate(time.Millisecond)
	if _, err := b.Resolve(reconcile.Resolution{Note: w.Note, Operator: w.Operator, At: now}); err != nil {
		return b, err
	}
	decided := b
	decided.Decision = &store.Decision{Posting: string(w.Posting), Note: w.Note, Operator: w.Operator, At: now}
	if w.Posting != None {
		if decided.Decision.Entry, err = r.correction(ctx, b, w, now); err != nil {
			return b, err
		}
		if b, err = r.Store.ChangeBreak(ctx, b, decided); err != nil {
			return b, err
		}
		return r.finish(ctx, b)
	}
	return r.close(ctx, b, decided, "")
}

// finish posts the entry of a break that was decided about, and closes it. One that is closed stays as it is.
func (r *Reconciler) finish(ctx context.Context, b store.Break) (store.Break, error) {
	if b.State != reconcile.Open || b.Decision.Entry == nil {
		return b, nil
	}
	if err := r.Post(ctx, *b.Decision.Entry); err != nil {
		return b, err
	}
	closed, err := r.close(ctx, b, b, b.Decision.Entry.ID)
	if errors.Is(err, store.ErrBreakMoved) { // somebody else has finished it
		if again, err := r.Store.Break(ctx, b.Mode(), b.ID); err == nil && again.State == reconcile.Resolved {
			return again, nil
		}
	}
	return closed, err
}

func (r *Reconciler) close(ctx context.Context, was, now store.Break, posting string) (store.Break, error) {
	d := now.Decision
	var err error
	if now.Break, err = now.Resolve(reconcile.Resolution{Posting: posting, Note: d.Note, Operator: d.Operator, At: d.At}); err != nil {
		return was, err
	}
	return r.Store.ChangeBreak(ctx, was, now)
}

// correction is the entry that puts the ledger right, in the book of the partner whose money it is.
func (r *Reconciler) correction(ctx context.Context, b store.Break, w Wish, now time.Time) (*ledger.Entry, error) {
	if b.OfPayouts() {
		return nil, ErrNothingToPost.At("posting", "a transfer of the bank is of many partners")
	}
	more, err := Owed(b.Break)
	if err != nil || more.Amount == 0 {
		return nil, ErrNothingToPost.At("posting", "there is no difference in money").Because(err)
	}
	book, object, err := r.bookOf(ctx, b, w.Partner)
	if err != nil {
		return nil, err
	}
	book.Currency = more.Currency
	account, err := r.Account(ctx, b.Mode(), b.Bank())
	if err != nil {
		return nil, err
	}
	if account.Pays == book.Partner {
		return nil, ErrNothingToPost.At("posting", "the bank pays the partner himself")
	}
	posting := ledger.Suspend(b.Bank(), more.Amount)
	if w.Posting == Forgive {
		posting = ledger.Forgive(b.Bank(), -more.Amount)
	}
	e, err := ledger.Correct(book, ledger.Correction{ID: b.ID.String(), Object: object, Postings: []ledger.Posting{posting}, By: w.Operator, Note: w.Note}, now)
	return &e, err
}

// Owed is what the bank owes us more than our books say: what a correction moves. Unlike a break's Difference it counts fees
// everywhere, for a payment that the bank does not have it took no fee of either. It fails on two currencies.
func Owed(b reconcile.Break) (money.Money, error) {
	difference, err := b.Difference()
	if err != nil {
		return money.Money{}, err
	}
	return money.Of(owed(b.Theirs, b.Ours)-owed(b.Ours, b.Theirs), difference.Currency), nil
}

// owed is what an operation makes the bank owe us. A side that does not tell the fee is taken at the other's word.
func owed(o, other *reconcile.Operation) int64 {
	switch {
	case o == nil || o.Status != reconcile.Done:
		return 0
	case o.FeeKnown:
		return o.Signed() - o.Fee
	case other != nil && other.FeeKnown:
		return o.Signed() - other.Fee
	}
	return o.Signed()
}

// bookOf finds whose money a break is about: the ledger's own entry says it, or the reference, or the operator.
func (r *Reconciler) bookOf(ctx context.Context, b store.Break, named ids.ID) (book ledger.Book, object ids.ID, err error) {
	book.Mode = b.Mode()
	switch {
	case b.Ours != nil:
		e, found, err := r.Store.Entry(ctx, b.Mode(), b.Ours.Origin)
		if err != nil {
			return book, object, err
		}
		if found {
			book.Partner, object = e.Partner, e.Object
		}
	case r.Whose != nil && b.Theirs.Reference != "":
		partner, found, err := r.Whose(ctx, b.Mode(), b.Theirs.Reference)
		if err != nil {
			return book, object, err
		}
		if found {
			book.Partner = partner
		}
	}
	switch {
	case book.Partner.IsZero():
		book.Partner = named
	case !named.IsZero() && named != book.Partner:
		return book, object, ErrWhoseBook.At("partner_id", "the break is of another partner")
	}
	if book.Partner.IsZero() {
		return book, object, ErrWhoseBook.At("partner_id", "is required")
	}
	return book, object, nil
}
