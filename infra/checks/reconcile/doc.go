// Package reconcile holds reconciliations to their promise, end to end: whole days of the ledger against registers that were made
// from them, through the door that operators use.
package reconcile
