package dynamoengine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
	"giberno.ru/shared/platform/table/stamped"
)

// failures are answers with the error that they mean, and how often a read is asked because of them.
var failures = []struct {
	name   string
	answer answer
	want   error
	never  error // an error that it must not be
	reads  int
}{
	{"Conflict", refusedWith(400, "TransactionConflictException", "Transaction is ongoing for the item"), table.ErrConflict, table.ErrThrottled, 1},
	{"Throughput", refusedWith(400, "ProvisionedThroughputExceededException", "slow down"), table.ErrThrottled, table.ErrConflict, 1},
	{"Throttling", refusedWith(400, "ThrottlingException", "slow down"), table.ErrThrottled, table.ErrConflict, 1},
	{"RequestLimit", refusedWith(400, "RequestLimitExceeded", "slow down"), table.ErrThrottled, table.ErrConflict, 1},
	{"Validation", refusedWith(400, "ValidationException", "Item size has exceeded the maximum allowed size"), table.ErrLimit, table.ErrUnavailable, 1},
	{"InProgress", refusedWith(400, "TransactionInProgressException", "in progress"), table.ErrUnavailable, table.ErrConflict, 3},
	{"OtherParameters", refusedWith(400, "IdempotentParameterMismatchException", "other parameters"), dynamoengine.ErrBug, table.ErrUnavailable, 1},
	{"Denied", refusedWith(400, "AccessDeniedException", "not you"), dynamoengine.ErrBug, table.ErrUnavailable, 1},
	{"NoTable", refusedWith(400, "ResourceNotFoundException", "Requested resource not found"), dynamoengine.ErrBug, table.ErrUnavailable, 1},
	{"Internal", refusedWith(500, "InternalServerError", "sorry"), table.ErrUnavailable, table.ErrThrottled, 3},
	{"Unavailable", refusedWith(503, "ServiceUnavailable", "sorry"), table.ErrUnavailable, table.ErrThrottled, 3},
	{"UnknownCode", refusedWith(502, "Surprise", "sorry"), table.ErrUnavailable, table.ErrThrottled, 3},
	{"NoJSON", answer{status: 504, body: "<html>gateway time-out</html>"}, table.ErrUnavailable, table.ErrThrottled, 3},
	{"Broken", answer{err: errBroken}, table.ErrUnavailable, table.ErrThrottled, 3},
	{"UnreadableAnswer", ok(`{"Item":`), table.ErrUnavailable, table.ErrThrottled, 0},
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, f := range failures {
		inBubble(t, f.name, func(t *testing.T) {
			for name, write := range map[string]table.Action{
				"put": put("a"), "update": table.Update(key("a")).Add("num", 1), "delete": table.Delete(key("a")),
			} {
				if f.reads == 0 {
					continue // an answer to a put has nothing to read
				}
				engine, s := open(f.answer)
				err := engine.Write(t.Context(), write)
				require.ErrorIs(t, err, f.want, name)
				require.NotErrorIs(t, err, f.never, name)
				require.Len(t, s.asked, 1, "a write of one row goes out once")
			}
			engine, s := open(f.answer)
			_, _, err := engine.Get(t.Context(), key("a"))
			require.ErrorIs(t, err, f.want)
			if f.reads > 0 {
				require.Len(t, s.asked, f.reads)
			}
			engine, _ = open(f.answer)
			_, err = engine.GetMany(t.Context(), []table.Key{key("a")})
			require.ErrorIs(t, err, f.want)
			engine, _ = open(f.answer)
			_, err = engine.Query(t.Context(), table.Query{PK: "p"})
			require.ErrorIs(t, err, f.want)
			if f.reads > 0 {
				engine, s = open(f.answer)
				require.ErrorIs(t, engine.Write(t.Context(), put("a"), put("b")), f.want)
				require.Len(t, s.asked, f.reads)
			}
		})
	}
	inBubble(t, "TheEndOfTheContext", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		engine, _ := open(ok(`{}`))
		require.ErrorIs(t, engine.Write(ctx, put("a")), table.ErrUnavailable)
	})
}

func TestConditionsThatFailed(t *testing.T) {
	t.Parallel()
	inBubble(t, "WithTheOldRow", func(t *testing.T) {
		engine, _ := open(answer{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",` +
			`"message":"The conditional request failed","Item":{"pk":{"S":"p"},"sk":{"S":"a"},"g1pk":{"S":"l"},"g1sk":{"S":"1"},"ttl":{"N":"9"},"raw":{"B":"AP8="},"yes":{"BOOL":true}}}`})
		old, there := table.OldOf(engine.Write(t.Context(), put("a")), 0)
		require.True(t, there)
		require.True(t, old.Equal(table.Row{Key: key("a"), First: table.Key{PK: "l", SK: "1"}, TTL: 9,
			Attrs: table.Attrs{"raw": table.B([]byte{0, 255}), "yes": table.Flag(true)}}))
	})
	inBubble(t, "WithoutARow", func(t *testing.T) {
		engine, _ := open(refusedWith(400, "ConditionalCheckFailedException", "The conditional request failed"))
		err := engine.Write(t.Context(), table.Update(key("a")).If(table.Exists))
		require.True(t, table.IsRefused(err))
		_, there := table.OldOf(err, 0)
		require.False(t, there)
	})
	inBubble(t, "ErrForeignItem", func(t *testing.T) {
		engine, _ := open(answer{status: 400, body: `{"__type":"ConditionalCheckFailedException","Item":{"pk":{"S":"p"},"sk":{"S":"a"},"list":{"L":[]}}}`})
		err := engine.Write(t.Context(), put("a"))
		require.Error(t, err)
		require.False(t, table.IsRefused(err))
	})
}

func TestCancellationReasons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		reasons []string
		want    error // nil: refused
	}{
		{"OneConflict", []string{none, conflict, none}, table.ErrConflict},
		{"OneThrottled", []string{throttled, none, none}, table.ErrThrottled},
		{"OneOverdrawn", []string{none, none, overdrawn}, table.ErrThrottled},
		{"ConflictBeforeThrottling", []string{none, conflict, throttled}, table.ErrConflict},
		{"AMistakeIsFinal", []string{conflict, invalid, throttled}, table.ErrLimit},
		{"UnknownIsFinal", []string{conflict, `{"Code":"Surprise"}`, none}, dynamoengine.ErrBug},
		{"AFailedConditionIsFinal", []string{conflict, withItem, throttled}, nil},
		{"TooFewReasons", []string{conflict}, dynamoengine.ErrBug},
		{"NoReason", []string{none, none, none}, dynamoengine.ErrBug},
		{"NoReasons", nil, dynamoengine.ErrBug},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			engine, s := open(canceled(c.reasons...))
			err := engine.Write(t.Context(), put("a"), put("b"), put("c"))
			require.Len(t, s.asked, 1)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.False(t, table.IsRefused(err))
				return
			}
			require.True(t, table.IsRefused(err))
			old, there := table.OldOf(err, 1)
			require.True(t, there)
			require.Equal(t, int64(7), old.Attrs["num"].Number())
			_, there = table.OldOf(err, 0)
			require.False(t, there)
		})
	}
	for name, last := range map[string]answer{
		"AConflict": canceled(conflict, none), "Throttling": canceled(none, throttled), "ARefusalToBegin": refusedWith(400, "ThrottlingException", "slow down"),
	} {
		inBubble(t, name+"AfterALostAnswerIsNotSaidToBeHarmless", func(t *testing.T) {
			engine, s := open(answer{err: errBroken}, last)
			err := engine.Write(t.Context(), put("a"), put("b"))
			require.ErrorIs(t, err, table.ErrUnavailable)
			require.NotErrorIs(t, err, table.ErrConflict)
			require.NotErrorIs(t, err, table.ErrThrottled)
			require.Len(t, s.asked, 2)
		})
	}
	inBubble(t, "ARefusalAfterALostAnswerIsExact", func(t *testing.T) {
		engine, _ := open(answer{status: 500}, canceled(withItem, none))
		require.True(t, table.IsRefused(engine.Write(t.Context(), put("a"), put("b"))))
	})
	inBubble(t, "OneByOne", func(t *testing.T) {
		engine, _ := open(canceled(none, withItem, conditional))
		var refused *table.Refused
		require.ErrorAs(t, engine.Write(t.Context(), put("a"), put("b"), put("c")), &refused)
		require.Equal(t, []bool{false, true, true}, []bool{refused.Reasons[0].Failed, refused.Reasons[1].Failed, refused.Reasons[2].Failed})
		require.Equal(t, []bool{false, true, false}, []bool{refused.Reasons[0].Exists, refused.Reasons[1].Exists, refused.Reasons[2].Exists})
	})
}

// The tries of one stamped write carry one token and say the same; another write has another token.
func TestTokens(t *testing.T) {
	t.Parallel()
	many := func(sk string) []table.Action {
		wide := table.Update(key(sk)).If(table.Exists, table.OneOf("st", table.S("a"), table.S("b")))
		for i := range 12 {
			wide = wide.Set(fmt.Sprintf("a%d", i), table.N(int64(i))).Add(fmt.Sprintf("b%d", i), 1).Remove(fmt.Sprintf("c%d", i))
		}
		return []table.Action{put("x"), wide.If(table.Version(1)).Set("ver", table.N(2))}
	}
	inBubble(t, "OfAStampedWrite", func(t *testing.T) {
		engine, s := open(answer{err: errBroken}, canceled(conflict, none), canceled(none, throttled), answer{status: 503}, ok(`{}`))
		tb := stamped.New(engine, stamped.Options{})
		require.NoError(t, tb.Write(t.Context(), many("a")...))
		require.Len(t, s.asked, 5)
		for _, a := range s.asked {
			require.JSONEq(t, s.asked[0].body, a.body)
		}
		first := s.asked[0].field(t, "ClientRequestToken")
		require.Len(t, first, 16)
		require.NoError(t, tb.Write(t.Context(), many("a")...))
		require.NotEqual(t, first, s.asked[5].field(t, "ClientRequestToken"))
	})
	inBubble(t, "OfAWriteWithoutStamp", func(t *testing.T) {
		engine, s := open(answer{status: 500}, ok(`{}`))
		for range 2 {
			require.NoError(t, engine.Write(t.Context(), table.Put(table.Row{Key: key("a")}), table.Put(table.Row{Key: key("b")})))
		}
		require.Len(t, s.asked, 3)
		require.JSONEq(t, s.asked[0].body, s.asked[1].body)
		require.NotEqual(t, s.asked[0].field(t, "ClientRequestToken"), s.asked[2].field(t, "ClientRequestToken"), "the same contents later are another write")
	})
}

// Behind package stamped an addition whose answer was lost is never sent twice.
func TestALostAdditionIsReadBack(t *testing.T) {
	t.Parallel()
	inBubble(t, "NotOurs", func(t *testing.T) {
		engine, s := open(answer{err: errBroken}, ok(`{"Responses":{"tab":[]}}`))
		err := stamped.New(engine, stamped.Options{}).Write(t.Context(), table.Update(key("a")).Add("num", 1))
		require.ErrorIs(t, err, table.ErrUnavailable)
		require.Equal(t, []string{"UpdateItem", "BatchGetItem"}, []string{s.asked[0].operation, s.asked[1].operation})
		require.Len(t, s.asked, 2)
	})
}
