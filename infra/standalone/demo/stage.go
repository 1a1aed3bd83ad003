package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"giberno.ru/infra/standalone/platform"
)

// stage is a server of our own and everybody who talks to it.
type stage struct {
	ctx      context.Context
	out      io.Writer
	dir      string
	demo     platform.Demo
	cmd      *exec.Cmd
	log      *os.File
	addr     string
	facts    int
	paid     map[string]int64 // order → what it was paid, for the books
	returned map[string]int64 // by order, minor units
	shop     *shop            // the partner's own server, once it is open
}

// start starts the server on the folder and waits until it answers.
func (s *stage) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if s.addr == "" {
		s.addr = "127.0.0.1:0"
	}
	if s.log, err = os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600); err != nil {
		return err
	}
	s.cmd = exec.CommandContext(s.ctx, self, "serve")
	s.cmd.Env = append(os.Environ(), "GIBERNO_ADDR="+s.addr, "GIBERNO_DATA="+filepath.Join(s.dir, "data"), "GIBERNO_URL=", "GIBERNO_DEMO=")
	s.cmd.Stderr = s.log
	s.cmd.Stdout = s.log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.await("the server to answer", func() bool {
		if s.demo, err = platform.ReadDemo(filepath.Join(s.dir, "data")); err != nil {
			return false
		}
		u, err := url.Parse(s.demo.BaseURL)
		if err != nil {
			return false
		}
		s.addr = u.Host
		resp, err := http.Get(s.demo.BaseURL + "/openapi.json")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// stop stops the server as an operator would.
func (s *stage) stop() error {
	if s.shop != nil {
		_ = s.shop.server.Close()
	}
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	err := s.cmd.Wait()
	s.cmd = nil
	return errors.Join(err, s.log.Close())
}

// kill ends the server as a power cut would.
func (s *stage) kill() {
	s.must(s.cmd.Process.Kill())
	_ = s.cmd.Wait()
	s.must(s.log.Close())
	s.cmd = nil
}

func (s *stage) logTail() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool {
		return strings.Contains(l, `"message":"request"`) && strings.Contains(l, `"status":2`)
	})
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// await tries f every 50 ms, for 20 seconds.
func (s *stage) await(what string, f func() bool) error {
	for range 400 {
		if f() {
			return nil
		}
		select {
		case <-s.ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, s.ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s did not come in 20 seconds", what)
}

// answer is what came back from a call.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// at reads a value of a JSON answer by its path: "payments.0.status".
func (a answer) at(path string) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	for _, step := range strings.Split(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			i := 0
			if _, err := fmt.Sscanf(step, "%d", &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) text(path string) string {
	if v := a.at(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, a.body) }

// browser follows no redirect: the payer's steps are looked at one by one.
var browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 40 * time.Second}

func (s *stage) call(method, address, token, key string, body any) answer {
	a, err := s.try(method, address, token, key, body)
	s.must(err)
	return a
}

func (s *stage) try(method, address, token, key string, body any) (answer, error) {
	var raw []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			return answer{}, err
		}
	}
	req, err := http.NewRequestWithContext(s.ctx, method, address, bytes.NewReader(raw))
	if err != nil {
		return answer{}, err
	}
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return do(req)
}

func do(req *http.Request) (answer, error) {
	resp, err := browser.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	return answer{resp.StatusCode, resp.Header, body}, err
}

// partner calls our API with the test token.
func (s *stage) partner(method, path, key string, body any) answer {
	return s.call(method, s.demo.BaseURL+path, s.demo.TestToken, key, body)
}

// operator calls our API with an operator's token.
func (s *stage) operator(method, path string, body any) answer {
	return s.call(method, s.demo.BaseURL+"/api/v1/admin"+path, s.demo.OperatorToken, "", body)
}

// bank calls the simulator's control.
func (s *stage) bank(method, path string, body any) answer {
	a := s.call(method, s.demo.Accounts[0].Address+"/control"+path, "", "", body)
	if a.status >= 400 {
		panic(failure{fmt.Errorf("the simulator refused %s: %v", path, a)})
	}
	return a
}

// get opens a page as the payer's browser does.
func (s *stage) get(address string) answer { return s.call(http.MethodGet, address, "", "", nil) }

// choose presses the button of a method on the payer's page.
func (s *stage) choose(link, method string) answer {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, link, strings.NewReader(url.Values{"method": {method}}.Encode()))
	s.must(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.demo.BaseURL)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	a, err := do(req)
	s.must(err)
	return a
}
