// Package draw makes the pages of infra/docs that are drawn from the code: the same tables that the checks hold, and the
// same pure functions that decide. A drawing can therefore be stale, which a check finds, but never wrong.
package draw

import (
	"fmt"
	"sort"
	"strings"

	"giberno.ru/infra/checks"
)

// Folder is where the pages live, below the root of the repository.
const Folder = "infra/docs"

// Pages draws every page, by file name.
func Pages(t *checks.Tree) (map[string]string, error) {
	found := States()
	doors := Doors()
	documents, err := Documents()
	if err != nil {
		return nil, err
	}
	pages := map[string]string{
		"payment-states.md": found.Attempts.Page("payment-states.svg"),
		"order-states.md":   found.Orders.Page("order-states.svg"),
		"refund-states.md":  found.Refunds.Page("refund-states.svg"),
		"table.md":          tablePage(t.Domains()),
		"house.md":          housePage(),
		"errors.md":         errorsPage(t.Codes(), doors),
		"endpoints.md":      endpointsPage(doors, Pageviews(), documents),
	}
	for name, page := range pages {
		pages[name] = page + "\n---\nDrawn from the code by `make docs`; do not edit.\n"
	}
	pages["payment-states.svg"] = found.Attempts.Picture(attemptSpots)
	pages["order-states.svg"] = found.Orders.Picture(orderSpots)
	pages["refund-states.svg"] = found.Refunds.Picture(refundSpots)
	return pages, nil
}

// lines builds a page.
type lines struct{ strings.Builder }

func (l *lines) add(format string, args ...any) { fmt.Fprintf(&l.Builder, format+"\n", args...) }

// cell keeps a text from breaking a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func quoted(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "` `") + "`"
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
