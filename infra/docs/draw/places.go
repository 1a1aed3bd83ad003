package draw

import (
	"strings"

	"giberno.ru/infra/checks"
)

// tablePage draws the one table: who owns which keys, which rows exist, and where the indexes show them.
func tablePage(domains []checks.Domain) string {
	var l lines
	l.add(`# The table

One table, two indexes that carry keys and the status only. Every key begins with the prefix of its domain, index keys
included, and is made in that domain's store; a check proves that no two prefixes share a beginning. {names} stand for
what differs from row to row, {mode} for t or l: test and live never share a partition.
`)
	l.add("```mermaid\nflowchart LR")
	for _, d := range domains {
		l.add("    subgraph %s[\"%s — %s\"]", d.Name, d.Name, d.Prefix)
		for _, k := range d.Keys {
			if k.Place == "" {
				l.add("        %s_%s[\"%s<br/>%s\"]", d.Name, k.Name, k.PK, k.SK)
			}
		}
		l.add("    end")
	}
	l.add("    first[(\"first index<br/>lists by time\")]\n    second[(\"second index<br/>due keys\")]")
	for _, d := range domains {
		drawn := map[string]bool{}
		for _, r := range d.Rows {
			for _, k := range d.Keys {
				name := d.Name + "_" + k.Name
				if k.Place != "" || k.PK+" · "+k.SK != r.Key {
					continue
				}
				if arrow := name + " --> first"; r.First != "" && !drawn[arrow] {
					drawn[arrow] = true
					l.add("    %s", arrow)
				}
				if arrow := name + " --> second"; r.Second != "" && !drawn[arrow] {
					drawn[arrow] = true
					l.add("    %s", arrow)
				}
			}
		}
	}
	l.add("```")
	for _, d := range domains {
		domainPart(&l, d)
	}
	return l.String()
}

func domainPart(l *lines, d checks.Domain) {
	l.add("\n## %s: `%s`\n\n### Rows\n\n| partition | sort key | made by |\n|---|---|---|", d.Name, d.Prefix)
	for _, k := range d.Keys {
		if k.Place == "" {
			l.add("| `%s` | `%s` | %s |", k.PK, k.SK, k.Name)
		}
	}
	l.add("\n### Places in the indexes\n\n| row | first index | second index |\n|---|---|---|")
	for _, r := range d.Rows {
		l.add("| %s | %s | %s |", code(r.Key), code(r.First), code(r.Second))
	}
	l.add("\n### Read as lists\n\n| where | partition |\n|---|---|")
	for _, q := range d.Lists {
		l.add("| %s | `%s` |", map[string]string{"base": "base table", "First": "first index", "Second": "second index"}[q.Index], q.PK)
	}
}

// code shows a key as «partition · sort key».
func code(key string) string {
	if strings.TrimSpace(key) == "" {
		return ""
	}
	return "`" + strings.Replace(key, " · ", "` · `", 1) + "`"
}
