package world

import (
	"fmt"
	"slices"

	"giberno.ru/shared/payments"
)

// paymentEdges are the only ways from one status of a payment to another. The list stands here by itself, so that the rules
// of the domain are held against something that they did not make.
var paymentEdges = map[payments.Status][]payments.Status{
	"": {payments.Created},
	payments.Created: {payments.Pending, payments.Held, payments.Paid, payments.Unknown, payments.Superseded, payments.Declined,
		payments.Failed, payments.Cancelled, payments.Expired},
	payments.Pending: {payments.Held, payments.Paid, payments.Unknown, payments.Superseded, payments.Declined, payments.Cancelled,
		payments.Expired},
	payments.Held: {payments.Paid, payments.Unknown, payments.Cancelled, payments.Expired},
	payments.Unknown: {payments.Pending, payments.Held, payments.Paid, payments.Superseded, payments.Declined, payments.Failed,
		payments.Cancelled, payments.Expired},
	payments.Superseded: {payments.Held, payments.Paid, payments.Declined, payments.Failed, payments.Cancelled, payments.Expired},
	// A success at the bank wins over every other end.
	payments.Declined:  {payments.Paid, payments.Held},
	payments.Cancelled: {payments.Paid, payments.Held},
	payments.Expired:   {payments.Paid, payments.Held},
	payments.Failed:    {payments.Paid, payments.Held},
	payments.Paid:      {},
}

// orderEdges are the only ways from one status of an order to another.
var orderEdges = map[payments.OrderStatus][]payments.OrderStatus{
	"":                              {payments.OrderCreated},
	payments.OrderCreated:           {payments.OrderPending, payments.OrderCancelled, payments.OrderExpired},
	payments.OrderPending:           {payments.OrderPaid, payments.OrderPartiallyRefunded, payments.OrderRefunded, payments.OrderCancelled, payments.OrderExpired},
	payments.OrderPaid:              {payments.OrderPartiallyRefunded, payments.OrderRefunded},
	payments.OrderPartiallyRefunded: {payments.OrderRefunded},
	payments.OrderRefunded:          {},
	payments.OrderCancelled:         {},
	payments.OrderExpired:           {payments.OrderPaid, payments.OrderPartiallyRefunded, payments.OrderRefunded}, // a late success
}

func listedEdges(l *look) string {
	was, is := l.was.Status(), l.is.Status()
	if l.was.Order.ID.IsZero() {
		was = ""
	}
	if was != is && !slices.Contains(orderEdges[was], is) {
		return fmt.Sprintf("the order went from %q to %q", was, is)
	}
	for _, p := range l.is.Payments {
		before, _ := l.was.Payment(p.N)
		if before.Status != p.Status && !slices.Contains(paymentEdges[before.Status], p.Status) {
			return fmt.Sprintf("attempt %d went from %q to %q", p.N, before.Status, p.Status)
		}
	}
	return ""
}
