package settle

import (
	"context"
	"iter"

	"giberno.ru/shared/core/ids"
	"giberno.ru/shared/ledger"
	"giberno.ru/shared/ledger/register"
	"giberno.ru/shared/ledger/store"
)

// Operation is what another domain knows of a payment or refund that the ledger only knows by its id.
type Operation struct {
	ExternalID string // the partner's own number of its order
	Method     string // card, sbp, card_foreign, instalments
}

// Orders tells of payments and refunds, up to 100 at once; what is not there is left out.
type Orders func(ctx context.Context, m ids.Mode, operations ...ids.ID) (map[ids.ID]Operation, error)

// Listed is a line of a register with its place in the order of time.
type Listed struct {
	register.Line
	Place store.Position
}

// Registers gives the lines of registers.
type Registers struct {
	Store  *store.Store
	Orders Orders // nil: the lines name no order's number and no method
}

// askedAtOnce is how many operations are looked up together.
const askedAtOnce = 100

// Lines lists what a settlement is made of in the order of time, behind a place (nil: from the beginning): paid, refunded,
// corrected, and what came back; not what settlements set aside and paid out. The sum of Net is Earned − Charge. A list that the
// index does not show whole ends with store.ErrBehind.
func (r *Registers) Lines(ctx context.Context, made ledger.Settlement, after *store.Position) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		c, err := r.Store.Closed(ctx, made.Book, made.Day)
		if err != nil {
			yield(Listed{}, err)
			return
		}
		var at store.Position
		if after != nil {
			at = *after
		}
		var batch []passed
		for entry, err := range r.Store.InTime(ctx, c, after) {
			if err != nil {
				if r.give(ctx, batch, yield) {
					yield(Listed{}, err)
				}
				return
			}
			at = at.Past(entry)
			if _, listed := entry.Net(); !listed {
				continue
			}
			if batch = append(batch, passed{entry, at}); len(batch) == askedAtOnce {
				if !r.give(ctx, batch, yield) {
					return
				}
				batch = batch[:0]
			}
		}
		r.give(ctx, batch, yield)
	}
}

// passed is an entry and where the list stands behind it.
type passed struct {
	ledger.Recorded
	at store.Position
}

// give looks up what a batch tells of and hands its lines on. It reports whether more is wanted.
func (r *Registers) give(ctx context.Context, batch []passed, yield func(Listed, error) bool) bool {
	operations := map[ids.ID]Operation{}
	if r.Orders != nil {
		var asked []ids.ID
		for _, entry := range batch {
			if isOperation(entry.Object) {
				asked = append(asked, entry.Object)
			}
		}
		if len(asked) > 0 {
			var err error
			if operations, err = r.Orders(ctx, batch[0].Mode, asked...); err != nil {
				yield(Listed{}, err)
				return false
			}
		}
	}
	for _, entry := range batch {
		if !yield(listed(entry, operations[entry.Object]), nil) {
			return false
		}
	}
	return true
}

// isOperation reports the id of a payment or refund, whose root is its order.
func isOperation(id ids.ID) bool { return id.Family() == ids.Payment || id.Family() == ids.Refund }

func listed(entry passed, o Operation) Listed {
	net, _ := entry.Net()
	l := Listed{
		Line: register.Line{
			At: entry.At, ExternalID: o.ExternalID, Method: o.Method, Amount: entry.Facts.Paid, Refund: entry.Facts.Refunded,
			Fee: entry.Facts.OurFee, ProviderFee: entry.Facts.ProviderFee, Net: net,
		},
		Place: entry.at,
	}
	if isOperation(entry.Object) {
		l.Order, l.Payment = entry.Object.Root().String(), entry.Object.String()
	}
	return l
}
