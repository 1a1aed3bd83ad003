// Command bench measures the platform's speed against floors, in one run: go run ./infra/bench, or make bench. A machine's
// microseconds mean nothing to another machine; the ratios do. Each number is the median of several rounds in which ours
// and its floor take turns.
package main
