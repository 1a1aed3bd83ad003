//go:build !race

package tills

const underRace = false
