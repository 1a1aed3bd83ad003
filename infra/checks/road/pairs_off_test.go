//go:build !pairs

package road

// everyPair is set by the build tag pairs, with which make check plays all pairs of faults instead of a sample.
const everyPair = false
