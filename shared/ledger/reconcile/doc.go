// Package reconcile holds the ledger against what a bank says and what it paid out. It reads a bank's register as a
// stream (ReadCSV, or reconcile/xlsx and ReadRows), sorts both sides on temporary files (Sorter), joins them (Match) and
// keeps the breaks over repeated runs (Merge). The bank's transfers to us are held against the registers by MatchPayouts.
//
// A run covers one account at a bank and one period of its register:
//
//	found := Collect(Match(run, ledger facts + carried facts, register lines + carried lines, &summary))
//	merged := Merge(run, breaks kept so far, found)   // write merged.Write, nothing else has changed
//
// Lines that the import rejected are operations that nobody compares: their facts come out as missing there, so a register
// with rejected lines is mended, or its mapping is, before its breaks are worked on.
//
// An operation near the end of the period may stand in the neighbour's register. It is kept as a break in transit, which
// nobody has to look at; Carried hands its operation to the next run, and when the grace has passed it becomes open.
package reconcile
