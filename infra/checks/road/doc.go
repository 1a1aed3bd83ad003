// Package road drives one payment over its whole road — order, bank's page, payer, notification, receipt, refund, ledger,
// letter, sweeper — with the real T-Bank connector, the real simulator and the real engines, and breaks it: every external
// call in every way, two calls in every way, and two payers, partners, operators or workers in every order. It holds only
// tests. All pairs of faults are played with the build tag pairs, a fixed sample without it.
package road
