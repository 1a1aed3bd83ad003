// Command bench measures the platform's speed against floors, in one run: go run ./infra/bench, or make bench. A machine's
// microseconds mean nothing to another machine; the ratios do. Each number is the median of several rounds in which ours
// and its floor take turns. What a table in the cloud costs is counted, and what waiting for it costs is measured in a time of
// its own, so that neither tells of this machine.
//
// Parts can be named: go run ./infra/bench units hot.
package main
