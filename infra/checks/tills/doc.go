// Package tills proves the receipts' road: what is paid or given back gets its fiscal receipt from a till of ours, the payer
// his letter, and the ledger its entry, each once, whatever breaks on the way. It holds tests only.
package tills
