//go:build !race

package road

// underRace: the whole matrix.
const underRace = false
