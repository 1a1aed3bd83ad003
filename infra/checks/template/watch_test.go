package template_test

import (
	"context"
	"sync"
	"time"

	"giberno.ru/infra/checks/template"
	"giberno.ru/shared/platform/queue"
	"giberno.ru/shared/platform/queue/sqsengine"
	"giberno.ru/shared/platform/secret"
	"giberno.ru/shared/platform/secret/kmskeys"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// watch notes what a function does to AWS, in the words of IAM, as the engines of DynamoDB, SQS and KMS would do it.
type watch struct {
	mu   sync.Mutex
	uses []template.Use
}

func (w *watch) note(uses ...template.Use) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.uses = append(w.uses, uses...)
}

// watchedTable stands where the engine of DynamoDB does.
type watchedTable struct {
	table.Table
	watch *watch
}

const tableAddress = "Table"

func (t watchedTable) Get(ctx context.Context, key table.Key) (table.Row, bool, error) {
	t.watch.note(template.Use{Action: "dynamodb:GetItem", Resource: tableAddress, Key: key.PK})
	return t.Table.Get(ctx, key)
}

func (t watchedTable) GetMany(ctx context.Context, keys []table.Key) ([]table.Row, error) {
	for _, key := range keys {
		t.watch.note(template.Use{Action: "dynamodb:BatchGetItem", Resource: tableAddress, Key: key.PK})
	}
	return t.Table.GetMany(ctx, keys)
}

func (t watchedTable) Query(ctx context.Context, q table.Query) (table.Page, error) {
	address := map[table.Index]string{
		table.Base: tableAddress, table.First: tableAddress + "/index/" + dynamoengine.FirstIndex, table.Second: tableAddress + "/index/" + dynamoengine.SecondIndex,
	}
	t.watch.note(template.Use{Action: "dynamodb:Query", Resource: address[q.Index], Key: q.PK})
	return t.Table.Query(ctx, q)
}

// Write is PutItem and the like, or a transaction, which needs the permission of each of its actions.
func (t watchedTable) Write(ctx context.Context, actions ...table.Action) error {
	names := map[table.Op]string{
		table.PutOp: "dynamodb:PutItem", table.UpdateOp: "dynamodb:UpdateItem", table.DeleteOp: "dynamodb:DeleteItem", table.CheckOp: "dynamodb:ConditionCheckItem",
	}
	for _, a := range actions {
		t.watch.note(template.Use{Action: names[a.Op()], Resource: tableAddress, Key: a.Key().PK})
	}
	return t.Table.Write(ctx, actions...)
}

// watchedQueue stands where the engine of SQS does. The receipts of a sample event are nobody's, so endings are noted alone.
type watchedQueue struct {
	queue.Queue
	watch *watch
}

func (q watchedQueue) Send(ctx context.Context, name string, delay time.Duration, jobs ...queue.Job) error {
	q.watch.note(template.Use{Action: "sqs:SendMessage", Resource: template.NameOf(name) + "Queue"})
	return q.Queue.Send(ctx, name, delay, jobs...)
}

func (q watchedQueue) Hide(_ context.Context, name, _ string, _ time.Duration) error {
	q.watch.note(template.Use{Action: "sqs:ChangeMessageVisibility", Resource: template.NameOf(name) + "Queue"})
	return nil
}

// Bury hides the job, sends it to the dead letters and removes it.
func (q watchedQueue) Bury(ctx context.Context, name string, d queue.Delivery, _ string) error {
	q.watch.note(
		template.Use{Action: "sqs:SendMessage", Resource: template.NameOf(name+sqsengine.DeadSuffix) + "Queue"},
		template.Use{Action: "sqs:DeleteMessage", Resource: template.NameOf(name) + "Queue"},
	)
	return q.Hide(ctx, name, d.Receipt, 0)
}

// watchedKeys stands where KMS does.
type watchedKeys struct {
	secret.Unwrapper
	watch *watch
}

func (k watchedKeys) Unwrap(ctx context.Context, name secret.KeyName) ([secret.KeySize]byte, error) {
	k.watch.note(template.Use{Action: "kms:Decrypt", Resource: "RootKey", Context: kmskeys.Context(name)})
	return k.Unwrapper.Unwrap(ctx, name)
}
