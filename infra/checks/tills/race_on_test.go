//go:build race

package tills

// underRace thins the enumeration out: the detector makes it ten times slower.
const underRace = true
