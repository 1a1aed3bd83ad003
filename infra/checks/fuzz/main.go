// Command fuzz runs every fuzz target of the module for a while, one after the other: go test takes only one at a time.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
)

var listed = regexp.MustCompile(`^Fuzz\w+$`)

func main() {
	// A count and not a time: at the end of a time the fuzzer may take its own deadline for a failure of the target.
	each := flag.Int("inputs", 20_000, "new inputs for each target")
	only := flag.String("run", "", "only targets whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *each, *only); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, each int, only string) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-list", "^Fuzz", "./...").Output()
	if err != nil {
		return fmt.Errorf("listing the targets: %w", err)
	}
	// The names of a package's targets come before the line «ok package».
	var waiting []string
	count := 0
	for _, line := range strings.Split(string(out), "\n") {
		if listed.MatchString(line) {
			waiting = append(waiting, line)
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "ok" {
			continue
		}
		for _, target := range waiting {
			if !strings.Contains(target, only) {
				continue
			}
			count++
			fmt.Printf("%s %s\n", fields[1], target)
			cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", strconv.Itoa(each)+"x", fields[1])
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("%s of %s: %w\n%s", target, fields[1], err, out)
			}
		}
		waiting = nil
	}
	if count == 0 {
		return fmt.Errorf("no target was found")
	}
	fmt.Printf("%d targets held\n", count)
	return nil
}
