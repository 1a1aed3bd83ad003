// Package tbank stands in for T-Bank's internet acquiring (EACQ v2): a server that speaks the bank's wire protocol, with
// its state machine, notifications, receipts and pages, and with faults on demand. It is an independent reading of the
// protocol and knows nothing of our connector, so that the real bank can be swapped in by address and credentials.
//
// The map: wire.go carries a request to its call (init.go, read.go, cancel.go, sbp.go, customer.go, receipt.go);
// attempt.go is what a payer does and cabinet.go what the bank's own people do; state.go holds the statuses and the edges
// between them; store.go and change.go make every step durable; agenda.go, notice.go and deliver.go tell the shop; till.go
// prints fiscal receipts; faults.go misbehaves. The doors: view.go, pages.go and scanned.go for people, control.go for
// scripts, transport.go for callers in the same process.
package tbank
