// Package upload is the command that sends a bank's register to a running platform.
package upload

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Usage is one line for a list of commands.
const Usage = "reconcile -mode test -account ACCOUNT -from 2026-11-21 -to 2026-11-22 [-mapping NAME|FILE.json] [-grace-hours 3] FILE"

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 20

// errUsage is a command that lacks something.
var errUsage = errors.New("usage: " + Usage)

// wish is what the arguments say.
type wish struct {
	query   url.Values
	mapping string // a file; "" for none
	file    string
}

// Command carries out the command's arguments, without its name, against the platform at base with an operator's token, and
// writes the answer, indented. A refusal is an error with the answer's own words.
func Command(ctx context.Context, args []string, base, token string, out io.Writer) error {
	w, err := read(args)
	if err != nil {
		return err
	}
	file, err := os.Open(w.file)
	if err != nil {
		return err
	}
	defer file.Close()
	media, body, err := bodyOf(w, file)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/admin/reconciliation?"+w.query.Encode(), body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", media)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	var shown bytes.Buffer
	if json.Indent(&shown, answer, "", "  ") != nil {
		shown.Write(answer)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s\n%s", resp.Status, shown.String())
	}
	_, err = fmt.Fprintln(out, strings.TrimSpace(shown.String()))
	return err
}

func read(args []string) (w wish, err error) {
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	mode := flags.String("mode", "live", "")
	account := flags.String("account", "", "")
	from, to := flags.String("from", "", ""), flags.String("to", "", "")
	mapping := flags.String("mapping", "", "")
	graceHours := flags.Int("grace-hours", -1, "")
	if err := flags.Parse(args); err != nil {
		return w, fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() != 1 || *account == "" || *from == "" || *to == "" {
		return w, errUsage
	}
	w.file = flags.Arg(0)
	w.query = url.Values{"mode": {*mode}, "account": {*account}, "from": {*from}, "to": {*to}}
	if *graceHours >= 0 {
		w.query.Set("grace_hours", strconv.Itoa(*graceHours))
	}
	if strings.HasSuffix(*mapping, ".json") {
		w.mapping = *mapping
	} else if *mapping != "" {
		w.query.Set("mapping", *mapping)
	}
	return w, nil
}

// bodyOf is the register as it goes out: by itself, or in a form behind its mapping. It streams from the file.
func bodyOf(w wish, register io.Reader) (media string, body io.Reader, err error) {
	media = "text/csv"
	if strings.HasSuffix(strings.ToLower(w.file), ".xlsx") {
		media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	if w.mapping == "" {
		return media, register, nil
	}
	mapping, err := os.ReadFile(w.mapping)
	if err != nil {
		return "", nil, err
	}
	var before bytes.Buffer
	form := multipart.NewWriter(&before)
	part, err := form.CreatePart(header("mapping", "application/json"))
	if err == nil {
		_, err = part.Write(mapping)
	}
	if err == nil {
		_, err = form.CreatePart(header("register", media))
	}
	if err != nil {
		return "", nil, err
	}
	behind := strings.NewReader("\r\n--" + form.Boundary() + "--\r\n")
	return form.FormDataContentType(), io.MultiReader(&before, register, behind), nil
}

func header(name, media string) textproto.MIMEHeader {
	return textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + name + `"`}, "Content-Type": {media}}
}
