// Command docs writes the pages that are drawn from the code: go run ./infra/docs, or make docs. With -check it writes
// nothing and fails if a page is not what it would write.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"giberno.ru/infra/checks"
	"giberno.ru/infra/docs/draw"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail if a page is stale")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(check bool) error {
	root, err := checks.Root()
	if err != nil {
		return err
	}
	tree, err := checks.ReadTree(root)
	if err != nil {
		return err
	}
	pages, err := draw.Pages(tree)
	if err != nil {
		return err
	}
	var stale []string
	for name, page := range pages {
		at := filepath.Join(root, draw.Folder, name)
		kept, err := os.ReadFile(at)
		if err == nil && string(kept) == page {
			continue
		}
		stale = append(stale, name)
		if check {
			continue
		}
		if err := os.WriteFile(at, []byte(page), 0o644); err != nil {
			return err
		}
	}
	slices.Sort(stale)
	switch {
	case check && len(stale) > 0:
		return fmt.Errorf("these pages of %s are not what the code says today: %s. Run make docs", draw.Folder, strings.Join(stale, ", "))
	case len(stale) == 0:
		fmt.Printf("all %d pages of %s are fresh\n", len(pages), draw.Folder)
	default:
		fmt.Printf("drawn anew in %s: %s\n", draw.Folder, strings.Join(stale, ", "))
	}
	return nil
}
