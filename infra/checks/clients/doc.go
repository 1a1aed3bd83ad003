// Package clients proves that the T-Bank simulator can be used by those who know nothing of it but the bank's protocol.
//
// run.sh plays whole payments with clients that strangers wrote (python and node hold one road per client), against the
// simulator's stand-alone program. The test does the same with our own connector, in both ways in which the bank is known
// to type its answers, for a connector and a simulator that were only ever tried in one process could agree by accident.
package clients
