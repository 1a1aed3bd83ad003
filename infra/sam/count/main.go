// Command count prints how many resources template.yaml makes, by the rules of infra/checks/template. Run it from the root.
package main

import (
	"fmt"
	"os"

	"giberno.ru/infra/checks/template"
)

func main() {
	tmpl, err := template.Read("template.yaml")
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
	fmt.Println(tmpl.Count())
}
