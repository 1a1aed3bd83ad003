package dynamoengine

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"giberno.ru/shared/platform/table"
)

// Write carries out all actions or none: one action as a plain conditional write, several, or a check alone, as a transaction.
func (e *Engine) Write(ctx context.Context, actions ...table.Action) error {
	if err := table.Validate(actions); err != nil {
		return err
	}
	if len(actions) == 1 && actions[0].Op() != table.CheckOp {
		return e.single(ctx, actions[0])
	}
	return e.transaction(ctx, actions)
}

// request is an action as the service reads it.
type request struct {
	op        table.Op
	key       item // or the whole row of a put
	update    *string
	condition *string
	names     map[string]string
	values    item
}

func encodeAction(a table.Action) (request, error) {
	p := a.Parts()
	for _, k := range []*table.Key{&p.Row.Key, &p.Row.First, &p.Row.Second, p.First, p.Second} {
		if k != nil {
			if err := validText(*k); err != nil {
				return request{}, err
			}
		}
	}
	r := request{op: p.Op, key: encodeKey(p.Row.Key)}
	x := expression{}
	switch p.Op {
	case table.PutOp:
		whole, err := encodeRow(p.Row)
		if err != nil {
			return request{}, err
		}
		r.key = whole
		if err := tooLarge(p.Row); err != nil {
			return request{}, err
		}
	case table.UpdateOp:
		r.update = x.update(p)
	}
	r.condition = x.condition(p.Conds)
	r.names, r.values = x.names, x.values
	return r, x.err
}

func (e *Engine) single(ctx context.Context, a table.Action) error {
	r, err := encodeAction(a)
	if err != nil {
		return err
	}
	const old = types.ReturnValuesOnConditionCheckFailureAllOld
	switch r.op {
	case table.PutOp:
		_, err = e.client().PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &e.table, Item: r.key, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}, once)
	case table.UpdateOp:
		_, err = e.client().UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &e.table, Key: r.key, UpdateExpression: r.update, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}, once)
	default:
		_, err = e.client().DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: &e.table, Key: r.key, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}, once)
	}
	if err != nil {
		return singleFailure(err)
	}
	return nil
}

func (e *Engine) transaction(ctx context.Context, actions []table.Action) error {
	items := make([]types.TransactWriteItem, len(actions))
	for i, a := range actions {
		r, err := encodeAction(a)
		if err != nil {
			return err
		}
		items[i] = e.transactItem(r)
	}
	watched := &watch{RetryerV2: e.safe()}
	_, err := e.client().TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items, ClientRequestToken: token(actions)},
		func(o *dynamodb.Options) { o.Retryer = watched })
	if err == nil {
		return nil
	}
	err = transactionFailure(len(actions), err)
	// The last attempt did nothing, but an attempt before it may have. A refusal stays exact: the token of one that had
	// happened would have been answered with success.
	if watched.lost && (errors.Is(err, table.ErrConflict) || errors.Is(err, table.ErrThrottled)) {
		return fmt.Errorf("%w: after a lost answer: %s", table.ErrUnavailable, err.Error())
	}
	return err
}

func (e *Engine) transactItem(r request) types.TransactWriteItem {
	const old = types.ReturnValuesOnConditionCheckFailureAllOld
	switch r.op {
	case table.PutOp:
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &e.table, Item: r.key, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}}
	case table.UpdateOp:
		if r.update == nil {
			r.update = aws.String("REMOVE " + nothing)
		}
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &e.table, Key: r.key, UpdateExpression: r.update, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}}
	case table.DeleteOp:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &e.table, Key: r.key, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}}
	default:
		if r.condition == nil {
			r.condition = aws.String(always)
		}
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &e.table, Key: r.key, ConditionExpression: r.condition, ExpressionAttributeNames: r.names,
			ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: old,
		}}
	}
}

// maxToken is the service's limit of a request token.
const maxToken = 36

// token is the request token of a transaction, made of the writer's id that package stamped put on its rows: the tries of
// one write share it, and no two writes do. Without a stamp it is nil, and the SDK takes a random one for its own attempts. It is
// never made of the contents: the same contents written again later are another write.
func token(actions []table.Action) *string {
	for _, a := range actions {
		p := a.Parts()
		id := p.Set[table.WriterAttr]
		if p.Op == table.PutOp {
			id = p.Row.Attrs[table.WriterAttr]
		}
		if raw := id.Bytes(); len(raw) > 0 {
			if text := base64.RawURLEncoding.EncodeToString(raw); len(text) <= maxToken {
				return &text
			}
		}
	}
	return nil
}
