// Package memory keeps a table and its queues in memory, for worlds that play a million steps: nothing outlives the process,
// and nothing waits for a disk. Both pass the suites that the engines of production pass.
package memory
