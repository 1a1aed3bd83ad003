// Command onaws asks the banks about the gap of a table that was restored on AWS, before any function is pointed to it:
//
//	TABLE_NAME=… DATA_KEY_TEST=… DATA_KEY_LIVE=… AWS_REGION=… go run ./infra/standalone/gap/onaws -hours 48
//
// It needs an operator's credentials in the environment, for the table and for the key of KMS, as infra/docs/restore.md says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"giberno.ru/infra/standalone/gap"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/payments/wire/onaws/surroundings"
	"giberno.ru/shared/platform/host"
	"giberno.ru/shared/platform/log"
)

func main() {
	hours := flag.Int("hours", 48, "how far back the banks are asked: the age of what was restored, and a day more")
	flag.Parse()
	ctx, stop := host.UntilSignal(context.Background())
	defer stop()
	s := surroundings.OfLambda(surroundings.NoQueue{})
	s.Log = log.New(os.Stderr, slog.LevelInfo)
	if err := ask(ctx, s, time.Duration(*hours)*time.Hour, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gap:", err)
		stop()
		os.Exit(1)
	}
}

// ask asks, prints what came of it, and fails unless every question was answered.
func ask(ctx context.Context, s surroundings.Surroundings, back time.Duration, out io.Writer) error {
	if back < time.Hour {
		return errors.New("-hours is how far back the banks are asked: at least one")
	}
	parts, _, identity := s.Parts()
	module := inside.New(parts)
	since := s.Clock.Now().Add(-back)
	orders, err := gap.Listed(ctx, identity, module.Store, since)
	if err != nil {
		return err
	}
	found, err := gap.Asker{Store: module.Store, Teller: module.Teller, Clock: s.Clock}.Ask(ctx, orders, since)
	found.Print(out, since)
	if err == nil && found.Silent > 0 {
		err = errors.New("not every bank has answered: mend the road to it and ask again")
	}
	return err
}
