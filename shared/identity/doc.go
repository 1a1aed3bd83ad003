// Package identity says who may do what, and with whose contract: partners, their tokens, operators, and accounts at banks.
// The root package is pure: what these things are and which of them are well-formed. store keeps them, api lets operators
// change them.
package identity
