package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/world"
	"giberno.ru/infra/checks/template"
)

// atOnce is how many invocations run side by side: SAM itself takes most of a processor.
const atOnce = 2

// littleWorld is the world of the sample events as of some time, whose bank answers containers.
func (x *site) littleWorld(ctx context.Context, name string, now time.Time) (*world.World, error) {
	var bank http.Handler // the world wants the bank's address, and has the bank
	address, err := x.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { bank.ServeHTTP(w, r) }))
	if err != nil {
		return nil, err
	}
	w, err := x.worldAt(ctx, name, now, address)
	if err == nil {
		bank = w.Simulators()
	}
	return w, err
}

// worldAt is a little world whose account is with the bank at address.
func (x *site) worldAt(ctx context.Context, name string, now time.Time, address string) (*world.World, error) {
	dir := filepath.Join(x.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	w, err := world.New(ctx, world.Options{Dir: dir, Now: now.Truncate(time.Millisecond), BankAddress: address})
	if err == nil {
		x.stops = append(x.stops, w.Close)
	}
	return w, err
}

// rehearsed is a sample with the rows that it finds.
type rehearsed struct {
	samples.Sample
	world *world.World
}

// reachesBank are operators' calls behind which a bank is called.
var reachesBank = []string{"admin/approve-refund", "admin/refund-for-partner"}

// rehearse makes the samples of every function, as of now: what events/ holds is of its own day, and names of that day in it
// (settlements, breaks) are not in a world of today.
func rehearse(ctx context.Context, x *site) (list []rehearsed, err error) {
	all, err := x.littleWorld(ctx, "invoke", time.Now())
	if err != nil {
		return nil, err
	}
	// Operators may lead an account to this machine by its loopback alone, which containers do not share.
	operators, err := x.worldAt(ctx, "operators", time.Now(), "")
	if err != nil {
		return nil, err
	}
	for _, w := range []*world.World{all, operators} {
		made, err := samples.All(w)
		if err != nil {
			return nil, err
		}
		for _, s := range made {
			alone := strings.HasPrefix(s.Folder, "admin/") && !slices.Contains(reachesBank, s.Folder)
			if alone == (w == operators) {
				list = append(list, rehearsed{s, w})
			}
		}
	}
	return list, nil
}

// invokeAll calls every function by `sam local invoke` with its event, each on a table of its own: one event must not find
// what another has left.
func invokeAll(ctx context.Context, book *facts, x *site) error {
	all, err := rehearse(ctx, x)
	if err != nil {
		return err
	}
	environment, err := x.environment("invoke", world.BaseURL, tableOf)
	if err != nil {
		return err
	}
	work := make(chan rehearsed)
	failed := make(chan error, len(all))
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for s := range work {
				name := template.NameOf(s.Folder)
				event := filepath.Join(x.dir, name+".json")
				if err := errors.Join(x.furnish(ctx, tableOf(name), s.world), os.WriteFile(event, s.Event, 0o600)); err != nil {
					failed <- err
					continue
				}
				answer, told, err := x.invoke(ctx, environment, name, event)
				what := wrong(s.Sample, answer)
				book.fact(err == nil && what == "", "sam local invoke "+name, err, what, string(answer), told)
			}
		})
	}
	for _, s := range all {
		work <- s
	}
	close(work)
	workers.Wait()
	close(failed)
	return <-failed
}

func tableOf(function string) string { return stack + "-" + function }

// wrong tells what is wrong with an answer; "" is nothing.
func wrong(s samples.Sample, answer []byte) string {
	if s.Status == 0 {
		var want, got any
		if json.Unmarshal([]byte(s.Says), &want) != nil || json.Unmarshal(answer, &got) != nil || fmt.Sprint(want) != fmt.Sprint(got) {
			return "expected " + s.Says
		}
		return ""
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return err.Error()
	}
	body := response.Body
	if response.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return err.Error()
		}
		body = string(raw)
	}
	if response.StatusCode != s.Status || !strings.Contains(body, s.Says) {
		return fmt.Sprintf("expected %d and %s", s.Status, s.Says)
	}
	return ""
}
