package main

import (
	"context"
	"fmt"
	"time"

	"giberno.ru/infra/checks/process/world"
)

// stay brings up a little world for `sam local` by hand, says how to use it, and waits to be interrupted.
func stay(ctx context.Context, x *site) error {
	w, err := x.littleWorld(ctx, "stay", time.Now())
	if err != nil {
		return err
	}
	const name = stack + "-stay"
	if err := x.furnish(ctx, name, w); err != nil {
		return err
	}
	environment, err := x.environment("stay", world.BaseURL, func(string) string { return name })
	if err != nil {
		return err
	}
	with := "--env-vars " + environment + " --docker-network " + x.network
	fmt.Printf("table %s at %s, queues at %s\npartner's token %s\noperator's token %s\n\n", name, x.DynamoDB, x.SQS, w.PartnerToken, w.OperatorToken)
	fmt.Printf("sam local invoke CreateOrder -e events/payments/create-order.json %s\n", with)
	fmt.Printf("sam local start-api %s\n\nCtrl-C ends it.\n", with)
	<-ctx.Done()
	return nil
}
