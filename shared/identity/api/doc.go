// Package api is the door to identity for operators: partners, their tokens, operators, and accounts at banks. Words of the
// outside in, words of the outside out; what is well-formed is said by the root package, what is true by the store.
package api
