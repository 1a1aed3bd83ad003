package provision

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"giberno.ru/infra/checks/template"
	"giberno.ru/shared/platform/table"
	"giberno.ru/shared/platform/table/dynamoengine"
)

func TestTableIsTheTemplates(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Read("../../../template.yaml")
	require.NoError(t, err)
	r, ok := tmpl.Resource("Table")
	require.True(t, ok)
	in, err := tableOf(r.Properties, "local")
	require.NoError(t, err)
	require.Equal(t, "local", *in.TableName)
	require.Equal(t, types.BillingModePayPerRequest, in.BillingMode)
	require.Equal(t, types.StreamViewTypeNewAndOldImages, in.StreamSpecification.StreamViewType)
	require.Len(t, in.AttributeDefinitions, 6)
	require.Equal(t, types.KeyTypeHash, in.KeySchema[0].KeyType)
	require.Equal(t, dynamoengine.FirstIndex, *in.GlobalSecondaryIndexes[0].IndexName)
	require.Equal(t, dynamoengine.SecondIndex, *in.GlobalSecondaryIndexes[1].IndexName)
	require.Equal(t, table.Projected, in.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes)
}

func TestErrTemplate(t *testing.T) {
	t.Parallel()
	tmpl, err := template.Parse([]byte("Resources: { Table: { Type: AWS::DynamoDB::Table }, Q: { Type: AWS::SQS::Queue } }"))
	require.NoError(t, err)
	require.ErrorIs(t, Site{Template: tmpl}.Table(t.Context(), "local"), ErrTemplate, "no keys")
	_, err = Site{Template: tmpl}.Queues(t.Context())
	require.ErrorIs(t, err, ErrTemplate, "no name")
}
