// Package payments is the pure middle of the payment module: what an order is, how attempts to pay it open, move and end,
// and what is owed afterwards. No table, no HTTP, no clock of its own: state and news go in, state and duties come out.
//
// An order has at most one winning payment. A payment is one attempt through one account at one bank. What the bank says
// is news; a notification is evidence that may move a payment up, and everything else asks the bank for its present truth.
package payments
