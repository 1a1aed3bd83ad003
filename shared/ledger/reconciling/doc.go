// Package reconciling carries reconciliations out: it reads a bank's register as it streams in, gathers what the ledger has of
// the account and period, lets reconcile hold one against the other, and keeps the breaks. Operators work on them: a break is
// assigned, and resolved with a note or with a correcting entry.
//
// Whatever goes wrong on the way, the same call may be made again: nothing is kept before the whole register is read, every
// break is written once, and a correction is named by its break.
package reconciling
