package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Verdict is what became of a mutant.
type Verdict string

// The verdicts. Only Killed and Survived say something about the tests; the others are mistakes of the list or of the
// machine.
const (
	Killed     Verdict = "killed"
	Survived   Verdict = "survived"
	Uncompiled Verdict = "does not compile"
	Untried    Verdict = "was not tried"
)

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// judge reads what go test said over a mutant. A failure counts as a kill only if a test failed, panicked or ran out of
// time: a process that the machine killed says nothing.
func judge(said string, failed bool) (Verdict, string) {
	if !failed {
		return Survived, ""
	}
	if strings.Contains(said, "[build failed]") || strings.Contains(said, "[setup failed]") {
		return Uncompiled, said
	}
	if names := failedTest.FindAllStringSubmatch(said, -1); names != nil {
		deepest := names[0][1]
		for _, name := range names {
			if strings.HasPrefix(name[1], deepest+"/") {
				deepest = name[1]
			}
		}
		return Killed, deepest
	}
	switch {
	case strings.Contains(said, "panic: test timed out"):
		return Killed, "the tests did not end"
	case strings.Contains(said, "panic: "), strings.Contains(said, "fatal error: "):
		return Killed, "a panic"
	}
	return Untried, said
}

// report writes the table of all results, then the survivors and the mistakes in words. It fails where one of a hundred
// too many survived, and where a mutant was not tried or could not be compiled.
func report(out io.Writer, results []Result) error {
	count := map[Verdict]int{}
	var took time.Duration
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nverdict\tseconds\tguard\tkilled by\n")
	for _, r := range results {
		count[r.Verdict]++
		took += r.Took
		by := ""
		if r.Verdict == Killed {
			by = r.Because
		}
		fmt.Fprintf(table, "%s\t%.1f\t%s\t%s\n", r.Verdict, r.Took.Seconds(), r.Place(), by)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		if r.Verdict != Killed {
			fmt.Fprint(out, inWords(r))
		}
	}
	slowest := slices.MaxFunc(results, func(a, b Result) int { return cmp.Compare(a.Took, b.Took) })
	fmt.Fprintf(out, "\n%d mutants: %d killed, %d survived, %d do not compile, %d not tried: %d.%d %% killed, %d %% are required\n",
		len(results), count[Killed], count[Survived], count[Uncompiled], count[Untried],
		count[Killed]*1000/len(results)/10, count[Killed]*1000/len(results)%10, Required)
	fmt.Fprintf(out, "%.0f seconds of work, %.1f for a mutant, %.1f for the slowest (%s)\n",
		took.Seconds(), took.Seconds()/float64(len(results)), slowest.Took.Seconds(), slowest.Place())
	switch {
	case count[Uncompiled]+count[Untried] > 0:
		return errors.New("not every mutant could be tried; mend the list")
	case count[Killed]*100 < Required*len(results):
		return fmt.Errorf("%d mutants survived; write the tests that they ask for, in the package that owns the guard", count[Survived])
	}
	return nil
}

// inWords tells of a mutant that lives, or was never born, what it did and why that matters.
func inWords(r Result) string {
	text := fmt.Sprintf("\n%s: %s\n\t%s\n", r.Verdict, r.Place(), r.Why)
	for _, line := range r.Was {
		text += "\t- " + line + "\n"
	}
	for _, line := range r.Is {
		text += "\t+ " + line + "\n"
	}
	if because := strings.TrimSpace(r.Because); because != "" {
		text += "\t" + strings.ReplaceAll(because, "\n", "\n\t") + "\n"
	}
	return text
}
