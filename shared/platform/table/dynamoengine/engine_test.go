package dynamoengine_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		operation string
		call      func(ctx context.Context, e *dynamoengine.Engine) error
		want      string
	}{
		{"Get", "GetItem", func(ctx context.Context, e *dynamoengine.Engine) error {
			_, _, err := e.Get(ctx, key("a"))
			return err
		}, `{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"a"}},"ConsistentRead":true}`},
		{"Put", "PutItem", write(table.Put(table.Row{Key: key("a"), First: table.Key{PK: "l", SK: "1"}, Second: table.Key{PK: "d", SK: "2"}, TTL: 9, Attrs: table.Attrs{
			"num": table.N(-5), "txt": table.S(""), "raw": table.B(nil), "yes": table.Flag(false)}}).If(table.Absent)),
			`{"TableName":"tab","Item":{"pk":{"S":"p"},"sk":{"S":"a"},"g1pk":{"S":"l"},"g1sk":{"S":"1"},"g2pk":{"S":"d"},"g2sk":{"S":"2"},"ttl":{"N":"9"},` +
				`"num":{"N":"-5"},"txt":{"S":""},"raw":{"B":""},"yes":{"BOOL":false}},"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
		{"Update", "UpdateItem", write(table.Update(key("a")).Set("st", table.S("paid")).Add("ver", 1).Add("num", -2).Remove("old", "odd name", "old").ExpireAt(0).
			PlaceFirst(table.Key{}).PlaceSecond(table.Key{PK: "d", SK: "2"}).If(table.Version(4), table.Differs("w", table.B([]byte("id"))), table.Missing("odd name"))),
			`{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"a"}},` +
				`"UpdateExpression":"SET st = :0, g2pk = :3, g2sk = :4 ADD num :1, ver :2 REMOVE g1pk, g1sk, #0, old, #1",` +
				`"ConditionExpression":"ver = :5 AND (attribute_not_exists(w) OR w <> :6) AND attribute_not_exists(#0)",` +
				`"ExpressionAttributeNames":{"#0":"odd name","#1":"ttl"},"ExpressionAttributeValues":{":0":{"S":"paid"},":1":{"N":"-2"},":2":{"N":"1"},":3":{"S":"d"},":4":{"S":"2"},":5":{"N":"4"},":6":{"B":"aWQ="}},` +
				`"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
		{"UpdateOfNothing", "UpdateItem", write(table.Update(key("a"))),
			`{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"a"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
		{"Delete", "DeleteItem", write(table.Delete(key("a")).If(table.Exists, table.OneOf("st", table.S("a"), table.S("b")), table.AtLeast("num", 1), table.AtMost("num", 2))),
			`{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"a"}},"ConditionExpression":"attribute_exists(pk) AND st IN (:0, :1) AND num >= :2 AND num <= :3",` +
				`"ExpressionAttributeValues":{":0":{"S":"a"},":1":{"S":"b"},":2":{"N":"1"},":3":{"N":"2"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`},
		{"Transaction", "TransactWriteItems", write(table.Check(key("a")).If(table.Exists), table.Update(key("b")), table.Check(key("c")),
			table.Update(key("d")).Set("w", table.B([]byte("0123456789ab")))),
			`{"ClientRequestToken":"MDEyMzQ1Njc4OWFi","TransactItems":[` +
				`{"ConditionCheck":{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"a"}},"ConditionExpression":"attribute_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},` +
				`{"Update":{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"b"}},"UpdateExpression":"REMOVE nothing0","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},` +
				`{"ConditionCheck":{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"c"}},"ConditionExpression":"attribute_exists(pk) OR attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}},` +
				`{"Update":{"TableName":"tab","Key":{"pk":{"S":"p"},"sk":{"S":"d"}},"UpdateExpression":"SET w = :0","ExpressionAttributeValues":{":0":{"B":"MDEyMzQ1Njc4OWFi"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}`},
		{"QueryBase", "Query", query(table.Query{PK: "p", Prefix: "a", Limit: 2, After: &table.Place{Base: key("ab")}}),
			`{"TableName":"tab","KeyConditionExpression":"pk = :p AND begins_with(sk, :a)","ExpressionAttributeValues":{":p":{"S":"p"},":a":{"S":"a"}},` +
				`"ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"S":"ab"}},"ScanIndexForward":true,"Limit":3,"ConsistentRead":true}`},
		{"QueryIndex", "Query", query(table.Query{Index: table.Second, PK: "d", To: "5", Backward: true, After: &table.Place{Base: key("a"), Index: table.Key{PK: "d", SK: "4"}}}),
			`{"TableName":"tab","IndexName":"second","KeyConditionExpression":"g2pk = :p AND g2sk < :b","ExpressionAttributeValues":{":p":{"S":"d"},":b":{"S":"5"}},` +
				`"ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"S":"a"},"g2pk":{"S":"d"},"g2sk":{"S":"4"}},"ScanIndexForward":false,"Limit":101}`},
		{"QueryFrom", "Query", query(table.Query{Index: table.First, PK: "l", From: "5"}),
			`{"TableName":"tab","IndexName":"first","KeyConditionExpression":"g1pk = :p AND g1sk >= :a","ExpressionAttributeValues":{":p":{"S":"l"},":a":{"S":"5"}},"ScanIndexForward":true,"Limit":101}`},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			engine, s := open(ok(`{}`))
			require.NoError(t, c.call(t.Context(), engine))
			require.Len(t, s.asked, 1)
			require.Equal(t, c.operation, s.asked[0].operation)
			require.JSONEq(t, c.want, s.asked[0].body)
		})
	}
}

func write(actions ...table.Action) func(context.Context, *dynamoengine.Engine) error {
	return func(ctx context.Context, e *dynamoengine.Engine) error { return e.Write(ctx, actions...) }
}

func query(q table.Query) func(context.Context, *dynamoengine.Engine) error {
	return func(ctx context.Context, e *dynamoengine.Engine) error {
		_, err := e.Query(ctx, q)
		return err
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	two := `"Items":[{"pk":{"S":"p"},"sk":{"S":"a"},"g1pk":{"S":"l"},"g1sk":{"S":"1"}},{"pk":{"S":"p"},"sk":{"S":"b"},"g1pk":{"S":"l"},"g1sk":{"S":"2"}}]`
	last := `,"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"S":"b"},"g1pk":{"S":"l"},"g1sk":{"S":"2"}}`
	inBubble(t, "OneRowMoreIsCutOff", func(t *testing.T) {
		engine, _ := open(ok("{" + two + last + "}"))
		page, err := engine.Query(t.Context(), table.Query{Index: table.First, PK: "l", Limit: 1})
		require.NoError(t, err)
		require.Len(t, page.Rows, 1)
		require.Equal(t, &table.Place{Base: key("a"), Index: table.Key{PK: "l", SK: "1"}}, page.More)
	})
	inBubble(t, "ExactlyTheLimitIsTheEnd", func(t *testing.T) {
		engine, _ := open(ok("{" + two + "}"))
		page, err := engine.Query(t.Context(), table.Query{Index: table.First, PK: "l", Limit: 2})
		require.NoError(t, err)
		require.Len(t, page.Rows, 2)
		require.Nil(t, page.More)
	})
	inBubble(t, "AMegabyteEndsAPageEarly", func(t *testing.T) {
		engine, _ := open(ok("{" + two + last + "}"))
		page, err := engine.Query(t.Context(), table.Query{Index: table.First, PK: "l", Limit: 10})
		require.NoError(t, err)
		require.Len(t, page.Rows, 2)
		require.Equal(t, &table.Place{Base: key("b"), Index: table.Key{PK: "l", SK: "2"}}, page.More)
	})
	inBubble(t, "ErrForeignItem", func(t *testing.T) {
		for _, item := range []string{
			`{"pk":{"S":"p"}}`, `{"sk":{"S":"a"}}`, `{"pk":{"N":"1"},"sk":{"S":"a"}}`, `{"pk":{"S":"p"},"sk":{"S":"a"},"g1pk":{"S":"l"}}`,
			`{"pk":{"S":"p"},"sk":{"S":"a"},"ttl":{"S":"1"}}`, `{"pk":{"S":"p"},"sk":{"S":"a"},"num":{"N":"1.5"}}`, `{"pk":{"S":"p"},"sk":{"S":"a"},"no":{"NULL":true}}`,
		} {
			engine, _ := open(ok(`{"Items":[` + item + `]}`))
			_, err := engine.Query(t.Context(), table.Query{PK: "p"})
			require.Error(t, err, item)
			engine, _ = open(ok(`{"Item":` + item + `}`))
			_, _, err = engine.Get(t.Context(), key("a"))
			require.Error(t, err, item)
		}
	})
}

func TestGetMany(t *testing.T) {
	t.Parallel()
	left := func(sk string) string {
		return `"UnprocessedKeys":{"tab":{"Keys":[{"pk":{"S":"p"},"sk":{"S":"` + sk + `"}}],"ConsistentRead":true}}`
	}
	inBubble(t, "WhatIsLeftOverIsAskedAgain", func(t *testing.T) {
		engine, s := open(
			ok(`{"Responses":{"tab":[{"pk":{"S":"p"},"sk":{"S":"a"}}]},`+left("b")+`}`),
			ok(`{"Responses":{"tab":[{"pk":{"S":"p"},"sk":{"S":"b"}}]},"UnprocessedKeys":{}}`),
		)
		rows, err := engine.GetMany(t.Context(), []table.Key{key("a"), key("b")})
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Contains(t, s.asked[0].body, `"ConsistentRead":true`)
		require.Contains(t, s.asked[1].body, `"ConsistentRead":true`)
		require.NotContains(t, s.asked[1].body, `"a"`)
	})
	inBubble(t, "ButNotForEver", func(t *testing.T) {
		engine, s := open(ok(`{"Responses":{},` + left("a") + `}`))
		_, err := engine.GetMany(t.Context(), []table.Key{key("a")})
		require.ErrorIs(t, err, table.ErrThrottled)
		require.Len(t, s.asked, 6)
	})
	inBubble(t, "TheWaitEndsWithItsContext", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		engine, _ := open(ok(`{"Responses":{},` + left("a") + `}`))
		_, err := engine.GetMany(ctx, []table.Key{key("a")})
		require.ErrorIs(t, err, table.ErrUnavailable)
	})
}

func TestWhatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	engine, s := open(ok(`{}`))
	const broken = "\xff"
	for _, a := range []table.Action{
		table.Put(table.Row{Key: key(broken)}), table.Put(table.Row{Key: key("a"), First: table.Key{PK: broken, SK: "a"}}),
		table.Put(table.Row{Key: key("a"), Attrs: table.Attrs{"txt": table.S(broken)}}), table.Update(key("a")).Set("txt", table.S(broken)),
		table.Update(key("a")).PlaceSecond(table.Key{PK: "a", SK: broken}), table.Check(key("a")).If(table.Equals("txt", table.S(broken))),
	} {
		require.ErrorIs(t, engine.Write(t.Context(), a), table.ErrLimit)
	}
	_, _, err := engine.Get(t.Context(), key(broken))
	require.ErrorIs(t, err, table.ErrLimit)
	_, err = engine.GetMany(t.Context(), []table.Key{key(broken)})
	require.ErrorIs(t, err, table.ErrLimit)
	for _, q := range []table.Query{{PK: broken}, {PK: "p", Prefix: broken}, {PK: "p", To: broken}, {PK: "p", After: &table.Place{Base: key(broken)}}} {
		_, err = engine.Query(t.Context(), q)
		require.ErrorIs(t, err, table.ErrLimit)
	}
	require.Empty(t, s.asked)
}

func TestTheRowIsMeasuredBeforeItIsSent(t *testing.T) {
	t.Parallel()
	engine, s := open(ok(`{}`))
	large := table.B(bytes.Repeat([]byte{1}, table.MaxRowBytes))
	require.ErrorIs(t, engine.Write(t.Context(), table.Put(table.Row{Key: key("a"), Attrs: table.Attrs{"raw": large}})), table.ErrLimit)
	require.Empty(t, s.asked)
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session", "TABLE_NAME": "tab"}
	o := dynamoengine.FromEnv(func(name string) string { return env[name] })
	c, err := o.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "id secret session", strings.Join([]string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken}, " "))
	require.Equal(t, "eu-central-1 tab ", o.Region+" "+o.Table+" "+o.Endpoint)
	env["AWS_ENDPOINT_URL"] = "http://all"
	require.Equal(t, "http://all", dynamoengine.FromEnv(func(name string) string { return env[name] }).Endpoint)
	env["AWS_ENDPOINT_URL_DYNAMODB"] = "http://one"
	require.Equal(t, "http://one", dynamoengine.FromEnv(func(name string) string { return env[name] }).Endpoint)
}
