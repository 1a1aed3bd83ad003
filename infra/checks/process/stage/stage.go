// Package stage is what a function's process finds around it in checks and benches: the stubs of AWS, the little world behind
// them in the time of the machine, and its bank.
package stage

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"giberno.ru/infra/checks/process/samples"
	"giberno.ru/infra/checks/process/stub"
	"giberno.ru/infra/checks/process/world"
)

// Stage is open until it is closed.
type Stage struct {
	World   *world.World
	Stub    *stub.Server
	Samples map[string]samples.Sample // by the folder of the function, in the time of the machine
	bank    *http.Server
}

// New opens a stage with its data in dir.
func New(ctx context.Context, dir string) (s *Stage, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	s = &Stage{Samples: map[string]samples.Sample{}}
	defer func() {
		if err != nil {
			_ = l.Close()
			s.Close()
		}
	}()
	now := time.Now().UTC().Truncate(time.Millisecond)
	if s.World, err = world.New(ctx, world.Options{Dir: dir, Now: now, BankAddress: "http://" + l.Addr().String()}); err != nil {
		return nil, err
	}
	s.bank = &http.Server{Handler: s.World.Simulators(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.bank.Serve(l) }()
	if s.Stub, err = stub.New(s.World.Table); err != nil {
		return nil, err
	}
	all, err := samples.All(s.World)
	if err != nil {
		return nil, err
	}
	for _, sample := range all {
		s.Samples[sample.Folder] = sample
	}
	return s, nil
}

// Close ends everything on the stage.
func (s *Stage) Close() {
	if s.bank != nil {
		_ = s.bank.Close()
	}
	if s.Stub != nil {
		_ = s.Stub.Close()
	}
	if s.World != nil {
		s.World.Close()
	}
}
