// Command mains writes functions/*/*/main.go from the catalogue. Run it from the root after adding an endpoint.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"giberno.ru/infra/checks/process/catalogue"
)

func main() {
	for _, f := range catalogue.Functions() {
		folder := filepath.Join("functions", filepath.FromSlash(f.Folder))
		if err := write(folder, f.Main); err != nil {
			fmt.Fprintln(os.Stderr, "mains:", err)
			os.Exit(1)
		}
	}
}

func write(folder, text string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "main.go"), []byte(text), 0o644)
}
