//go:build race

package road

// underRace thins the matrix out: the detector makes everything ten times slower, and looks for something else.
const underRace = true
