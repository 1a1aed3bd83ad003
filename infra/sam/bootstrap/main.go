// Command bootstrap makes the first operator of an installation on AWS and prints his token, once: every other token is asked
// for by an operator. It needs TABLE_NAME, AWS_REGION and the credentials of somebody who may write the table in the environment:
//
//	eval "$(aws configure export-credentials --format env)"
//	TABLE_NAME=… AWS_REGION=eu-central-1 go run ./infra/sam/bootstrap
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"giberno.ru/shared/core/clock"
	identitystore "giberno.ru/shared/identity/store"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
	"giberno.ru/shared/platform/table/dynamoengine"
	"giberno.ru/shared/platform/table/stamped"
)

const wait = 30 * time.Second

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	token, err := bootstrap(ctx, os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bootstrap:", err)
		os.Exit(1)
	}
	fmt.Println(token)
}

func bootstrap(ctx context.Context, getenv func(string) string) (string, error) {
	for _, name := range []string{"TABLE_NAME", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if getenv(name) == "" {
			return "", errors.New(name + " is not set")
		}
	}
	table := stamped.New(dynamoengine.Open(dynamoengine.FromEnv(getenv)), stamped.Options{})
	keeper := secret.NewKeeper(kmskeys.New(kmskeys.FromEnv(getenv)), rand.Reader) // a token is no secret of ours: no key is opened
	return identitystore.New(table, keeper, clock.System{}, rand.Reader).Bootstrap(ctx)
}
