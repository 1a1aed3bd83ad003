// Command standalone is the whole platform on one machine: it serves everything in one process on one file, plays a
// demonstration, and gives operators their calls as commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"giberno.ru/infra/standalone/demo"
	"giberno.ru/infra/standalone/platform"
	"giberno.ru/shared/platform/file"
	"giberno.ru/shared/platform/host"
	"giberno.ru/shared/platform/log"
)

func main() {
	ctx, stop := host.UntilSignal(context.Background())
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "giberno:", err)
		stop()
		os.Exit(1)
	}
}

const usage = `usage: go run ./infra/standalone [command]

  serve             the whole platform (the default)
  demo              play the main road of a payment against a server of its own

An operator's calls (they call the running server, or open the data when none runs):
`

const settings = `
key=value sends a text, key:=value sends JSON; ?key=value goes into the address.
GIBERNO_ADDR is the address to listen on (127.0.0.1:8080), GIBERNO_DATA the folder of the data (./data),
GIBERNO_URL the address under which payers and banks reach it, GIBERNO_GEOIP a database of countries,
GIBERNO_SMTP and GIBERNO_MAIL_FROM the mail server and the sender of letters,
GIBERNO_DEMO=off leaves out the demo partner, the simulators and the start page.
`

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "serve":
		return serve(ctx, out, errOut)
	case "demo":
		return demo.Play(ctx, out)
	case "help", "-h", "--help":
		_, err := io.WriteString(out, usage+operatorUsage()+reconcileUsage+recoverUsage+settings)
		return err
	}
	if run, ok := recoverCommands[command]; ok {
		return run(ctx, args[1:], out)
	}
	return operate(ctx, args, out)
}

func setting(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

func dataDir() string { return setting("GIBERNO_DATA", "data") }

// serve runs the platform until it is told to stop.
func serve(ctx context.Context, out, errOut io.Writer) error {
	addr, err := address(ctx, setting("GIBERNO_ADDR", "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	if _, open, err := platform.OpenGap(dataDir()); open || err != nil {
		return errors.Join(err, fmt.Errorf("the data in %s was restored, and the banks have not been asked what happened since: run the command gap first", dataDir()))
	}
	logger := log.New(errOut, slog.LevelInfo)
	p, err := platform.Open(ctx, platform.Config{
		Dir: dataDir(), BaseURL: baseURL(addr), Log: logger, NoDemo: os.Getenv("GIBERNO_DEMO") == "off", GeoIP: os.Getenv("GIBERNO_GEOIP"),
		SMTP: os.Getenv("GIBERNO_SMTP"), From: os.Getenv("GIBERNO_MAIL_FROM"),
	})
	if held := new(file.HeldError); errors.As(err, &held) {
		return fmt.Errorf("the data in %s is in use: %s. Stop it, or choose another folder with GIBERNO_DATA", dataDir(), held.Holder)
	}
	if err != nil {
		return err
	}
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	err = host.Listen(ctx, addr, p.Handler(), host.Options{Log: logger, Ready: func(net.Addr) {
		greet(out, p)
		running.Go(func() { p.Run(loops) })
	}})
	stopLoops()
	running.Wait()
	return errors.Join(err, p.Close())
}

// address chooses a free port where none is named, for the platform has to know its own address before it starts.
func address(ctx context.Context, addr string) (string, error) {
	name, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("GIBERNO_ADDR must be host:port: %w", err)
	}
	if port != "0" {
		return addr, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err = net.SplitHostPort(l.Addr().String())
	return net.JoinHostPort(name, port), err
}

// baseURL is how this machine reaches the platform; GIBERNO_URL says otherwise behind a proxy.
func baseURL(addr string) string {
	if own := os.Getenv("GIBERNO_URL"); own != "" {
		return strings.TrimSuffix(own, "/")
	}
	name, port, _ := net.SplitHostPort(addr)
	if name == "" || name == "0.0.0.0" || name == "::" {
		name = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(name, port)
}

func greet(out io.Writer, p *platform.Platform) {
	folder, err := filepath.Abs(p.Dir)
	if err != nil {
		folder = p.Dir
	}
	fmt.Fprintf(out, "Giberno is running at %s (data in %s)\n", p.BaseURL, folder)
	if p.Bank == nil {
		return
	}
	fmt.Fprintf(out, "\n  demo partner  %s\n  test token    %s\n  pay an order  %s\n  T-Bank        %s/\n  API docs      %s/docs\n\nStop with Ctrl+C; the data stays.\n",
		p.Demo.PartnerID, p.Demo.TestToken, p.Demo.Link, p.Demo.Accounts[0].Address, p.BaseURL)
}
