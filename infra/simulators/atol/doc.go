// Package atol stands in for ATOL Online, the service that makes fiscal receipts: a server that speaks both of its
// protocols, v4 (FFD 1.05) and v5 (FFD 1.2), with tills, tokens that end, notices and pages, and with faults on demand. It
// is an independent reading of the protocols and knows nothing of our connector, so that the real service can be swapped in
// by address and credentials.
//
// The map: wire.go carries a request to its call (token.go, register.go, report.go); read.go and rules.go hold a document
// against the protocol; store.go keeps what has been registered; till.go prints; deliver.go lets time pass and tells the
// shop; faults.go misbehaves. The doors: pages.go for people, control.go for scripts, transport.go for callers in the same
// process.
package atol
