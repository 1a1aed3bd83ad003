package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"giberno.ru/infra/standalone/platform"
)

// command is an operator's call: its words, then one argument for each {} of the path.
type command struct {
	words, method, path, help string
}

var commands = []command{
	{"partner create", "POST", "/partner", "name=… legal_name=… inn=… country=RU time_zone=Europe/Moscow …"},
	{"partner list", "GET", "/partners", ""},
	{"partner show", "GET", "/partner/{}", "PARTNER"},
	{"partner change", "PATCH", "/partner/{}", "PARTNER key=value …"},
	{"partner checklist", "GET", "/partner/{}/checklist", "PARTNER"},
	{"partner live", "POST", "/partner/{}/live", "PARTNER"},
	{"token issue", "POST", "/partner/{}/tokens", "PARTNER mode=test name=…"},
	{"token list", "GET", "/partner/{}/tokens", "PARTNER"},
	{"token revoke", "POST", "/token/{}/revoke", "TOKEN"},
	{"account create", "POST", "/account", "provider=tbank mode=test terminal=… password=… address=… methods:=[…] …"},
	{"account list", "GET", "/accounts", "?mode=test"},
	{"account show", "GET", "/account/{}", "ACCOUNT"},
	{"account change", "PATCH", "/account/{}", "ACCOUNT key=value …"},
	{"account switch", "POST", "/account/{}/switch", "ACCOUNT on:=false [code=sbp]"},
	{"account rotate", "POST", "/account/{}/password", "ACCOUNT password=…"},
	{"account grant", "POST", "/account/{}/grants", "ACCOUNT partner=…"},
	{"account ungrant", "DELETE", "/account/{}/grants/{}", "ACCOUNT PARTNER"},
	{"operator create", "POST", "/operator", "name=…"},
	{"operator list", "GET", "/operators", ""},
	{"operator token", "POST", "/operator/{}/tokens", "OPERATOR name=…"},
	{"refund list", "GET", "/approvals", "?mode=test"},
	{"refund approve", "POST", "/refund/{}/approve", "REFUND ?mode=test"},
	{"refund reject", "POST", "/refund/{}/reject", "REFUND ?mode=test reason=…"},
	{"refund end", "POST", "/refund/{}/end", "REFUND ?mode=test outcome=succeeded note=…"},
	{"settlement list", "GET", "/settlements", "?mode=test [?partner=…]"},
	{"settlement close", "POST", "/settlement/close", "partner=… mode=test currency=RUB day=2026-11-22"},
	{"settlement paid-out", "POST", "/settlement/{}/paid-out", "SETTLEMENT ?mode=test reference=…"},
	{"transfer record", "POST", "/transfer", "account=… partner=… mode=test amount:={…} reference=…"},
	{"break list", "GET", "/breaks", "?mode=test [?state=open] [?account=…]"},
	{"break assign", "POST", "/break/{}/assign", "BREAK mode=test operator=…"},
	{"break resolve", "POST", "/break/{}/resolve", "BREAK mode=test note=… [posting=forgive] [partner_id=…]"},
	{"alarm list", "GET", "/alarms", "?mode=test"},
	{"alarm close", "POST", "/alarm/close", "mode=test kind=… object=… [order_uuid=…]"},
}

func operatorUsage() string {
	var text strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&text, "  %-20s %s\n", c.words, c.help)
	}
	return text.String()
}

// operate carries out an operator's command against the running server, or against the data when none runs.
func operate(ctx context.Context, args []string, out io.Writer) error {
	if len(args) < 2 {
		return fmt.Errorf("there is no command %q; see help", args[0])
	}
	words := args[0] + " " + args[1]
	i := slices.IndexFunc(commands, func(c command) bool { return c.words == words })
	if i < 0 {
		return fmt.Errorf("there is no command %q; see help", words)
	}
	path, body, err := commands[i].request(args[2:])
	if err != nil {
		return err
	}
	base, token, done, err := server(ctx)
	if err != nil {
		return err
	}
	defer done()
	return call(ctx, commands[i].method, base+"/api/v1/admin"+path, token, body, out)
}

// request reads the arguments: names for the path, then fields for the body or the query.
func (c command) request(args []string) (path string, body []byte, err error) {
	path = c.path
	for strings.Contains(path, "{}") {
		if len(args) == 0 || strings.Contains(args[0], "=") {
			return "", nil, fmt.Errorf("%s needs: %s", c.words, c.help)
		}
		path = strings.Replace(path, "{}", url.PathEscape(args[0]), 1)
		args = args[1:]
	}
	fields, query := map[string]any{}, url.Values{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok || name == "":
			return "", nil, fmt.Errorf("%q is no key=value", arg)
		case strings.HasPrefix(name, "?"):
			query.Set(name[1:], value)
		case strings.HasSuffix(name, ":"):
			var raw json.RawMessage
			if err := json.Unmarshal([]byte(value), &raw); err != nil {
				return "", nil, fmt.Errorf("%s is no JSON: %w", arg, err)
			}
			fields[strings.TrimSuffix(name, ":")] = raw
		default:
			fields[name] = value
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if c.method == http.MethodGet || len(fields) == 0 {
		return path, nil, nil
	}
	body, err = json.Marshal(fields)
	return path, body, err
}

// server finds the running server, or opens the data and serves it on a port of its own until done is called.
func server(ctx context.Context) (base, token string, done func(), err error) {
	d, _ := platform.ReadDemo(dataDir())
	if own := os.Getenv("GIBERNO_OPERATOR_TOKEN"); own != "" {
		d.OperatorToken = own
	}
	if d.BaseURL != "" && answers(ctx, d.BaseURL) {
		return d.BaseURL, d.OperatorToken, func() {}, nil
	}
	p, done, err := openAlone(ctx)
	if err != nil {
		return "", "", nil, err
	}
	if d.OperatorToken == "" {
		d.OperatorToken = p.Demo.OperatorToken
	}
	return p.BaseURL, d.OperatorToken, done, nil
}

func answers(ctx context.Context, base string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/openapi.json", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// call makes the call and prints its answer, indented; a refusal is an error with the answer's own words.
func call(ctx context.Context, method, address, token string, body []byte, out io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return tell(req, token, out)
}

// tell sends a request in an operator's name and prints the answer.
func tell(req *http.Request, token string, out io.Writer) error {
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		return err
	}
	var shown bytes.Buffer
	if len(answer) > 0 && json.Indent(&shown, answer, "", "  ") != nil {
		shown.Write(answer)
	}
	if resp.StatusCode >= 400 {
		return fmt.Errorf("%s\n%s", resp.Status, shown.String())
	}
	if shown.Len() == 0 {
		shown.WriteString("done")
	}
	_, err = fmt.Fprintln(out, strings.TrimSpace(shown.String()))
	return err
}
