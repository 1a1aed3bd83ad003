package runtimeapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is a running function with the API that drives it.
type Process struct {
	*API
	began  time.Time
	cmd    *exec.Cmd
	output *output
	exited chan struct{}
	err    error // of the exit; read it after exited is closed
}

// Launch starts a binary with exactly this environment and an API of its own.
func Launch(binary string, env ...string) (*Process, error) {
	api, err := New()
	if err != nil {
		return nil, err
	}
	p := &Process{API: api, output: &output{}, exited: make(chan struct{})}
	p.cmd = exec.Command(binary)
	p.cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + api.Addr(), "AWS_LAMBDA_FUNCTION_NAME=fn", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=" + AccessSecret,
		"AWS_SESSION_TOKEN=" + SessionToken, "_HANDLER=bootstrap", "LAMBDA_TASK_ROOT=/", "TZ=UTC",
	}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("runtimeapi: %s: %w", binary, err), api.Close())
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// The secrets of every function's environment. Nothing may print them.
const (
	AccessSecret = "wJalrXUtnFEMIsecretEXAMPLEKEY"
	SessionToken = "FwoGZXIvYXdzEXAMPLEsessionTOKEN"
)

// Start is how long it took from exec to the first call of next.
func (p *Process) Start(ctx context.Context) (time.Duration, error) {
	at, err := p.Began(ctx)
	return at.Sub(p.began), err
}

// Since is how long ago the process was started.
func (p *Process) Since() time.Duration { return time.Since(p.began) }

// Exited reports an end that nobody asked for.
func (p *Process) Exited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Output is everything that the function has printed.
func (p *Process) Output() string { return p.output.String() }

// Stop kills the process, as Lambda does, and gives its largest resident memory in bytes, where the system tells it.
func (p *Process) Stop() (memory int64, err error) {
	early := p.Exited()
	memory = p.resident()
	_ = p.cmd.Process.Kill() // it may have gone by itself
	<-p.exited
	err = p.API.Close()
	if early {
		err = errors.Join(fmt.Errorf("runtimeapi: the function ended by itself: %w", p.err), err)
	}
	return memory, err
}

// resident reads the high-water mark of the living process from Linux. The usage that is told at the exit would be that of
// whoever started the process, if he was larger. 0 is unknown.
func (p *Process) resident() int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); !found || err != nil {
		return 0
	}
	return kb << 10
}

// output keeps the first part of what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const maxOutput = 16 << 20

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() < maxOutput {
		o.text.Write(b)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
