// Package provision makes the table and the queues of an installation on servers that speak the protocols of DynamoDB and SQS,
// from template.yaml itself: what a developer runs against is what a deployment makes.
package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"giberno.ru/infra/checks/template"
)

// Region is where everything local is.
const Region = "us-east-1"

// Anybody signs requests for servers that check no signature.
var Anybody = credentials.NewStaticCredentialsProvider("local", "local", "")

// Site is where an installation is made.
type Site struct {
	Template *template.Template
	DynamoDB string // addresses of the servers
	SQS      string
	Stack    string // what queues are named after
}

// ErrTemplate is a template that lacks what an installation needs, or has it in a form that this package does not know.
var ErrTemplate = errors.New("provision: the template")

const tableWait = 30 * time.Second

// Table makes the template's table under a name.
func (s Site) Table(ctx context.Context, name string) error {
	r, ok := s.Template.Resource("Table")
	if !ok {
		return fmt.Errorf("%w has no resource Table", ErrTemplate)
	}
	input, err := tableOf(r.Properties, name)
	if err != nil {
		return err
	}
	client := dynamodb.New(dynamodb.Options{Region: Region, BaseEndpoint: &s.DynamoDB, Credentials: Anybody})
	if _, err := client.CreateTable(ctx, input); err != nil {
		return fmt.Errorf("provision: create the table: %w", err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 10 * time.Millisecond })
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, tableWait); err != nil {
		return fmt.Errorf("provision: wait for the table: %w", err)
	}
	ttl := r.Properties.At("TimeToLiveSpecification", "AttributeName").Text()
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &ttl, Enabled: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("provision: the table's time to live: %w", err)
	}
	return nil
}

// tableOf turns the properties of AWS::DynamoDB::Table into the request that makes it.
func tableOf(p template.Value, name string) (*dynamodb.CreateTableInput, error) {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingMode(p.At("BillingMode").Text()), KeySchema: keySchema(p.At("KeySchema")),
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(p.At("StreamSpecification", "StreamViewType").Text()),
		},
	}
	for _, a := range p.At("AttributeDefinitions").List() {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(a.At("AttributeName").Text()), AttributeType: types.ScalarAttributeType(a.At("AttributeType").Text()),
		})
	}
	for _, g := range p.At("GlobalSecondaryIndexes").List() {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(g.At("IndexName").Text()), KeySchema: keySchema(g.At("KeySchema")),
			Projection: &types.Projection{
				ProjectionType: types.ProjectionType(g.At("Projection", "ProjectionType").Text()), NonKeyAttributes: g.At("Projection", "NonKeyAttributes").Texts(),
			},
		})
	}
	if len(in.KeySchema) == 0 || len(in.AttributeDefinitions) == 0 {
		return nil, fmt.Errorf("%w's table has no keys", ErrTemplate)
	}
	return in, nil
}

func keySchema(v template.Value) []types.KeySchemaElement {
	var schema []types.KeySchemaElement
	for _, k := range v.List() {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(k.At("AttributeName").Text()), KeyType: types.KeyType(k.At("KeyType").Text())})
	}
	return schema
}

// Queues makes every queue of the template and gives their addresses, by the names of their resources.
func (s Site) Queues(ctx context.Context) (map[string]string, error) {
	client := sqs.New(sqs.Options{Region: Region, BaseEndpoint: &s.SQS, Credentials: Anybody})
	all := s.Template.Of("AWS::SQS::Queue")
	addresses, arns := map[string]string{}, map[string]string{}
	create := func(r template.Resource, attributes map[string]string) error {
		name := strings.ReplaceAll(r.Properties.At("QueueName", "Fn::Sub").Text(), "${AWS::StackName}", s.Stack)
		if name == "" || strings.Contains(name, "$") {
			return fmt.Errorf("%w's queue %s has no name that can be read here", ErrTemplate, r.Name)
		}
		made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		if err != nil {
			return fmt.Errorf("provision: create the queue %s: %w", name, err)
		}
		addresses[r.Name], arns[r.Name] = *made.QueueUrl, "arn:aws:sqs:"+Region+":000000000000:"+name
		return nil
	}
	attributesOf := func(r template.Resource) map[string]string {
		attributes := map[string]string{}
		if seconds := r.Properties.At("VisibilityTimeout").Number(); seconds > 0 {
			attributes["VisibilityTimeout"] = fmt.Sprint(seconds)
		}
		return attributes
	}
	for _, r := range all { // the dead letters first: the others name them
		if r.Properties.At("RedrivePolicy").IsZero() {
			if err := create(r, attributesOf(r)); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range all {
		redrive := r.Properties.At("RedrivePolicy")
		if redrive.IsZero() {
			continue
		}
		attributes := attributesOf(r)
		attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":"%d"}`,
			arns[redrive.At("deadLetterTargetArn").Target()], redrive.At("maxReceiveCount").Number())
		if err := create(r, attributes); err != nil {
			return nil, err
		}
	}
	return addresses, nil
}
