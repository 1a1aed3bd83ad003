// Package rows holds the rows of earlier versions of the code against today's: what was written once is read for ever, and
// two neighbouring versions write side by side.
package rows
