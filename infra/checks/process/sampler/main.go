// Command sampler writes events/*/*.json, the sample event of every function. Run it from the root after adding one.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/world"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "sampler:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "sampler-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := world.New(ctx, world.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer w.Close()
	all, err := samples.All(w)
	if err != nil {
		return err
	}
	for _, s := range all {
		path := filepath.Join("events", filepath.FromSlash(s.Folder)+".json")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, s.Event, 0o644); err != nil {
			return err
		}
	}
	return nil
}
