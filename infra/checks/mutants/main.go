// Command mutants proves that tests stand behind the rules that money depends on. It breaks the guards of guards.txt one by
// one, each in a copy that only the compiler sees, and asks the tests of the package that owns the guard. A mutant that
// they do not notice is a rule that the next edit may lose in silence.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
)

// Required is how many of a hundred mutants the tests have to kill (issue 5).
const Required = 95

func main() {
	parallel := flag.Int("parallel", runtime.GOMAXPROCS(0), "mutants at once")
	only := flag.String("run", "", "only guards whose file or reason matches this expression")
	root := flag.String("root", ".", "the root of the module")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := check(ctx, *root, *only, *parallel, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// check runs every mutant of the list and writes what became of them. It fails where the tests are red before anything was
// broken, where the list does not fit the code, and where fewer than Required of a hundred mutants were killed.
func check(ctx context.Context, root, only string, parallel int, out io.Writer) error {
	guards, err := Parse(written)
	if err != nil {
		return err
	}
	if guards, err = matching(guards, only); err != nil {
		return err
	}
	mutants, err := breed(root, guards)
	if err != nil {
		return err
	}
	l, err := newLaboratory(root, max(parallel, 1), out)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.healthy(ctx, mutants); err != nil {
		return err
	}
	results := l.all(ctx, mutants)
	if err := ctx.Err(); err != nil {
		return err
	}
	return report(out, results)
}

func matching(guards []Guard, only string) ([]Guard, error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	var kept []Guard
	for _, g := range guards {
		if pattern.MatchString(g.File) || pattern.MatchString(g.Why) {
			kept = append(kept, g)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("no guard matches %q", only)
	}
	return kept, nil
}
