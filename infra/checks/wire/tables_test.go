//go:build wire

package wire

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
	"giberno.ru/shared/platform/table/limits"
	"giberno.ru/shared/platform/table/stamped"
	"giberno.ru/shared/platform/table/tabletest"
)

const region = "us-east-1"

// anybody signs requests for servers that check no signature.
var anybody = credentials.NewStaticCredentialsProvider("wire", "wire", "")

// server gives the address of a server from the environment.
func server(t testing.TB, name string) string {
	t.Helper()
	address := os.Getenv(name)
	require.NotEmpty(t, address, "%s is not set: run these tests by run.sh", name)
	return address
}

func dynamoClient(t testing.TB) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: region, BaseEndpoint: aws.String(server(t, "WIRE_DYNAMODB")), Credentials: anybody})
}

// createTable makes a table as the template declares it: keys, two indexes with the projected attributes, TTL, stream.
func createTable(t testing.TB, name string) {
	t.Helper()
	client := dynamoClient(t)
	var attributes []types.AttributeDefinition
	for _, attr := range []string{"pk", "sk", "g1pk", "g1sk", "g2pk", "g2sk"} {
		attributes = append(attributes, types.AttributeDefinition{AttributeName: aws.String(attr), AttributeType: types.ScalarAttributeTypeS})
	}
	index := func(name, pk, sk string) types.GlobalSecondaryIndex {
		return types.GlobalSecondaryIndex{
			IndexName: &name, KeySchema: keySchema(pk, sk),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: table.Projected},
		}
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, AttributeDefinitions: attributes, KeySchema: keySchema("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{index(dynamoengine.FirstIndex, "g1pk", "g1sk"), index(dynamoengine.SecondIndex, "g2pk", "g2sk")},
		StreamSpecification:    &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	require.NoError(t, err)
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	require.NoError(t, waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &name}, time.Minute))
	t.Cleanup(func() { // or the server would carry the tables of all worlds to the end
		_, err := client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &name})
		require.NoError(t, err)
	})
	_, err = client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: &name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)},
	})
	require.NoError(t, err)
}

func keySchema(pk, sk string) []types.KeySchemaElement {
	return []types.KeySchemaElement{{AttributeName: &pk, KeyType: types.KeyTypeHash}, {AttributeName: &sk, KeyType: types.KeyTypeRange}}
}

// direct carries requests without the waits of production, whose bounds are for a network and a real service.
func direct() aws.HTTPClient {
	return awshttp.NewBuildableClient().WithTimeout(time.Minute).WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })
}

// openTable opens the engine on a table; carrier stands between it and the server.
func openTable(t testing.TB, name string, carrier aws.HTTPClient) *dynamoengine.Engine {
	return dynamoengine.Open(dynamoengine.Options{
		Region: region, Endpoint: server(t, "WIRE_DYNAMODB"), Credentials: anybody, Table: name, HTTPClient: carrier, Sleep: briefly,
	})
}

// briefly lets others go first instead of waiting.
func briefly(ctx context.Context, _ time.Duration) error {
	time.Sleep(time.Millisecond)
	return ctx.Err()
}

// The engine keeps the contract of the table, bare and as domains use it.
func TestTable(t *testing.T) {
	t.Parallel()
	createTable(t, "conformance")
	engine := openTable(t, "conformance", direct())
	tabletest.Conformance(t, func(*testing.T) table.Table { return engine })
}

func TestStampedTable(t *testing.T) {
	t.Parallel()
	createTable(t, "stamped")
	tb := limits.New(stamped.New(openTable(t, "stamped", direct()), stamped.Options{Sleep: briefly}))
	tabletest.Conformance(t, func(*testing.T) table.Table { return tb })
}

// The table as domains use it keeps the contract in bad weather: conflicts, throttling, broken connections, lost answers. Where
// many write one row at once no answer of a write is lost, for there a third may overwrite the proof, and an honest "not known" is
// no success.
func TestTableInBadWeather(t *testing.T) {
	t.Parallel()
	createTable(t, "weather")
	var seed atomic.Uint64
	var faults atomic.Int64
	t.Cleanup(func() {
		require.True(t, t.Failed() || faults.Load() > 100, "the weather was fine: %d faults", faults.Load())
	})
	tabletest.Conformance(t, func(t *testing.T) table.Table {
		sky := &weather{inner: direct(), chance: rand.New(rand.NewPCG(seed.Add(1), 2)), lossy: !strings.Contains(t.Name(), "/AtOnce/"), faults: &faults}
		return stamped.New(openTable(t, "weather", sky), stamped.Options{Sleep: briefly, Tries: 15})
	})
}

// The stream of the table, read by hand, keeps the contract of the feed.
func TestFeed(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	tabletest.Feed(t, func(t *testing.T) tabletest.Fed {
		name := "feed-" + string(rune('a'+n.Add(1)))
		createTable(t, name)
		return openFeed(t, name)
	})
}

// loseOnce loses the first answer of an operation.
type loseOnce struct {
	inner     aws.HTTPClient
	operation string
	lost      atomic.Bool
}

func (l *loseOnce) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.inner.Do(r)
	if err == nil && strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+l.operation) && l.lost.CompareAndSwap(false, true) {
		_ = answer.Body.Close()
		return nil, errLost
	}
	return answer, err
}

// A transaction whose answer was lost goes out again with its token, and happens once: additions, too, which nothing else protects.
func TestALostWriteHappensOnce(t *testing.T) {
	t.Parallel()
	createTable(t, "lost")
	lossy := &loseOnce{inner: direct(), operation: "TransactWriteItems"}
	engine := openTable(t, "lost", lossy)
	a, b := table.Key{PK: "p", SK: "a"}, table.Key{PK: "p", SK: "b"}
	require.NoError(t, engine.Write(t.Context(), table.Update(a).Add("num", 1), table.Update(b).Add("num", 1)))
	require.True(t, lossy.lost.Load())
	for _, key := range []table.Key{a, b} {
		row, _, err := engine.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, int64(1), row.Attrs["num"].Number())
	}
	// The same token with other parameters is a mistake that the service finds.
	stamp := table.B([]byte("0123456789ab"))
	require.NoError(t, engine.Write(t.Context(), table.Update(a).Set("w", stamp), table.Update(b).Set("num", table.N(5))))
	require.NoError(t, engine.Write(t.Context(), table.Update(a).Set("w", stamp), table.Update(b).Set("num", table.N(5))))
	require.ErrorIs(t, engine.Write(t.Context(), table.Update(a).Set("w", stamp), table.Update(b).Set("num", table.N(6))), dynamoengine.ErrBug)
}
