// Package atol has receipts made by ATOL Online, in both of its protocols: v4 (FFD 1.05) and v5 (FFD 1.2).
//
// A receipt is registered under an ID of ours, which makes a repetition harmless: the service answers error 33 with the
// number that it gave before. It is made some seconds later; the service may call our address then, without a signature,
// so that its call is only a reason to ask for the report, which alone is believed. A receipt that failed is not made again
// under its ID, for the service would only name the failed one.
//
// Amounts are decimal roubles on the wire and are written and read as text, never through a float. Times are Moscow's.
package atol
