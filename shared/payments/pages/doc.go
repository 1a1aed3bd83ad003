// Package pages is what the payer sees: the choice of a way to pay, the waiting, the result. Each page is one answer of
// the server, works without JavaScript and shows what the order's rows say; only the form of the choice moves anything,
// and it does so through the teller. Coming back from the bank changes nothing: it makes us ask.
package pages
