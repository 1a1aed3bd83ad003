//go:build pairs

package road

// everyPair: all pairs of faults.
const everyPair = true
