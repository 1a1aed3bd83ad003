package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	invokeTime = 90 * time.Second // of one `sam local invoke`, with its container
	readyTime  = 60 * time.Second // until a server of SAM listens
	stopTime   = 30 * time.Second // for SAM to remove its containers
)

// sam is a command of the SAM CLI with what all of them need.
func (x *site) sam(ctx context.Context, environment string, args ...string) *exec.Cmd {
	args = append([]string{"local"}, args...)
	args = append(args, "--env-vars", environment, "--docker-network", x.network)
	if os.Getenv("IMAGE") != "pull" {
		args = append(args, "--skip-pull-image")
	}
	cmd := exec.CommandContext(ctx, "sam", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // SAM removes its containers itself
	cmd.WaitDelay = stopTime
	return cmd
}

// invoke runs `sam local invoke`. SAM ends with success whatever the function did, so the answer is what counts.
func (x *site) invoke(ctx context.Context, environment, function, event string) (answer []byte, told string, err error) {
	ctx, cancel := context.WithTimeout(ctx, invokeTime)
	defer cancel()
	var out, log bytes.Buffer
	cmd := x.sam(ctx, environment, "invoke", function, "-e", event)
	cmd.Stdout, cmd.Stderr = &out, &log
	err = cmd.Run()
	return bytes.TrimSpace(out.Bytes()), log.String(), err
}

// server is a server of SAM under way.
type server struct {
	address string
	log     string // the file of what it says
	stop    func()
}

// start runs `sam local start-api` or `start-lambda` until stop.
func (x *site) start(ctx context.Context, environment, command string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return x.startAt(ctx, environment, command, port)
}

func (x *site) startAt(ctx context.Context, environment, command, port string) (*server, error) {
	s := &server{address: "http://127.0.0.1:" + port, log: filepath.Join(x.dir, command+".log")}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := x.sam(ctx, environment, command, "-p", port, "--warm-containers", "LAZY")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, errors.Join(err, log.Close())
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
		_ = log.Close()
	}()
	s.stop = func() {
		cancel()
		<-ended
	}
	if err := listens(ctx, port, ended); err != nil {
		s.stop()
		return nil, fmt.Errorf("sam local %s does not listen: %w\n%s", command, err, short(s.said()))
	}
	return s, nil
}

func (s *server) said() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// freePort finds a port that nobody has now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// await asks every quarter of a second until done, or until the time is over.
func await(ctx context.Context, most time.Duration, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

var errEnded = errors.New("it has ended")

func listens(ctx context.Context, port string, ended <-chan struct{}) error {
	over := false
	err := await(ctx, readyTime, func() bool {
		select {
		case <-ended:
			over = true
			return true
		default:
		}
		c, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	if over {
		return errEnded
	}
	return err
}

// call makes a request and reads the answer.
func call(ctx context.Context, method, address, token, body string, headers ...string) (status int, answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, invokeTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer w.Body.Close()
	text, err := io.ReadAll(io.LimitReader(w.Body, 8<<20))
	return w.StatusCode, string(text), err
}
