// Package road drives one payment over its whole road — order, bank's page, payer, notification, receipt, sweeper — with
// the real T-Bank connector, the real simulator and the real engines, and breaks it: every external call in every way, and
// two payers in every order. It holds only tests.
package road
