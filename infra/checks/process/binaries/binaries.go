// Package binaries builds the functions as they are deployed.
package binaries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"giberno.ru/infra/checks/process/catalogue"
)

// Flags of every build for Lambda (DESIGN §9).
var Flags = []string{"-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w"}

// Build builds every function of the catalogue into dir/{domain}/{name}, one call of the compiler a domain. root is the
// folder of the module.
func Build(ctx context.Context, root, dir string) error {
	domains := map[string]bool{}
	for _, f := range catalogue.Functions() {
		domains[strings.SplitN(f.Folder, "/", 2)[0]] = true
	}
	for domain := range domains {
		out := filepath.Join(dir, domain)
		if err := os.MkdirAll(out, 0o755); err != nil {
			return fmt.Errorf("binaries: %w", err)
		}
		if err := Compile(ctx, root, out+string(filepath.Separator), "./functions/"+domain+"/..."); err != nil {
			return err
		}
	}
	return nil
}

// Compile builds packages into out with the flags of Lambda, for this machine.
func Compile(ctx context.Context, root, out string, packages ...string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, Flags...), append([]string{"-o", out}, packages...)...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("binaries: go build %s: %s", strings.Join(packages, " "), text), err)
	}
	return nil
}
