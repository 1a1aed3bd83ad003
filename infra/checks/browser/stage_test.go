//go:build browser

package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"giberno.ru/infra/standalone/platform"
)

// patience is how long one thing may take on a slow machine. Nothing waits that long when all is well.
const patience = 30 * time.Second

// stage is a platform that answers on this machine, and a browser to look at it.
type stage struct {
	t       *testing.T
	house   *platform.Platform
	browser context.Context
}

func setup(t *testing.T) *stage {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	house, err := platform.Open(t.Context(), platform.Config{Dir: t.TempDir(), BaseURL: "http://" + listener.Addr().String(), NoSync: true})
	require.NoError(t, err)
	server := &http.Server{Handler: house.Handler(), ReadHeaderTimeout: patience}
	loops, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { house.Run(loops) })
	running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	s := &stage{t: t, house: house, browser: openBrowser(t)}
	t.Cleanup(func() {
		_ = server.Close()
		stop()
		running.Wait()
		require.NoError(t, house.Close())
	})
	return s
}

// openBrowser starts Chromium with a fresh profile. It talks to nobody but our platform.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	program := os.Getenv("GIBERNO_CHROMIUM")
	if program == "" {
		program = "chromium"
	}
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")), chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.Headless,
	}, flags("disable-gpu", "disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars")...)
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.Flag("lang", "ru-RU"))
	allocator, close := chromedp.NewExecAllocator(context.Background(), options...)
	browser, quit := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		quit()
		close()
	})
	require.NoError(t, chromedp.Do(browser))
	return browser
}

func flags(names ...string) []chromedp.ExecAllocatorOption {
	var list []chromedp.ExecAllocatorOption
	for _, name := range names {
		list = append(list, chromedp.Flag(name, true))
	}
	return list
}

// order makes an order by the API and gives the payer's address. more is merged into the request.
func (s *stage) order(more string) string {
	s.t.Helper()
	request := map[string]any{}
	require.NoError(s.t, json.Unmarshal([]byte(`{"project":"Школа «Понимаю»","email":"buyer@example.com","external_id":"A-1047","locale":"ru",
		"items":[{"name":"Консультация","price":{"amount":150000,"currency":"RUB"},"quantity":1,"payment_subject":"service"},
		{"name":"Рабочая тетрадь","price":{"amount":49900,"currency":"RUB"},"quantity":2}]}`), &request))
	if more != "" {
		require.NoError(s.t, json.Unmarshal([]byte(more), &request))
	}
	body, err := json.Marshal(request)
	require.NoError(s.t, err)
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.house.BaseURL+"/api/v1/order", bytes.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer "+s.house.Demo.TestToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	var made struct{ Link string }
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&made))
	require.Equal(s.t, http.StatusCreated, answer.StatusCode)
	return made.Link
}

// visitor is one payer with a window of his own.
type visitor struct {
	t   *testing.T
	ctx context.Context
}

// visitor opens a window that reports every complaint of the browser: an error of the console, a violated policy.
func (s *stage) visitor(t *testing.T) *visitor {
	t.Helper()
	var mu sync.Mutex
	var complaints []string
	complain := func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if strings.HasSuffix(e.Entry.URL, "/favicon.ico") { // of the bank's page, which has no icon
				return
			}
			if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
				complaints = append(complaints, e.Entry.Text+" "+e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, "console: "+string(e.Type))
		}
	}
	ctx, quit := chromedp.NewContext(s.browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(complain))
	t.Cleanup(func() {
		quit()
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, complaints, "the browser complained")
	})
	v := &visitor{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx))
	command(v, log.Enable, cdp.Empty{})
	v.screen(1280, "light")
	return v
}

// command sends a command of the browser's own protocol.
func command[P, R any](v *visitor, c cdp.Command[P, R], params P) R {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	answer, err := chromedp.Call(ctx, c, params)
	require.NoError(v.t, err)
	return answer
}

func (v *visitor) run(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	require.NoError(v.t, chromedp.Do(ctx, actions...))
}

func (v *visitor) open(address string) {
	v.t.Helper()
	v.run(chromedp.Navigate(address))
}

func (v *visitor) click(selector string) {
	v.t.Helper()
	v.run(chromedp.Click(chromedp.CSS(selector)))
}

// ask evaluates an expression; a page that is just leaving answers nothing.
func (v *visitor) ask(expression string) string {
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		return ""
	}
	return said
}

// sees waits until the page's heading says something.
func (v *visitor) sees(heading string) {
	v.t.Helper()
	v.until(`document.querySelector("h1")?.textContent.trim()`, heading)
}

// until waits until an expression contains a text.
func (v *visitor) until(expression, part string) {
	v.t.Helper()
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	said := ""
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if said = v.ask(expression); strings.Contains(said, part) {
			return
		}
	}
	v.t.Fatalf("waited for %q, the page at %s says %q", part, v.ask("location.href"), said)
}

// screen turns the window into a phone or a desk, light or dark.
func (v *visitor) screen(width int64, scheme string) {
	v.t.Helper()
	command(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 600})
	command(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// picture keeps what the page looks like, if somebody wants to see it.
func (v *visitor) picture(name string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(v.t, err)
	if folder := os.Getenv("GIBERNO_PICTURES"); folder != "" {
		require.NoError(v.t, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600))
	}
}
