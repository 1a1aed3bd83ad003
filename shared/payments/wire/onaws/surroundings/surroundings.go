// Package surroundings is what the functions of the module find around them on AWS. Clients are opened and keys unwrapped
// when the first event needs them; a process starts without a single call.
//
// The environment of a function: TABLE_NAME; QUEUE_URL_WEBHOOK_RETRIES and _DEAD where it uses that queue; BASE_URL, the address
// at which payers and banks reach the platform; DATA_KEY_TEST, DATA_KEY_LIVE and CURSOR_KEY, the root keys as KMS wrapped them.
// AWS_ENDPOINT_URL_DYNAMODB, _SQS and _KMS lead to stand-ins.
package surroundings

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"giberno.ru/shared/core/clock"
	identitystore "giberno.ru/shared/identity/store"
	notifystore "giberno.ru/shared/notify/store"
	"giberno.ru/shared/payments/wire/inside"
	"giberno.ru/shared/payments/wire/providers"
	"giberno.ru/shared/platform/host/onlambda"
	"giberno.ru/shared/platform/outbound"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/receipts/atol"
)

// Surroundings are what differs between AWS and a test of the same functions.
type Surroundings struct {
	Table   table.Table
	Queue   queue.Queue
	Keys    secret.Unwrapper
	Out     outbound.Doer // to banks
	Hooks   outbound.Doer // to partners' endpoints: whoever delivers events sets it
	Clock   clock.Clock
	Random  io.Reader
	Log     *slog.Logger
	BaseURL string
}

// OfLambda reads the surroundings from the environment of the process. The queue is handed in, because most functions have
// none and must not carry its client: NoQueue.
func OfLambda(q queue.Queue) Surroundings {
	out, err := outbound.New(outbound.Options{})
	if err != nil {
		panic(err) // only roots of our own can be wrong, and there are none
	}
	return Surroundings{
		Table:  stamped.New(dynamoengine.Open(dynamoengine.FromEnv(os.Getenv)), stamped.Options{}),
		Queue:  q,
		Keys:   kmskeys.New(kmskeys.FromEnv(os.Getenv)),
		Out:    out,
		Clock:  clock.System{},
		Random: onlambda.Random,
		Log:    onlambda.LogTo(os.Stdout),
		// Links and banks' notifications are made from it, so a slash too many would travel far.
		BaseURL: strings.TrimSuffix(os.Getenv("BASE_URL"), "/"),
	}
}

// Parts are what the module is put together from, with the keeper of its secrets and the store of identity.
func (s Surroundings) Parts() (inside.Parts, *secret.Keeper, *identitystore.Store) {
	keeper := secret.NewKeeper(s.Keys, s.Random)
	identity := identitystore.New(s.Table, keeper, s.Clock, s.Random)
	return inside.Parts{
		Table: s.Table, Queue: s.Queue, Contracts: identity, Banks: providers.List(s.Out, s.Clock, s.Log),
		Events: notifystore.New(s.Table, keeper, s.Clock, s.Random), Fiscal: atol.New(s.Out, s.Clock),
		Clock: s.Clock, Random: s.Random, Log: s.Log, BaseURL: s.BaseURL,
	}, keeper, identity
}

// NoQueue is the queue of a function that sends nothing. Every call fails with ErrNoQueue.
type NoQueue struct{}

// ErrNoQueue is a job from a function that was put together without a queue: a mistake in its main.
var ErrNoQueue = errors.New("surroundings: this function has no queue")

// Send fails.
func (NoQueue) Send(context.Context, string, time.Duration, ...queue.Job) error { return ErrNoQueue }

// Receive fails.
func (NoQueue) Receive(context.Context, string, int) ([]queue.Delivery, error) {
	return nil, ErrNoQueue
}

// Ack fails.
func (NoQueue) Ack(context.Context, string, ...string) error { return ErrNoQueue }

// Hide fails.
func (NoQueue) Hide(context.Context, string, string, time.Duration) error { return ErrNoQueue }

// Bury fails.
func (NoQueue) Bury(context.Context, string, queue.Delivery, string) error { return ErrNoQueue }
