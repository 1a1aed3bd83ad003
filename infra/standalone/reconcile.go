package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

const reconcileUsage = `
  reconcile -account ACCOUNT -from DAY -to DAY [-mode live] [-mapping NAME] [-grace HOURS] FILE
                       hold a bank's register (.csv or .xlsx) against the ledger; DAY of -to is not part of it
`

// media are the types of registers by the ends of their files' names.
var media = map[string]string{".csv": "text/csv", ".txt": "text/csv", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

// reconcile sends a bank's register to the running server, or to the data when none runs, as it is read.
func reconcile(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	query := url.Values{}
	for name, field := range map[string]string{"mode": "mode", "account": "account", "from": "from", "to": "to", "mapping": "mapping", "grace": "grace_hours"} {
		flags.Func(name, "", func(text string) error { query.Set(field, text); return nil })
	}
	names, err := arguments(flags, args, 1, 1, strings.TrimSpace(strings.SplitN(reconcileUsage, "\n", 3)[1]))
	if err != nil {
		return err
	}
	kind, known := media[strings.ToLower(filepath.Ext(names[0]))]
	if !known {
		return fmt.Errorf("%s: a register is a .csv or an .xlsx", names[0])
	}
	register, err := os.Open(names[0])
	if err != nil {
		return err
	}
	defer register.Close()
	info, err := register.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("the register is empty")
	}
	base, token, done, err := server(ctx)
	if err != nil {
		return err
	}
	defer done()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/admin/reconciliation?"+query.Encode(), register)
	if err != nil {
		return err
	}
	req.ContentLength = info.Size()
	req.Header.Set("Content-Type", kind)
	return tell(req, token, out)
}
