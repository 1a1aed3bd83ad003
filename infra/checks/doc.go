// Package checks is how the house defends itself: who may import whom, where keys and endpoints live, which words we use,
// how long a function may be. Each rule is data with its reason, each check gives breaches that read as sentences, and
// the tests of this package hold them against the whole repository. The drawings of infra/docs are made from the same
// tables.
package checks
