package dynamoengine_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

// modified is a record as the service sends it to a Lambda.
const modified = `{"eventID":"c4ca4238a0b923820dcc509a6f75849b","eventName":"MODIFY","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1",
"dynamodb":{"ApproximateCreationDateTime":1.75E9,"Keys":{"pk":{"S":"p"},"sk":{"S":"a"}},
"OldImage":{"pk":{"S":"p"},"sk":{"S":"a"},"num":{"N":"1"},"g1pk":{"S":"l"},"g1sk":{"S":"1"},"w":{"B":"AAE="}},
"NewImage":{"pk":{"S":"p"},"sk":{"S":"a"},"num":{"N":"-2"},"raw":{"B":"AP8="},"yes":{"BOOL":true},"txt":{"S":""},"ttl":{"N":"9"},"w":{"B":"AAI="}},
"SequenceNumber":"4421584500000000017450439091","SizeBytes":111,"StreamViewType":"NEW_AND_OLD_IMAGES"},
"eventSourceARN":"arn:aws:dynamodb:eu-central-1:123456789012:table/tab/stream/2026-01-01T00:00:00.000"}`

func record(t require.TestingT, text string) events.DynamoDBEventRecord {
	var r events.DynamoDBEventRecord
	require.NoError(t, json.Unmarshal([]byte(text), &r))
	return r
}

func TestChange(t *testing.T) {
	t.Parallel()
	old := table.Row{Key: key("a"), First: table.Key{PK: "l", SK: "1"}, Attrs: table.Attrs{"num": table.N(1)}}
	is := table.Row{Key: key("a"), TTL: 9, Attrs: table.Attrs{"num": table.N(-2), "raw": table.B([]byte{0, 255}), "yes": table.Flag(true), "txt": table.S("")}}
	t.Run("BothImages", func(t *testing.T) {
		t.Parallel()
		c, err := dynamoengine.Change(record(t, modified))
		require.NoError(t, err)
		require.True(t, c.OldExists && c.NewExists)
		require.True(t, old.Equal(c.Old), "%v", c.Old)
		require.True(t, is.Equal(c.New), "%v", c.New)
	})
	t.Run("OneImage", func(t *testing.T) {
		t.Parallel()
		r := record(t, modified)
		r.Change.OldImage = nil
		c, err := dynamoengine.Change(r)
		require.NoError(t, err)
		require.False(t, c.OldExists)
		require.Equal(t, key("a"), c.Key())
		r = record(t, modified)
		r.Change.NewImage = nil
		c, err = dynamoengine.Change(r)
		require.NoError(t, err)
		require.False(t, c.NewExists)
		require.Equal(t, key("a"), c.Key())
	})
	t.Run("ErrNoType", func(t *testing.T) {
		t.Parallel()
		r := record(t, modified)
		r.Change.NewImage["odd"] = events.DynamoDBAttributeValue{}
		_, err := dynamoengine.Change(r)
		require.Error(t, err)
	})
	for name, text := range map[string]string{
		"ErrNoImages":  `{"dynamodb":{"Keys":{"pk":{"S":"p"},"sk":{"S":"a"}}}}`,
		"ErrTwoRows":   `{"dynamodb":{"OldImage":{"pk":{"S":"p"},"sk":{"S":"a"}},"NewImage":{"pk":{"S":"p"},"sk":{"S":"b"}}}}`,
		"ErrNoKey":     `{"dynamodb":{"NewImage":{"pk":{"S":"p"}}}}`,
		"ErrOtherType": `{"dynamodb":{"NewImage":{"pk":{"S":"p"},"sk":{"S":"a"},"list":{"L":[]}}}}`,
		"ErrFraction":  `{"dynamodb":{"NewImage":{"pk":{"S":"p"},"sk":{"S":"a"},"num":{"N":"0.5"}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dynamoengine.Change(record(t, text))
			require.Error(t, err)
		})
	}
}

// Whatever a record holds, the answer is a change of one row, or an error.
func FuzzChange(f *testing.F) {
	f.Add([]byte(modified))
	f.Add([]byte(`{"dynamodb":{"NewImage":{"pk":{"S":"p"},"sk":{"S":"a"},"x":{}}}}`))
	f.Add([]byte(`{"dynamodb":{"OldImage":{"pk":{"S":"p"},"sk":{"S":"a"},"x":{"NS":["1"]}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r events.DynamoDBEventRecord
		if json.Unmarshal(text, &r) != nil {
			return
		}
		c, err := dynamoengine.Change(r)
		if err != nil {
			return
		}
		require.True(t, c.OldExists || c.NewExists)
		require.NotEmpty(t, c.Key().PK)
		require.NotContains(t, c.New.Attrs, table.WriterAttr)
	})
}
