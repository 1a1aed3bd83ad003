package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"giberno.ru/infra/checks/process/world"
	"giberno.ru/infra/checks/template"
	"giberno.ru/infra/sam/kms"
	"giberno.ru/infra/sam/provision"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// site is an installation on this machine: what functions in containers find around them.
type site struct {
	settings
	provision.Site
	dir    string
	queues map[string]string // addresses by the names of their resources
	about  map[string]string // the environment that all functions share
	stops  []func()
}

const stack = "giberno"

// openSite makes the queues of the template, and opens ways from the containers to the servers and to KMS.
func openSite(ctx context.Context, s settings) (*site, error) {
	tmpl, err := template.Read("template.yaml")
	if err != nil {
		return nil, err
	}
	x := &site{settings: s, Site: provision.Site{Template: tmpl, DynamoDB: s.dynamoDB, SQS: s.sqs, Stack: stack}}
	if x.dir, err = os.MkdirTemp("", "giberno-sam-"); err != nil {
		return nil, err
	}
	x.stops = append(x.stops, func() { _ = os.RemoveAll(x.dir) })
	if x.queues, err = x.Queues(ctx); err != nil {
		return nil, errors.Join(err, x.closed())
	}
	x.about = map[string]string{
		"DATA_KEY_TEST": kms.Wrapped(secret.TestData), "DATA_KEY_LIVE": kms.Wrapped(secret.LiveData), "CURSOR_KEY": kms.Wrapped(secret.Signing),
	}
	for name, address := range map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": s.dynamoDB, "AWS_ENDPOINT_URL_SQS": s.sqs} {
		if x.about[name], err = x.lead(address); err != nil {
			return nil, errors.Join(err, x.closed())
		}
	}
	if x.about["AWS_ENDPOINT_URL_KMS"], err = x.serve(kms.Handler(world.Keys{})); err != nil {
		return nil, errors.Join(err, x.closed())
	}
	return x, nil
}

func (x *site) closed() error {
	x.close()
	return nil
}

func (x *site) close() {
	for i := len(x.stops) - 1; i >= 0; i-- {
		x.stops[i]()
	}
	x.stops = nil
}

// serve answers on the containers' bridge, where they reach this machine and nobody from outside does.
func (x *site) serve(h http.Handler) (address string, err error) {
	l, err := x.listen()
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	x.stops = append(x.stops, func() { _ = server.Close() })
	return "http://" + l.Addr().String(), nil
}

func (x *site) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(x.bridge, "0"))
	if err != nil {
		return nil, fmt.Errorf("listen on the containers' bridge: %w", err)
	}
	return l, nil
}

// lead makes a server of this machine's loopback reachable for containers.
func (x *site) lead(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	l, err := x.listen()
	if err != nil {
		return "", err
	}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go carry(from, u.Host)
		}
	}()
	x.stops = append(x.stops, func() { _ = l.Close() })
	return "http://" + l.Addr().String(), nil
}

// carry joins two connections until both directions have ended.
func carry(from net.Conn, host string) {
	defer from.Close()
	to, err := net.DialTimeout("tcp", host, 5*time.Second)
	if err != nil {
		return
	}
	defer to.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(to, from)
		_ = to.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(from, to)
	_ = from.(*net.TCPConn).CloseWrite()
	<-done
}

// furnish makes a table and puts the rows of a little world into it.
func (x *site) furnish(ctx context.Context, name string, w *world.World) error {
	if err := x.Table(ctx, name); err != nil {
		return err
	}
	engine := dynamoengine.Open(dynamoengine.Options{Region: provision.Region, Endpoint: x.DynamoDB, Credentials: provision.Anybody, Table: name})
	changes, err := w.Table.Changes(ctx, maxRows)
	if err != nil {
		return err
	}
	last := map[table.Key]table.Row{}
	for _, c := range changes {
		if c.NewExists {
			last[c.Key()] = c.New
		} else {
			delete(last, c.Key())
		}
	}
	for _, row := range last {
		if err := engine.Write(ctx, table.Put(row)); err != nil {
			return fmt.Errorf("a row of the little world: %w", err)
		}
	}
	return nil
}

const maxRows = 10_000

// environment writes a file for --env-vars: what all functions share, what the template gives each, and what is its own.
func (x *site) environment(name, baseURL string, tableOf func(function string) string) (path string, err error) {
	all := map[string]map[string]string{}
	for _, f := range x.Template.Functions() {
		own := map[string]string{"BASE_URL": baseURL, "TABLE_NAME": tableOf(f.Name)}
		for variable, v := range f.Environment {
			if strings.HasPrefix(variable, "QUEUE_URL_") {
				own[variable] = x.queues[v.Target()]
			}
		}
		for variable, v := range x.about {
			own[variable] = v
		}
		all[f.Name] = own
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	path = filepath.Join(x.dir, name+".json")
	return path, os.WriteFile(path, text, 0o600)
}
