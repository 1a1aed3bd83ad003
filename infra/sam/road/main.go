// Command road proves the functions under the unmodified SAM CLI: every one is invoked with its event, a payment travels through
// `sam local start-api` with the T-Bank simulator on this machine, and the workers are called through `sam local start-lambda`.
// road.sh brings up what it needs: a container engine, a network, servers of DynamoDB's and SQS's protocols, a finished build.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are the flags of the program.
type settings struct {
	dynamoDB, sqs string // addresses on this machine
	network       string // of the containers
	bridge        string // the address of this machine in it
	parts         string
}

// whole bounds the program: SAM and its containers may hang, and a check must end.
const whole = 12 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var s settings
	flag.StringVar(&s.dynamoDB, "dynamodb", "", "address of a server of DynamoDB's protocol")
	flag.StringVar(&s.sqs, "sqs", "", "address of a server of SQS's protocol")
	flag.StringVar(&s.network, "network", "", "the containers' network")
	flag.StringVar(&s.bridge, "bridge", "", "the address of this machine in that network")
	flag.StringVar(&s.parts, "parts", "invoke,api,lambda", "what to play; stay: bring everything up and wait")
	flag.Parse()
	if s.parts != "stay" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, whole)
		defer cancel()
	}
	if err := play(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "road:", err)
		os.Exit(1)
	}
}

func play(ctx context.Context, s settings) error {
	if s.dynamoDB == "" || s.sqs == "" || s.network == "" || s.bridge == "" {
		return fmt.Errorf("every address is needed; road.sh gives them")
	}
	x, err := openSite(ctx, s)
	if err != nil {
		return err
	}
	defer x.close()
	if s.parts == "stay" {
		return stay(ctx, x)
	}
	var book facts
	for _, part := range []struct {
		name string
		run  func(context.Context, *facts, *site) error
	}{{"invoke", invokeAll}, {"api", payThroughAPI}, {"lambda", workersThroughLambda}} {
		if !slices.Contains(strings.Split(s.parts, ","), part.name) {
			continue
		}
		started := time.Now()
		if err := part.run(ctx, &book, x); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Printf("%s took %.0f s\n", part.name, time.Since(started).Seconds())
	}
	return book.verdict()
}
