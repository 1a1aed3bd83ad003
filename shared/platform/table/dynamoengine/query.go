package dynamoengine

import (
	"context"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"giberno.ru/shared/platform/table"
)

// Query reads one page, and one row more than asked for to know whether more is left. A page that the service ends by its
// megabyte is shorter, and its last may be followed by an empty one.
func (e *Engine) Query(ctx context.Context, q table.Query) (table.Page, error) {
	q, err := q.Valid()
	if err != nil {
		return table.Page{}, err
	}
	for _, k := range []table.Key{{PK: q.PK, SK: q.Prefix}, {PK: q.From, SK: q.To}} {
		if err := validText(k); err != nil {
			return table.Page{}, err
		}
	}
	if q.From != "" && q.To != "" && q.From >= q.To {
		return table.Page{}, nil // the service would refuse the question
	}
	input := e.queryInput(q)
	if q.After != nil {
		if input.ExclusiveStartKey, err = startKey(q.Index, *q.After); err != nil {
			return table.Page{}, err
		}
	}
	out, err := e.client().Query(ctx, input)
	if err != nil {
		return table.Page{}, failure("query", err)
	}
	return readPage(q, out)
}

// indexNames are the attributes of an index and its name; the base table has none.
var indexNames = [...]struct{ name, pk, sk string }{
	table.Base:   {"", pkAttr, skAttr},
	table.First:  {FirstIndex, firstPKAttr, firstSKAttr},
	table.Second: {SecondIndex, secondPKAttr, secondSKAttr},
}

func (e *Engine) queryInput(q table.Query) *dynamodb.QueryInput {
	at := indexNames[q.Index]
	values := item{":p": text(q.PK)}
	condition := at.pk + " = :p"
	switch {
	case q.Prefix != "":
		condition += " AND begins_with(" + at.sk + ", :a)"
		values[":a"] = text(q.Prefix)
	case q.From != "" && q.To != "":
		// The service knows no half-open range, and one comparison of the sort key only.
		condition += " AND " + at.sk + " BETWEEN :a AND :b"
		values[":a"], values[":b"] = text(q.From), text(before(q.To))
	case q.From != "":
		condition += " AND " + at.sk + " >= :a"
		values[":a"] = text(q.From)
	case q.To != "":
		condition += " AND " + at.sk + " < :b"
		values[":b"] = text(q.To)
	}
	input := &dynamodb.QueryInput{
		TableName: &e.table, KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		ScanIndexForward: aws.Bool(!q.Backward), Limit: aws.Int32(int32(q.Limit) + 1),
	}
	if q.Index == table.Base {
		input.ConsistentRead = aws.Bool(true)
	} else {
		input.IndexName = aws.String(at.name)
	}
	return input
}

// startKey is a place as the service wants it: the key of the row, and over an index its place there.
func startKey(index table.Index, p table.Place) (item, error) {
	for _, k := range []table.Key{p.Base, p.Index} {
		if err := validText(k); err != nil {
			return nil, err
		}
	}
	key := encodeKey(p.Base)
	if index != table.Base {
		at := indexNames[index]
		key[at.pk], key[at.sk] = text(p.Index.PK), text(p.Index.SK)
	}
	return key, nil
}

func readPage(q table.Query, out *dynamodb.QueryOutput) (table.Page, error) {
	page := table.Page{Rows: make([]table.Row, 0, min(len(out.Items), q.Limit))}
	for i, from := range out.Items {
		if i == q.Limit {
			page.More = table.PlaceOf(q.Index, page.Rows[q.Limit-1])
			return page, nil
		}
		row, err := decodeRow(from)
		if err != nil {
			return table.Page{}, err
		}
		page.Rows = append(page.Rows, row)
	}
	if len(out.LastEvaluatedKey) == 0 {
		return page, nil
	}
	last, err := decodeRow(out.LastEvaluatedKey)
	if err != nil {
		return table.Page{}, err
	}
	page.More = table.PlaceOf(q.Index, last)
	return page, nil
}

// before is the greatest sort key below to: texts are UTF-8, compared by bytes, and at most table.MaxSKBytes long. There has to
// be one: to is neither empty nor "\x00".
func before(to string) string {
	r, size := utf8.DecodeLastRuneInString(to)
	head := to[:len(to)-size]
	if r == 0 {
		return head
	}
	r--
	if r >= 0xD800 && r <= 0xDFFF {
		r = 0xD7FF // surrogates are no characters
	}
	key := utf8.AppendRune([]byte(head), r)
	for _, greatest := range []string{"\U0010ffff", "\uffff", "\u07ff", "\x7f"} {
		for len(key)+len(greatest) <= table.MaxSKBytes {
			key = append(key, greatest...)
		}
	}
	return string(key)
}
